package api

import (
	"sync"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// maxModels bounds how many processes are remembered.
const maxModels = 100

// models remembers what the elements of deployed processes are, which an instance does not say. A definition never changes.
type models struct {
	mu    sync.Mutex
	known map[engine.Key]map[string]*bpmn.FlowNode
}

// elements returns the flow nodes of a definition by their ids. It is empty if the definition is gone: names and types are an
// addition, not worth a failure.
func (a *api) elements(definition engine.Key) map[string]*bpmn.FlowNode {
	a.models.mu.Lock()
	defer a.models.mu.Unlock()
	if nodes, ok := a.models.known[definition]; ok {
		return nodes
	}
	nodes := map[string]*bpmn.FlowNode{}
	xml, err := a.engine.XML(definition)
	if err != nil {
		return nodes
	}
	if draft, _ := bpmn.ParseDraft("", xml); draft != nil { // another Sonata may have deployed it, and taken what this one refuses
		for _, process := range draft.Executable() {
			collect(&process.Container, nodes)
		}
	}
	if len(a.models.known) >= maxModels || a.models.known == nil {
		a.models.known = map[engine.Key]map[string]*bpmn.FlowNode{}
	}
	a.models.known[definition] = nodes
	return nodes
}

func collect(c *bpmn.Container, nodes map[string]*bpmn.FlowNode) {
	for _, node := range c.FlowNodes {
		nodes[node.ID] = node
		if node.Body != nil {
			collect(node.Body, nodes)
		}
	}
}

// elementTypes are Camunda's names for the kinds of BPMN elements.
var elementTypes = map[string]string{
	"startEvent": "START_EVENT", "endEvent": "END_EVENT", "boundaryEvent": "BOUNDARY_EVENT",
	"intermediateCatchEvent": "INTERMEDIATE_CATCH_EVENT", "intermediateThrowEvent": "INTERMEDIATE_THROW_EVENT",
	"task": "TASK", "serviceTask": "SERVICE_TASK", "sendTask": "SEND_TASK", "receiveTask": "RECEIVE_TASK",
	"userTask": "USER_TASK", "manualTask": "MANUAL_TASK", "scriptTask": "SCRIPT_TASK", "businessRuleTask": "BUSINESS_RULE_TASK",
	"callActivity": "CALL_ACTIVITY", "subProcess": "SUB_PROCESS", "transaction": "SUB_PROCESS", "adHocSubProcess": "AD_HOC_SUB_PROCESS",
	"exclusiveGateway": "EXCLUSIVE_GATEWAY", "inclusiveGateway": "INCLUSIVE_GATEWAY", "parallelGateway": "PARALLEL_GATEWAY",
	"eventBasedGateway": "EVENT_BASED_GATEWAY", "complexGateway": "UNKNOWN",
}

// elementType is the type of a flow node in Camunda's words.
func elementType(node *bpmn.FlowNode) string {
	switch {
	case node == nil:
		return "UNKNOWN"
	case node.TriggeredByEvent:
		return "EVENT_SUB_PROCESS"
	}
	if name, known := elementTypes[node.Kind]; known {
		return name
	}
	return "UNKNOWN"
}
