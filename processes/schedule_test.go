package processes_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dates are what a date in an order can be.
var dates = map[string]struct {
	value any
	waits bool
}{
	"absent":     {nil, false},
	"empty":      {"", false},
	"past":       {"2024-02-13T11:27:56Z", false},
	"now":        {begin.Format(time.RFC3339), false},
	"future":     {begin.Add(48 * time.Hour).Format(time.RFC3339), true},
	"far future": {farFuture.Format(time.RFC3339Nano), true},
}

// A start date in the future is waited for; every other one means now.
func TestStartDates(t *testing.T) {
	for name, date := range dates {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			event, data := block(t, endUser)
			delete(data, "requestedCompletionDate")
			data["requestedStartDate"] = date.value
			w.play(event)
			if !date.waits {
				require.NotContains(t, w.told(""), "tmf-process-info")
				require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
				return
			}
			due, err := time.Parse(time.RFC3339Nano, date.value.(string))
			require.NoError(t, err)
			w.flyTo(due.Add(-time.Nanosecond))
			w.requireTold("", "helm-engine-parse", "tmf-process-info")
			w.fly(time.Minute)
			w.message("helm-engine-activation")
			require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
		})
	}
}

// A service whose completion date is over when the order is done ends at once; without a date it stays.
func TestCompletionDates(t *testing.T) {
	for _, name := range []string{k8s, endUser} {
		for date, c := range dates {
			t.Run(name+" "+date, func(t *testing.T) {
				w := newWorld(t)
				event, data := block(t, name)
				data["requestedCompletionDate"] = c.value
				w.play(event)
				require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
				if c.value == nil || c.value == "" {
					require.NotContains(t, w.told(""), "tmf-process-info")
					require.Empty(t, w.active())
					return
				}
				if c.waits {
					due, err := time.Parse(time.RFC3339Nano, c.value.(string))
					require.NoError(t, err)
					w.flyTo(due.Add(-time.Nanosecond))
					require.NotContains(t, w.told(""), "tmf-service-update TERMINATED")
					w.fly(time.Minute)
				}
				require.Equal(t, w.message("tmf-process-info")["processInstanceId"], w.message("tmf-delete-process-info")["processInstanceId"])
				require.Equal(t, "TERMINATED", w.last("tmf-service-update")["state"])
				require.Empty(t, w.active())
			})
		}
	}
}

// The end-user service of an order runs on the cluster that the same order creates, by that cluster's own id.
func TestTheClusterOfTheSameOrder(t *testing.T) {
	for name, given := range map[string]any{"absent": nil, "empty": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ossClient")
			event := ordered(t, []string{endUser, k8s})
			data := event["data"].(map[string]any)
			data[k8s].(map[string]any)["serviceId"] = "the-cluster"
			data[endUser].(map[string]any)["k8sServiceId"] = given
			w.play(event)
			require.NotContains(t, w.told(""), "helm-engine-deploy")
			w.reply("oss-client-k8s-order", map[string]any{"hostAddress": "10.0.0.1"})
			w.fly(time.Minute)
			require.Equal(t, "the-cluster", w.message("helm-engine-deploy")["k8sServiceId"])
			require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
		})
	}
}
