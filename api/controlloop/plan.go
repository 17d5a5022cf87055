package controlloop

import (
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// asks is how often a participant is told, within its time limit, what it is to do.
const asks = 4

// contents is a control loop as its process has it: what it consists of, who does it, and in which order.
func contents(loop tosca.Instance, templates []*tosca.ServiceTemplate) map[string]any {
	p := &plan{template: templateOf(loop.Definition, templates), elements: map[string]any{}, participants: map[string]any{}, phases: map[int][]step{0: nil}}
	for _, e := range loop.Elements {
		p.add(e)
	}
	return map[string]any{
		"name": loop.Name, "version": loop.Version, "description": loop.Description, "definition": value(loop.Definition),
		"elements": p.elements, "participants": p.participants, "phases": p.ordered(""), "plans": p.plans(),
		"configurations": p.configurations(), "asks": int64(asks),
	}
}

// templateOf is the service template that has a definition, nil if none has.
func templateOf(definition tosca.Identifier, templates []*tosca.ServiceTemplate) *tosca.ServiceTemplate {
	i := slices.IndexFunc(templates, func(t *tosca.ServiceTemplate) bool { return t.IsControlLoop(definition) })
	if i < 0 {
		return nil
	}
	return templates[i]
}

// plan puts the elements of a control loop in their order.
type plan struct {
	template     *tosca.ServiceTemplate
	elements     map[string]any // by id, as CLAMP writes them
	participants map[string]any // by name:version: {participantId, participantType, elements, ids (of the elements)}
	phases       map[int][]step // by start phase; there is a phase 0, in which the participants hear of all their elements
}

// step is one element in its phase.
type step struct {
	id, participant string
	element         map[string]any
	limits          map[string]any // seconds, by the state in which the element is while it changes
}

func (p *plan) add(e tosca.InstanceElement) {
	definition := p.definition(e.Definition)
	properties := e.Properties
	if properties == nil {
		properties = map[string]any{} // as CLAMP has it, and as it is read from the store
	}
	element := map[string]any{
		"id": e.ID, "definition": value(e.Definition), "participantType": value(e.ParticipantType), "participantId": value(e.ParticipantID),
		"state": "UNINITIALISED", "orderedState": "PASSIVE", "description": e.Description, "propertiesMap": properties,
		"startPhase": int64(definition.StartPhase),
	}
	if definition.Policies {
		element["toscaServiceTemplateFragment"] = p.template.Fragment()
	}
	key := e.ParticipantID.String()
	p.elements[e.ID] = element
	participant, known := p.participants[key].(map[string]any)
	if !known {
		participant = participantOf(e)
		p.participants[key] = participant
	}
	participant["elements"] = append(participant["elements"].([]any), element)
	participant["ids"] = append(participant["ids"].([]any), e.ID)
	t := definition.Timeouts
	p.phases[definition.StartPhase] = append(p.phases[definition.StartPhase], step{e.ID, key, element, map[string]any{
		"UNINITIALISED2PASSIVE": int64(t.UninitialisedToPassive), "PASSIVE2RUNNING": int64(t.PassiveToRunning),
		"RUNNING2PASSIVE": int64(t.RunningToPassive), "PASSIVE2UNINITIALISED": int64(t.PassiveToUninitialised),
	}})
}

func participantOf(e tosca.InstanceElement) map[string]any {
	return map[string]any{"participantId": value(e.ParticipantID), "participantType": value(e.ParticipantType), "elements": []any{}, "ids": []any{}}
}

// definition finds the definition of an element.
func (p *plan) definition(id tosca.Identifier) tosca.Element {
	if p.template != nil {
		for _, loop := range p.template.ControlLoops() {
			if i := slices.IndexFunc(loop.Elements, func(e tosca.Element) bool { return e.Identifier == id }); i >= 0 {
				return loop.Elements[i]
			}
		}
	}
	return tosca.Element{Identifier: id}
}

// ordered are the start phases, the first to be started first, with the elements of one participant or ("") of all.
func (p *plan) ordered(participant string) []any {
	var list []any
	for _, phase := range slices.Sorted(maps.Keys(p.phases)) {
		elements, participants := []any{}, map[string]any{}
		for _, s := range p.phases[phase] {
			if participant != "" && s.participant != participant {
				continue
			}
			elements = append(elements, map[string]any{"id": s.id, "participant": s.participant, "startPhase": int64(phase), "limits": s.limits})
			all := p.participants[s.participant].(map[string]any)
			concerned, known := participants[s.participant].(map[string]any)
			if !known {
				concerned = map[string]any{"participantId": all["participantId"], "participantType": all["participantType"], "elements": []any{}}
				participants[s.participant] = concerned
			}
			concerned["elements"] = append(concerned["elements"].([]any), map[string]any{"id": s.id, "startPhase": int64(phase)})
		}
		list = append(list, map[string]any{"startPhase": int64(phase), "elements": elements, "participants": participants})
	}
	return list
}

// plans are the start phases for each participant alone: for one that has lost its elements.
func (p *plan) plans() map[string]any {
	plans := map[string]any{}
	for key := range p.participants {
		plans[key] = p.ordered(key)
	}
	return plans
}

// configurations are the elements as the page's events have them.
func (p *plan) configurations() []any {
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(p.participants)) {
		participant := p.participants[key].(map[string]any)
		applications := []any{}
		for _, element := range participant["elements"].([]any) {
			e := variables(element.(map[string]any))
			applications = append(applications, map[string]any{"application-id": e.identifier("definition").Name, "config": e["propertiesMap"]})
		}
		list = append(list, map[string]any{"participant-id": identifierOf(participant["participantId"]).Name, "applications": applications})
	}
	return list
}

// fill gives elements without a participant one that is registered for their type, the first by name.
func fill(loop tosca.Instance, registered []found) tosca.Instance {
	loop.Elements = slices.Clone(loop.Elements)
	for i, e := range loop.Elements {
		if !e.ParticipantID.IsZero() {
			continue
		}
		for _, p := range registered {
			if id := p.identifier("participantId"); p.identifier("participantType") == e.ParticipantType && (e.ParticipantID.IsZero() || id.String() < e.ParticipantID.String()) {
				e.ParticipantID = id
			}
		}
		e.ParticipantID = cmp.Or(e.ParticipantID, e.ParticipantType)
		loop.Elements[i] = e
	}
	return loop
}

// instanceOf is an instance of a definition whose elements have ids that follow from its name.
func instanceOf(id tosca.Identifier, definition tosca.ControlLoop) tosca.Instance {
	loop := tosca.Instance{Identifier: id, Definition: definition.Identifier, Description: definition.Description}
	for _, e := range definition.Elements {
		loop.Elements = append(loop.Elements, tosca.InstanceElement{
			ID:         uuid.NewSHA1(uuid.NameSpaceURL, []byte(id.String()+"/"+e.Identifier.String())).String(),
			Definition: e.Identifier, ParticipantType: e.ParticipantType, Description: e.Description,
		})
	}
	return loop
}
