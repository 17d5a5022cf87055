package bpmn_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/beevik/etree"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Whatever is done to a good file, Parse either says at which places it is wrong now, or gives a model that holds together.
func TestDamagedFiles(t *testing.T) {
	var sources [][]byte
	for _, name := range []string{"everything.bpmn", "order.bpmn", "kogito/orders.bpmn2", "camunda7/loan.bpmn", "plain/dispatch.bpmn"} {
		data, err := os.ReadFile(filepath.Join(validDir, name))
		require.NoError(t, err)
		sources = append(sources, data)
	}
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		doc := etree.NewDocument()
		require.NoError(t, doc.ReadFromBytes(rapid.SampledFrom(sources).Draw(t, "source")))
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			damage(t, doc)
		}
		data, err := doc.WriteToBytes()
		require.NoError(t, err)
		d, err := bpmn.Parse("damaged.bpmn", data)
		if err == nil {
			good++
			for _, p := range d.Processes {
				holdsTogether(t, &p.Container)
			}
			return
		}
		var problems bpmn.Problems
		require.ErrorAs(t, err, &problems)
		require.True(t, problems.HasErrors())
		lines := bytes.Split(data, []byte("\n"))
		for _, p := range problems {
			require.LessOrEqual(t, p.Pos.Line, len(lines))
			require.LessOrEqual(t, p.Pos.Column, len(lines[p.Pos.Line-1])+1)
		}
	})
	require.Positive(t, good, "some damage is harmless")
}

// damage changes one thing in a document.
func damage(t *rapid.T, doc *etree.Document) {
	all := doc.FindElements("//*")[1:]
	if len(all) == 0 {
		return
	}
	pick := func(label string) *etree.Element { return all[rapid.IntRange(0, len(all)-1).Draw(t, label)] }
	e, other := pick("element"), pick("other")
	switch rapid.SampledFrom([]string{"remove", "double", "move", "rename", "take text", "take attribute", "remove attribute"}).Draw(t, "damage") {
	case "remove":
		e.Parent().RemoveChild(e)
	case "double":
		e.Parent().AddChild(e.Copy())
	case "move":
		other.AddChild(e.Copy())
		e.Parent().RemoveChild(e)
	case "rename":
		e.Space, e.Tag = other.Space, other.Tag
	case "take text":
		e.SetText(other.Text())
	case "take attribute":
		for i := range e.Attr {
			if a := other.SelectAttr(e.Attr[i].Key); a != nil && rapid.Bool().Draw(t, "this one") {
				e.Attr[i].Value = a.Value
			}
		}
	case "remove attribute":
		if len(e.Attr) > 0 {
			e.RemoveAttr(e.Attr[rapid.IntRange(0, len(e.Attr)-1).Draw(t, "attribute")].FullKey())
		}
	}
}

// holdsTogether checks what the engine relies on: flows have two ends in their own container, which know them, and boundary
// events have an activity.
func holdsTogether(t require.TestingT, c *bpmn.Container) {
	members := map[*bpmn.FlowNode]bool{}
	for _, f := range c.FlowNodes {
		members[f] = true
		require.NotEmpty(t, f.ID)
	}
	for _, f := range c.SequenceFlows {
		require.NotEmpty(t, f.ID)
		require.True(t, members[f.Source] && members[f.Target])
		require.Contains(t, f.Source.Outgoing, f)
		require.Contains(t, f.Target.Incoming, f)
	}
	for _, f := range c.FlowNodes {
		if f.Kind == "boundaryEvent" {
			require.True(t, members[f.AttachedTo])
			require.Contains(t, f.AttachedTo.Boundary, f)
		}
		if f.Default != nil {
			require.Contains(t, f.Outgoing, f.Default)
		}
		if f.Body != nil {
			holdsTogether(t, f.Body)
			for _, inner := range f.Body.FlowNodes {
				require.Same(t, f, inner.Parent)
			}
		}
	}
}
