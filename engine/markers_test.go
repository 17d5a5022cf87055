package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

const each = `
	startEvent start
	serviceTask a type=a each:item="= items" into:results="= result"
	endEvent end
	start -> a -> end`

var items = map[string]any{"items": []any{"x", "y", "z"}}

// §10.3.8: instances beside each other; the output has the order of the input, whoever is first.
func TestParallelMultiInstance(t *testing.T) {
	c := enginetest.Start(t, each, items)
	require.Equal(t, []string{"a", "a", "a"}, c.Waiting())
	last := c.In.Subscriptions[2]
	require.Equal(t, "z", c.In.Variables(c.In.Token(last.Token).Inner)["item"])
	require.Equal(t, int64(3), c.In.Variables(c.In.Token(last.Token).Inner)["loopCounter"])
	c.Do(engine.CompleteJob{Subscription: last.ID, Variables: map[string]any{"result": "Z"}})
	c.Complete("a", map[string]any{"result": "X"})
	c.Complete("a", map[string]any{"result": "Y"})
	c.Completed()
	require.Equal(t, []any{"X", "Y", "Z"}, c.Variables()["results"])
	require.NotContains(t, c.Variables(), "result", "results of instances do not overwrite each other")
}

func TestSequentialMultiInstance(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a each-sequential:item="= items" until="numberOfCompletedInstances == 2" into:results="= item"
		endEvent end
		start -> a -> end`, items)
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Complete("a", nil)
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Complete("a", nil)
	c.Completed()
	require.Equal(t, []any{"x", "y", nil}, c.Variables()["results"])
}

// The completion condition withdraws the instances that still run (§10.3.8).
func TestMultiInstanceCompletionCondition(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a times="= 3" until="numberOfCompletedInstances >= 1"
		endEvent end
		start -> a -> end`, nil)
	c.Complete("a", nil)
	c.Completed()
}

// With nothing to do the activity is done at once, and its output is empty.
func TestEmptyMultiInstance(t *testing.T) {
	c := enginetest.Start(t, each, map[string]any{"items": []any{}})
	c.Completed()
	require.Equal(t, []any{}, c.Variables()["results"])
}

func TestMultiInstanceFaults(t *testing.T) {
	c := enginetest.Start(t, each, nil)
	require.Contains(t, c.In.Incidents[0].Text, "is null, not a list")
	c.Do(engine.SetVariables{Variables: items})
	c.Resolve()
	require.Len(t, c.Waiting(), 3)

	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		serviceTask a type=a into:results="= x"
		start -> a`))
	require.ErrorContains(t, err, "how many instances")
}

// Boundary events belong to the activity as a whole (camunda#4601): an interrupting one withdraws every instance, an error
// thrown by one instance too.
func TestBoundaryEventsOfMultiInstance(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a each:item="= items" into:results="= item"
		boundaryEvent late on=a timeDuration=PT1H
		boundaryEvent failed on=a error=E1
		endEvent end
		endEvent gaveUp
		endEvent broken
		start -> a -> end
		late -> gaveUp
		failed -> broken`
	c := enginetest.Start(t, model, items)
	require.Equal(t, []string{"late", "a", "a", "a"}, c.Waiting())
	c.Complete("a", nil)
	c.Advance(time.Hour)
	c.Completed()
	require.NotContains(t, c.Variables(), "results", "no partial output")

	c = enginetest.Start(t, model, items)
	c.Throw("a", "E1")
	c.Completed()
	require.Contains(t, c.Path(), "failed broken")
}

// Each instance has the variable that the output element names for itself, so what those beside each other do does not get mixed up, and nothing
// of it is left in the process (camunda/camunda#4860, #9947).
func TestEachInstanceHasItsOutputVariable(t *testing.T) {
	for name, body := range map[string]string{
		"script": `
			subProcess s each:item="= items" into:results="= o" {
				startEvent b
				scriptTask d script="= item + item" result=o
				serviceTask w type=w
				b -> d -> w
			}`,
		"a path": `
			subProcess s each:item="= items" into:results="= o.twice" {
				startEvent b
				scriptTask d script="= {twice: item + item}" result=o
				serviceTask w type=w
				b -> d -> w
			}`,
		"output mapping inside": `
			subProcess s each:item="= items" into:results="= o" {
				startEvent b
				scriptTask d script="= item" result=x out:o="= x + x"
				serviceTask w type=w
				b -> d -> w
			}`,
		"output mapping": `
			serviceTask w type=w each:item="= items" into:results="= o" out:o="= item + item"`,
		"sub-process with output mapping": `
			subProcess s each:item="= items" into:results="= o" out:o="= item + item" {
				startEvent b
				serviceTask w type=w
				b -> w
			}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := enginetest.Start(t, "startEvent start\n"+body+"\nendEvent end\nstart -> "+strings.Fields(body)[1]+" -> end", items)
			for range 3 {
				c.Complete("w", nil)
			}
			c.Completed()
			require.Equal(t, []any{"xx", "yy", "zz"}, c.Variables()["results"])
			require.NotContains(t, c.Variables(), "o")
		})
	}
}

// An output element that is the item, or says more than a variable, hides none.
func TestOutputElementsThatAreNoVariable(t *testing.T) {
	for element, want := range map[string][]any{
		"item": {"x", "y", "z"}, "loopCounter": {int64(1), int64(2), int64(3)}, "outer + item": {"ox", "oy", "oz"}, "numberOfInstances": {int64(3), int64(3), int64(3)},
	} {
		c := enginetest.Start(t, `
			startEvent start
			task s each:item="= items" into:results="= `+element+`"
			endEvent end
			start -> s -> end`, map[string]any{"items": items["items"], "outer": "o"})
		c.Completed()
		require.Equal(t, want, c.Variables()["results"], element)
	}
}

func TestMultiInstanceSubProcessAndCall(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess s each:item="= items" into:results="= doubled" {
			startEvent b
			serviceTask w type=w
			scriptTask d script="= item + item" result=doubled
			b -> w -> d
		}
		endEvent end
		start -> s -> end`, items)
	for range 3 {
		c.Complete("w", nil)
	}
	c.Completed()
	require.Equal(t, []any{"xx", "yy", "zz"}, c.Variables()["results"])

	c = enginetest.Start(t, `
		startEvent start
		callActivity call calls=other each:item="= items" into:results="= r"
		start -> call`, items)
	for i, sub := range c.In.Subscriptions {
		c.Do(engine.EndCall{Subscription: sub.ID, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted, Variables: map[string]any{"r": int64(i)}}})
	}
	c.Completed()
	require.Equal(t, []any{int64(0), int64(1), int64(2)}, c.Variables()["results"])
}

// §10.3.8, standard loop: the condition is asked before or after each run, the maximum ends it in any case.
func TestStandardLoop(t *testing.T) {
	run := func(attributes string, variables map[string]any) int {
		c := enginetest.Start(t, `
			startEvent start
			scriptTask a script="= n + 1" result=n `+attributes+`
			start -> a`, variables)
		c.Completed()
		return int(c.Variables()["n"].(int64))
	}
	require.Equal(t, 3, run(`loopWhile="n < 3"`, map[string]any{"n": int64(0)}))
	require.Equal(t, 6, run(`loopWhile="n < 3"`, map[string]any{"n": int64(5)}), "asked after the first run")
	require.Equal(t, 5, run(`loopWhile="n < 3" testBefore`, map[string]any{"n": int64(5)}), "asked before it")
	require.Equal(t, 2, run(`loopWhile="true" loopMax=2`, map[string]any{"n": int64(0)}))
	_, err := engine.Compile(enginetest.Model("startEvent start\ntask a testBefore loopMax=0\nstart -> a"))
	require.ErrorContains(t, err, "never end")
}

// §10.3: an activity begins when startQuantity tokens have arrived and leaves completionQuantity behind.
func TestTokenQuantities(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		task x
		task y
		serviceTask a type=a startQuantity=2 completionQuantity=3
		serviceTask b type=b
		start -> x -> a -> b
		start -> y -> a`, nil)
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Complete("a", nil)
	require.Equal(t, []string{"b", "b", "b"}, c.Waiting())
}

// §10.3.5: an ad-hoc sub-process runs what its collection names, until its condition holds.
func TestAdHocSubProcess(t *testing.T) {
	const model = `
		startEvent start
		adHocSubProcess s active="= todo" done="enough == true" {
			serviceTask a type=a
			serviceTask b type=b
			serviceTask c type=c
			task then
			a -> then
		}
		endEvent end
		start -> s -> end`
	c := enginetest.Start(t, model, map[string]any{"todo": []any{"a", "c"}})
	require.Equal(t, []string{"a", "c"}, c.Waiting())
	c.Complete("c", nil)
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Complete("a", map[string]any{"enough": true})
	c.Completed()
	require.NotContains(t, c.Path(), "then", "nothing begins any more")

	c = enginetest.Start(t, model, map[string]any{"todo": []any{"a", "b"}})
	c.Complete("b", map[string]any{"enough": true})
	c.Completed()

	c = enginetest.Start(t, model, map[string]any{"todo": []any{"b"}})
	c.Complete("b", nil)
	require.Contains(t, c.In.Incidents[0].Text, "does not hold")
	c.Do(engine.SetVariables{Variables: map[string]any{"enough": true}})
	c.Resolve()
	c.Completed()

	c = enginetest.Start(t, model, map[string]any{"todo": []any{"start"}})
	require.Contains(t, c.In.Incidents[0].Text, "not inside")
}

func TestSequentialAdHocSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		adHocSubProcess s sequential {
			serviceTask a type=a
			serviceTask b type=b
		}
		start -> s`, nil)
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Complete("a", nil)
	require.Equal(t, []string{"b"}, c.Waiting())
	c.Complete("b", nil)
	c.Completed()
}

// §10.6.5: activated by two of three, reset by the third, which sends nothing on; then it can be activated again.
func TestComplexGateway(t *testing.T) {
	const model = `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		serviceTask c type=c
		complexGateway g activation="activationCount >= 2"
		serviceTask after type=after
		serviceTask late type=late
		start -> fork -> a -> g
		fork -> b -> g
		fork -> c -> g
		g -> after : waitingForStart
		g -> late : not waitingForStart`
	c := enginetest.Start(t, model, nil)
	c.Complete("b", nil)
	require.Equal(t, []string{"a", "c"}, c.Waiting())
	c.Complete("c", nil)
	require.Equal(t, []string{"a", "after"}, c.Waiting())
	c.Complete("a", nil)
	require.Equal(t, []string{"after", "late"}, c.Waiting())
	require.Empty(t, c.In.Scopes[0].Resetting, "it waits for its next start")
	c.Complete("after", nil)
	c.Complete("late", nil)
	c.Completed()
}

// The reset does not wait for tokens that cannot come any more.
func TestComplexGatewayResetsWhenNothingCanCome(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		boundaryEvent late on=b timeDuration=PT1H
		endEvent gaveUp
		complexGateway g activation="activationCount >= 1"
		endEvent end
		start -> fork -> a -> g
		fork -> b -> g -> end
		late -> gaveUp`, nil)
	c.Complete("a", nil)
	require.NotEmpty(t, c.In.Scopes[0].Resetting)
	c.Advance(time.Hour)
	c.Completed()
}

// What a multi-instance activity says of its instances and their results is said once and as a whole; else a part of it would do nothing.
func TestHalfOfAMultiInstanceIsRefused(t *testing.T) {
	for _, c := range []struct{ marker, says string }{
		{`each="= [1]" times="= 2"`, "says twice how many instances"},
		{`times="= 2" into:="= 1"`, "no output collection takes it"},
	} {
		_, err := engine.Compile(enginetest.Model("startEvent start\ntask a " + c.marker + "\nstart -> a"))
		require.ErrorContains(t, err, c.says)
	}
	m := enginetest.Model("startEvent start\ntask a times=\"= 2\" into:all=\"= 1\"\nstart -> a")
	m.FlowNodes[1].Loop.OutputElement = nil
	_, err := engine.Compile(m)
	require.ErrorContains(t, err, "does not say what each of its instances puts into it")
}

// What would do nothing is refused, and yet runs where an earlier version has taken it: its instances go on.
func TestWhatDoesNothingIsRefusedAndRuns(t *testing.T) {
	p, err := engine.Compile(enginetest.Model(`
		startEvent start
		serviceTask a type=a each="= [1]" times="= 2"
		endEvent end
		start -> a -> end`))
	require.ErrorContains(t, err, "says twice how many instances")
	require.NotNil(t, p)
	r, err := engine.Step(p, nil, time.Now(), engine.StartInstance{Key: 1})
	require.NoError(t, err)
	require.Len(t, r.Instance.Subscriptions, 1)
}

// The data of a message is what the input mappings made, also where the task has an item of its own and a number.
func TestMessagesOfItemsHaveTheInputsOnly(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		sendTask a message=out type=kafka:publish header:topic=out each:item="= items" in:order.id="= item"
		endEvent end
		start -> a -> end`, items)
	require.Len(t, c.Effects, 3)
	for i, effect := range c.Effects {
		require.Equal(t, map[string]any{"order": map[string]any{"id": items["items"].([]any)[i]}}, effect.(engine.PublishMessage).Data)
	}
}
