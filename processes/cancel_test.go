package processes_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// schedule is a message that leaves a process waiting for a date, and the requests that the process makes.
type schedule struct {
	event map[string]any
	steps []string
}

// schedules are those of all processes that wait for a date, by process.
func schedules(t *testing.T, due time.Time, rules ...string) map[string]schedule {
	t.Helper()
	date, id := due.Format(time.RFC3339), strings.Join(append([]string{order}, rules...), " ")
	dated := func(block, field string) map[string]any {
		event := ordered(t, []string{block}, rules...)
		data := event["data"].(map[string]any)[block].(map[string]any)
		delete(data, "requestedCompletionDate")
		data[field] = date
		return event
	}
	all := map[string]schedule{
		"k8sServiceTerminationSubprocess": {dated(k8s, "requestedCompletionDate"), []string{"fabric-api-connection-teardown"}},
		"endUserServiceTerminationSubprocess": {dated(endUser, "requestedCompletionDate"),
			[]string{"helm-engine-termination", "telemetry-delete-prometheus-job-and-grafana-dashboard"}},
		"endUserServiceOrderProcess": {dated(endUser, "requestedStartDate"), nil},
		"serviceOrderServiceActivation": {map[string]any{"id": "1", "source": "", "type": "tmf-service-order-activation", "specversion": "1.0",
			"data": map[string]any{"serviceId": service, "serviceOrderId": id, "requestedStartDate": date, "state": "ACTIVE"}}, []string{"helm-engine-activation"}},
	}
	for _, c := range terminations {
		event := sample(t, c.sample)
		event["type"] = c.topic
		data := event["data"].(map[string]any)
		data["requestedTerminationDate"] = date
		data["serviceTerminationData"].(map[string]any)["serviceOrderId"] = id
		asked := slices.DeleteFunc(slices.Concat(c.before, c.after), func(topic string) bool { return requests[topic] == "" })
		all[c.process] = schedule{event, asked}
	}
	return all
}

// announced is the id and type that the TMF API was told for a process.
func (w *world) announced() (id, processType string) {
	w.t.Helper()
	info := w.message("tmf-process-info")
	return info["processInstanceId"].(string), info["processType"].(string)
}

// requireWithdrawn checks that nothing is left of what was announced, and that the TMF API knows.
func (w *world) requireWithdrawn() {
	w.t.Helper()
	id, processType := w.announced()
	withdrawn := w.message("tmf-delete-process-info")
	require.Equal(w.t, id, withdrawn["processInstanceId"])
	require.Equal(w.t, processType, withdrawn["processType"])
	require.Empty(w.t, w.active())
	before := w.told("")
	w.fly(10 * 365 * 24 * time.Hour)
	require.Equal(w.t, before, w.told(""), "something goes on after the cancellation")
}

// What waits for its date is cancelled by its id and type.
func TestACancelledSchedule(t *testing.T) {
	due := begin.Add(24 * time.Hour)
	for process, c := range schedules(t, due) {
		t.Run(process, func(t *testing.T) {
			w := newWorld(t)
			w.play(c.event)
			id, processType := w.announced()
			require.Equal(t, process, processType)
			w.cancel(id, processType)
			w.requireWithdrawn()
			if process == "endUserServiceOrderProcess" {
				require.Equal(t, "CANCELLED", w.last("tmf-service-order-item-update")["state"])
				require.Equal(t, "CANCELLED", w.variable("serviceOrderProcess", "orderState"))
			}
		})
	}
}

// It may be waiting for a reply, too, or for an operator who decides about a step that failed.
func TestAScheduleThatIsCancelledWhenItsDateHasCome(t *testing.T) {
	due := begin.Add(24 * time.Hour)
	for process, s := range schedules(t, due) {
		for _, step := range s.steps {
			for _, rule := range []string{"SILENT", "FAIL"} {
				t.Run(process+" "+step+" "+rule, func(t *testing.T) {
					w := newWorld(t)
					w.play(schedules(t, due, step+"="+rule)[process].event)
					w.flyTo(due.Add(30 * time.Second))
					told := w.told("")
					require.Equal(t, step, strings.Fields(told[len(told)-1])[0])
					w.cancel(w.announced())
					w.requireWithdrawn()
				})
			}
		}
	}
}

// Only the right id with the right type cancels anything, and only once. Whatever else comes is kept for a while and then
// shown to the operator.
func TestCancellationsOfSomethingElse(t *testing.T) {
	due := begin.Add(24 * time.Hour)
	const process = "k8sServiceTerminationProcess"
	for name, change := range map[string]func(id, processType string) (any, any){
		"another type": func(id, _ string) (any, any) { return id, "fiveGServiceTerminationProcess" },
		"another id":   func(_, processType string) (any, any) { return "42", processType },
		"no type":      func(id, _ string) (any, any) { return id, nil },
		"no id":        func(_, processType string) (any, any) { return nil, processType },
		"nothing":      func(_, _ string) (any, any) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.play(schedules(t, due)[process].event)
			id, processType := change(w.announced())
			w.send(map[string]any{"specversion": "1.0", "id": "c", "source": "", "type": "sonata-cancel-process",
				"data": map[string]any{"processInstanceId": id, "processType": processType}})
			w.late = 1
			w.fly(2 * time.Hour)
			require.Contains(t, w.active(), process)
			w.flyTo(due.Add(time.Minute))
			require.Contains(t, w.told(""), "fabric-api-connection-teardown")
		})
	}
	t.Run("twice", func(t *testing.T) {
		w := newWorld(t)
		w.play(schedules(t, due)[process].event)
		w.cancel(w.announced())
		w.cancel(w.announced())
		w.late = 1
		w.requireWithdrawn()
	})
	t.Run("processId for processType", func(t *testing.T) {
		w := newWorld(t)
		w.play(schedules(t, due)[process].event)
		id, processType := w.announced()
		w.send(map[string]any{"specversion": "1.0", "id": "c", "source": "", "type": "sonata-cancel-process",
			"data": map[string]any{"processInstanceId": id, "processId": processType}})
		w.requireWithdrawn()
	})
}

// itemProcess is the process of an order's item; its instance is named in everything that it publishes.
var itemProcess = map[string]string{k8s: "k8sServiceOrderProcess", fiveG: "fiveGServiceOrderProcess", endUser: "endUserServiceOrderProcess"}

// An item that is cancelled while it is being built leaves nothing behind.
func TestACancelledItem(t *testing.T) {
	for _, s := range steps {
		if s.request == "helm-engine-parse" { // before its item's process begins
			continue
		}
		for _, rule := range []string{"SILENT", "FAIL"} {
			t.Run(s.block+" "+s.request+" "+rule, func(t *testing.T) {
				w := newWorld(t)
				event := ordered(t, []string{s.block}, s.request+"="+rule)
				data := event["data"].(map[string]any)[s.block].(map[string]any)
				delete(data, "requestedCompletionDate")
				if s.block == endUser {
					data["requestedStartDate"] = begin.Add(time.Hour).Format(time.RFC3339)
				}
				w.send(event)
				w.fly(30 * time.Second)
				if s.block == endUser {
					w.fly(time.Hour)
				}
				item := w.instances(itemProcess[s.block])
				require.Len(t, item, 1)
				w.cancel(item[0].Key.String(), itemProcess[s.block])
				told := w.told("")
				at := indexOf(t, told, s.request)
				require.Equal(t, append(s.undone, "tmf-service-update TERMINATED", "tmf-service-order-item-update CANCELLED"), told[at+1:])
				require.Equal(t, "CANCELLED", w.variable("serviceOrderProcess", "orderState"))
				require.Empty(t, w.active())
			})
		}
	}
}

// An activation that is cancelled on behalf of an order cancels the order's item.
func TestACancelledActivationOfAnOrder(t *testing.T) {
	w := newWorld(t)
	event := ordered(t, []string{endUser}, "helm-engine-activation=SILENT")
	data := event["data"].(map[string]any)[endUser].(map[string]any)
	delete(data, "requestedCompletionDate")
	data["requestedStartDate"] = begin.Add(time.Hour).Format(time.RFC3339)
	w.play(event)
	w.fly(time.Hour)
	w.cancel(w.instances("serviceOrderServiceActivation")[0].Key.String(), "serviceOrderServiceActivation")
	require.Equal(t, "CANCELLED", w.last("tmf-service-order-item-update")["state"])
	require.Contains(t, w.told(""), "helm-engine-termination")
	require.Empty(t, w.active())
}

// A reply to what was cancelled harms nothing: the operator can see it.
func TestAReplyAfterTheCancellation(t *testing.T) {
	w := newWorld(t)
	w.play(ordered(t, []string{k8s}, "oss-client-k8s-order=PT30M"))
	w.cancel(w.instances("k8sServiceOrderProcess")[0].Key.String(), "k8sServiceOrderProcess")
	told := w.told("")
	w.late = 1
	w.fly(time.Hour)
	require.Equal(t, told, w.told(""))
	require.Empty(t, w.active())
}

// A new date: the TMF API cancels what waits and orders anew. The cluster goes once.
func TestAnotherDate(t *testing.T) {
	for name, moved := range map[string]time.Duration{"earlier": 24 * time.Hour, "later": 30 * 24 * time.Hour, "now": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			event := ordered(t, []string{k8s})
			event["data"].(map[string]any)[k8s].(map[string]any)["requestedCompletionDate"] = begin.Add(7 * 24 * time.Hour).Format(time.RFC3339Nano)
			w.play(event)
			w.cancel(w.announced())
			again := sample(t, "kubernetes-service-termination")
			due := begin.Add(moved)
			again["data"].(map[string]any)["requestedTerminationDate"] = due.Format(time.RFC3339Nano)
			w.play(again)
			if moved > 0 {
				w.flyTo(due.Add(-time.Nanosecond))
				require.NotContains(t, w.told(""), "fabric-api-connection-teardown")
			}
			w.fly(60 * 24 * time.Hour)
			w.message("fabric-api-connection-teardown")
			require.Len(t, slices.DeleteFunc(w.told(""), func(s string) bool { return s != "tmf-delete-process-info" }), 2)
			require.Equal(t, "TERMINATED", w.last("tmf-service-update")["state"])
			require.Empty(t, w.active())
		})
	}
}
