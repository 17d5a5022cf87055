package main

import (
	"fmt"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// models tells what the elements of the deployed processes are.
type models struct {
	runner   *runner.Runner
	elements map[string]map[string]*bpmn.FlowNode // by process id and element id, of the newest version
	read     map[engine.Key]bool                  // definitions that are in elements, or older than what is there
}

func newModels(r *runner.Runner) *models {
	return &models{r, map[string]map[string]*bpmn.FlowNode{}, map[engine.Key]bool{}}
}

// refresh reads what was deployed since.
func (m *models) refresh() error {
	for _, d := range m.runner.Definitions() {
		if m.read[d.Key] {
			continue
		}
		source, err := m.runner.XML(d.Key)
		if err != nil {
			return err
		}
		definitions, err := bpmn.Parse(d.ResourceName, source)
		if err != nil {
			return fmt.Errorf("a deployed file cannot be read again: %w", err)
		}
		for _, process := range definitions.Executable() {
			if process.ID == d.ProcessID {
				m.elements[d.ProcessID] = flowNodes(&process.Container, map[string]*bpmn.FlowNode{})
			}
		}
		m.read[d.Key] = true
	}
	return nil
}

func flowNodes(c *bpmn.Container, into map[string]*bpmn.FlowNode) map[string]*bpmn.FlowNode {
	for _, n := range c.FlowNodes {
		into[n.ID] = n
		if n.Body != nil {
			flowNodes(n.Body, into)
		}
	}
	return into
}

// node finds an element; nil if there is none.
func (m *models) node(process, element string) *bpmn.FlowNode { return m.elements[process][element] }

// startedBy lists the processes that a message on a topic starts.
func (m *models) startedBy(topic string) map[string]bool {
	ids := map[string]bool{}
	for id, nodes := range m.elements {
		for _, n := range nodes {
			if n.Kind == "startEvent" && n.Parent == nil && topicOf(n) == topic {
				ids[id] = true
			}
		}
	}
	return ids
}

// topicOf is the topic that an element receives from; "" if it receives none.
func topicOf(n *bpmn.FlowNode) string {
	if n == nil || n.Kind == "intermediateThrowEvent" || n.Kind == "endEvent" || n.Kind == "sendTask" {
		return ""
	}
	if n.Message != nil {
		return n.Message.Topic()
	}
	for _, d := range n.EventDefinitions {
		if d.Message != nil {
			return d.Message.Topic()
		}
	}
	return ""
}
