package processes_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/processes"
)

// parse reads every file of a folder, by file name.
func parse(t *testing.T, files fs.FS) map[string]*bpmn.Definitions {
	t.Helper()
	names, err := fs.Glob(files, "*.bpmn")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	all := map[string]*bpmn.Definitions{}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		all[name], err = bpmn.Parse(name, data)
		require.NoError(t, err)
		require.Empty(t, all[name].Warnings)
	}
	return all
}

// shipped is every file of every folder. Definitions are immutable, so the tests share them.
func shipped(t *testing.T) map[string]*bpmn.Definitions {
	t.Helper()
	reading.Lock()
	defer reading.Unlock()
	if read == nil {
		all := parse(t, processes.Sonata())
		maps.Copy(all, parse(t, processes.Partners()))
		maps.Copy(all, parse(t, processes.ControlLoop()))
		maps.Copy(all, parse(t, processes.Simulator()))
		read = all
	}
	return read
}

var (
	reading sync.Mutex
	read    map[string]*bpmn.Definitions
)

func TestOneProcessAFileNamedAfterIt(t *testing.T) {
	for name, defs := range shipped(t) {
		require.Len(t, defs.Processes, 1, name)
		require.Equal(t, name, defs.Processes[0].ID+".bpmn")
		require.True(t, defs.Processes[0].IsExecutable, name)
		require.NotEmpty(t, defs.Processes[0].Documentation, name)
	}
}

func TestEveryFileCompiles(t *testing.T) {
	for name, defs := range shipped(t) {
		_, err := engine.Compile(defs.Processes[0])
		require.NoError(t, err, name)
	}
}

func TestEveryCalledProcessIsShipped(t *testing.T) {
	sonata := parse(t, processes.Sonata())
	for name, defs := range sonata {
		for _, n := range nodes(&defs.Processes[0].Container) {
			if n.CalledElement != nil {
				require.Contains(t, sonata, n.CalledElement.ProcessID.Text+".bpmn", "%s calls it from %s", name, n.ID)
			}
		}
	}
}

// topics are those that the files read and those that they publish to.
func topics(t *testing.T, files map[string]*bpmn.Definitions) (consumed, published []string) {
	t.Helper()
	for name, defs := range files {
		p, err := engine.Compile(defs.Processes[0])
		require.NoError(t, err, name)
		c, pub := p.Topics()
		consumed, published = append(consumed, c...), append(published, pub...)
	}
	slices.Sort(consumed)
	slices.Sort(published)
	return slices.Compact(consumed), slices.Compact(published)
}

// The table of topics in the documentation of SONATA, as what its TMF API sends, what it tells the TMF API, and its
// requests with their replies.
var (
	triggers = []string{
		"sonata-service-order", "sonata-service-update", "sonata-kubernetes-service-update", "sonata-5g-service-update",
		"sonata-register-kubernetes", "tmf-end-user-service-termination", "tmf-kubernetes-service-termination",
		"tmf-five-g-service-termination", "tmf-service-order-activation", "tmf-service-activation", "sonata-cancel-process",
	}
	notices = []string{
		"tmf-process-info", "tmf-delete-process-info", "tmf-service-order-item-update", "tmf-service-update",
		"tmf-service-dashboard-update", "tmf-service-dashboard-delete",
	}
	requests = map[string]string{
		"telemetry-create-prometheus-job-and-grafana-dashboard": "sonata-service-dashboard-result",
		"telemetry-platform-service":                            "telemetry-platform-service-result",
		"telemetry-delete-prometheus-job-and-grafana-dashboard": "sonata-service-delete-dashboard-result",
		"helm-engine-parse":                                     "helm-engine-parse-result",
		"helm-engine-deploy":                                    "helm-engine-deploy-result",
		"helm-engine-activation":                                "helm-engine-activation-result",
		"helm-engine-termination":                               "helm-engine-termination-result",
		"oss-client-k8s-order":                                  "oss-client-k8s-configuration",
		"oss-client-platform-service-update":                    "oss-client-platform-service-update-result",
		"oss-client-5g-order":                                   "oss-client-5g-order-result",
		"oss-client-service-termination":                        "oss-client-service-termination-result",
		"fabric-api-connection":                                 "fabric-api-connection-result",
		"fabric-api-connection-teardown":                        "fabric-api-connection-teardown-result",
		"registry-store-kubernetes-config":                      "registry-store-kubernetes-config-result",
	}
)

func TestTheFlowsBindTheTopicsOfSONATA(t *testing.T) {
	consumed, published := topics(t, parse(t, processes.Sonata()))
	require.ElementsMatch(t, slices.Concat(triggers, slices.Collect(maps.Values(requests))), consumed)
	require.ElementsMatch(t, slices.Concat(notices, slices.Collect(maps.Keys(requests))), published)
}

func TestThePartnersAnswerEveryRequest(t *testing.T) {
	consumed, published := topics(t, parse(t, processes.Partners()))
	require.ElementsMatch(t, slices.Concat(notices, slices.Collect(maps.Keys(requests))), consumed)
	require.ElementsMatch(t, slices.Collect(maps.Values(requests)), published)
	for name, defs := range parse(t, processes.Partners()) {
		for _, start := range defs.Processes[0].FlowNodes {
			if start.Kind == "startEvent" && requests[topic(start)] != "" {
				require.Equal(t, requests[topic(start)], topic(following(start, "sendTask")), "%s: the reply to %s", name, topic(start))
			}
		}
	}
}

// topic is the topic of a message event or of a send or receive task, "" of anything else.
func topic(n *bpmn.FlowNode) string {
	if n.Message != nil {
		return n.Message.Topic()
	}
	for _, d := range n.EventDefinitions {
		if d.Message != nil {
			return d.Message.Topic()
		}
	}
	return ""
}

// following is the first node of a kind on a path without branches.
func following(n *bpmn.FlowNode, kind string) *bpmn.FlowNode {
	for n.Kind != kind && len(n.Outgoing) > 0 {
		n = n.Outgoing[0].Target
	}
	return n
}

// nodes are those of a container and of everything inside of it.
func nodes(c *bpmn.Container) (all []*bpmn.FlowNode) {
	for _, n := range c.FlowNodes {
		all = append(all, n)
		if n.Body != nil {
			all = append(all, nodes(n.Body)...)
		}
	}
	return all
}

// A designer who moves a throwing event to another topic in the panel sees the header and the message side by side: they
// must not tell different stories.
func TestTheTopicHeaderIsTheMessageName(t *testing.T) {
	for name, defs := range shipped(t) {
		for _, n := range nodes(&defs.Processes[0].Container) {
			if n.TaskDefinition != nil && n.TaskDefinition.Type.Text == "kafka:publish" {
				require.Equal(t, n.TaskDefinition.Headers["topic"], topic(n), "%s: %s", name, n.ID)
				require.True(t, len(n.Inputs) > 0 || n.TaskDefinition.Headers["data"] != "", "%s: %s has no payload", name, n.ID)
			}
		}
	}
}

// Who may see what is secret in an order (see docs/sonata.md).
func TestSecretsGoOnlyToThoseWhoNeedThem(t *testing.T) {
	allowed := map[string][]string{
		"kubeConfig":                  {"registry-store-kubernetes-config"},
		"organizationCharacteristics": {"oss-client-k8s-order", "oss-client-5g-order", "oss-client-platform-service-update", "oss-client-service-termination"},
	}
	for name, defs := range parse(t, processes.Sonata()) {
		for _, n := range nodes(&defs.Processes[0].Container) {
			for _, input := range n.Inputs {
				for secret, topics := range allowed {
					if n.TaskDefinition != nil && strings.Contains(input.Source.Text, secret) {
						require.Contains(t, topics, topic(n), "%s: %s publishes %s", name, n.ID, secret)
					}
				}
			}
		}
	}
}
