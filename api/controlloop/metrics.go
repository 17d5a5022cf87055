package controlloop

import (
	"slices"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/api/metrics"
)

// What CLAMP's participants may say of themselves; anything else is UNKNOWN.
var (
	participantStates = []string{"UNKNOWN", "PASSIVE", "SAFE", "TEST", "ACTIVE", "TERMINATED"}
	healthStates      = []string{"UNKNOWN", "HEALTHY", "NOT_HEALTHY", "TEST_IN_PROGRESS", "OFF_LINE"}
)

// messageTypes are those of CLAMP's messages to and from participants. What others send under another name is their affair: a label is none for it.
var messageTypes = []string{"(other)",
	"PARTICIPANT_REGISTER", "PARTICIPANT_REGISTER_ACK", "PARTICIPANT_DEREGISTER", "PARTICIPANT_DEREGISTER_ACK", "PARTICIPANT_UPDATE", "PARTICIPANT_UPDATE_ACK",
	"PARTICIPANT_STATUS", "PARTICIPANT_STATUS_REQ", "PARTICIPANT_STATE_CHANGE", "PARTICIPANT_HEALTH_CHECK",
	"CONTROL_LOOP_UPDATE", "CONTROL_LOOP_STATE_CHANGE", "CONTROLLOOP_UPDATE_ACK", "CONTROLLOOP_STATECHANGE_ACK",
}

// measuredFor is how long the numbers of participants hold: each is read for them, so they are not counted at every scrape.
const measuredFor = time.Minute

// Metrics returns what measures participants, and the messages that meant nothing: late, repeated, or from somebody else. Transitions and
// faults are instances and messages as others are, and counted as such. What cannot be read is left out.
func Metrics(e Engine, now func() time.Time) func() ([]metrics.Family, error) {
	h := &handlers{engine: e}
	var (
		reading sync.Mutex
		until   time.Time
		known   []metrics.Family
	)
	return func() ([]metrics.Family, error) {
		reading.Lock()
		defer reading.Unlock()
		if at := now(); at.After(until) {
			known, until = h.measured(), at.Add(measuredFor)
		}
		return slices.Clone(known), nil
	}
}

// measured reads what there is.
func (h *handlers) measured() (all []metrics.Family) {
	if participants, err := h.active(processParticipant); err == nil {
		f := metrics.Family{Name: "sonata_participants", Help: "Participants of control loops, by what they say of themselves.", Kind: metrics.Gauge}
		count := map[[2]string]float64{}
		for _, p := range participants {
			count[[2]string{among(p.text("state"), participantStates), among(p.text("healthStatus"), healthStates)}]++
		}
		for states, n := range count {
			f.Samples = append(f.Samples, metrics.Sample{Labels: [][2]string{{"state", states[0]}, {"health", states[1]}}, Value: n})
		}
		all = append(all, f)
	}
	if ignored, err := h.active(processIgnored); err == nil {
		f := metrics.Family{Name: "sonata_participant_messages_ignored_total", Help: "Messages of participants that no process waited for.", Kind: metrics.Counter}
		count := map[string]float64{}
		for _, in := range ignored {
			for kind, n := range in.object("messageTypes") {
				if n, whole := n.(int64); whole {
					count[among(kind, messageTypes)] += float64(n)
				}
			}
		}
		for kind, n := range count {
			f.Samples = append(f.Samples, metrics.Sample{Labels: [][2]string{{"type", kind}}, Value: n})
		}
		all = append(all, f)
	}
	return all
}

// among is a word if it is one of those that are known, else the first of them.
func among(word string, known []string) string {
	if slices.Contains(known, word) {
		return word
	}
	return known[0]
}
