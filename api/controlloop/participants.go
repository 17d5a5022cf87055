package controlloop

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func showParticipant(p found) map[string]any {
	return map[string]any{
		"name": p.id.Name, "version": p.id.Version, "definition": value(p.id), "participantType": p.variables["participantType"],
		"participantState": p.variables["state"], "healthStatus": p.variables["healthStatus"], "description": "", "lastMessage": p.variables["lastMessage"],
	}
}

func (h *handlers) getParticipants(r *http.Request) (reply, error) {
	participants, err := h.listed(r, processParticipant, participantOrders)
	if err != nil {
		return reply{}, err
	}
	list := []map[string]any{}
	for _, p := range participants {
		list = append(list, showParticipant(p))
	}
	return ok(map[string]any{"participantList": list})
}

// getParticipant shows a participant, also one that has deregistered.
func (h *handlers) getParticipant(r *http.Request) (reply, error) {
	id := tosca.Identifier{Name: chi.URLParam(r, "name"), Version: chi.URLParam(r, "version")}
	all, err := h.instances(runner.Filter{ProcessID: processParticipant, BusinessKey: id.String()})
	if err != nil {
		return reply{}, err
	}
	if len(all) == 0 {
		return reply{}, faultf(http.StatusNotFound, "Participant with ID %s is not registered", id)
	}
	return ok(showParticipant(all[len(all)-1]))
}

// orderParticipant orders a participant into a state, or, without one, asks for its health.
func (h *handlers) orderParticipant(r *http.Request) (reply, error) {
	var body struct {
		Definition tosca.Identifier `json:"definition"`
		State      string           `json:"participantState"`
	}
	if err := decode(r, &body); err != nil {
		return reply{}, err
	}
	states := []string{"PASSIVE", "SAFE", "TEST", "ACTIVE", "TERMINATED"}
	if body.State != "" && !slices.Contains(states, body.State) {
		return reply{}, faultf(http.StatusBadRequest, "a participant has no state %q; order one of %q, or none to ask for its health", body.State, states)
	}
	data := map[string]any{"state": nil}
	if body.State != "" {
		data["state"] = body.State
	}
	if _, err := h.request(r.Context(), message(messageParticipant, body.Definition, data)); err != nil {
		return reply{}, asked(err, faultf(http.StatusNotFound, "Participant with ID %s is not registered", body.Definition))
	}
	return reply{http.StatusAccepted, map[string]any{"definition": body.Definition}}, nil
}

// window is what of the statistics is asked for.
type window struct {
	count      int // 0: all
	start, end time.Time
}

func windowOf(r *http.Request) (w window, err error) {
	query := r.URL.Query()
	if text := query.Get("recordCount"); text != "" {
		if w.count, err = strconv.Atoi(text); err != nil || w.count < 0 {
			return w, faultf(http.StatusBadRequest, "recordCount must be a whole number that is not negative, 0 for all")
		}
	}
	for name, at := range map[string]*time.Time{"startTime": &w.start, "endTime": &w.end} {
		if text := query.Get(name); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				return w, faultf(http.StatusBadRequest, "%s must be a time such as 2021-01-10T13:45:00.000Z", name)
			}
		}
	}
	return w, nil
}

// cut keeps what lies in the window, the newest first.
func (w window) cut(records []any) []any {
	kept := []any{}
	for _, record := range records {
		object, _ := record.(map[string]any)
		at, err := time.Parse(time.RFC3339, variables(object).text("timeStamp"))
		if err != nil && !(w.start.IsZero() && w.end.IsZero()) || !w.start.IsZero() && at.Before(w.start) || !w.end.IsZero() && at.After(w.end) {
			continue
		}
		if kept = append(kept, record); len(kept) == w.count {
			break
		}
	}
	return kept
}

// participantStatistics are those of the participants that the query selects.
func (h *handlers) participantStatistics(r *http.Request) (reply, error) {
	w, err := windowOf(r)
	if err != nil {
		return reply{}, err
	}
	participants, err := h.selected(r, processParticipant)
	if err != nil {
		return reply{}, err
	}
	list := []any{}
	for _, p := range participants {
		list = append(list, w.cut(p.list("statistics"))...)
	}
	return ok(map[string]any{"statisticsList": list})
}

// participantsOf are the participants of the control loop in the query.
func (h *handlers) participantsOf(r *http.Request) (loop found, participants []found, err error) {
	if _, err := named(r); err != nil {
		return loop, nil, err
	}
	loops, err := h.selected(r, processLoop)
	if err != nil {
		return loop, nil, err
	}
	if len(loops) == 0 {
		return loop, nil, faultf(http.StatusNotFound, "Control Loop not found")
	}
	all, err := h.active(processParticipant)
	loop = loops[0]
	return loop, slices.DeleteFunc(all, func(p found) bool { return loop.object("participants")[p.id.String()] == nil }), err
}

func (h *handlers) loopParticipantStatistics(r *http.Request) (reply, error) {
	_, participants, err := h.participantsOf(r)
	if err != nil {
		return reply{}, err
	}
	list := []any{}
	for _, p := range participants {
		list = append(list, p.list("statistics")...)
	}
	return ok(map[string]any{"statisticsList": list})
}

// elementsIn are the statistics of elements in what a participant has reported about its control loops.
func elementsIn(p found) []any {
	var list []any
	for _, report := range p.list("reports") {
		object, _ := report.(map[string]any)
		list = append(list, variables(object).object("controlLoopStatistics").object("clElementStatisticsList").list("clElementStatistics")...)
	}
	return list
}

func (h *handlers) elementStatistics(r *http.Request) (reply, error) {
	w, err := windowOf(r)
	if err != nil {
		return reply{}, err
	}
	participants, err := h.selected(r, processParticipant)
	if err != nil {
		return reply{}, err
	}
	list, id := []any{}, r.URL.Query().Get("id")
	for _, p := range participants {
		list = append(list, w.cut(slices.DeleteFunc(elementsIn(p), func(e any) bool {
			object, _ := e.(map[string]any)
			return id != "" && object["id"] != id
		}))...)
	}
	return ok(map[string]any{"clElementStatistics": list})
}

func (h *handlers) loopElementStatistics(r *http.Request) (reply, error) {
	loop, participants, err := h.participantsOf(r)
	if err != nil {
		return reply{}, err
	}
	list := []any{}
	for _, p := range participants {
		for _, e := range elementsIn(p) {
			if object, _ := e.(map[string]any); loop.object("elements")[variables(object).text("id")] != nil {
				list = append(list, e)
			}
		}
	}
	return ok(map[string]any{"clElementStatistics": list})
}

// ignoredMessages says how many messages of participants meant nothing to any process, by their kind, and which came last.
func (h *handlers) ignoredMessages(*http.Request) (reply, error) {
	counted, err := h.active(processIgnored)
	if err != nil {
		return reply{}, err
	}
	answer := map[string]any{"total": 0, "messageTypes": map[string]any{}, "newest": []any{}}
	if len(counted) > 0 {
		for name := range answer {
			answer[name] = counted[0].variables[name]
		}
	}
	return ok(answer)
}
