package tosca

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Elements are the node templates of a control loop's elements, in its order. nil if there is no such loop.
func (t *ServiceTemplate) Elements(loop Identifier) []NodeTemplate {
	for _, l := range t.loops {
		if l.Identifier == loop {
			all := []NodeTemplate{}
			for _, e := range l.Elements {
				all = append(all, t.byID[e.Identifier].export())
			}
			return all
		}
	}
	return nil
}

// PropertyDefinitions gives, by name, the node templates whose types have common properties, or properties that each instance gives. What
// stands in their properties are the definitions of these, so that a client can ask for values. A zero name or version is any.
func (t *ServiceTemplate) PropertyDefinitions(common bool, id Identifier) map[string]map[string]any {
	found := map[string]map[string]any{}
	for _, n := range t.nodes {
		if id.Name != "" && id.Name != n.id.Name || id.Version != "" && id.Version != n.id.Version {
			continue
		}
		definitions := t.Properties(n.id, common)
		if len(definitions) == 0 {
			continue
		}
		value := n.export().Value
		value["properties"] = definitions
		found[n.node.key] = value
	}
	return found
}

// InstanceOf makes the instance of a control loop from a service template whose node templates hold the values of its properties, as
// CLAMP's GUI sends them: this template. It has one control loop; its name, without what stands before the last dot and without
// ControlLoopDefinition, and the suffix make the instance's, and the ids of the elements follow from its name. The error is [Problems].
func (t *ServiceTemplate) InstanceOf(suffix string) (Instance, error) {
	f := &findings{}
	if len(t.loops) != 1 {
		f.errorf(t.root, "there are %d control loops", len(t.loops)).hint("give the values of the elements of one")
		return Instance{}, f.errors()
	}
	loop := t.loops[0]
	made := Instance{
		Identifier: Identifier{instanceName(loop.Name) + suffix, loop.Version}, Definition: loop.Identifier,
		State: States[0], OrderedState: States[0], Description: loop.Description + suffix,
	}
	for _, e := range loop.Elements {
		made.Elements = append(made.Elements, InstanceElement{
			ID: elementID(made.Identifier, e.Identifier), Definition: e.Identifier, ParticipantType: e.ParticipantType,
			ParticipantID: identifier(t.field(e.Identifier, "participantId")), State: States[0], OrderedState: States[0],
			Description: e.Description + suffix, Properties: t.instanceValues(e),
		})
	}
	return made, nil
}

// instanceValues are the values of an element's properties that are not common.
func (t *ServiceTemplate) instanceValues(e Element) map[string]any {
	values := clone(e.Properties)
	common := t.Properties(e.Identifier, true)
	maps.DeleteFunc(values, func(name string, _ any) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(common)), func(other string) bool { return snake(other) == snake(name) })
	})
	return values
}

// field is a property of a node template as it is written.
func (t *ServiceTemplate) field(id Identifier, name string) *node {
	if n := t.byID[id]; n != nil {
		return n.fields["properties"].field(name)
	}
	return nil
}

// instanceName shortens the name of a definition to what it is a loop for: org.onap.domain.pmsh.PMSHControlLoopDefinition to PMSH.
func instanceName(definition string) string {
	parts := strings.Split(definition, ".")
	for _, part := range slices.Backward(parts) {
		if name := strings.TrimSuffix(strings.TrimSuffix(part, "Definition"), "ControlLoop"); name != "" {
			return name
		}
	}
	return definition
}

// elementID is the id of an element of an instance, the same for the same names.
func elementID(loop, element Identifier) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("tosca:"+loop.String()+"/"+element.String())).String()
}
