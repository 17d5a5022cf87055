package processes_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/processes"
)

var update = flag.Bool("update", false, "write the tables of docs/sonata.md that follow from the files")

// channels is the table "Configured Kafka Channels" of SONATA's documentation: who talks to SONATA on which topic. A topic
// that SONATA reads has "from", one that it publishes to "to".
var channels = map[string]string{
	"sonata-service-order":                                  "from TMF API",
	"sonata-service-update":                                 "from TMF API",
	"sonata-kubernetes-service-update":                      "from TMF API",
	"sonata-5g-service-update":                              "from TMF API",
	"sonata-register-kubernetes":                            "from TMF API",
	"tmf-end-user-service-termination":                      "from TMF API",
	"tmf-kubernetes-service-termination":                    "from TMF API",
	"tmf-five-g-service-termination":                        "from TMF API",
	"tmf-service-order-activation":                          "from TMF API",
	"tmf-service-activation":                                "from TMF API",
	"tmf-process-info":                                      "to TMF API",
	"tmf-delete-process-info":                               "to TMF API",
	"sonata-cancel-process":                                 "from TMF API",
	"tmf-service-order-item-update":                         "to TMF API",
	"tmf-service-update":                                    "to TMF API",
	"tmf-service-dashboard-update":                          "to TMF API",
	"tmf-service-dashboard-delete":                          "to TMF API",
	"telemetry-create-prometheus-job-and-grafana-dashboard": "to Telemetry API",
	"sonata-service-dashboard-result":                       "from Telemetry API",
	"telemetry-platform-service":                            "to Telemetry API",
	"telemetry-platform-service-result":                     "from Telemetry API",
	"telemetry-delete-prometheus-job-and-grafana-dashboard": "to Telemetry API",
	"sonata-service-delete-dashboard-result":                "from Telemetry API",
	"helm-engine-parse":                                     "to Package manager",
	"helm-engine-parse-result":                              "from Package manager",
	"helm-engine-deploy":                                    "to Package manager",
	"helm-engine-deploy-result":                             "from Package manager",
	"helm-engine-activation":                                "to Package manager",
	"helm-engine-activation-result":                         "from Package manager",
	"helm-engine-termination":                               "to Package manager",
	"helm-engine-termination-result":                        "from Package manager",
	"oss-client-k8s-order":                                  "to OSS client",
	"oss-client-k8s-configuration":                          "from OSS client",
	"oss-client-platform-service-update":                    "to OSS client",
	"oss-client-platform-service-update-result":             "from OSS client",
	"oss-client-5g-order":                                   "to OSS client",
	"oss-client-5g-order-result":                            "from OSS client",
	"oss-client-service-termination":                        "to OSS client", // the documentation says from, by mistake
	"oss-client-service-termination-result":                 "from OSS client",
	"fabric-api-connection":                                 "to Fabric API",
	"fabric-api-connection-result":                          "from Fabric API",
	"fabric-api-connection-teardown":                        "to Fabric API",
	"fabric-api-connection-teardown-result":                 "from Fabric API",
	"registry-store-kubernetes-config":                      "to Registry API",
	"registry-store-kubernetes-config-result":               "from Registry API",
}

// binding is where a topic is bound: whom the drawing names as the partner, and the elements.
type binding struct {
	partner string
	at      []string
}

// bindings are those of all topics, as the message flows of the drawings show them.
func bindings(t *testing.T) map[string]*binding {
	t.Helper()
	all := map[string]*binding{}
	files := parse(t, processes.Sonata())
	for _, name := range keys(files) {
		defs := files[name]
		pools := map[string]string{}
		for _, p := range defs.Collaborations[0].Participants {
			pools[p.ID] = p.Name
		}
		flows := map[string]string{} // the partner, by element
		for _, m := range defs.Collaborations[0].MessageFlows {
			if partner, ok := pools[m.SourceRef]; ok {
				flows[m.TargetRef] = "from " + partner
			} else {
				flows[m.SourceRef] = "to " + pools[m.TargetRef]
			}
		}
		process := strings.TrimSuffix(name, ".bpmn")
		for _, n := range nodes(&defs.Processes[0].Container) {
			if topic(n) == "" {
				continue
			}
			require.Contains(t, flows, n.ID, "%s: no message flow shows who the partner of %s is", name, n.ID)
			b := all[topic(n)]
			if b == nil {
				b = &binding{partner: flows[n.ID]}
				all[topic(n)] = b
			}
			require.Equal(t, b.partner, flows[n.ID], "%s: %s", name, n.ID)
			if last := len(b.at) - 1; last >= 0 && strings.HasPrefix(b.at[last], link(process)) {
				b.at[last] += ", " + n.ID
			} else {
				b.at = append(b.at, link(process)+" "+n.ID)
			}
		}
	}
	return all
}

func link(process string) string {
	return fmt.Sprintf("[`%s`](../processes/sonata/%s.bpmn)", process, process)
}

// Every topic of SONATA is bound, in the direction and with the partner that its documentation names, and no other.
func TestTheFlowsBindTheChannelsOfSONATA(t *testing.T) {
	require.Len(t, channels, 45)
	bound := map[string]string{}
	for name, b := range bindings(t) {
		bound[name] = b.partner
	}
	require.Equal(t, channels, bound)
}

func TestMessageFlowsHaveTheNameOfTheirTopic(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		for _, c := range d.defs.Collaborations {
			for _, m := range c.MessageFlows {
				n := d.nodes[m.SourceRef]
				if n == nil {
					n = d.nodes[m.TargetRef]
				}
				require.Equal(t, topic(n), m.Name, m.ID)
			}
		}
	})
}

// requireTable compares a table in docs/sonata.md with what the files say; with -update it writes it.
func requireTable(t *testing.T, name string, rows []string) {
	t.Helper()
	requireTableIn(t, "sonata.md", name, rows)
}

// requireTableIn demands that a page of docs has these lines where it names them.
func requireTableIn(t *testing.T, page, name string, rows []string) {
	t.Helper()
	file := filepath.Join("..", "docs", page)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	begin, end := "<!-- "+name+": written by go test ./processes -update -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found, end)
	want := before + begin + strings.Join(rows, "\n") + "\n" + end + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text), "write it anew: go test ./processes -update")
}

func TestTheTableOfTopics(t *testing.T) {
	rows := []string{"| Topic | Partner | Bound by |", "|---|---|---|"}
	all := bindings(t)
	for _, name := range keys(all) {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", name, all[name].partner, strings.Join(all[name].at, "; ")))
	}
	requireTable(t, "topics", rows)
}

func TestTheTableOfTimeLimits(t *testing.T) {
	rows := []string{"| Process | Waits for | Limit |", "|---|---|---|"}
	files := parse(t, processes.Sonata())
	for _, name := range keys(files) {
		for _, n := range nodes(&files[name].Processes[0].Container) {
			for _, b := range n.Boundary {
				if timer := b.EventDefinitions[0].Timer; timer != nil {
					what := "an operator"
					if n.Kind == "receiveTask" {
						what = "`" + topic(n) + "`"
					}
					rows = append(rows, fmt.Sprintf("| `%s` | %s | %s (`%s`) |", strings.TrimSuffix(name, ".bpmn"), what, b.Name, timer.Value.Text))
				}
			}
		}
	}
	requireTable(t, "limits", rows)
}

// What undoes what, as the compensation events say.
func TestTheTableOfWhatIsUndone(t *testing.T) {
	rows := []string{"| Process | Step | Undone by |", "|---|---|---|"}
	files := parse(t, processes.Sonata())
	for _, name := range keys(files) {
		p := files[name].Processes[0]
		for _, a := range p.Associations {
			handler := slices.IndexFunc(p.FlowNodes, func(n *bpmn.FlowNode) bool { return n.ID == a.TargetRef && n.IsForCompensation })
			if handler < 0 {
				continue
			}
			event := p.FlowNodes[slices.IndexFunc(p.FlowNodes, func(n *bpmn.FlowNode) bool { return n.ID == a.SourceRef })]
			rows = append(rows, fmt.Sprintf("| `%s` | %s (`%s`) | %s (`%s`) |", p.ID, event.AttachedTo.Name, event.AttachedTo.CalledElement.ProcessID.Text,
				p.FlowNodes[handler].Name, p.FlowNodes[handler].CalledElement.ProcessID.Text))
		}
	}
	requireTable(t, "undone", rows)
}
