package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// A job has one worker at a time, until its deadline; what is failed for now waits for its time; nothing else frees it.
func TestJobIsGivenToOneWorker(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=ship
		endEvent end
		start -> a -> end`, nil)
	job := c.Subscription("a").ID
	timeout := time.Minute
	available := func() bool { return c.In.Subscription(job).Available() }
	refused := func(command engine.Command, code engine.Code) {
		t.Helper()
		_, err := engine.Step(c.Process, c.In, c.At, command)
		var r *engine.Rejection
		require.ErrorAs(t, err, &r)
		require.Equal(t, code, r.Code)
	}
	refused(engine.FreeJob{Subscription: job}, engine.CodeState)
	refused(engine.UpdateJob{Subscription: job, Timeout: &timeout}, engine.CodeState)

	c.Do(engine.ActivateJob{Subscription: job, Worker: "ann", Timeout: timeout})
	require.False(t, available())
	refused(engine.ActivateJob{Subscription: job, Worker: "bob", Timeout: timeout}, engine.CodeState)
	refused(engine.FreeJob{Subscription: job}, engine.CodeState)
	c.Do(engine.FreeJob{Subscription: job, Early: true})
	require.True(t, available())

	c.Do(engine.FailJob{Subscription: job, Retries: 2, BackOff: timeout})
	require.False(t, available())
	refused(engine.ActivateJob{Subscription: job, Timeout: timeout}, engine.CodeState)
	c.At = c.At.Add(timeout)
	c.Do(engine.FreeJob{Subscription: job})
	require.True(t, available())

	c.Do(engine.FailJob{Subscription: job, Retries: 0, BackOff: time.Hour})
	require.True(t, c.In.Subscription(job).Job.RetryAt.IsZero(), "an incident has no time")
	refused(engine.FailJob{Subscription: job, Retries: 1}, engine.CodeState)
	five := 5
	c.Do(engine.UpdateJob{Subscription: job, Retries: &five})
	require.False(t, available())
	c.Resolve()
	require.True(t, available())
	require.Equal(t, 5, c.In.Subscription(job).Job.Retries)
	c.Complete("a", nil)
	c.Completed()
}
