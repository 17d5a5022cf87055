package controlloop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/api/controlloop"
)

const small = `tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  my.Element:
    version: 1.0.0
    derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement
    properties:
      replicas: {type: integer, default: 1, constraints: [{in_range: [1, 5]}]}
      image: {type: string, default: nginx, metadata: {common: true}}
topology_template:
  node_templates:
    one: {version: 1.0.0, type: my.Element, properties: {participantType: "P:1.0.0"}}
    org.mine.MineControlLoopDefinition:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoop
      properties: {elements: ["one:1.0.0"]}
`

// raw sends a request and returns the answer's kind and text.
func (w *world) raw(method, path, accept string) (kind, text string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.ctx, method, path, http.NoBody)
	r.Header.Set("Accept", accept)
	recorder := httptest.NewRecorder()
	w.http.ServeHTTP(recorder, r)
	require.Equal(w.t, 200, recorder.Code, recorder.Body)
	return recorder.Header().Get("Content-Type"), recorder.Body.String()
}

// The design-time catalogue keeps service templates as they were sent, by the paths and codes of the page; what is wrong does not get in.
func TestTheDesignCatalogue(t *testing.T) {
	w := newWorld(t)
	const path = "/design-catalogue/loop/mine"
	pmsh := read(t, "..", "..", "adapters", "tosca", "testdata", "pmsh.yaml")
	w.call(http.MethodPut, path, small, 404)
	w.call(http.MethodDelete, path, "", 404)
	w.call(http.MethodGet, path, "", 404)
	require.Contains(t, w.call(http.MethodPost, path, strings.Replace(small, "[1, 5]", "[5, 1]", 1), 400)["errorDetails"], "7:70: error: ")
	w.call(http.MethodPost, path, "", 400)
	w.call(http.MethodPost, path, small, 200)
	require.Equal(t, "Control Loop already exist.", w.call(http.MethodPost, path, small, 409)["errorDetails"])

	kind, text := w.raw(http.MethodGet, path, "*/*")
	require.Equal(t, "application/yaml", kind)
	value, err := tosca.ParseValue([]byte(text))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"id": "mine", "controlLoopTosca": small}, value)

	w.call(http.MethodPut, path, pmsh, 200)
	w.clamp(http.MethodPost, "/design-catalogue/loop/a:b%2Fc", small, 200)
	kind, text = w.raw(http.MethodGet, controlloop.Prefix+"/design-catalogue/loops", "application/json")
	require.Equal(t, "application/json", kind)
	value, err = tosca.ParseValue([]byte(text))
	require.NoError(t, err)
	require.Equal(t, []any{map[string]any{"id": "mine", "controlLoopTosca": pmsh}, map[string]any{"id": "a:b/c", "controlLoopTosca": small}}, value)

	require.Contains(t, w.call(http.MethodPost, "/runtime-inventory/commission", `{"id": "nobody"}`, 404)["errorDetails"], "No matching record found for the given criteria")
	w.call(http.MethodPost, "/runtime-inventory/commission", `{"id": "mine"}`, 200)
	w.call(http.MethodPost, "/runtime-inventory/commission", "a:b/c", 200)
	w.call(http.MethodPost, "/runtime-inventory/commission", "node_types: {}", 400)
	require.Len(t, w.clamp(http.MethodGet, "/commission", "", 200)["list"], 2)
	w.call(http.MethodDelete, path, "", 200)
	w.call(http.MethodGet, path, "", 404)
	w.call(http.MethodPost, path, small, 200)
}

// The inventory commissions under the id in the path.
func TestTheRuntimeInventory(t *testing.T) {
	w := newWorld(t)
	const path = "/runtime-inventory/loop/mine"
	w.call(http.MethodGet, path, "", 404)
	w.call(http.MethodPut, path, small, 404)
	w.call(http.MethodDelete, path, "", 404)
	w.call(http.MethodPost, path, small, 200)
	w.call(http.MethodPost, path, small, 409)
	w.call(http.MethodPost, "/runtime-inventory/loop/org.mine.MineControlLoopDefinition", small, 409)
	require.Contains(t, w.call(http.MethodPut, path, "name: other\n"+small, 400)["errorDetails"], "names itself other")
	w.call(http.MethodPut, path, strings.Replace(small, "default: 1", "default: 2", 1), 200)
	kind, text := w.raw(http.MethodGet, path, "")
	require.Equal(t, "application/yaml", kind)
	require.Contains(t, text, "default: 2")
	require.Len(t, w.clamp(http.MethodGet, "/commission", "", 200)["list"], 1)

	w.clamp(http.MethodPost, "/instanceProperties", small, 200)
	w.call(http.MethodDelete, path, "", 400)
	w.clamp(http.MethodDelete, "/instanceProperties?name=Mine_Instance0&version=1.0.0", "", 200)
	w.call(http.MethodDelete, path, "", 200)
	w.fly(time.Second)
	require.Empty(t, w.clamp(http.MethodGet, "/commission", "", 200)["list"])
}

// What clients ask of the service templates that are commissioned.
func TestWhatIsCommissionedIsShown(t *testing.T) {
	w := newWorld(t)
	w.clamp(http.MethodGet, "/commission/toscaservicetemplate", "", 400)
	w.clamp(http.MethodGet, "/commission/elements", "", 404)
	w.clamp(http.MethodPost, "/commission", read(t, "..", "..", "adapters", "tosca", "testdata", "pmsh.yaml"), 200)
	w.clamp(http.MethodPost, "/commission", "name: types\nversion: 1.0.0\n"+strings.Split(small, "topology_template")[0], 200)
	_, text := w.raw(http.MethodGet, controlloop.Prefix+"/commission/toscaservicetemplate", "")
	whole, err := tosca.Parse([]byte(text))
	require.NoError(t, err)
	require.Len(t, whole.ControlLoops(), 1)
	require.Contains(t, whole.Value()["node_types"], "my.Element")
	w.clamp(http.MethodDelete, "/commission?name=types&version=1.0.0", "", 200)
	w.clamp(http.MethodPost, "/commission", small, 200)
	require.Contains(t, w.clamp(http.MethodGet, "/commission/toscaservicetemplate", "", 400)["errorDetails"], "ask for one by name and version")
	one := w.clamp(http.MethodGet, "/commission/toscaservicetemplate?name=org.mine.MineControlLoopDefinition&version=1.0.0", "", 200)
	require.Len(t, one["topology_template"].(map[string]any)["node_templates"], 2)
	w.clamp(http.MethodGet, "/commission/toscaservicetemplate?name=nobody", "", 400)

	require.Equal(t, "#/$defs/node_types", w.clamp(http.MethodGet, "/commission/toscaServiceTemplateSchema?section=node_types", "", 200)["$ref"])
	require.Contains(t, w.clamp(http.MethodGet, "/commission/toscaServiceTemplateSchema", "", 200), "properties")
	w.clamp(http.MethodGet, "/commission/toscaServiceTemplateSchema?section=everything", "", 400)

	w.clamp(http.MethodGet, "/commission/elements", "", 406)
	elements := w.clamp(http.MethodGet, "/commission/elements?name=org.domain&version=1.0.0", "", 404)
	require.Equal(t, "Control Loop definitions not found", elements["errorDetails"])
	require.Len(t, w.clamp(http.MethodGet, "/commission/elements?name=org.onap.domain.pmsh.PMSHControlLoopDefinition", "", 200)["list"], 4)

	w.clamp(http.MethodGet, "/commission/getCommonOrInstanceProperties?common=perhaps", "", 400)
	own := w.clamp(http.MethodGet, "/commission/getCommonOrInstanceProperties?name=one", "", 200)["one"].(map[string]any)
	require.Equal(t, []any{float64(1), float64(5)}, own["properties"].(map[string]any)["replicas"].(map[string]any)["constraints"].([]any)[0].(map[string]any)["in_range"])
	require.Contains(t, w.clamp(http.MethodGet, "/commission/getCommonOrInstanceProperties?common=true", "", 200)["one"].(map[string]any)["properties"], "image")

	made := w.clamp(http.MethodPost, "/instanceProperties", strings.Replace(small, `"P:1.0.0"`, `"P:1.0.0", replicas: 3`, 1), 200)
	require.Equal(t, []any{
		map[string]any{"name": "org.mine.MineControlLoopDefinition_Instance0", "version": "1.0.0"}, map[string]any{"name": "one_Instance0", "version": "1.0.0"},
	}, made["affectedInstanceProperties"])
	for _, e := range w.loop("Mine_Instance0")["elements"].(map[string]any) {
		require.Equal(t, map[string]any{"replicas": float64(3)}, e.(map[string]any)["propertiesMap"])
	}
	require.Contains(t, w.clamp(http.MethodPost, "/instanceProperties", strings.Replace(small, `"P:1.0.0"`, `"P:1.0.0", replicas: 9`, 1), 400)["errorDetails"], "9 must be from 1 to 5")
	w.clamp(http.MethodPost, "/instanceProperties", small, 200)
	w.loop("Mine_Instance1")
	w.clamp(http.MethodGet, "/commission/getCommonOrInstanceProperties?common=true", "", 400)
	w.clamp(http.MethodDelete, "/instanceProperties?name=Mine_Instance1", "", 400)
	w.clamp(http.MethodDelete, "/instanceProperties?name=Mine_Instance9&version=1.0.0", "", 404)
}

// What others build on stays: neither is it removed nor does anything take its place in which it is missing.
func TestWhatOthersBuildOnStays(t *testing.T) {
	w := newWorld(t)
	types, topology, _ := strings.Cut(small, "topology_template")
	base := "name: types\nversion: 1.0.0\n" + types
	builder := "tosca_definitions_version: tosca_simple_yaml_1_1\ntopology_template" + topology
	w.clamp(http.MethodPost, "/commission", base, 200)
	w.clamp(http.MethodPost, "/commission", builder, 200)
	stays := func(fault map[string]any) {
		t.Helper()
		require.Contains(t, fault["errorDetails"], "service template org.mine.MineControlLoopDefinition:1.0.0 builds on types:1.0.0")
		require.Contains(t, fault["errorDetails"], "my.Element")
		require.Len(t, w.clamp(http.MethodGet, "/commission", "", 200)["list"], 1)
	}
	stays(w.clamp(http.MethodDelete, "/commission?name=types&version=1.0.0", "", 400))
	stays(w.clamp(http.MethodPost, "/commission", strings.ReplaceAll(base, "my.Element", "my.Other"), 400))
	w.clamp(http.MethodPost, "/commission", base, 200)
	w.clamp(http.MethodDelete, "/commission?name=org.mine.MineControlLoopDefinition&version=1.0.0", "", 200)
	w.clamp(http.MethodDelete, "/commission?name=types&version=1.0.0", "", 200)
}

// A service template that is decommissioned leaves its participants the definitions of those that stay.
func TestWhatStaysCommissioned(t *testing.T) {
	w := newWorld(t)
	other := strings.NewReplacer("org.mine.Mine", "org.mine.Other", "one", "two").Replace(small)
	w.clamp(http.MethodPost, "/commission", small, 200)
	w.clamp(http.MethodPost, "/commission", other, 200)
	told := func() (names []any) {
		require.NoError(t, w.r.Settled(w.ctx))
		updates := staged{world: w}.told("PARTICIPANT_UPDATE")
		for _, update := range updates[len(updates)-1]["participantDefinitionUpdates"].([]any) {
			for _, d := range update.(map[string]any)["controlLoopElementDefinitionList"].([]any) {
				names = append(names, d.(map[string]any)["clElementDefinitionId"].(map[string]any)["name"])
			}
		}
		return names
	}
	w.clamp(http.MethodDelete, "/commission?name=org.mine.MineControlLoopDefinition&version=1.0.0", "", 200)
	require.Equal(t, []any{"two"}, told())
	w.clamp(http.MethodDelete, "/commission?name=org.mine.OtherControlLoopDefinition&version=1.0.0", "", 200)
	require.Empty(t, told())
}

// What is tolerated in a template or in instances is told, with its place.
func TestWarnings(t *testing.T) {
	w := newWorld(t)
	answer := w.clamp(http.MethodPost, "/commission", "imports: [types.yaml]\n"+small, 200)
	require.Equal(t, "1:1: warning: /imports: imports are not followed; commission what is imported first, or put its types into this template", answer["warnings"].([]any)[0])
	answer = w.clamp(http.MethodPost, "/instantiation", `{"controlLoopList":[{"name":"a","version":"1.0.1","definition":{"name":"org.mine.MineControlLoopDefinition","version":"9"},
		"elements":{"1":{"id":"`+firstID+`","definition":{"name":"one","version":"1.0.0"}}}}]}`, 200)
	require.Contains(t, answer["warnings"].([]any)[0], "there is no org.mine.MineControlLoopDefinition:9; org.mine.MineControlLoopDefinition:1.0.0 is taken")
}
