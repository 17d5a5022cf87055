package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
)

// binder checks the names of one scenario against what is deployed.
type binder struct {
	*decoder
	stage    *play.Stage
	scenario *Scenario
	consume  []string
	publish  []string
	anywhere bool // only a running process knows some of the topics that it publishes to
}

func (b *binder) scenarioOf(f *File) {
	b.consume, b.publish = b.stage.Topics()
	b.anywhere = slices.ContainsFunc(b.stage.Processes, publishesAnywhere)
	for _, responders := range []map[string]*Answer{f.Responders, b.scenario.Responders} {
		for topic, answer := range responders {
			if answer == nil {
				continue
			}
			b.published(Word{answer.Place, topic})
			b.consumed(answer.Topic)
		}
	}
	for _, s := range b.scenario.Steps {
		b.step(s)
		for _, e := range s.Expect {
			b.expect(e)
		}
	}
}

// publishesAnywhere says whether a process has topics that only an expression knows.
func publishesAnywhere(p *play.Process) bool {
	return slices.ContainsFunc(p.Nodes, func(n *bpmn.FlowNode) bool {
		return n.TaskDefinition != nil && strings.HasPrefix(strings.TrimSpace(n.TaskDefinition.Headers["topic"]), "=")
	})
}

func (b *binder) step(s *Step) {
	switch {
	case s.Start != nil:
		b.process(s.Start.Process)
		b.startElement(s.Start)
	case s.Publish != nil:
		b.consumed(s.Publish.Topic)
	case s.Reply != nil:
		b.published(s.Reply.To)
		b.consumed(s.Reply.Topic)
	case s.Complete != nil:
		b.work(s.Complete.Work)
	case s.Fail != nil:
		b.work(s.Fail.Work)
	case s.Throw != nil:
		b.work(s.Throw.Work)
	case s.Signal != nil:
		b.signal(s.Signal.Name)
	case s.Set != nil:
		b.which(s.Set.Place, s.Set.Which)
		b.element(s.Set.Element, s.Set.Process)
	case s.Resolve != nil:
		b.which(s.Resolve.Place, s.Resolve.Which)
		b.element(s.Resolve.Element, s.Resolve.Process)
	case s.Cancel != nil:
		b.which(s.Cancel.Place, Which{s.Cancel.Process, s.Cancel.Instance})
	}
}

func (b *binder) expect(e *Expect) {
	b.which(e.Place, e.Which)
	for _, words := range [][]Word{e.At, e.Path, e.ExactPath, e.Skipped} {
		for _, w := range words {
			b.element(w, e.Process)
		}
	}
	for _, list := range [][]*Published{e.Published, e.ExactPublished} {
		for _, p := range list {
			b.published(p.Topic)
			b.process(p.Process)
		}
	}
	for _, i := range e.Incidents {
		b.process(i.Process)
		b.element(i.Element, i.Process)
	}
	for _, w := range e.Running {
		b.process(w)
	}
	for _, c := range e.Confined {
		for _, topic := range c.Topics {
			b.published(topic)
		}
	}
}

func (b *binder) which(at Place, w Which) {
	b.process(w.Process)
	if w.Instance > 0 && w.Process.Text == "" {
		b.faultAt(at, "instance counts the instances of a process; say of which")
	}
}

func (b *binder) process(w Word) {
	if w.Text != "" && b.stage.Process(w.Text) == nil {
		b.faultAt(w.Place, "no process %q is deployed%s", w.Text, b.suggest(w.Text, b.stage.IDs()))
	}
}

func (b *binder) consumed(topic Word) {
	if topic.Text != "" && !slices.Contains(b.consume, topic.Text) {
		b.faultAt(topic.Place, "no process waits for a message on %q%s", topic.Text, b.suggest(topic.Text, b.consume))
	}
}

func (b *binder) published(topic Word) {
	if topic.Text != "" && !b.anywhere && !slices.Contains(b.publish, topic.Text) {
		b.faultAt(topic.Place, "no process publishes to %q%s", topic.Text, b.suggest(topic.Text, b.publish))
	}
}

// element checks the id or name of an element, of one process or, without it, of any.
func (b *binder) element(w Word, process Word) {
	if w.Text == "" {
		return
	}
	var words []string
	found := false
	for _, p := range b.among(process) {
		nodes := p.Find(w.Text)
		if len(nodes) > 1 {
			ids := make([]string, len(nodes))
			for i, n := range nodes {
				ids[i] = n.ID
			}
			b.faultAt(w.Place, "several elements of %s have the name %q; take the id of one: %s", p.ID, w.Text, strings.Join(ids, ", "))
		}
		found = found || len(nodes) > 0
		words = append(words, p.Words()...)
	}
	if !found && words != nil {
		b.faultAt(w.Place, "there is no element with the id or name %q%s%s", w.Text, in(process), b.suggest(w.Text, words))
	}
}

func in(process Word) string {
	if process.Text == "" {
		return ""
	}
	return fmt.Sprintf(" in the process %s", process.Text)
}

// among are the processes that a word names: that one, or all.
func (b *binder) among(process Word) []*play.Process {
	if process.Text == "" {
		return b.stage.Processes
	}
	if p := b.stage.Process(process.Text); p != nil {
		return []*play.Process{p}
	}
	return nil // that is a fault already
}

// work checks what names a job: an element, or a job type.
func (b *binder) work(w Work) {
	b.which(w.Job.Place, w.Which)
	var words []string
	for _, p := range b.among(w.Process) {
		if slices.Contains(p.Compiled.JobTypes(), w.Job.Text) || len(p.Find(w.Job.Text)) > 0 || slices.ContainsFunc(p.Nodes, hasTypeOfItsOwn) {
			return
		}
		words = append(append(words, p.Words()...), p.Compiled.JobTypes()...)
	}
	if words != nil {
		b.faultAt(w.Job.Place, "there is no element and no job type %q%s%s", w.Job.Text, in(w.Process), b.suggest(w.Job.Text, words))
	}
}

// hasTypeOfItsOwn says whether only an expression knows the job type of a node.
func hasTypeOfItsOwn(n *bpmn.FlowNode) bool {
	return n.TaskDefinition != nil && strings.HasPrefix(strings.TrimSpace(n.TaskDefinition.Type.Text), "=")
}

func (b *binder) signal(w Word) {
	var names []string
	for _, p := range b.stage.Processes {
		for _, s := range p.Definitions.Signals {
			names = append(names, s.Name)
		}
	}
	if !slices.Contains(names, w.Text) {
		b.faultAt(w.Place, "no process knows the signal %q%s", w.Text, b.suggest(w.Text, names))
	}
}

// startElement checks the start event that an instance begins at.
func (b *binder) startElement(s *Start) {
	if s.Element.Text == "" {
		return
	}
	processes := b.among(s.Process)
	if s.Process.Text == "" {
		processes = b.stage.Processes[:1]
	}
	var words []string
	for _, p := range processes {
		for _, start := range p.Compiled.Starts() {
			words = append(words, start.Element)
		}
	}
	if !slices.Contains(words, s.Element.Text) {
		b.faultAt(s.Element.Place, "there is no start event with the id %q%s%s", s.Element.Text, in(s.Process), b.suggest(s.Element.Text, words))
	}
}
