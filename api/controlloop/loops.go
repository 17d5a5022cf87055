package controlloop

import (
	"maps"
	"net/http"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func sortedKeys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }

// show brings a control loop into CLAMP's shape. stateChangeResult and message are Sonata's own: whether the last order was carried out,
// and if not, why.
func (h *handlers) show(loop found) (map[string]any, error) {
	changing, err := h.changing(loop)
	if err != nil {
		return nil, err
	}
	definitions, _, err := h.catalogue()
	if err != nil {
		return nil, err
	}
	definition := definitionIn(definitions, loop)
	elements := map[string]any{}
	for id, e := range loop.object("elements") {
		element := maps.Clone(e.(map[string]any))
		if values, has := element["propertiesMap"].(map[string]any); has && definition != nil {
			element["propertiesMap"] = definition.template.Masked(identifierOf(element["definition"]), values)
		}
		state := stateOf(id, loop, changing)
		element["state"], element["orderedState"] = state.text("state"), loop.text("orderedState")
		for _, own := range []string{"message", "mode"} {
			if text := state.text(own); text != "" {
				element[own] = text
			}
		}
		elements[id] = element
	}
	return map[string]any{
		"name": loop.id.Name, "version": loop.id.Version, "definition": loop.variables["definition"], "description": loop.variables["description"],
		"state": loop.text("state"), "orderedState": loop.text("orderedState"), "primed": definition.primed(loop), "elements": elements,
		"stateChangeResult": loop.text("stateChangeResult"), "message": loop.variables["message"], "ignoredMessages": loop.variables["ignored"],
	}, nil
}

// changing are the answers of the elements in the transition that is under way.
func (h *handlers) changing(loop found) (variables, error) {
	items, _, err := h.engine.Search(runner.Filter{ProcessID: processTransition, ParentKey: loop.key, State: engine.StateActive}, runner.Page{Limit: 1, Descending: true})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	in, _, err := h.engine.Instance(items[0].Key)
	if err != nil {
		return nil, err
	}
	return in.Variables(0), nil
}

// stateOf is the state of an element: what it has answered in the transition that is under way, else that it is asked, else what it
// has answered before.
func stateOf(id string, loop found, changing variables) variables {
	if changing != nil {
		if state := changing.object("acks").object("states").object(id); state != nil {
			return state
		}
		return variables{"state": loop.text("state")}
	}
	if state := loop.object("states").object(id); state != nil {
		return state
	}
	return variables{"state": "UNINITIALISED"}
}

// definitionIn finds the service template that defines a control loop; nil if there is none.
func definitionIn(definitions []commissioned, loop found) *commissioned {
	i := slices.IndexFunc(definitions, func(d commissioned) bool { return d.template.IsControlLoop(loop.identifier("definition")) })
	if i < 0 {
		return nil
	}
	return &definitions[i]
}

// primed says whether all participants of a control loop know its definition.
func (d *commissioned) primed(loop found) bool {
	if d == nil {
		return false
	}
	for key := range loop.object("participants") {
		if d.object("primed")[key] != "PRIMED" {
			return false
		}
	}
	return true
}

func (h *handlers) getLoops(r *http.Request) (reply, error) {
	loops, err := h.listed(r, processLoop, loopOrders)
	if err != nil {
		return reply{}, err
	}
	list := []map[string]any{}
	for _, loop := range loops {
		shown, err := h.show(loop)
		if err != nil {
			return reply{}, err
		}
		list = append(list, shown)
	}
	return ok(map[string]any{"controlLoopList": list})
}

// getStates gives what was ordered of the control loops that are selected.
func (h *handlers) getStates(r *http.Request) (reply, error) {
	loops, err := h.selected(r, processLoop)
	if err != nil {
		return reply{}, err
	}
	if len(loops) == 0 {
		return reply{}, faultf(http.StatusNotFound, "Control Loop not found")
	}
	ids := []map[string]any{}
	for _, loop := range loops {
		ids = append(ids, value(loop.id))
	}
	return ok(map[string]any{"orderedState": loops[0].text("orderedState"), "controlLoopIdentifierList": ids})
}

func (h *handlers) getPriming(r *http.Request) (reply, error) {
	loops, err := h.selected(r, processLoop)
	if err != nil {
		return reply{}, err
	}
	definitions, _, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	list := []map[string]any{}
	for _, loop := range loops {
		list = append(list, map[string]any{"name": loop.id.Name, "version": loop.id.Version, "primed": definitionIn(definitions, loop).primed(loop)})
	}
	return ok(map[string]any{"primedControlLoopsList": list})
}
