package controlloop

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// pageLoop is the ControlLoop of the page: its id, and its service template unless it is commissioned already.
type pageLoop struct {
	ID    string `json:"id"`
	TOSCA string `json:"controlLoopTosca,omitempty"`
}

// instantiate brings up a control loop of a definition and answers when all participants have, or when what was brought up is torn down
// again because not all have.
func (h *handlers) instantiate(r *http.Request) (reply, error) {
	var body pageLoop
	if err := decode(r, &body); err != nil || body.ID == "" {
		return reply{}, faultf(http.StatusMethodNotAllowed, "Invalid input: the body must be {id, controlLoopTosca}, and the id must name a control loop")
	}
	key, err := h.bringUp(r, body)
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.instantiateTimeout)
	defer cancel()
	state, err := h.settled(ctx, key)
	switch {
	case err != nil:
		return reply{}, err
	case state.text("stateChangeResult") == "NO_ERROR":
		return ok([]map[string]any{{"code": http.StatusOK, "status": "INSTANTIATED"}})
	case state.text("stateChangeResult") == "TIMEOUT":
		return reply{}, faultf(http.StatusGatewayTimeout, "the control loop %s was not instantiated: %s; what was there of it was torn down", body.ID, state.text("message"))
	}
	return reply{}, faultf(http.StatusBadGateway, "the control loop %s was not instantiated: %s; what was there of it was torn down", body.ID, state.text("message"))
}

// bringUp commissions the service template of the body, if it has one, and creates a control loop that orders itself PASSIVE: all of it or nothing.
func (h *handlers) bringUp(r *http.Request, body pageLoop) (engine.Key, error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	all, templates, err := h.catalogue()
	if err != nil {
		return 0, err
	}
	var messages []runner.Publication
	if body.TOSCA != "" {
		t, err := h.parse([]byte(body.TOSCA), templates)
		if err != nil {
			return 0, faultf(http.StatusMethodNotAllowed, "Invalid input: %s", err)
		}
		m, err := h.commissioning(t, all)
		if err != nil {
			return 0, err
		}
		messages, templates = append(messages, m), append(templates, t)
	}
	definition, err := definitionOf(body, templates)
	if err != nil {
		return 0, err
	}
	participants, err := h.active(processParticipant)
	if err != nil {
		return 0, err
	}
	id := tosca.ParseIdentifier(body.ID)
	if id.Version == "" {
		id.Version = definition.Version
	}
	data := contents(fill(instanceOf(id, definition), participants), templates)
	data["keep"], data["bringUp"] = false, true
	dialect(data, data, participants, templates)
	taken, err := h.request(r.Context(), append(messages, message(messageCreate, id, data))...)
	if err != nil {
		return 0, err
	}
	return taken[len(taken)-1].Key, nil
}

// definitionOf finds the definition that is meant: the only one of the template in the body, else the one that has the id, with or
// without its version.
func definitionOf(body pageLoop, templates []*tosca.ServiceTemplate) (tosca.ControlLoop, error) {
	for _, t := range slices.Backward(templates) {
		loops := t.ControlLoops()
		for _, d := range loops {
			if d.String() == body.ID || d.Name == body.ID {
				return d, nil
			}
		}
		if body.TOSCA != "" && len(loops) > 0 {
			return loops[0], nil
		}
	}
	return tosca.ControlLoop{}, faultf(http.StatusNotFound, "No Control Loop found: %s is not commissioned", body.ID)
}

// settled waits until a control loop is in the state that was ordered, or a fault was told and everything about it is done.
func (h *handlers) settled(ctx context.Context, key engine.Key) (variables, error) {
	for {
		watch, stop := context.WithCancel(ctx)
		entries := h.engine.Watch(watch, key)
		in, info, err := h.engine.Instance(key)
		if err != nil {
			stop()
			return nil, err
		}
		v := variables(in.Variables(0))
		if info.State != engine.StateActive || v.text("state") == "PASSIVE" {
			stop()
			return v, nil
		}
		err = next(ctx, entries)
		stop()
		if err != nil {
			return nil, err
		}
	}
}

// next returns when something has happened.
func next(ctx context.Context, entries <-chan runner.Entry) error {
	for {
		select {
		case entry, open := <-entries:
			switch entry.Event.(type) {
			case engine.VariablesSet, engine.InstanceEnded:
				return nil
			}
			if !open {
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// showInstantiated is a control loop as the page lists it.
func (h *handlers) showInstantiated(loop found) (map[string]any, error) {
	shown, err := h.show(loop)
	if err == nil {
		shown["id"] = loop.id.Name
	}
	return shown, err
}

func (h *handlers) getInstantiated(*http.Request) (reply, error) {
	loops, err := h.active(processLoop)
	if err != nil {
		return reply{}, err
	}
	if len(loops) == 0 {
		return reply{}, faultf(http.StatusNotFound, "No instantiated control loops found")
	}
	list := []map[string]any{}
	for _, loop := range loops {
		shown, err := h.showInstantiated(loop)
		if err != nil {
			return reply{}, err
		}
		list = append(list, shown)
	}
	return ok(list)
}

// instantiated finds the control loop in the path, by its name with or without its version.
func (h *handlers) instantiated(r *http.Request) (found, error) {
	loops, err := h.active(processLoop)
	if err != nil {
		return found{}, err
	}
	id := chi.URLParam(r, "loop")
	i := slices.IndexFunc(loops, func(in found) bool { return in.id.Name == id || in.id.String() == id })
	if i < 0 {
		return found{}, faultf(http.StatusNotFound, "Control Loop not found: %s", id)
	}
	return loops[i], nil
}

func (h *handlers) getInstantiatedLoop(r *http.Request) (reply, error) {
	loop, err := h.instantiated(r)
	if err != nil {
		return reply{}, err
	}
	shown, err := h.showInstantiated(loop)
	if err != nil {
		return reply{}, err
	}
	return ok(shown)
}

// putInstantiatedLoop gives a control loop the contents that its definition has now, or that of the template in the body.
func (h *handlers) putInstantiatedLoop(r *http.Request) (reply, error) {
	loop, err := h.instantiated(r)
	if err != nil {
		return reply{}, err
	}
	var body pageLoop
	if err := decode(r, &body); err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	if body.TOSCA != "" {
		t, err := h.parse([]byte(body.TOSCA), templates)
		if err != nil {
			return reply{}, err
		}
		templates = append(templates, t)
	}
	definition, err := definitionOf(pageLoop{ID: loop.identifier("definition").String(), TOSCA: body.TOSCA}, templates)
	if err != nil {
		return reply{}, err
	}
	participants, err := h.active(processParticipant)
	if err != nil {
		return reply{}, err
	}
	data := contents(fill(instanceOf(loop.id, definition), participants), templates)
	if _, err := h.request(r.Context(), message(messageUpdate, loop.id, map[string]any{"given": data})); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"id": loop.id.Name})
}

// deleteInstantiatedLoop ends a control loop; one that is still there on its participants is torn down first, which is ordered here.
func (h *handlers) deleteInstantiatedLoop(r *http.Request) (reply, error) {
	loop, err := h.instantiated(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	if _, err := h.request(r.Context(), message(messageDelete, loop.id, nil)); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"id": loop.id.Name})
}
