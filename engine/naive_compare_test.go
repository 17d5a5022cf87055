package engine_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// twin runs the naive interpreter beside an instance of the engine and compares them after every step: the state, where
// tokens are, what waits and until when, what the variables are, which flows were taken and what was thrown. The order of
// independent moves is the engine's; some order must explain what it did.
type twin struct {
	*naive
	stopped string // why the interpreter has nothing to say any more
	steps   int
}

func newTwin(text *bpmn.Process) *twin { return &twin{naive: newNaive(text)} }

// follow makes the step that the engine made and says how the results differ.
func (t *twin) follow(before *engine.Instance, at time.Time, c engine.Command, r engine.Result) error {
	if t.stopped != "" {
		return nil
	}
	for _, i := range r.Instance.Incidents {
		if i.Kind == engine.IncidentStepLimit {
			t.stopped = "endless loop"
			return nil
		}
	}
	want, taken, thrown := t.wholeOf(r.Instance), flowsTaken(r.Events), thrownBy(r)
	var first string
	for attempt := range attempts {
		try := t.naive.clone()
		try.now, try.taken, try.thrown = at, nil, nil
		try.order(attempt, taken)
		if problem := try.do(before, c); problem != "" {
			return fmt.Errorf("naive: %s", problem)
		}
		if try.unsure != "" {
			t.stopped = try.unsure
			return nil
		}
		if want == try.whole() && compare(taken, try.taken) == "" && compare(thrown, try.thrown) == "" {
			try.prefer, try.may = nil, nil
			t.naive = try
			t.steps++
			return nil
		}
		if attempt == 0 {
			first = compare(picture(r.Instance), try.picture()) + compare(taken, try.taken) + compare(thrown, try.thrown)
			if first == "" {
				first = "- " + want + "\n+ " + try.whole() + "\n"
			}
		}
	}
	return fmt.Errorf("the naive interpreter disagrees (-engine +naive):\n%s", first)
}

// attempts is how many orders of moves are tried.
const attempts = 40

// order says in which order an attempt makes moves. The first one goes as the engine is built: tokens on their way, the oldest first,
// then what has become empty, then conditions, then joins, one scope after the other. The others shuffle what is equally far, or
// everything. After the first attempt the flows that the engine took are a limit: a move that takes another one is not made.
func (n *naive) order(attempt int, taken []string) {
	random := rand.New(rand.NewPCG(uint64(attempt), 1))
	n.prefer = func(moves []move) []int {
		order := random.Perm(len(moves))
		if attempt > 0 && attempt%2 == 0 {
			return order
		}
		slices.SortStableFunc(order, func(i, j int) int {
			a, b := moves[i], moves[j]
			if a.kind == b.kind && attempt > 0 && a.kind != moveToken {
				return 0
			}
			return cmp.Or(int(a.kind)-int(b.kind), a.age-b.age, i-j)
		})
		return order
	}
	if attempt > 0 {
		n.may = func(n *naive) bool { return !strings.Contains("\n"+compare(taken, n.taken), "\n+") }
	}
}

// compare lists what only one of two multisets has.
func compare(engine, naive []string) string {
	count := map[string]int{}
	for _, line := range engine {
		count[line]++
	}
	for _, line := range naive {
		count[line]--
	}
	var s strings.Builder
	for _, line := range slices.Sorted(keys(count)) {
		if n := count[line]; n > 0 {
			fmt.Fprintf(&s, "- %s (%d)\n", line, n)
		} else if n < 0 {
			fmt.Fprintf(&s, "+ %s (%d)\n", line, -n)
		}
	}
	return s.String()
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func flowsTaken(events []engine.Event) []string {
	var flows []string
	for _, e := range events {
		if t, ok := e.(engine.TokenProduced); ok && t.Flow != "" {
			flows = append(flows, t.Flow)
		}
	}
	return flows
}

func thrownBy(r engine.Result) []string {
	var list []string
	for _, e := range r.Effects {
		switch e := e.(type) {
		case engine.PublishMessage:
			list = append(list, "message "+e.Element)
		case engine.BroadcastSignal:
			list = append(list, "signal "+e.Name)
		case engine.EscalateParent:
			list = append(list, "escalation "+e.Code)
		case engine.NotifyParent:
			if e.Outcome.Kind == engine.OutcomeError {
				list = append(list, "error "+e.Outcome.Code)
			}
		}
	}
	return list
}

// The first of two items that comes to its end withdraws the other. Whose joins go on first is up to the engine, which asks those of one
// item before those of the other; among many such pairs no attempt would come upon that order by chance.
func TestTheInterpreterAsksJoinsScopeByScopeAsTheEngineDoes(t *testing.T) {
	const model = `
		startEvent start
		subProcess pairs times="= 12" {
			startEvent begin
			subProcess pair times="= 2" until="true" {
				startEvent both
				inclusiveGateway first
				task between
				inclusiveGateway second
				endEvent done
				both -> first
				both -> first
				first -> between
				between -> second
				between -> second
				second -> done
			}
			begin -> pair
		}
		start -> pairs`
	start := engine.StartInstance{Key: 1}
	r, err := engine.Step(enginetest.Compile(t, model), nil, enginetest.Epoch, start)
	require.NoError(t, err)
	require.Equal(t, engine.StateCompleted, r.Instance.State)
	require.NoError(t, newTwin(enginetest.Model(model)).follow(nil, enginetest.Epoch, start, r))
}
