package tosca_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// TestTheOriginalsOwnFiles: the service template and the instances of the tests of onap/policy-clamp, branch istanbul, are read where SONATA_TEST_CLAMP
// names the directory that they are in.
func TestTheOriginalsOwnFiles(t *testing.T) {
	dir := os.Getenv("SONATA_TEST_CLAMP")
	if dir == "" {
		t.Skip("SONATA_TEST_CLAMP does not name a directory with PMSHMultipleCLTosca.yaml and ControlLoops.json of onap/policy-clamp")
	}
	source, err := os.ReadFile(filepath.Join(dir, "PMSHMultipleCLTosca.yaml"))
	require.NoError(t, err)
	template := parse(t, source)
	require.Len(t, template.ControlLoops(), 2)
	require.Len(t, template.Participants(), 3)
	require.Equal(t, []string{"startPhase"}, keys(template.Properties(tosca.Identifier{Name: "org.onap.domain.pmsh.PMSH_CDS_ControlLoopElement", Version: "1.2.3"}, true)))
	requireRoundTrip(t, template)
	source, err = os.ReadFile(filepath.Join(dir, "ControlLoops.json"))
	require.NoError(t, err)
	list, err := instances(t, source).Resolve(nil, template)
	require.NoError(t, err)
	require.Len(t, list, 2)
	whole, err := tosca.Merge(template, parse(t, readFile(t, "pmsh.yaml")))
	require.ErrorContains(t, err, "org.onap.policy.clamp.controlloop.ControlLoopElement:1.0.1 is there already, and is not the same")
	require.Nil(t, whole)
}

func keys[V any](object map[string]V) []string {
	names := []string{}
	for name := range object {
		names = append(names, name)
	}
	return names
}

// TestWhatIsReturnedIsTheCallersOwn: a template does not change, whatever is done to what it returns.
func TestWhatIsReturnedIsTheCallersOwn(t *testing.T) {
	template := parse(t, []byte(loopOfTwo))
	before := string(template.JSON())
	loops := template.ControlLoops()
	loops[0].Elements[0].Properties["image"] = "other"
	loops[0].Elements[0].Name = "other"
	template.Value()["topology_template"].(map[string]any)["node_templates"].(map[string]any)["one"].(map[string]any)["type"] = "other"
	template.NodeTemplates()[0].Value["type"] = "other"
	template.NodeTemplates()[0].Properties["image"] = "other"
	template.Properties(loops[0].Elements[1].Identifier, true)["image"].(map[string]any)["type"] = "other"
	require.Equal(t, before, string(template.JSON()))
	require.Equal(t, "nginx", template.ControlLoops()[0].Elements[0].Properties["image"])
	require.Equal(t, "one:1.0.0", template.ControlLoops()[0].Elements[0].String())
}

// TestCommonAndInstanceProperties: metadata says which properties have one value for all instances; those of the types above count.
func TestCommonAndInstanceProperties(t *testing.T) {
	template := parse(t, []byte(loopOfTwo))
	one := tosca.Identifier{Name: "one", Version: "1.0.0"}
	require.Contains(t, template.Properties(one, true), "image")
	require.Contains(t, template.Properties(one, true), "startPhase")
	require.ElementsMatch(t, []string{"replicas", "size"}, keys(template.Properties(one, false)))
	require.Nil(t, template.Properties(tosca.Identifier{Name: "one", Version: "2.0.0"}, true))

	require.NoError(t, template.CheckInstance(one, map[string]any{"replicas": 3, "image": "nginx"}))
	err := template.CheckInstance(one, map[string]any{"replicas": 3.5, "image": "apache", "sise": "1 GB"})
	require.ErrorContains(t, err, "error: /replicas: this must be a whole number, and it is 3.5")
	require.ErrorContains(t, err, "error: /image: image is common to all instances")
	require.ErrorContains(t, err, "error: /sise: my.Element has no property sise; did you mean size?")
	require.ErrorContains(t, template.CheckInstance(tosca.Identifier{Name: "three"}, nil), "there is no node template three:")
}

// TestTypesOfKnownTemplates: a template may use the types of those commissioned before it; its own go before.
func TestTypesOfKnownTemplates(t *testing.T) {
	known := parse(t, []byte(loopOfTwo))
	source := []byte(version + "topology_template: {node_templates: {three: {type: my.Element, type_version: 1.0.0, properties: {participantType: a:1, image: b}}}}")
	_, err := tosca.Parse(source)
	require.ErrorContains(t, err, "there is no my.Element among the node_types")
	_, err = tosca.Parse(source, known)
	require.ErrorContains(t, err, "property replicas is missing")
	parse(t, []byte(loopOfTwo), parse(t, readFile(t, "pmsh.yaml"))) // whose ControlLoopElement is another than CLAMP's
	base := parse(t, []byte(version+"node_types: {org.onap.policy.clamp.controlloop.ControlLoopElement: {properties: {mine: {type: string}}}}"))
	_, err = tosca.Parse([]byte(loopOfTwo), base)
	require.ErrorContains(t, err, "property mine is missing", "a template of types goes before CLAMP's own")
	own := append([]byte(version+"node_types: {my.Element: {version: 1.0.0, derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement, properties: {image: {type: string}}}}\n"), source[len(version):]...)
	parse(t, own, known)
}

// TestMerge: what is the same is there once, versions stand side by side, and what differs is refused.
func TestMerge(t *testing.T) {
	template := parse(t, []byte(loopOfTwo))
	same, err := tosca.Merge(template, template)
	require.NoError(t, err)
	require.Equal(t, template.Value(), same.Value())

	reordered := parse(t, []byte("topology_template: {node_templates: {}}\nnode_types: {a.B: {properties: {p: {required: true, type: string}}}}\n"+version))
	_, err = tosca.Merge(reordered, parse(t, []byte(version+"node_types: {a.B: {properties: {p: {type: string, required: true}}}}")))
	require.NoError(t, err, "fields may stand in any order")

	newer := parse(t, []byte(version+`
name: second
node_types: {my.Other: {}}
topology_template:
  node_templates:
    one: {type: my.Other, version: 1.1.0}
    other: {type: my.Other}
  policies: [{p: {type: tosca.policies.Placement, targets: [other]}}]
`))
	whole, err := tosca.Merge(template, newer)
	require.NoError(t, err)
	var names []string
	for _, n := range whole.NodeTemplates() {
		names = append(names, n.String())
	}
	require.Equal(t, []string{"one:1.0.0", "two:1.0.0", "loop:1.0.0", "loop2:1.0.0", "loop2:1.1.0", "one:1.1.0", "other:0.0.0"}, names)
	require.Len(t, whole.ControlLoops(), 3)
	require.Equal(t, "second", whole.Identifier().Name)
	requireRoundTrip(t, whole)
	again, err := tosca.Merge(whole, newer, template)
	require.NoError(t, err)
	require.Equal(t, whole.Value(), again.Value())

	other := parse(t, []byte(version+"node_types: {my.Element: {version: 1.0.0}}"))
	_, err = tosca.Merge(template, other)
	require.ErrorContains(t, err, "/node_types/my.Element: my.Element:1.0.0 is there already, and is not the same")
}

// TestTemplatesAreValuesOfProcesses: a template goes into a variable of a process as JSON and comes back from it.
func TestTemplatesAreValuesOfProcesses(t *testing.T) {
	template := parse(t, readFile(t, "pmsh.yaml"))
	encoded, err := json.Marshal(template)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(encoded, &value))
	again, err := tosca.FromValue(value)
	require.NoError(t, err)
	require.Equal(t, template.ControlLoops(), again.ControlLoops())
	_, err = tosca.FromValue([]any{1})
	require.ErrorContains(t, err, "this must be a TOSCA service template")
	read, err := tosca.ParseValue([]byte("a: [1, 2021-01-01, {b: null}]"))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": []any{int64(1), "2021-01-01", map[string]any{"b": nil}}}, read)
	_, err = tosca.ParseValue([]byte("{a: 1, a: 2}"))
	require.ErrorContains(t, err, "1:8: error: /a: \"a\" is given twice")
	written, err := tosca.YAML(map[string]any{"b": []any{1, "2", "yes"}, "a": nil})
	require.NoError(t, err)
	require.Equal(t, "a: null\nb:\n- 1\n- '2'\n- \"yes\"\n", string(written), "which YAML 1.1 would read as true")
}

// TestTheSchemaDescribesTemplates: what is right is valid against the JSON Schema, what has a wrong shape is not, and each section has its own.
func TestTheSchemaDescribesTemplates(t *testing.T) {
	for _, section := range tosca.SchemaSections {
		source, found := tosca.Schema(section)
		require.True(t, found, section)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
		require.NoError(t, err)
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource("memory:"+section, value))
		schema, err := compiler.Compile("memory:" + section)
		require.NoError(t, err, section)
		for _, template := range []*tosca.ServiceTemplate{parse(t, readFile(t, "pmsh.yaml")), parse(t, []byte(loopOfTwo))} {
			part := any(template.Value())
			switch section {
			case "all":
			case "node_templates":
				part = template.Value()["topology_template"].(map[string]any)[section]
			default:
				part = template.Value()[section]
			}
			if part != nil {
				require.NoError(t, schema.Validate(part), section)
			}
		}
		require.Error(t, schema.Validate([]any{}), section)
		require.Error(t, schema.Validate(map[string]any{"node_templates": 1, "a": "b", "node_types": []any{}}), section)
	}
	_, found := tosca.Schema("policies")
	require.False(t, found)
}

// TestElementsAndDefinitions: what clients ask of a template: the elements of a loop, and the definitions of properties in place of values.
func TestElementsAndDefinitions(t *testing.T) {
	template := parse(t, []byte(loopOfTwo))
	elements := template.Elements(tosca.Identifier{Name: "loop", Version: "1.0.0"})
	require.Len(t, elements, 2)
	require.Equal(t, "one:1.0.0", elements[0].String())
	require.Equal(t, "one", elements[0].Value["name"])
	require.Nil(t, template.Elements(elements[0].Identifier), "which is no loop")

	definitions := template.PropertyDefinitions(false, tosca.Identifier{})
	require.ElementsMatch(t, []string{"one", "two"}, keys(definitions))
	require.Equal(t, map[string]any{"type": "integer", "constraints": []any{map[string]any{"in_range": []any{int64(1), int64(5)}}}},
		definitions["one"]["properties"].(map[string]any)["replicas"])
	require.ElementsMatch(t, []string{"one", "two", "loop", "loop2", "loop2:1.1.0"}, keys(template.PropertyDefinitions(true, tosca.Identifier{})))
	require.ElementsMatch(t, []string{"loop2:1.1.0"}, keys(template.PropertyDefinitions(true, tosca.Identifier{Name: "loop2", Version: "1.1.0"})))
}

// TestInstanceOf: a template whose node templates hold values is made an instance; its elements have the same ids each time.
func TestInstanceOf(t *testing.T) {
	known := parse(t, []byte(loopOfTwo))
	_, err := known.InstanceOf("_Instance0")
	require.ErrorContains(t, err, "there are 3 control loops; give the values of the elements of one")
	values := parse(t, []byte(version+`
topology_template:
  node_templates:
    one:
      version: 1.0.0
      type: my.Element
      description: first
      properties: {participantType: "P:1.0.0", participantId: "p0:1.0.0", image: nginx, replicas: 3, start-phase: 2}
    org.mine.MineControlLoopDefinition:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoop
      properties: {elements: ["one:1.0.0"]}
`), known)
	instance, err := values.InstanceOf("_Instance0")
	require.NoError(t, err)
	require.Equal(t, "Mine_Instance0:1.0.0", instance.String())
	require.Equal(t, "org.mine.MineControlLoopDefinition:1.0.0", instance.Definition.String())
	require.Len(t, instance.Elements, 1)
	e := instance.Elements[0]
	require.Equal(t, map[string]any{"replicas": int64(3)}, e.Properties)
	require.Equal(t, "p0:1.0.0 P:1.0.0 first_Instance0", e.ParticipantID.String()+" "+e.ParticipantType.String()+" "+e.Description)
	again, err := values.InstanceOf("_Instance0")
	require.NoError(t, err)
	require.Equal(t, instance, again)
	other, err := values.InstanceOf("_Instance1")
	require.NoError(t, err)
	require.NotEqual(t, e.ID, other.Elements[0].ID)
}
