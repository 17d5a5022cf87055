package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/controlloop"
)

// loopFiles is what control loops are made from, and who takes part in them.
type loopFiles struct {
	template, instances string      // paths
	participants        [][4]string // name, version, type, its version
	agree               bool        // whether the instances name participants of the types in the template; else not all can be primed
}

// The page's own service template and instances, as printed, go through their whole life in the real program: over HTTP, with participants
// that are spoken to over Kafka. The program is killed once in each phase, after it has asked the participants and before all have answered.
func TestControlLoopsOfThePage(t *testing.T) {
	t.Parallel()
	data := filepath.Join("..", "..", "adapters", "tosca", "testdata")
	liveThroughKills(t, loopFiles{filepath.Join(data, "pmsh.yaml"), filepath.Join(data, "instances.json"), [][4]string{
		{"DCAEParticipant0", "1.0.0", "org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4"},
		{"PolicyParticipant0", "1.0.0", "org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1"},
		{"CDSParticipant0", "1.0.0", "org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "3.2.1"},
	}, true})
}

// So do the files of CLAMP's own tests (onap/policy-clamp, branch istanbul): SONATA_TEST_CLAMP names a folder that has them.
func TestControlLoopsOfCLAMP(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SONATA_TEST_CLAMP")
	if dir == "" {
		t.Skip("SONATA_TEST_CLAMP names no folder with PMSHMultipleCLTosca.yaml, ControlLoops.json and PassiveCommand.json of CLAMP's tests")
	}
	liveThroughKills(t, loopFiles{filepath.Join(dir, "PMSHMultipleCLTosca.yaml"), filepath.Join(dir, "ControlLoops.json"), [][4]string{
		{"org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4", "org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4"},
		{"org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1", "org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1"},
		{"org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "2.2.1", "org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "2.2.1"},
	}, false})
}

// killed is a program that is killed and started again on the same data.
type killed struct {
	*sonata
	t        *testing.T
	data     string
	document any // OpenAPI's, once it is read
}

func (k *killed) start() {
	k.t.Helper()
	k.sonata = serve(k.t, k.data, "--deploy", filepath.Join("..", "..", "processes", "controlloop"), "--deploy", filepath.Join("..", "..", "processes", "simulator"))
}

func liveThroughKills(t *testing.T, files loopFiles) {
	t.Helper()
	k := &killed{t: t, data: t.TempDir()}
	k.start()
	for _, p := range files.participants {
		status, info := k.post("/v2/process-instances", fmt.Sprintf(`{"processDefinitionId":"participantSimulator","variables":{
			"participantId":{"name":%q,"version":%q},"participantType":{"name":%q,"version":%q},"behaviour":{"delay":"PT0.7S"}}}`, p[0], p[1], p[2], p[3]))
		require.Equal(t, http.StatusOK, status, "%v", info)
	}
	k.eventually(func() bool {
		return strings.Count(k.clamp(http.MethodGet, "/participants", "", 200), `"participantState"`) == len(files.participants)
	}, "not all participants are registered")

	commissioned := k.clamp(http.MethodPost, "/commission", k.file(files.template), 200)
	require.Contains(t, commissioned, "PMSHControlLoopDefinition")
	k.killOnce("PARTICIPANT_UPDATE", "")
	k.clamp(http.MethodPost, "/instantiation", k.file(files.instances), 200)
	k.eventually(func() bool {
		return !files.agree || !slices.ContainsFunc(k.loops(), func(l clampLoop) bool { return !l.Primed })
	}, "not all participants are primed")
	loops := k.loops()
	require.Len(t, loops, 2)
	k.kill() // nothing is under way
	k.start()
	require.Equal(t, loops, k.loops())

	if files.agree {
		k.measured(`sonata_participants{state="ACTIVE",health="HEALTHY"} ` + strconv.Itoa(len(files.participants)))
	}
	passive := 0
	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		k.clamp(http.MethodPut, "/instantiation/command", commandOf(state, loops), 202)
		asks := "CONTROL_LOOP_STATE_CHANGE"
		if state == "PASSIVE" && passive == 0 {
			asks = "CONTROL_LOOP_UPDATE"
		}
		if state == "PASSIVE" {
			passive++
		}
		k.killOnce(asks, state)
		k.eventually(func() bool {
			return !slices.ContainsFunc(k.loops(), func(l clampLoop) bool { return !l.arrived(state) })
		}, "the control loops are not "+state)
	}
	for _, l := range loops {
		k.clamp(http.MethodDelete, "/instantiation?name="+l.Name+"&version="+l.Version, "", 200)
	}
	require.Empty(t, k.loops())
	k.measured(`sonata_records_received_total{topic="POLICY-CLRUNTIME-PARTICIPANT"} `)
	k.kill()
	k.start()
	require.Empty(t, k.loops(), "what is deleted stays so")
	require.Empty(t, k.items("incidents", "{}"))
}

// measured looks for a line in /metrics.
func (k *killed) measured(line string) {
	k.t.Helper()
	response, err := http.Get(k.url + "/metrics")
	require.NoError(k.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(k.t, errors.Join(err, response.Body.Close()))
	require.Contains(k.t, string(text), "\n"+line)
}

// killOnce kills the program as soon as the participants are asked, and starts it again.
func (k *killed) killOnce(kind, ordered string) {
	k.t.Helper()
	k.await("POLICY-CLRUNTIME-PARTICIPANT", func(r record) bool {
		return r.event["messageType"] == kind && (ordered == "" || r.event["orderedState"] == ordered)
	})
	k.kill()
	k.start()
}

func (k *killed) file(path string) string {
	k.t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(k.t, err)
	return string(text)
}

// clamp sends a request as CLAMP's clients do.
func (k *killed) clamp(method, path, body string, status int) string {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.url+controlloop.Prefix+path, strings.NewReader(body))
	require.NoError(k.t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(k.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(k.t, err)
	require.Equal(k.t, status, response.StatusCode, "%s %s: %s", method, path, text)
	k.described(response, text)
	return string(text)
}

// described holds an answer to the OpenAPI document that the program serves.
func (k *killed) described(response *http.Response, body []byte) {
	k.t.Helper()
	if k.document == nil {
		served, err := http.Get(k.url + controlloop.Prefix + "/openapi.json")
		require.NoError(k.t, err)
		defer served.Body.Close()
		k.document, err = jsonschema.UnmarshalJSON(served.Body)
		require.NoError(k.t, err)
	}
	path := strings.TrimPrefix(response.Request.URL.Path, controlloop.Prefix)
	require.Contains(k.t, k.document.(map[string]any)["paths"], path)
	schemas := jsonschema.NewCompiler()
	require.NoError(k.t, schemas.AddResource("openapi.json", k.document))
	schema, err := schemas.Compile(fmt.Sprintf("openapi.json#/paths/%s/%s/responses/%d/content/application~1json/schema",
		strings.ReplaceAll(path, "/", "~1"), strings.ToLower(response.Request.Method), response.StatusCode))
	require.NoError(k.t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(k.t, err)
	require.NoError(k.t, schema.Validate(value), "%s %s: %s", response.Request.Method, path, body)
}

// clampLoop is what REST shows of a control loop.
type clampLoop struct {
	Name, Version, State, OrderedState, StateChangeResult string
	Primed                                                bool
	Elements                                              map[string]struct{ State string }
}

func (l clampLoop) arrived(state string) bool {
	for _, e := range l.Elements {
		if e.State != state {
			return false
		}
	}
	return l.State == state && l.OrderedState == state && l.StateChangeResult == "NO_ERROR" && len(l.Elements) > 0
}

func (k *killed) loops() []clampLoop {
	k.t.Helper()
	var answer struct{ ControlLoopList []clampLoop }
	require.NoError(k.t, json.Unmarshal([]byte(k.clamp(http.MethodGet, "/instantiation", "", 200)), &answer))
	return answer.ControlLoopList
}

// commandOf orders control loops into a state, as PassiveCommand.json does.
func commandOf(state string, loops []clampLoop) string {
	ids := make([]string, len(loops))
	for i, l := range loops {
		ids[i] = fmt.Sprintf(`{"name":%q,"version":%q}`, l.Name, l.Version)
	}
	return fmt.Sprintf(`{"orderedState":%q,"controlLoopIdentifierList":[%s]}`, state, strings.Join(ids, ","))
}
