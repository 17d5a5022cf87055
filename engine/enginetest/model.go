package enginetest

import (
	"fmt"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Model reads a process from text, one element or chain of flows a line:
//
//	startEvent start
//	serviceTask a type=work in:x="= y" out:z="= result"
//	exclusiveGateway g
//	boundaryEvent late on=a timeDuration=PT5S nonInterrupting
//	subProcess s {
//	  startEvent inner …
//	}
//	start -> a -> g
//	g -> b : amount > 10
//	g -> c : default
//
// A value with spaces stands in double quotes. The flow from a to b has the ID "a-b". Values that begin with "=" are
// expressions, all others are literals. It panics on text that it cannot read.
func Model(text string) *bpmn.Process {
	p := &bpmn.Process{Element: bpmn.Element{ID: "process"}, IsExecutable: true}
	m := &modelReader{nodes: map[string]*bpmn.FlowNode{}, attached: map[*bpmn.FlowNode]string{}, lines: strings.Split(text, "\n")}
	m.container(&p.Container, nil)
	m.resolve(&p.Container)
	return p
}

type modelReader struct {
	lines    []string
	at       int
	nodes    map[string]*bpmn.FlowNode
	attached map[*bpmn.FlowNode]string
}

func (m *modelReader) container(k *bpmn.Container, owner *bpmn.FlowNode) {
	for m.at < len(m.lines) {
		line := strings.TrimSpace(m.lines[m.at])
		m.at++
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "}":
			return
		case strings.Contains(line, " -> "):
			m.flows(k, line)
		default:
			m.node(k, owner, line)
		}
	}
}

func (m *modelReader) flows(k *bpmn.Container, line string) {
	chain, condition, conditional := strings.Cut(line, " : ")
	ids := strings.Split(chain, " -> ")
	for i := 1; i < len(ids); i++ {
		from, to := m.must(ids[i-1]), m.must(ids[i])
		f := &bpmn.SequenceFlow{Element: bpmn.Element{ID: from.ID + "-" + to.ID}, Source: from, Target: to}
		for n := 2; m.taken(k, f.ID); n++ {
			f.ID = fmt.Sprintf("%s-%s-%d", from.ID, to.ID, n)
		}
		if conditional && condition == "default" {
			from.Default = f
		} else if conditional {
			f.Condition = &bpmn.Expression{Text: "=" + condition}
		}
		from.Outgoing, to.Incoming = append(from.Outgoing, f), append(to.Incoming, f)
		k.SequenceFlows = append(k.SequenceFlows, f)
	}
}

func (m *modelReader) taken(k *bpmn.Container, id string) bool {
	for _, f := range k.SequenceFlows {
		if f.ID == id {
			return true
		}
	}
	return false
}

func (m *modelReader) must(id string) *bpmn.FlowNode {
	n := m.nodes[strings.TrimSpace(id)]
	if n == nil {
		panic(fmt.Sprintf("enginetest: line %d: no element %q", m.at, id))
	}
	return n
}

func (m *modelReader) node(k *bpmn.Container, owner *bpmn.FlowNode, line string) {
	line, nested := strings.CutSuffix(line, "{")
	words := fields(line)
	n := &bpmn.FlowNode{
		Element: bpmn.Element{ID: words[1], Name: words[1], Properties: map[string]string{}}, Kind: words[0], Parent: owner,
		CancelActivity: true, IsInterrupting: true, StartQuantity: 1, CompletionQuantity: 1,
	}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		m.attribute(n, name, value)
	}
	m.nodes[n.ID] = n
	k.FlowNodes = append(k.FlowNodes, n)
	if nested {
		n.Body = &bpmn.Container{}
		m.container(n.Body, n)
	}
}

func (m *modelReader) attribute(n *bpmn.FlowNode, name, value string) {
	head, tail, _ := strings.Cut(name, ":")
	switch head {
	case "type":
		n.TaskDefinition = &bpmn.TaskDefinition{Type: expression(value), Headers: map[string]string{}}
	case "header":
		n.TaskDefinition.Headers[tail] = value
	case "in":
		n.Inputs = append(n.Inputs, bpmn.Mapping{Source: expression(value), Target: tail})
	case "out":
		n.Outputs = append(n.Outputs, bpmn.Mapping{Source: expression(value), Target: tail})
	case "property":
		n.Properties[tail] = value
	case "script":
		x := expression(value)
		n.Script = &x
	case "result":
		n.ResultVariable = value
	case "calls":
		n.CalledElement = &bpmn.CalledElement{ProcessID: expression(value), PropagateAllParentVariables: true, PropagateAllChildVariables: true, WaitForCompletion: true}
	case "detached":
		n.CalledElement.WaitForCompletion = false
	case "on":
		m.attached[n] = value
	case "nonInterrupting":
		n.CancelActivity, n.IsInterrupting = false, false
	case "event":
		n.TriggeredByEvent = true
	default:
		m.trigger(n, head, value)
	}
}

func (m *modelReader) trigger(n *bpmn.FlowNode, name, value string) {
	d := &bpmn.EventDefinition{Element: bpmn.Element{ID: n.ID + "_" + name}}
	switch name {
	case "message":
		d.Kind = "messageEventDefinition"
		d.Message = &bpmn.Message{Element: bpmn.Element{ID: "Message_" + value, Name: value}}
		if n.Kind == "receiveTask" || n.Kind == "sendTask" {
			n.Message = d.Message
			return
		}
	case "key":
		x := expression(value)
		if n.Message != nil {
			n.Message.CorrelationKey = &x
		} else {
			n.EventDefinitions[0].Message.CorrelationKey = &x
		}
		return
	case "timeDate", "timeDuration", "timeCycle":
		d.Kind = "timerEventDefinition"
		d.Timer = &bpmn.Timer{Kind: name, Value: expression(value)}
	case "error":
		d.Kind = "errorEventDefinition"
		if value != "" {
			d.Error = &bpmn.Error{Element: bpmn.Element{ID: "Error_" + value}, Code: value}
		}
	case "signal":
		d.Kind = "signalEventDefinition"
		d.Signal = &bpmn.Signal{Element: bpmn.Element{ID: "Signal_" + value, Name: value}}
	case "terminate":
		d.Kind = "terminateEventDefinition"
	default:
		panic(fmt.Sprintf("enginetest: line %d: unknown attribute %q", m.at, name))
	}
	n.EventDefinitions = append(n.EventDefinitions, d)
}

// resolve attaches the boundary events, which may stand before their activity.
func (m *modelReader) resolve(k *bpmn.Container) {
	for _, n := range k.FlowNodes {
		if id, ok := m.attached[n]; ok {
			n.AttachedTo = m.must(id)
			n.AttachedTo.Boundary = append(n.AttachedTo.Boundary, n)
		}
		if n.Body != nil {
			m.resolve(n.Body)
		}
	}
}

func expression(value string) bpmn.Expression {
	return bpmn.Expression{Text: value, Literal: !strings.HasPrefix(value, "=")}
}

// fields splits a line at spaces outside of double quotes, and drops the quotes.
func fields(line string) []string {
	var words []string
	var word strings.Builder
	quoted := false
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
		default:
			word.WriteRune(r)
		}
	}
	return words
}
