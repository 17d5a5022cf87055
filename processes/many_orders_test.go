package processes_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

// step is a request of an item, and what takes it back when a later one fails.
type step struct {
	request string
	undo    []string
	told    []string // once the reply is there
}

var (
	teardown   = []string{"fabric-api-connection-teardown"}
	endInOSS   = []string{"oss-client-service-termination"}
	clusterWay = []step{
		{"oss-client-k8s-order", endInOSS, nil}, {"fabric-api-connection", teardown, nil},
		{"registry-store-kubernetes-config", nil, nil}, {"telemetry-platform-service", nil, nil},
	}
	fiveGWay   = []step{{"oss-client-5g-order", endInOSS, nil}, {"telemetry-platform-service", nil, nil}}
	undeploy   = []string{"helm-engine-termination"}
	undash     = []string{"telemetry-delete-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-delete"}
	serviceWay = []step{
		{"helm-engine-deploy", undeploy, nil},
		{"telemetry-create-prometheus-job-and-grafana-dashboard", undash, []string{"tmf-service-dashboard-update"}},
	}
	activation = step{"helm-engine-activation", nil, nil}
)

// randomOrder is an order, and what must come of it: a second, plain account of what docs/sonata.md says.
type randomOrder struct {
	id        string
	event     map[string]any
	rules     map[string]string
	told      map[string]int // how many messages on each topic
	late      int            // replies that nobody takes
	state     string
	scheduled []string // processes that wait for a date at the end
}

// newRandomOrder makes an order of random kind, with random partners.
func newRandomOrder(t *testing.T, n int, r *rand.Rand) *randomOrder {
	o := &randomOrder{rules: map[string]string{}, told: map[string]int{}}
	for _, topic := range slices.Sorted(maps.Keys(requests)) {
		if slices.Contains(mandatory, topic) {
			continue
		}
		switch p := r.IntN(100); {
		case p < 3:
			o.rules[topic] = "FAIL"
		case p < 5:
			o.rules[topic] = "SILENT"
		case p < 6:
			o.rules[topic] = "PT2H" // when the time is up
		case p < 14:
			o.rules[topic] = "TWICE"
		case p < 20:
			o.rules[topic] = "EARLY"
		case p < 70:
			o.rules[topic] = fmt.Sprintf("PT%dS", r.IntN(280))
		}
	}
	o.id = fmt.Sprint("order-", n)
	for _, topic := range slices.Sorted(maps.Keys(o.rules)) {
		o.id += " " + topic + "=" + o.rules[topic]
	}
	o.event = sample(t, "service-order")
	o.event["id"] = fmt.Sprint("event-", n)
	data := o.event["data"].(map[string]any)
	kinds := 1 + r.IntN(7)
	date := []any{nil, nil, "2024-02-13T11:27:56Z", "2048-02-13T11:27:56.705567622Z"}[r.IntN(4)]
	for i, name := range []string{k8s, fiveG, endUser} {
		if kinds&(1<<i) == 0 {
			delete(data, name)
			continue
		}
		block := data[name].(map[string]any)
		block["serviceOrderId"], block["requestedCompletionDate"] = o.id, date
	}
	later := r.IntN(4) == 0
	elsewhere := r.IntN(3) == 0
	if block, ok := data[endUser].(map[string]any); ok && later {
		block["requestedStartDate"] = begin.Add(48 * time.Hour).Format(time.RFC3339)
	}
	if block, ok := data[endUser].(map[string]any); ok && elsewhere {
		block["k8sServiceId"] = "a cluster"
	}
	o.foresee(data, date, later, elsewhere)
	return o
}

// foresee tells what must come of the order.
func (o *randomOrder) foresee(data map[string]any, date any, later, elsewhere bool) {
	var done []bool
	_, ordered := data[k8s]
	cluster := false
	if ordered {
		cluster = o.item(clusterWay)
		o.ends(cluster, date, "k8sServiceTerminationSubprocess", teardown)
		done = append(done, cluster)
	}
	if _, ok := data[fiveG]; ok {
		done = append(done, o.item(fiveGWay))
	}
	if _, ok := data[endUser]; ok {
		service := o.ask("helm-engine-parse")
		switch {
		case !service || ordered && !elsewhere && !cluster:
			service = false
			o.told["tmf-service-update"]++
			o.told["tmf-service-order-item-update"]++
		case later:
			o.told["tmf-process-info"]++
			o.told["tmf-delete-process-info"]++
			service = o.item(append(slices.Clone(serviceWay), activation))
		default:
			service = o.item(serviceWay)
		}
		o.ends(service, date, "endUserServiceTerminationSubprocess", slices.Concat(undeploy, undash))
		done = append(done, service)
	}
	switch {
	case !slices.Contains(done, false):
		o.state = "COMPLETED"
	case slices.Contains(done, true):
		o.state = "PARTIAL"
	default:
		o.state = "FAILED"
	}
}

// ask says whether a request gets the reply that it wants.
func (o *randomOrder) ask(request string) bool {
	o.told[request]++
	switch o.rules[request] {
	case "TWICE":
		o.late++
	case "PT2H":
		o.late++
		return false
	case "FAIL", "SILENT":
		return false
	}
	return true
}

// item says whether an item is delivered.
func (o *randomOrder) item(way []step) bool {
	o.told["tmf-service-order-item-update"] += 2
	o.told["tmf-service-update"]++
	var undo []string
	for _, s := range way {
		if !o.ask(s.request) {
			for _, topic := range undo {
				o.told[topic]++
			}
			return false
		}
		for _, topic := range s.told {
			o.told[topic]++
		}
		undo = append(undo, s.undo...)
	}
	return true
}

// ends tells how a service that is up ends on its completion date.
func (o *randomOrder) ends(up bool, date any, process string, requests []string) {
	if !up || date == nil {
		return
	}
	o.told["tmf-process-info"]++
	if date.(string) > "2040" {
		o.scheduled = append(o.scheduled, process)
		return
	}
	o.told["tmf-delete-process-info"]++
	o.told["tmf-service-update"]++
	for _, topic := range requests {
		o.told[topic]++
	}
}

// Orders of all kinds at once, with partners that answer soon, late, twice, never, or that they failed: each order ends in the state
// that it must, everything is published once, every reply that nobody waits for is kept, and only what is scheduled is left.
// SONATA_TEST_ORDERS says how many; then they are kept on disk.
func TestManyOrders(t *testing.T) {
	t.Parallel()
	count := 300
	if raceEnabled {
		count = 60
	}
	var w *world
	if text := os.Getenv("SONATA_TEST_ORDERS"); text != "" {
		var err error
		count, err = strconv.Atoi(text)
		require.NoError(t, err)
		w = newWorldOnDisk(t)
	} else {
		w = newWorld(t)
	}
	seed := uint64(count)
	r := rand.New(rand.NewPCG(seed, seed))
	began := time.Now()
	orders := make([]*randomOrder, count)
	for n := range orders {
		orders[n] = newRandomOrder(t, n, r)
		w.late += orders[n].late
		w.send(orders[n].event)
		for range r.IntN(2) {
			w.send(orders[r.IntN(n+1)].event) // a repetition, of this one or of an earlier one
		}
		if n%20 == 19 {
			w.rush(w.clock.Now().Add(time.Second))
		}
	}
	w.rush(begin.Add(60 * time.Hour))
	messages := w.requireAllDone(orders)
	t.Logf("%d orders, %d messages, %v, %d MiB at the most", count, messages, time.Since(began).Round(time.Millisecond), peakMemory(t))
}

func newWorldOnDisk(t *testing.T) *world {
	t.Helper()
	store, err := bolt.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	w := openWorld(t, 2*time.Hour, store, runner.New)
	_, err = w.r.Deploy(w.ctx, append(resources(t, processes.Sonata()), resources(t, processes.Partners())...))
	require.NoError(t, err)
	return w
}

// rush lets time pass in steps of a second or more, so that what is due at nearly the same time happens together.
func (w *world) rush(until time.Time) {
	w.t.Helper()
	for {
		require.NoError(w.t, w.r.Settled(w.ctx))
		due, err := w.r.NextTimer()
		require.NoError(w.t, err)
		at := w.clock.Now().Add(time.Second)
		if due.After(at) {
			at = due
		}
		if due.IsZero() || at.After(until) {
			break
		}
		w.clock.Advance(at.Sub(w.clock.Now()))
	}
	w.flyTo(until)
}

// requireAllDone compares what has come of orders with what must, and counts the messages.
func (w *world) requireAllDone(orders []*randomOrder) (messages int) {
	w.t.Helper()
	told := map[string]map[string]int{}
	for _, m := range w.sent() {
		if told[m.BusinessKey] == nil {
			told[m.BusinessKey] = map[string]int{}
		}
		told[m.BusinessKey][m.Topic]++
		messages++
	}
	states, scheduled := map[string]string{}, map[string][]string{}
	for _, i := range w.all(runner.Filter{ProcessID: "serviceOrderProcess"}) {
		in, _, err := w.r.Instance(i.Key)
		require.NoError(w.t, err)
		require.NotContains(w.t, states, i.BusinessKey, "an order was run twice")
		states[i.BusinessKey], _ = in.Scopes[0].Variables["orderState"].(string)
	}
	for _, i := range w.all(runner.Filter{State: engine.StateActive}) {
		require.False(w.t, i.HasIncident, "%s of %s", i.ProcessID, i.BusinessKey)
		scheduled[i.BusinessKey] = append(scheduled[i.BusinessKey], i.ProcessID)
	}
	for _, o := range orders {
		require.Equal(w.t, o.state, states[o.id], o.id)
		require.Equal(w.t, o.told, told[o.id], o.id)
		require.ElementsMatch(w.t, o.scheduled, scheduled[o.id], o.id)
	}
	require.Len(w.t, states, len(orders))
	return messages
}

// all lists instances, however many there are.
func (w *world) all(f runner.Filter) (items []runner.InstanceInfo) {
	w.t.Helper()
	for page := (runner.Page{Limit: 1000}); ; {
		found, more, err := w.r.Search(f, page)
		require.NoError(w.t, err)
		items = append(items, found...)
		if !more {
			return items
		}
		page.After = found[len(found)-1].Key
	}
}

// peakMemory is the most memory that this process ever had, in MiB; 0 where the system does not tell.
func peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(status))
	kilobytes, err := strconv.Atoi(strings.Join(found[1:], ""))
	require.NoError(t, err)
	return cmp.Or(kilobytes/1024, 1)
}
