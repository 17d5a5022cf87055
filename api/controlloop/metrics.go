package controlloop

import (
	"slices"

	"github.com/sonata-bpmn/sonata/api/metrics"
)

// What CLAMP's participants may say of themselves; anything else is UNKNOWN.
var (
	participantStates = []string{"UNKNOWN", "PASSIVE", "SAFE", "TEST", "ACTIVE", "TERMINATED"}
	healthStates      = []string{"UNKNOWN", "HEALTHY", "NOT_HEALTHY", "TEST_IN_PROGRESS", "OFF_LINE"}
)

// Metrics returns what measures participants, and the messages that meant nothing: late, repeated, or from somebody else. Transitions and
// faults are instances and messages as others are, and counted as such.
func Metrics(e Engine) func() ([]metrics.Family, error) {
	h := &handlers{engine: e}
	return func() ([]metrics.Family, error) {
		participants, err := h.active(processParticipant)
		if err != nil {
			return nil, err
		}
		count := map[[2]string]int{}
		for _, p := range participants {
			count[[2]string{among(p.text("state"), participantStates), among(p.text("healthStatus"), healthStates)}]++
		}
		known := metrics.Family{Name: "sonata_participants", Help: "Participants of control loops, by what they say of themselves.", Kind: metrics.Gauge}
		for states, n := range count {
			known.Samples = append(known.Samples, metrics.Sample{Labels: [][2]string{{"state", states[0]}, {"health", states[1]}}, Value: float64(n)})
		}
		ignored, err := h.active(processIgnored)
		messages := metrics.Family{Name: "sonata_participant_messages_ignored_total", Help: "Messages of participants that no process waited for.", Kind: metrics.Counter}
		for _, in := range ignored {
			for kind, n := range in.object("messageTypes") {
				if n, whole := n.(int64); whole {
					messages.Samples = append(messages.Samples, metrics.Sample{Labels: [][2]string{{"type", kind}}, Value: float64(n)})
				}
			}
		}
		return []metrics.Family{known, messages}, err
	}
}

// among is a word if it is one of those that are known, else the first of them.
func among(word string, known []string) string {
	if slices.Contains(known, word) {
		return word
	}
	return known[0]
}
