package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// keyed waits for messages on the topic "bills" whose field of the given path is its variable k.
func keyed(process, path string) runner.Resource {
	return runner.Resource{Name: process + ".bpmn", XML: []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
	<message id="m" name="bills"><extensionElements><zeebe:subscription correlationKey="=k" />
		<zeebe:properties><zeebe:property name="correlationKeyExpression" value="=` + path + `" /></zeebe:properties></extensionElements></message>
	<process id="` + process + `" isExecutable="true"><receiveTask id="wait" messageRef="m" /></process></definitions>`)}
}

// An expression on the message gives its correlation key, in place of the attribute and of the record's key.
func TestCorrelationKeyExpression(t *testing.T) {
	w := newWorld(t)
	w.install(keyed("a", "order.id"), keyed("b", "number"), waiter)
	a, b := w.launch("a", map[string]any{"k": "7"}), w.launch("b", map[string]any{"k": "7"})

	record := event("1", map[string]any{"correlationkey": "7"}, map[string]any{"order": map[string]any{"id": int64(8)}})
	record.Key = []byte("7")
	require.NoError(t, w.bus.Send(w.ctx, "bills", record))
	require.Equal(t, engine.StateActive, w.instance(a).State, "the record's own key is not asked")

	w.send("bills", "2", nil, map[string]any{"order": map[string]any{"id": int64(7)}})
	require.Equal(t, engine.StateCompleted, w.instance(a).State)
	require.Equal(t, engine.StateActive, w.instance(b).State, "another expression found nothing")
	w.send("bills", "3", map[string]any{"number": "not data"}, map[string]any{"number": "7"})
	require.Equal(t, engine.StateCompleted, w.instance(b).State)
}

// A message that is kept is found by its expressions too: by an instance that begins to wait, one of a process that is
// deployed later, and after a restart.
func TestKeptByExpression(t *testing.T) {
	w := newWorld(t)
	w.install(keyed("a", "order.id"))
	order := func(id int64) map[string]any { return map[string]any{"order": map[string]any{"id": id}, "number": id} }
	w.send("bills", "1", nil, order(7))
	w.send("bills", "2", nil, order(8))
	require.Empty(t, w.letters())
	w.restart()
	require.Equal(t, engine.StateCompleted, w.instance(w.launch("a", map[string]any{"k": "8"})).State)
	require.Equal(t, engine.StateCompleted, w.instance(w.launch("a", map[string]any{"k": "7"})).State)

	w.send("bills", "3", nil, order(9))
	w.install(keyed("b", "number"))
	require.NoError(t, runner.Check(w.store))
	require.Equal(t, engine.StateCompleted, w.instance(w.launch("b", map[string]any{"k": "9"})).State)

	w.send("bills", "4", nil, order(10))
	w.advance(30 * 24 * time.Hour)
	require.Len(t, w.letters(), 1)
}

// Instances of an older version wait for what their version says.
func TestKeysOfOlderVersions(t *testing.T) {
	w := newWorld(t)
	w.install(keyed("a", "order.id"))
	old := w.launch("a", map[string]any{"k": "7"})
	w.install(keyed("a", "number"))
	young := w.launch("a", map[string]any{"k": "7"})
	w.restart()
	w.send("bills", "1", nil, map[string]any{"order": map[string]any{"id": "7"}})
	require.Equal(t, engine.StateCompleted, w.instance(old).State)
	require.Equal(t, engine.StateActive, w.instance(young).State)
	w.send("bills", "2", nil, map[string]any{"number": "7"})
	require.Equal(t, engine.StateCompleted, w.instance(young).State)
}

// §8.4.2: a kept message is claimed when the conversation that it belongs to begins.
func TestKeptForConversation(t *testing.T) {
	w := newWorld(t)
	w.install(runner.Resource{Name: "c.bpmn", XML: []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
		<message id="order" name="orders" /><message id="bill" name="bills" />
		<correlationProperty id="number"><correlationPropertyRetrievalExpression messageRef="order"><messagePath>id</messagePath></correlationPropertyRetrievalExpression>
			<correlationPropertyRetrievalExpression messageRef="bill"><messagePath>orderId</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
		<collaboration id="pools"><participant id="us" processRef="p" /><correlationKey id="byNumber"><correlationPropertyRef>number</correlationPropertyRef></correlationKey></collaboration>
		<process id="p" isExecutable="true"><startEvent id="s" /><receiveTask id="c" messageRef="bill" /><receiveTask id="d" messageRef="order" />
			<sequenceFlow id="f1" sourceRef="s" targetRef="c" /><sequenceFlow id="f2" sourceRef="s" targetRef="d" /></process></definitions>`)})
	one, two := w.launch("p", nil), w.launch("p", nil)
	w.send("bills", "1", nil, map[string]any{"orderId": "7"})
	w.send("bills", "2", nil, map[string]any{"orderId": "8"})
	w.send("orders", "3", ref(two), map[string]any{"id": "8"})
	w.send("orders", "4", ref(one), map[string]any{"id": "7"})
	require.Equal(t, engine.StateCompleted, w.instance(one).State)
	require.Equal(t, engine.StateCompleted, w.instance(two).State)
	require.Empty(t, w.letters())
}
