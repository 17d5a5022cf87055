package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// §10.3.3: an undefined or manual task has nothing for an engine to do.
func TestTaskPassesThrough(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		task a
		manualTask b
		endEvent end
		start -> a -> b -> end`, nil)
	c.Completed()
	require.Equal(t, "start a b end", c.Path())
}

// §10.3.3: a service task goes on when its work is done, with the results as variables.
func TestServiceTaskWaitsForItsJob(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=ship header:carrier=post
		endEvent end
		start -> a -> end`, nil)
	job := c.Subscription("a")
	require.Equal(t, "ship", job.Name)
	require.Equal(t, map[string]string{"carrier": "post"}, job.Job.Headers)
	c.Complete("a", map[string]any{"parcel": "p1"})
	c.Completed()
	require.Equal(t, map[string]any{"parcel": "p1"}, c.Variables())
	require.ErrorContains(t, c.Try(engine.CompleteJob{Subscription: job.ID}), "has ended")
}

func TestServiceTaskWithoutWorkIsRefused(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		serviceTask a
		start -> a`))
	require.ErrorContains(t, err, engine.CodeWork)
}

// A job that fails keeps its token; with no retries left it is an incident, and resolving that offers the job again.
func TestFailedJobBecomesAnIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=ship
		endEvent end
		start -> a -> end`, nil)
	job := c.Subscription("a").ID
	c.Do(engine.FailJob{Subscription: job, Retries: 1, Text: "no lorry"})
	require.Empty(t, c.In.Incidents)
	require.Equal(t, 1, c.Subscription("a").Job.Retries)
	c.Do(engine.FailJob{Subscription: job, Retries: 0, Text: "no lorry"})
	require.Equal(t, engine.IncidentJob, c.In.Incidents[0].Kind)
	require.Equal(t, "no lorry", c.In.Incidents[0].Text)
	c.Resolve()
	require.Empty(t, c.In.Incidents)
	require.Equal(t, 1, c.Subscription("a").Job.Retries)
	c.Complete("a", nil)
	c.Completed()
}

// An incident of a job goes away with the job.
func TestCompletingAFailedJobResolvesItsIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=ship
		endEvent end
		start -> a -> end`, nil)
	c.Do(engine.FailJob{Subscription: c.Subscription("a").ID, Text: "no lorry"})
	c.Complete("a", nil)
	c.Completed()
}

// The task type kafka:publish sends a message whose data is what the input mappings made, and nothing else.
func TestSendTaskPublishes(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		sendTask a type=kafka:publish header:topic=orders header:key="=id" header:tenant=acme in:order.id="=id" in:state=NEW
		endEvent end
		start -> a -> end`, map[string]any{"id": "o1", "secret": "s"})
	c.Completed()
	require.Len(t, c.Effects, 1)
	m := c.Effects[0].(engine.PublishMessage)
	require.Equal(t, "orders", m.Topic)
	require.Equal(t, "acme", m.Headers["tenant"])
	require.Equal(t, map[string]any{"order": map[string]any{"id": "o1"}, "state": "NEW"}, m.Data)
	require.NotContains(t, c.Variables(), "order", "inputs are local to the task")
	_, publish := c.Process.Topics()
	require.Equal(t, []string{"orders"}, publish)
}

// §10.3.3: a script task keeps the value of its script.
func TestScriptTask(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		scriptTask a script="= n + 1" result=m
		endEvent end
		start -> a -> end`, map[string]any{"n": int64(1)})
	c.Completed()
	require.Equal(t, int64(2), c.Variables()["m"])
}

// §10.3.3: a receive task goes on when its message comes.
func TestReceiveTask(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		receiveTask a message=paid key="= order"
		endEvent end
		start -> a -> end`, map[string]any{"order": "o1"})
	sub := c.Subscription("a")
	require.Equal(t, engine.SubscriptionMessage, sub.Kind)
	require.Equal(t, "paid", sub.Name)
	require.Equal(t, "o1", sub.Key)
	c.Message("a", map[string]any{"amount": int64(5)})
	c.Completed()
	require.Equal(t, int64(5), c.Variables()["amount"])
}

// Whatever kind of task publishes a message itself has nothing else to wait for.
func TestEveryTaskThatPublishesGoesOn(t *testing.T) {
	for _, kind := range []string{"task", "serviceTask", "sendTask", "businessRuleTask", "scriptTask", "userTask"} {
		c := enginetest.Start(t, "startEvent start\n"+kind+" a type=kafka:publish header:topic=m\nstart -> a", nil)
		c.Completed()
		require.Len(t, c.Effects, 1, kind)
	}
}
