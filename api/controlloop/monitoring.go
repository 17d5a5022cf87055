package controlloop

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// monitoringData is what a participant reports by the page's events: the applications of its control loops.
type monitoringData struct {
	ParticipantID string           `json:"participant-id"`
	Timestamp     string           `json:"timestamp,omitempty"` // seconds since 1970
	ControlLoops  []map[string]any `json:"control-loops"`
}

func showMonitoring(in found) map[string]any {
	return map[string]any{"participant-id": in.variables["participantId"], "timestamp": in.variables["timestamp"], "control-loops": in.variables["controlLoops"]}
}

func (h *handlers) getMonitoring(*http.Request) (reply, error) {
	all, err := h.active(processMonitoring)
	if err != nil {
		return reply{}, err
	}
	if len(all) == 0 {
		return reply{}, faultf(http.StatusNotFound, "No monitoring data found")
	}
	list := []map[string]any{}
	for _, in := range all {
		list = append(list, showMonitoring(in))
	}
	return ok(list)
}

// monitored finds the monitoring data of the participant in the path.
func (h *handlers) monitored(r *http.Request) (found, error) {
	all, err := h.instances(runner.Filter{ProcessID: processMonitoring, State: engine.StateActive, BusinessKey: chi.URLParam(r, "participant")})
	if err == nil && len(all) == 0 {
		err = faultf(http.StatusNotFound, "Monitoring data for the participant not found")
	}
	if err != nil {
		return found{}, err
	}
	return all[0], nil
}

func (h *handlers) getMonitoringOf(r *http.Request) (reply, error) {
	in, err := h.monitored(r)
	if err != nil {
		return reply{}, err
	}
	return ok(showMonitoring(in))
}

// report writes monitoring data as the participant's event would.
func (h *handlers) report(r *http.Request, participant string) (reply, error) {
	var data monitoringData
	if err := decode(r, &data); err != nil {
		return reply{}, faultf(http.StatusMethodNotAllowed, "Invalid input: %s", faultOf(err).text)
	}
	if participant != "" {
		data.ParticipantID = participant
	}
	if data.ParticipantID == "" {
		return reply{}, faultf(http.StatusMethodNotAllowed, "Invalid input: participant-id is missing")
	}
	if data.Timestamp == "" {
		data.Timestamp = strconv.FormatInt(time.Now().Unix(), 10)
	}
	loops := []any{}
	for _, loop := range data.ControlLoops {
		loops = append(loops, loop)
	}
	event := map[string]any{"participant-id": data.ParticipantID, "timestamp": data.Timestamp, "control-loops": loops}
	if _, err := h.request(r.Context(), runner.Publication{Name: messageMonitoring, Data: event}); err != nil {
		return reply{}, err
	}
	return ok(data)
}

func (h *handlers) postMonitoring(r *http.Request) (reply, error) { return h.report(r, "") }

func (h *handlers) putMonitoringOf(r *http.Request) (reply, error) {
	in, err := h.monitored(r)
	if err != nil {
		return reply{}, err
	}
	return h.report(r, in.text("participantId"))
}

func (h *handlers) deleteMonitoringOf(r *http.Request) (reply, error) {
	in, err := h.monitored(r)
	if err != nil {
		return reply{}, err
	}
	if _, err := h.request(r.Context(), runner.Publication{Name: messageForget, CorrelationKey: in.text("participantId")}); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{})
}
