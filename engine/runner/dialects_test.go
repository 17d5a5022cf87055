package runner_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// file reads one of the example files, and has no warning about it.
func (w *world) file(path string) {
	w.t.Helper()
	xml, err := os.ReadFile(filepath.Join("../../testdata/bpmn", path))
	require.NoError(w.t, err)
	require.Empty(w.t, w.install(runner.Resource{Name: filepath.Base(path), XML: xml}).Warnings)
}

// complete completes the oldest job of an element, and returns the variables that its worker sees.
func (w *world) complete(key engine.Key, element string, variables map[string]any) map[string]any {
	w.t.Helper()
	sub := w.subscription(key, element)
	in := w.instance(key)
	seen := in.Variables(in.Token(sub.Token).Inner)
	require.NoError(w.t, w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: sub.ID, Variables: variables}))
	return seen
}

func decoded(t *testing.T, m runner.Outgoing) any {
	t.Helper()
	var data any
	require.NoError(t, json.Unmarshal(m.Data, &data))
	return data
}

func TestKogitoTravellers(t *testing.T) {
	w := newWorld(t)
	w.file("kogito/travellers.bpmn2")
	trip := map[string]any{"to": "Rome", "travellers": []any{"Anna"}}
	w.send("trips", "1", nil, trip)
	w.send("trips", "2", nil, trip)
	keys := w.search(runner.Filter{ProcessID: "travellers"})
	require.Len(t, keys, 2)
	require.Equal(t, "trips", w.subscription(keys[0].Key, "rules").Name)
	seen := w.complete(keys[0].Key, "rules", map[string]any{"trip": map[string]any{"to": "Rome", "travellers": []any{"Anna"}, "allowed": true}})
	require.Equal(t, trip, seen["trip"])
	w.complete(keys[1].Key, "rules", map[string]any{"trip": map[string]any{"allowed": false}})
	require.Equal(t, map[string]any{"to": "Rome", "travellers": []any{"Anna"}, "allowed": true}, decoded(t, w.awaitPublished("bookedtrips", 1)[0]))
	for _, k := range keys {
		require.Equal(t, engine.StateCompleted, w.instance(k.Key).State)
	}
}

func TestKogitoPingPong(t *testing.T) {
	w := newWorld(t)
	w.file("kogito/ping.bpmn2")
	one, two := w.launch("pinger", map[string]any{"text": "hello"}), w.launch("pinger", map[string]any{"text": "again"})
	pings := w.awaitPublished("ping", 2)
	require.Equal(t, "hello", decoded(t, pings[0]), "the data is the text, not an object with it")
	w.send("pong", "1", map[string]any{"kogitoprocrefid": pings[1].InstanceKey}, "here I am")
	require.Equal(t, engine.StateActive, w.instance(one).State)
	require.Equal(t, map[string]any{"text": "again", "answer": "here I am"}, w.variables(two))
}

func TestKogitoOrders(t *testing.T) {
	w := newWorld(t)
	w.file("kogito/orders.bpmn2")
	key := w.launch("com.example.orders", map[string]any{"items": []any{"a", "b"}, "approver": "anna"})
	seen := w.complete(key, "_2", map[string]any{"result": "A"})
	require.Equal(t, "a", seen["Item"])
	require.Equal(t, "anna", seen["ActorId"])
	w.complete(key, "_2", map[string]any{"result": "B", "note": "lost"})
	require.Equal(t, engine.StateCompleted, w.instance(key).State, "nobody waits for the shipping")
	require.Equal(t, map[string]any{"items": []any{"a", "b"}, "approver": "anna", "checked": []any{"A", "B"}}, w.variables(key))
	ship := w.only("com.example.ship")
	require.Equal(t, "Email", w.subscription(ship, "ship_mail").Name)
	seen = w.complete(ship, "ship_mail", nil)
	require.Equal(t, "2 items of A", seen["Body"])
	require.Equal(t, "store@example.com", seen["To"])
	require.Equal(t, map[string]any{"parcel": []any{"A", "B"}}, w.variables(ship))
}

func TestCamunda7Loan(t *testing.T) {
	w := newWorld(t)
	w.file("camunda7/loan.bpmn")
	begin := func(amount int64) engine.Key {
		return w.launch("loan", map[string]any{"country": "it", "amount": amount, "boss": "zoe", "applicant": map[string]any{"name": "Anna"}})
	}
	large, small, strange := begin(5000), begin(500), begin(1)
	require.Equal(t, "score-it", w.subscription(large, "score").Name)
	require.Equal(t, 5, w.subscription(large, "score").Job.Retries)
	seen := w.complete(large, "score", map[string]any{"score": int64(710)})
	require.Equal(t, "Anna", seen["applicant"])
	require.Equal(t, []any{"income", "it"}, seen["checks"])
	require.Equal(t, "good", w.variables(large)["rating"])
	require.Equal(t, int64(50), w.variables(large)["interest"])
	w.complete(large, "approve", map[string]any{"approved": true})
	require.Equal(t, engine.StateCompleted, w.instance(large).State)

	w.complete(small, "score", map[string]any{"score": int64(100)})
	require.Equal(t, engine.StateCompleted, w.instance(small).State)
	require.Equal(t, int64(10), w.variables(small)["interest"])

	require.NoError(t, w.r.ThrowError(w.ctx, strange, engine.ThrowError{Subscription: w.subscription(strange, "score").ID, Code: "UNKNOWN", Text: "who?"}))
	require.Equal(t, engine.StateCompleted, w.instance(strange).State)
	require.Equal(t, "UNKNOWN", w.variables(strange)["problem"])
	require.Equal(t, "who?", w.variables(strange)["explanation"])
}

func TestCamunda7Batch(t *testing.T) {
	w := newWorld(t)
	w.file("camunda7/batch.bpmn")
	invoice := func(id string, amount int64) any { return map[string]any{"id": id, "amount": amount} }
	key := w.launch("batch", map[string]any{"fee": int64(1), "invoices": []any{invoice("I1", 10), invoice("I2", 20), invoice("I3", 30)}})
	w.sync()
	require.Equal(t, engine.StateActive, w.instance(key).State)
	require.Len(t, w.search(runner.Filter{ProcessID: "payment"}), 1, "the first has no pause: loopCounter is 0")
	w.advance(time.Minute)
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	require.Equal(t, int64(21), w.variables(key)["lastPaid"])
	for _, p := range w.search(runner.Filter{ProcessID: "payment"}) {
		v := w.variables(p.Key)
		require.Len(t, v, 3, "nothing passes that is not named")
		require.Equal(t, v["bill"].(map[string]any)["id"], p.BusinessKey)
	}
}

func TestPlainDispatch(t *testing.T) {
	w := newWorld(t)
	w.file("plain/dispatch.bpmn")
	w.send("pickups", "1", nil, map[string]any{"parcel": map[string]any{"orderNumber": "B"}})
	w.send("orders", "2", nil, map[string]any{"number": "A"})
	w.send("orders", "3", nil, map[string]any{"number": "B"})
	var signed []any
	for _, order := range w.search(runner.Filter{ProcessID: "dispatch"}) {
		number := w.variables(order.Key)["order"].(map[string]any)["number"].(string)
		require.Equal(t, "Store.pack", w.subscription(order.Key, "pack").Name)
		w.complete(order.Key, "pack", map[string]any{"label": "label " + number, "weight": int64(3)})
		require.Equal(t, "label "+number, w.variables(order.Key)["Shipping_label"])
		for _, task := range w.search(runner.Filter{ProcessID: "sign"}) {
			if in := w.instance(task.Key); in.State == engine.StateActive {
				require.Equal(t, map[string]any{"what": "label " + number}, w.variables(task.Key))
				w.complete(task.Key, "sign_task", map[string]any{"signedBy": "Zoe"})
			}
		}
	}
	signed = append(signed, decoded(t, w.awaitPublished("dispatched", 1)[0]))
	w.send("pickups", "4", nil, map[string]any{"parcel": map[string]any{"orderNumber": "A"}})
	signed = append(signed, decoded(t, w.awaitPublished("dispatched", 2)[1]))
	require.Equal(t, []any{"B signed by Zoe", "A signed by Zoe"}, signed, "each message found the instance of its order")
	require.Empty(t, w.letters())
}
