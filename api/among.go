package api

import (
	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// definitionFields are the fields of items that the definition of the instance decides.
var definitionFields = map[string]func(runner.Definition) any{
	"processDefinitionName":       func(d runner.Definition) any { return orNil(d.Name) },
	"processName":                 func(d runner.Definition) any { return orNil(d.Name) },
	"processDefinitionId":         func(d runner.Definition) any { return orNil(d.ProcessID) },
	"processDefinitionVersion":    func(d runner.Definition) any { return int64(d.Version) },
	"processDefinitionVersionTag": func(d runner.Definition) any { return orNil(d.VersionTag) },
	"tenantId":                    func(runner.Definition) any { return defaultTenant },
}

// among lists the definitions whose instances can meet the conditions of a search; nil if all can. There are few definitions, and
// each has an index of its instances. A kind, if it is given, is that of a flow node that the definition must have.
func (a *api) among(conditions []condition, kind string) []engine.Key {
	all := a.engine.Definitions()
	few := len(all) <= maxModels // else each search would read the models anew
	found := []engine.Key{}
	for _, d := range all {
		if admits(d, conditions) && (!few || a.hasNode(d.Key, conditions, kind)) {
			found = append(found, d.Key)
		}
	}
	if len(found) == len(all) {
		return nil
	}
	return found
}

func admits(d runner.Definition, conditions []condition) bool {
	for _, c := range conditions {
		if value := definitionFields[c.field]; value != nil && !c.holds(value(d)) {
			return false
		}
	}
	return true
}

// hasNode says whether a definition has a flow node of the kind and one for each condition on elementId that only a node can meet.
func (a *api) hasNode(definition engine.Key, conditions []condition, kind string) bool {
	wanted := []func(*bpmn.FlowNode) bool{}
	if kind != "" {
		wanted = append(wanted, func(n *bpmn.FlowNode) bool { return n.Kind == kind })
	}
	for _, c := range conditions {
		if c.field == "elementId" && (c.operator == "$eq" || c.operator == "$in" || c.operator == "$like") {
			wanted = append(wanted, func(n *bpmn.FlowNode) bool { return c.holds(n.ID) })
		}
	}
	if len(wanted) == 0 {
		return true
	}
	nodes := a.elements(definition)
	for _, is := range wanted {
		if len(nodes) > 0 && !anyNode(nodes, is) { // a model that cannot be read may have it
			return false
		}
	}
	return true
}

func anyNode(nodes map[string]*bpmn.FlowNode, is func(*bpmn.FlowNode) bool) bool {
	for _, node := range nodes {
		if is(node) {
			return true
		}
	}
	return false
}
