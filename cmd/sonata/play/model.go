package play

import (
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Process is an executable process of a stage, with what its elements are called.
type Process struct {
	*bpmn.Process
	Compiled *engine.Process
	// Nodes and Flows are those of the process and of everything inside of it, in document order.
	Nodes []*bpmn.FlowNode
	Flows []*bpmn.SequenceFlow

	nodes map[string]*bpmn.FlowNode
	flows map[string]*bpmn.SequenceFlow
}

func newProcess(source *bpmn.Process) (*Process, error) {
	compiled, err := engine.Compile(source)
	if err != nil {
		return nil, err
	}
	p := &Process{Process: source, Compiled: compiled, nodes: map[string]*bpmn.FlowNode{}, flows: map[string]*bpmn.SequenceFlow{}}
	p.add(&source.Container)
	return p, nil
}

func (p *Process) add(c *bpmn.Container) {
	for _, n := range c.FlowNodes {
		p.Nodes = append(p.Nodes, n)
		p.nodes[n.ID] = n
		if n.Body != nil {
			p.add(n.Body)
		}
	}
	for _, f := range c.SequenceFlows {
		p.Flows = append(p.Flows, f)
		p.flows[f.ID] = f
	}
}

// Node returns the flow node with the id, nil if there is none.
func (p *Process) Node(id string) *bpmn.FlowNode { return p.nodes[id] }

// Flow returns the sequence flow with the id, nil if there is none.
func (p *Process) Flow(id string) *bpmn.SequenceFlow { return p.flows[id] }

// Find returns the flow nodes that somebody means by a word: the one with that id, else those with that name.
func (p *Process) Find(word string) []*bpmn.FlowNode {
	if n := p.nodes[word]; n != nil {
		return []*bpmn.FlowNode{n}
	}
	var named []*bpmn.FlowNode
	for _, n := range p.Nodes {
		if n.Name == word && word != "" {
			named = append(named, n)
		}
	}
	return named
}

// Words are what the flow nodes can be found by: their ids and names.
func (p *Process) Words() []string {
	var words []string
	for _, n := range p.Nodes {
		words = append(words, n.ID)
		if n.Name != "" {
			words = append(words, n.Name)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}
