package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

var unsound = []struct{ name, model, want string }{
	{"nothing leads there", `
		startEvent start
		task a
		task lost
		task after
		start -> a
		lost -> after`, `LINT001 lost: no token ever reaches "lost" (lost), nor "after" (after) behind it`},
	{"a compensation handler of nothing", `
		startEvent start
		task a
		task undo compensation
		boundaryEvent undone on=a handler=undo
		task lost compensation
		start -> a`, "LINT001 lost"},
	{"a circle that nothing leads into", `
		startEvent start
		task a
		task b
		task c
		start -> a
		b -> c -> b`, "LINT001 b"},
	{"a condition that is always false", `
		startEvent start
		exclusiveGateway g
		task a
		task b
		start -> g
		g -> a : 1 > 2
		g -> b : default`, `LINT001 g-a: never taken, nor "a" (a) behind it: its condition is always false`},
	{"a condition that always holds", `
		startEvent start
		exclusiveGateway g
		task a
		task b
		task c
		start -> g
		g -> a : true
		g -> b : x
		g -> c : default`, "LINT001 g-b; LINT001 g-c"},
	{"a choice is joined in parallel", `
		startEvent start
		exclusiveGateway split
		serviceTask a type=a
		serviceTask b type=b
		parallelGateway join
		task end
		start -> split
		split -> a : x
		split -> b : default
		a -> join -> end
		b -> join`, `LINT002 join: a token comes on "a-join" or on "b-join", but never on both`},
	{"a race of events is joined in parallel", `
		startEvent start
		eventBasedGateway race
		intermediateCatchEvent late timeDuration=PT1H
		intermediateCatchEvent come message=m key=k
		parallelGateway join
		start -> race -> late -> join
		race -> come -> join
		task end
		join -> end`, "LINT002 join"},
	{"an activity and its interrupting boundary event are joined in parallel", `
		startEvent start
		userTask a
		boundaryEvent late on=a timeDuration=PT1H
		parallelGateway join
		task end
		start -> a -> join -> end
		late -> join`, "LINT002 join"},
	{"a join inside of the loop that it begins", `
		startEvent start
		parallelGateway join
		userTask a
		exclusiveGateway again
		endEvent end
		start -> join -> a -> again
		again -> join : x
		again -> end : default`, `LINT002 join: a token can come on "start-join", but none on "again-join"`},
	{"two start events are joined in parallel", `
		startEvent one
		startEvent two message=m
		parallelGateway join
		task end
		one -> join -> end
		two -> join`, "LINT002 join"},
	{"inside of a sub-process", `
		startEvent start
		subProcess s {
		  startEvent in
		  exclusiveGateway split
		  parallelGateway join
		  task end
		  in -> split
		  split -> join : x
		  split -> join : default
		  join -> end
		}
		start -> s`, "LINT002 join"},
	{"a loop without a way out", `
		startEvent start
		task a
		exclusiveGateway merge
		scriptTask b script="= n + 1" result=n
		start -> merge -> a -> b -> merge`, `LINT003 a: the loop of "a" (a), "merge" (merge) and "b" (b) never ends`},
	{"a loop whose way out is impossible", `
		startEvent start
		exclusiveGateway g
		task a
		task end
		start -> g
		g -> end : false
		g -> a : default
		a -> g`, "LINT003 g; LINT001 g-end"},
	{"a parallel split leaves a loop and stays in it", `
		startEvent start
		exclusiveGateway merge
		parallelGateway split
		endEvent end
		start -> merge -> split -> merge
		split -> end`, "LINT003 merge"},
	{"links in a circle", `
		startEvent start
		intermediateThrowEvent jump link=L
		intermediateCatchEvent land link=L
		task a
		start -> a -> jump
		land -> a`, "LINT003 jump"},
	{"a gateway that nothing leaves", `
		startEvent start
		exclusiveGateway g
		start -> g`, "LINT004 g"},
	{"a gateway whose conditions are all false", `
		startEvent start
		exclusiveGateway g
		task a
		task b
		start -> g
		g -> a : false
		g -> b : 1 == 2`, "LINT004 g; LINT001 g-a; LINT001 g-b"},
}

// What can be proved wrong is reported once, where its cause is.
func TestUnsoundFlowsAreFound(t *testing.T) {
	for _, c := range unsound {
		found := soundness(enginetest.Compile(t, c.model))
		want := strings.Split(c.want, "; ")
		slices.Sort(want)
		require.Len(t, found, len(want), "%s: %v", c.name, found)
		for i, p := range found {
			id, text, _ := strings.Cut(want[i], ": ")
			require.Equal(t, id, p.Code+" "+p.ElementID, c.name)
			require.Contains(t, p.Text, text, c.name)
			require.NotEmpty(t, p.Hint)
		}
	}
}

var sound = []string{
	// An inclusive split may give a token to both.
	`startEvent start
	inclusiveGateway split
	parallelGateway join
	task end
	start -> split
	split -> join : x
	split -> join : y
	join -> end`,
	// A boundary event that does not interrupt gives a second token.
	`startEvent start
	userTask a
	boundaryEvent also on=a message=m key=k nonInterrupting
	parallelGateway join
	task end
	start -> a -> join -> end
	also -> join`,
	// A loop around a choice gives one token after the other, but the split before it gives two.
	`startEvent start
	parallelGateway split
	exclusiveGateway merge
	exclusiveGateway choice
	userTask a
	userTask b
	parallelGateway join
	task end
	start -> split -> merge -> choice
	split -> merge
	choice -> a : x
	choice -> b : default
	a -> join -> end
	b -> join`,
	// completionQuantity gives two tokens, which may go different ways.
	`startEvent start
	userTask twice completionQuantity=2
	exclusiveGateway choice
	parallelGateway join
	task end
	start -> twice -> choice
	choice -> join : x
	choice -> join : default
	join -> end`,
	// A loop that waits is a server.
	`startEvent start
	intermediateCatchEvent request message=m key=k
	task answer
	start -> request -> answer -> request`,
	// A condition that the loop itself makes true ends the scope around it.
	`startEvent start
	subProcess s {
	  startEvent in
	  scriptTask b script="= n + 1" result=n
	  in -> b -> b
	}
	boundaryEvent enough on=s condition="n > 3"
	start -> s`,
	// Another token of the same step may end everything.
	`startEvent start
	task a
	endEvent stop terminate
	start -> a -> a
	start -> stop`,
	// What an ad-hoc sub-process, a compensation or an event starts needs no flow.
	`startEvent start
	adHocSubProcess s {
	  task a
	  task b
	}
	userTask book
	boundaryEvent undo on=book handler=cancel
	serviceTask cancel type=cancel compensation
	subProcess aside event {
	  startEvent when message=m key=k nonInterrupting
	  task c
	  when -> c
	}
	start -> s -> book`,
	// Without a start event everything that nothing leads to begins, together.
	`task a
	task b
	parallelGateway join
	task end
	a -> join -> end
	b -> join`,
}

// What only the data decides is not reported, nor what somebody may mean.
func TestSoundFlowsAreNotReported(t *testing.T) {
	for _, model := range sound {
		require.Empty(t, soundness(enginetest.Compile(t, model)), model)
	}
}

// soundness gives what is found, ordered by code and element.
func soundness(p *engine.Process) bpmn.Problems {
	found := p.Soundness()
	slices.SortFunc(found, func(a, b bpmn.Problem) int { return strings.Compare(a.Code+" "+a.ElementID, b.Code+" "+b.ElementID) })
	return found
}

// What is called certain is certain: however random flows are played, nothing dead is entered and no deadlocked join is passed
// (the harness looks after each step), an instance with a token before such a join never completes, and a loop that is called
// endless becomes an incident.
func TestWhatIsCalledUnsoundNeverSucceeds(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		model := randomFlow(rt)
		p := enginetest.Compile(t, model)
		found := p.Soundness()
		c := &enginetest.Case{T: t, Process: p, At: enginetest.Epoch}
		variables := func() map[string]any { return map[string]any{"x": rapid.IntRange(0, 2).Draw(rt, "x")} }
		c.Do(engine.StartInstance{Key: 1, Variables: variables()})
		for range 30 {
			for _, p := range found {
				if !concerns(c, p) {
					continue
				}
				seen[p.Code]++
				require.NotEqual(t, engine.StateCompleted, c.In.State, "%s\n%s", p, model)
				if p.Code == engine.CodeEndless {
					require.NotEmpty(t, c.In.Incidents, "%s\n%s", p, model)
				}
			}
			if len(c.In.Incidents) > 0 || len(c.In.Subscriptions) == 0 {
				break
			}
			waiting := rapid.SampledFrom(c.In.Subscriptions).Draw(rt, "next")
			if waiting.Kind == engine.SubscriptionTimer {
				c.At = waiting.Due
				c.Do(engine.TriggerTimer{Subscription: waiting.ID})
			} else {
				c.Do(engine.CompleteJob{Subscription: waiting.ID, Variables: variables()})
			}
		}
	})
	require.Positive(t, seen[engine.CodeDeadlock], "no deadlock was played")
	require.Positive(t, seen[engine.CodeEndless], "no endless loop was played")
}

// concerns says whether a token has come to what a problem is about.
func concerns(c *enginetest.Case, p bpmn.Problem) bool {
	switch p.Code {
	case engine.CodeDeadlock:
		return slices.ContainsFunc(c.In.Tokens, func(t engine.Token) bool { return strings.HasSuffix(t.Flow, "-"+p.ElementID) })
	case engine.CodeEndless:
		return slices.Contains(strings.Fields(c.Path()), p.ElementID)
	}
	return false
}

// randomFlow draws a flow of any shape, sense or none.
func randomFlow(t *rapid.T) string {
	kinds := []string{"task", "task", "userTask", "userTask", "exclusiveGateway", "exclusiveGateway", "parallelGateway", "parallelGateway", "inclusiveGateway", "endEvent"}
	nodes := []string{"startEvent"}
	for range rapid.IntRange(3, 10).Draw(t, "size") {
		nodes = append(nodes, rapid.SampledFrom(kinds).Draw(t, "kind"))
	}
	var model, flows strings.Builder
	target := func() string { return fmt.Sprintf("n%d.", rapid.IntRange(1, len(nodes)-1).Draw(t, "to")) }
	for i, kind := range nodes {
		fmt.Fprintf(&model, "%s n%d.\n", kind, i)
		if kind == "endEvent" {
			continue
		}
		if kind == "userTask" && rapid.Bool().Draw(t, "boundary") {
			fmt.Fprintf(&model, "boundaryEvent b%d. on=n%d. timeDuration=PT1S %s\n", i, i, rapid.SampledFrom([]string{"", "nonInterrupting"}).Draw(t, "interrupts"))
			fmt.Fprintf(&flows, "b%d. -> %s\n", i, target())
		}
		out := 1
		if strings.HasSuffix(kind, "Gateway") {
			out = rapid.IntRange(1, 3).Draw(t, "flows")
		}
		for j := range out {
			fmt.Fprintf(&flows, "n%d. -> %s", i, target())
			switch {
			case out == 1 || kind == "parallelGateway":
			case j == out-1:
				flows.WriteString(" : default")
			default:
				flows.WriteString(" : " + rapid.SampledFrom([]string{"x == 0", "x == 1", "x > 0", "false"}).Draw(t, "condition"))
			}
			flows.WriteString("\n")
		}
	}
	return model.String() + flows.String()
}

// The examination of a large file ends soon: its cost is bounded by the places that are compared.
func TestSoundnessOfManyElements(t *testing.T) {
	var model strings.Builder
	model.WriteString("startEvent s\nparallelGateway fork\nparallelGateway join\ns -> fork\n")
	for i := range 900 {
		fmt.Fprintf(&model, "userTask t%d\nfork -> t%d -> join\n", i, i)
	}
	begun := time.Now()
	require.Len(t, enginetest.Compile(t, model.String()).Soundness(), 1)
	require.Less(t, time.Since(begun), 30*time.Second, "whatever else the machine does")
}
