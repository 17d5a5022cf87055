package controlloop

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// commissioned is a service template with the instance that keeps it.
type commissioned struct {
	found
	template *tosca.ServiceTemplate
}

// catalogue reads all service templates that are commissioned, the oldest first.
func (h *handlers) catalogue() ([]commissioned, []*tosca.ServiceTemplate, error) {
	kept, err := h.instances(runner.Filter{ProcessID: processDefinition, State: engine.StateActive})
	if err != nil {
		return nil, nil, err
	}
	var all []commissioned
	var templates []*tosca.ServiceTemplate
	for _, in := range kept {
		if in.variables["gone"] == true {
			continue
		}
		t, err := tosca.FromValue(in.variables["template"], templates...)
		if err == nil { // it may be of an older version, which did not seal anything
			t, err = t.Sealed(h.seal, templates...)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("the service template of instance %s: %w", in.key, err)
		}
		all, templates = append(all, commissioned{in, t}), append(templates, t)
	}
	return all, templates, nil
}

// commission takes a service template in: it answers with the identifiers of all its node templates.
func (h *handlers) commission(r *http.Request) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	answer, err := h.commissionText(r, body, h.parse)
	return answer, unacceptable(body, err)
}

// unacceptable makes what is wrong with a service template that can be read as a document 406, as CLAMP's models do. A document that cannot be
// read stays 400.
func unacceptable(body []byte, err error) error {
	problems, wrong := errors.AsType[tosca.Problems](err)
	if !wrong {
		return err
	}
	if _, unreadable := tosca.ParseValue(body); unreadable != nil {
		return err
	}
	return faultf(http.StatusNotAcceptable, "%s", problems)
}

// templateReader reads a service template, among those that are known.
type templateReader func(text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error)

// commissionText takes in a service template as text, while nobody else writes.
func (h *handlers) commissionText(r *http.Request, text []byte, parse templateReader) (reply, error) {
	all, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	t, err := parse(text, templates)
	if err != nil {
		return reply{}, err
	}
	if err := h.take(r, t, all); err != nil {
		return reply{}, err
	}
	affected := []tosca.Identifier{}
	for _, n := range t.NodeTemplates() {
		affected = append(affected, n.Identifier)
	}
	return ok(warned(map[string]any{"affectedControlLoopDefinitions": affected}, t.Warnings()))
}

// take hands a service template to its process.
func (h *handlers) take(r *http.Request, t *tosca.ServiceTemplate, all []commissioned) error {
	if err := standWithout(keyOf(t), t, all); err != nil {
		return err
	}
	m, err := h.commissioning(t, all)
	if err == nil {
		_, err = h.request(r.Context(), m)
	}
	return err
}

// standWithout refuses to remove a service template, or to put another one in its place, while others build on what is no longer there then.
func standWithout(id tosca.Identifier, instead *tosca.ServiceTemplate, all []commissioned) error {
	var known []*tosca.ServiceTemplate
	for _, c := range all {
		content := c.variables["template"]
		if c.id == id {
			if instead == nil {
				continue
			}
			content = instead.Value()
		}
		t, err := tosca.FromValue(content, known...)
		if err != nil {
			return faultf(http.StatusBadRequest, "service template %s builds on %s, so that cannot be removed or replaced by this: %v; change or remove %s first", c.id, id, err, c.id)
		}
		known = append(known, t)
	}
	return nil
}

// commissioning is the message that hands a service template to its process.
func (h *handlers) commissioning(t *tosca.ServiceTemplate, all []commissioned) (m runner.Publication, err error) {
	participants, err := h.active(processParticipant)
	if err != nil {
		return m, err
	}
	id, updates := keyOf(t), updatesOf(t)
	instances := 0
	for _, c := range all {
		if c.id != id {
			continue
		}
		if instances, err = h.instancesOf(c.template); err != nil {
			return m, err
		}
	}
	primed := []any{}
	for _, p := range participants {
		if kind := p.identifier("participantType"); updates[kind.String()] != nil {
			primed = append(primed, map[string]any{"participantId": value(p.identifier("participantId")), "participantType": value(kind)})
		}
	}
	return message(messageCommission, id, map[string]any{
		"name": id.Name, "version": id.Version, "template": t.Value(), "updates": updates, "participants": primed, "instances": int64(instances),
	}), nil
}

// keyOf names a service template: as it names itself, else after its first control loop.
func keyOf(t *tosca.ServiceTemplate) tosca.Identifier {
	if id := t.Identifier(); id.Name != "" && id.Version != "" {
		return id
	}
	if loops := t.ControlLoops(); len(loops) > 0 {
		return loops[0].Identifier
	}
	return defaultTemplate
}

// defaultTemplate is the name that CLAMP gives a service template that has none.
var defaultTemplate = tosca.Identifier{Name: "ToscaServiceTemplateSimple", Version: "1.0.0"}

// updatesOf is what participants of each type are to handle (the field participantDefinitionUpdates of PARTICIPANT_UPDATE), by the type.
func updatesOf(t *tosca.ServiceTemplate) map[string]any {
	updates := map[string]any{}
	nodes := t.NodeTemplates()
	for _, loop := range t.ControlLoops() {
		for _, e := range loop.Elements {
			key := e.ParticipantType.String()
			list, known := updates[key].([]any)
			if !known {
				list = []any{map[string]any{"participantType": value(e.ParticipantType), "controlLoopElementDefinitionList": []any{}}}
			}
			update := list[0].(map[string]any)
			i := slices.IndexFunc(nodes, func(n tosca.NodeTemplate) bool { return n.Identifier == e.Identifier })
			template := maps.Clone(nodes[i].Value)
			template["properties"] = nodes[i].Properties
			update["controlLoopElementDefinitionList"] = append(update["controlLoopElementDefinitionList"].([]any), map[string]any{
				"clElementDefinitionId": value(e.Identifier), "controlLoopElementToscaNodeTemplate": template,
				"commonPropertiesMap": t.Properties(e.Identifier, true),
			})
			updates[key] = list
		}
	}
	return updates
}

// instancesOf counts the control loops of the definitions in a service template.
func (h *handlers) instancesOf(t *tosca.ServiceTemplate) (int, error) {
	loops, err := h.active(processLoop)
	return len(slices.DeleteFunc(loops, func(in found) bool { return !t.IsControlLoop(in.identifier("definition")) })), err
}

// decommission ends a service template that has no instances. It is named by its own name, or that of a control loop in it.
func (h *handlers) decommission(r *http.Request) (reply, error) {
	id, err := named(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	all, _, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	i := slices.IndexFunc(all, func(c commissioned) bool {
		return c.id == id || c.template.IsControlLoop(id) || id == defaultTemplate && len(all) == 1
	})
	if i < 0 {
		return reply{}, faultf(http.StatusNotFound, "no service template and no control loop definition %s is commissioned", id)
	}
	if err := h.end(r, all[i]); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"affectedControlLoopDefinitions": []tosca.Identifier{id}})
}

// end decommissions a service template.
func (h *handlers) end(r *http.Request, c commissioned) error {
	instances, err := h.instancesOf(c.template)
	if err != nil {
		return err
	}
	all, _, err := h.catalogue()
	if err == nil {
		err = standWithout(c.id, nil, all)
	}
	if err != nil {
		return err
	}
	remaining := map[string]any{}
	for _, other := range all {
		if other.id != c.id {
			join(remaining, updatesOf(other.template))
		}
	}
	_, err = h.request(r.Context(), message(messageDecommission, c.id, map[string]any{"instances": int64(instances), "remaining": remaining}))
	return err
}

// join adds updates (as updatesOf makes them) to others.
func join(all, more map[string]any) {
	const definitions = "controlLoopElementDefinitionList"
	for kind, update := range more {
		there, known := all[kind].([]any)
		if !known {
			all[kind] = update
			continue
		}
		whole, added := there[0].(map[string]any), update.([]any)[0].(map[string]any)
		whole[definitions] = append(whole[definitions].([]any), added[definitions].([]any)...)
	}
}

// getDefinitions lists the node templates that define control loops.
func (h *handlers) getDefinitions(r *http.Request) (reply, error) {
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	name, version := r.URL.Query().Get("name"), r.URL.Query().Get("version")
	list := []map[string]any{}
	for _, t := range templates {
		for _, n := range t.NodeTemplates() {
			if t.IsControlLoop(n.Identifier) && (name == "" || n.Name == name) && (version == "" || n.Version == version) {
				list = append(list, n.Value)
			}
		}
	}
	return ok(list)
}
