package controlloop

import (
	"net/http"
	"slices"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// affected is what CLAMP answers to a change of control loops.
func affected(ids []tosca.Identifier) map[string]any {
	return map[string]any{"affectedControlLoops": ids}
}

// createLoops takes in all control loops of the body, or none.
func (h *handlers) createLoops(r *http.Request) (reply, error) {
	return h.put(r, messageCreate, func(data map[string]any) map[string]any {
		data["keep"] = true
		return data
	})
}

// updateLoops gives control loops new contents.
func (h *handlers) updateLoops(r *http.Request) (reply, error) {
	return h.put(r, messageUpdate, func(data map[string]any) map[string]any { return map[string]any{"given": data} })
}

// put sends each control loop of the body to its process.
func (h *handlers) put(r *http.Request, name string, dress func(map[string]any) map[string]any) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	read, err := tosca.ParseInstances(body)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	before, err := h.propertiesOf(read.List())
	if err != nil {
		return reply{}, err
	}
	loops, err := read.Resolve(h.sealAfter(before), templates...)
	if err != nil {
		return reply{}, err
	}
	registered, err := h.active(processParticipant)
	if err != nil {
		return reply{}, err
	}
	var messages []runner.Publication
	ids := []tosca.Identifier{}
	for _, loop := range loops {
		messages = append(messages, message(name, loop.Identifier, dress(contents(fill(loop, registered), templates))))
		ids = append(ids, loop.Identifier)
	}
	if _, err := h.request(r.Context(), messages...); err != nil {
		return reply{}, asked(err, faultf(http.StatusNotFound, "Control Loop not found"))
	}
	return ok(warned(affected(ids), read.Warnings()))
}

// deleteLoop ends a control loop that is UNINITIALISED.
func (h *handlers) deleteLoop(r *http.Request) (reply, error) {
	if r.URL.Query().Get("name") == "" {
		return reply{}, faultf(http.StatusBadRequest, "say which control loop, by the query parameters name and version")
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	loops, err := h.selected(r, processLoop)
	if err != nil {
		return reply{}, err
	}
	if len(loops) == 0 {
		return reply{}, faultf(http.StatusNotFound, "Control Loop not found")
	}
	var messages []runner.Publication
	ids := []tosca.Identifier{}
	for _, loop := range loops {
		messages = append(messages, message(messageDelete, loop.id, nil))
		ids = append(ids, loop.id)
	}
	if _, err := h.request(r.Context(), messages...); err != nil {
		return reply{}, err
	}
	return ok(affected(ids))
}

// order is the body of a command.
type order struct {
	OrderedState string             `json:"orderedState"`
	Loops        []tosca.Identifier `json:"controlLoopIdentifierList"`
}

// command orders several control loops into a state: all of them, or none.
func (h *handlers) command(r *http.Request) (reply, error) {
	var body order
	if err := decode(r, &body); err != nil {
		return reply{}, err
	}
	if len(body.Loops) == 0 {
		return reply{}, faultf(http.StatusBadRequest, "the command names no control loop; list them in controlLoopIdentifierList, each with name and version")
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	participants, err := h.active(processParticipant)
	if err != nil {
		return reply{}, err
	}
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	var messages []runner.Publication
	for _, id := range body.Loops {
		m, err := h.orderOf(id, body.OrderedState, known{participants, templates})
		if err != nil {
			return reply{}, err
		}
		messages = append(messages, m)
	}
	if _, err := h.request(r.Context(), messages...); err != nil {
		return reply{}, asked(err, faultf(http.StatusNotFound, "Control Loop not found"))
	}
	return reply{http.StatusAccepted, affected(body.Loops)}, nil
}

// known is what an order needs to know besides the control loop.
type known struct {
	participants []found
	templates    []*tosca.ServiceTemplate
}

// orderOf is the order to one control loop. Which of its participants cannot follow, the process does not know by itself.
func (h *handlers) orderOf(id tosca.Identifier, state string, k known) (runner.Publication, error) {
	loops, err := h.instances(runner.Filter{ProcessID: processLoop, State: "ACTIVE", BusinessKey: id.String()})
	if err != nil {
		return runner.Publication{}, err
	}
	if len(loops) == 0 {
		return runner.Publication{}, faultf(http.StatusNotFound, "Control Loop not found: %s", id)
	}
	if err := h.readable(loops[0]); err != nil {
		return runner.Publication{}, err
	}
	data := map[string]any{"orderedState": nil, "missing": missing(loops[0], k.participants)}
	dialect(data, loops[0].variables, k.participants, k.templates)
	if state != "" {
		data["orderedState"] = american(state)
	}
	return message(messageOrder, id, data), nil
}

// american reads the spelling of the page's prose; CLAMP writes the other one.
func american(state string) string {
	for _, s := range tosca.States {
		if state == s || len(state) == len(s) && slices.Equal([]byte(state), replaceS(s)) {
			return s
		}
	}
	return state
}

// replaceS writes UNINITIALISED with z.
func replaceS(state string) []byte {
	text := []byte(state)
	for i := range text {
		if i > 0 && text[i] == 'S' && i+1 < len(text) && text[i+1] == 'E' && text[i-1] == 'I' {
			text[i] = 'Z'
		}
	}
	return text
}

// missing says which participant of a control loop cannot be ordered anything; nil if all can.
func missing(loop found, participants []found) any {
	if len(participants) == 0 {
		return "No participants registered"
	}
	for _, key := range sortedKeys(loop.object("participants")) {
		p := loop.object("participants").object(key)
		id, kind := p.identifier("participantId"), p.identifier("participantType")
		i := slices.IndexFunc(participants, func(r found) bool { return r.identifier("participantId") == id })
		switch {
		case i < 0:
			return "Participant with ID " + id.String() + " is not registered"
		case !kind.IsZero() && participants[i].identifier("participantType") != kind:
			return "Participant with ID " + id.String() + " is registered as " + participants[i].identifier("participantType").String() + ", and not as " + kind.String()
		}
	}
	return nil
}
