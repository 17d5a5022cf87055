package tosca

import (
	"slices"
	"strings"
)

// Resolve finds the definitions of the instances among the templates that are commissioned, and checks the instances against them: that
// their elements are those of the definition, all of them, and that the values of their properties are right. What it returns are the instances
// with the definitions that were found; elements have the participant type of their definition if they give none. A definition that
// is there in one other version only is taken, with a warning: the page that ONAP prints names one that is not there. In place of sensitive
// values stands what seal makes of them, whose paths are /<id of the element>/<property>… The error is [Problems].
func (in *Instances) Resolve(seal Seal, templates ...*ServiceTemplate) ([]Instance, error) {
	r := &resolver{&in.found, seal}
	list := in.List()
	for i := range list {
		r.resolve(&list[i], in.nodes[i], templates)
	}
	if err := r.errors(); err != nil {
		return nil, err
	}
	return list, nil
}

type resolver struct {
	*findings

	sealing Seal
}

func (r *resolver) resolve(instance *Instance, places instanceNodes, templates []*ServiceTemplate) {
	var ids []Identifier
	owner := map[Identifier]*ServiceTemplate{}
	for _, t := range templates {
		for _, loop := range t.loops {
			ids = append(ids, loop.Identifier)
			owner[loop.Identifier] = t
		}
	}
	id, found := r.nearest(places.definition, instance.Definition, ids)
	if !found {
		r.errorf(places.definition, "the control loop %s is not commissioned", instance.Definition).hint("%s", meant(instance.Definition, ids))
		return
	}
	instance.Definition = id
	loops := owner[id].loops
	loop := loops[slices.IndexFunc(loops, func(l ControlLoop) bool { return l.Identifier == id })]
	r.elements(owner[id], loop, instance, places)
}

// nearest finds an identifier: itself, else the only one of its name.
func (r *resolver) nearest(at *node, id Identifier, among []Identifier) (Identifier, bool) {
	if slices.Contains(among, id) {
		return id, true
	}
	var named []Identifier
	for _, other := range among {
		if other.Name == id.Name {
			named = append(named, other)
		}
	}
	if len(named) != 1 {
		return id, false
	}
	r.warnf(at, "there is no %s", id).hint("%s is taken", named[0])
	return named[0], true
}

// meant says which identifiers may be meant.
func meant(id Identifier, among []Identifier) string {
	all := make([]string, len(among))
	for i, other := range among {
		all[i] = other.String()
	}
	if len(all) == 0 {
		return "commission a service template first"
	}
	return suggest(id.String(), all)
}

func (r *resolver) elements(t *ServiceTemplate, loop ControlLoop, instance *Instance, places instanceNodes) {
	ids := make([]Identifier, len(loop.Elements))
	for i, e := range loop.Elements {
		ids[i] = e.Identifier
	}
	given := map[Identifier]bool{}
	for i := range instance.Elements {
		element, at := &instance.Elements[i], places.elements[i]
		id, found := r.nearest(at.definition, element.Definition, ids)
		switch {
		case !found:
			r.errorf(at.definition, "%s has no element %s", loop.Identifier, element.Definition).hint("%s", meant(element.Definition, ids))
			continue
		case given[id]:
			r.errorf(at.definition, "another element has the definition %s", id).hint("give one element for each of the definition's")
		}
		given[id] = true
		element.Definition = id
		r.participant(element, loop.Elements[slices.Index(ids, id)], at)
		values := at.properties
		if values.isNull() {
			values = &node{kind: object, at: at.node.at, parent: at.node, key: "propertiesMap"}
		}
		if sensitive := t.checkInstance(r.findings, id, values); sensitive != nil && r.sealing != nil {
			element.Properties = values.copyWith(r.seal(sensitive, func(path string, value any) (string, error) {
				return r.sealing("/"+element.ID+strings.TrimPrefix(path, values.path()), value)
			})).object()
		}
	}
	for _, id := range ids {
		if !given[id] {
			r.errorf(places.node, "the element %s is missing", id).hint("give each element of %s", loop.Identifier)
		}
	}
}

// participant takes the participant type of the definition. The original compares the one that an instance gives with the participant that
// registers, and not with the definition; so does this.
func (r *resolver) participant(element *InstanceElement, defined Element, at elementNodes) {
	switch {
	case element.ParticipantType.IsZero():
		element.ParticipantType = defined.ParticipantType
	case element.ParticipantType != defined.ParticipantType:
		r.warnf(at.kind, "the definition names the participant type %s", defined.ParticipantType)
	}
}
