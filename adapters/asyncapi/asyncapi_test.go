package asyncapi_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/sonata-bpmn/sonata/adapters/asyncapi"
	"github.com/sonata-bpmn/sonata/bpmn"
)

func parse(t *testing.T, name, text string) *bpmn.Definitions {
	t.Helper()
	d, err := bpmn.Parse(name, []byte(text))
	require.NoError(t, err)
	return d
}

func sonata(t *testing.T) []*bpmn.Definitions {
	t.Helper()
	files, err := filepath.Glob("../../processes/sonata/*.bpmn")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := make([]*bpmn.Definitions, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all[i] = parse(t, file, string(text))
	}
	return all
}

// describe gives the document as data; it must be valid by AsyncAPI's own schema, and each reference in it must lead somewhere.
func describe(t *testing.T, files ...*bpmn.Definitions) map[string]any {
	t.Helper()
	d := asyncapi.Describe(asyncapi.Info{Title: "Test", Version: "1"}, files)
	var text, again, asYAML bytes.Buffer
	require.NoError(t, d.WriteJSON(&text))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text.Bytes()))
	require.NoError(t, err)
	require.NoError(t, officialSchema(t).Validate(document))
	for _, match := range regexp.MustCompile(`"\$ref": "#/([^"]*)"`).FindAllStringSubmatch(text.String(), -1) {
		require.NotNil(t, at(document, strings.Split(match[1], "/")...), match[1])
	}

	slices.Reverse(files)
	require.NoError(t, asyncapi.Describe(asyncapi.Info{Title: "Test", Version: "1"}, files).WriteJSON(&again))
	require.Equal(t, text.String(), again.String(), "the order of the files does not count")

	require.NoError(t, d.WriteYAML(&asYAML))
	var fromYAML any
	require.NoError(t, yaml.Unmarshal(asYAML.Bytes(), &fromYAML))
	same, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	require.JSONEq(t, text.String(), string(same), "YAML says the same")
	return document.(map[string]any)
}

func officialSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("testdata/asyncapi-3.0.0.json")
	require.NoError(t, err)
	return schema
}

// at follows names into data.
func at(value any, path ...string) any {
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			value = v[0]
		default:
			return nil
		}
	}
	return value
}

// TestSONATA: the document of the shipped flows is valid, has their topics, and pairs each request of a called process with its reply.
func TestSONATA(t *testing.T) {
	d := describe(t, sonata(t)...)
	channels := at(d, "channels").(map[string]any)
	require.Len(t, channels, 45)
	require.Equal(t, "send", at(d, "operations", "fabricApiServiceConnection.request", "action"))
	require.Equal(t, "#/channels/fabric-api-connection-result", at(d, "operations", "fabricApiServiceConnection.request", "reply", "channel", "$ref"))
	require.Equal(t, "receive", at(d, "operations", "serviceOrderProcess.orderReceived", "action"), "%v", at(d, "operations", "serviceOrderProcess.orderReceived"))
	data := at(d, "components", "messages", "fabric-api-connection", "payload", "allOf").([]any)[1]
	require.ElementsMatch(t, []any{"serviceId", "hostAddress", "ports"}, at(data, "properties", "data", "required"))
	pairs := 0
	for _, o := range at(d, "operations").(map[string]any) {
		if at(o, "reply") != nil {
			pairs++
		}
	}
	require.GreaterOrEqual(t, pairs, 13, "the request/reply pairs of SONATA")
}

// file is a process in Camunda 8's dialect.
func file(id, body string) string {
	return `<bpmn:definitions xmlns:bpmn="` + bpmn.NamespaceBPMN + `" xmlns:zeebe="` + bpmn.NamespaceZeebe + `" id="d" targetNamespace="t">
<bpmn:process id="` + id + `" isExecutable="true">` + body + `</bpmn:process>
<bpmn:message id="M_ask" name="ask"/>
<bpmn:message id="M_answer" name="answer"><bpmn:extensionElements><zeebe:subscription correlationKey="=orderId"/></bpmn:extensionElements></bpmn:message>
<bpmn:message id="M_refusal" name="refusal"/></bpmn:definitions>`
}

const publish = `<zeebe:taskDefinition type="kafka:publish"/>`

// TestDataIsWhatTheInputMappingsSay, element by element and all together: a field is required when each sender gives it, constants are
// known, paths are objects.
func TestDataIsWhatTheInputMappingsSay(t *testing.T) {
	send := func(id, mappings string) string {
		return `<bpmn:sendTask id="` + id + `" messageRef="M_ask"><bpmn:extensionElements>` + publish + `<zeebe:ioMapping>` + mappings + `</zeebe:ioMapping></bpmn:extensionElements></bpmn:sendTask>`
	}
	d := describe(t, parse(t, "p.bpmn", file("p",
		send("a", `<zeebe:input source="=x" target="order.id"/><zeebe:input source="=&quot;NEW&quot;" target="state"/><zeebe:input source="=true" target="urgent"/>`)+
			send("b", `<zeebe:input source="=x + 1" target="order.amount"/><zeebe:input source="=&quot;OLD&quot;" target="state"/><zeebe:input source="=n" target="urgent"/><zeebe:input source="=3" target="count"/>`))))
	require.Equal(t, map[string]any{
		"type": "object", "required": []any{"order", "state", "urgent"},
		"properties": map[string]any{
			"order":  map[string]any{"type": "object", "properties": map[string]any{"id": map[string]any{}, "amount": map[string]any{}}},
			"state":  map[string]any{"type": "string", "enum": []any{"NEW", "OLD"}},
			"urgent": map[string]any{},
			"count":  map[string]any{"type": "number", "enum": []any{json.Number("3")}},
		},
	}, at(at(d, "components", "messages", "ask", "payload", "allOf").([]any)[1], "properties", "data"))
}

// TestReplies: what is awaited next, behind gateways at most, answers; a request that may be answered on two topics names none of them.
func TestReplies(t *testing.T) {
	request := `<bpmn:sendTask id="ask" messageRef="M_ask"/><bpmn:receiveTask id="answer" messageRef="M_answer"/><bpmn:exclusiveGateway id="g"/>
		<bpmn:sequenceFlow id="f1" sourceRef="ask" targetRef="g"/><bpmn:sequenceFlow id="f2" sourceRef="g" targetRef="answer"/>`
	responder := parse(t, "q.bpmn", file("q", `<bpmn:startEvent id="asked"><bpmn:messageEventDefinition messageRef="M_ask"/></bpmn:startEvent>
		<bpmn:endEvent id="answered"><bpmn:messageEventDefinition messageRef="M_answer"/></bpmn:endEvent><bpmn:sequenceFlow id="f" sourceRef="asked" targetRef="answered"/>`))
	d := describe(t, parse(t, "p.bpmn", file("p", request)), responder)
	for _, id := range []string{"p.ask", "q.asked"} {
		require.Equal(t, "#/channels/answer", at(d, "operations", id, "reply", "channel", "$ref"), id)
	}
	require.Nil(t, at(d, "operations", "q.answered", "reply"))
	require.Equal(t, "$message.payload#/kogitoprocinstanceid", at(d, "components", "messages", "ask", "correlationId", "location"))
	require.Equal(t, "$message.payload#/kogitoprocrefid", at(d, "components", "messages", "answer", "correlationId", "location"))
	require.Equal(t, "Sent by: q. Received by: p.", at(d, "channels", "answer", "description"))
	require.Contains(t, at(d, "components", "messages", "answer", "bindings", "kafka", "key", "description"), "=orderId")

	d = describe(t, parse(t, "p.bpmn", file("p", request+`<bpmn:receiveTask id="refused" messageRef="M_refusal"/><bpmn:sequenceFlow id="f3" sourceRef="g" targetRef="refused"/>`)))
	require.Nil(t, at(d, "operations", "p.ask", "reply"))
}

// TestWhatPublishesAndAwaits: each kind of element that does, in every depth, and nothing else.
func TestWhatPublishesAndAwaits(t *testing.T) {
	message := func(id, ref string) string {
		return `<bpmn:messageEventDefinition id="` + id + `_d" messageRef="` + ref + `"/>`
	}
	d := describe(t, parse(t, "p.bpmn", file("p",
		`<bpmn:startEvent id="start">`+message("start", "M_ask")+`</bpmn:startEvent>
		<bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="mail"/></bpmn:extensionElements></bpmn:serviceTask>
		<bpmn:serviceTask id="any"><bpmn:extensionElements>`+publish+`<zeebe:taskHeaders><zeebe:header key="topic" value="=where"/><zeebe:header key="key" value="=orderId"/><zeebe:header key="trace" value="1"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>
		<bpmn:subProcess id="sub"><bpmn:intermediateCatchEvent id="catch">`+message("catch", "M_answer")+`</bpmn:intermediateCatchEvent>
			<bpmn:task id="t"/><bpmn:boundaryEvent id="edge" attachedToRef="t">`+message("edge", "M_answer")+`</bpmn:boundaryEvent></bpmn:subProcess>
		<bpmn:endEvent id="done"><bpmn:extensionElements>`+publish+`<zeebe:taskHeaders><zeebe:header key="topic" value="plain"/><zeebe:header key="contentMode" value="binary"/></zeebe:taskHeaders></bpmn:extensionElements>`+message("done", "M_refusal")+`</bpmn:endEvent>
		<bpmn:endEvent id="mailed"><bpmn:extensionElements><zeebe:taskDefinition type="mail"/></bpmn:extensionElements>`+message("mailed", "M_refusal")+`</bpmn:endEvent>`)))
	actions := map[string]any{}
	for id, o := range at(d, "operations").(map[string]any) {
		actions[id] = at(o, "action")
	}
	require.Equal(t, map[string]any{"p.start": "receive", "p.any": "send", "p.catch": "receive", "p.edge": "receive", "p.done": "send"}, actions)
	require.Contains(t, at(d, "channels").(map[string]any), "plain", "the header goes before the message's name")
	require.NotContains(t, at(d, "channels").(map[string]any), "refusal")
	require.Equal(t, "application/json", at(d, "components", "messages", "plain", "contentType"), "binary mode")
	require.Nil(t, at(d, "channels", "p.any", "address"), "known at run time")
	require.Contains(t, at(d, "channels", "p.any", "description"), "where")
	require.NotNil(t, at(d, "components", "messages", "p.any", "headers", "properties", "trace"))
	require.Equal(t, map[string]any{"file": "p.bpmn", "process": "p", "element": "edge", "kind": "boundaryEvent"}, at(d, "operations", "p.edge", "x-bpmn"))
}

// TestNothing: a file without messages gives a valid document.
func TestNothing(t *testing.T) {
	require.Nil(t, at(describe(t, parse(t, "p.bpmn", file("p", `<bpmn:task id="t"/>`))), "channels"))
	describe(t)
}

// TestTheEnvelopeIsWhatIsSent: the schema has the attributes that adapters/kafka writes, and no other.
func TestTheEnvelopeIsWhatIsSent(t *testing.T) {
	source, err := os.ReadFile("../kafka/cloudevent_write.go")
	require.NoError(t, err)
	var written []string
	for _, match := range regexp.MustCompile("`json:\"(\\w+)").FindAllStringSubmatch(string(source), -1) {
		written = append(written, match[1])
	}
	var described []string
	for name := range at(describe(t), "components", "schemas", "ProcessEvent", "properties").(map[string]any) {
		described = append(described, name)
	}
	require.ElementsMatch(t, written, described)
}
