package tosca_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// TestValuesThatAreRight: each plain type and constraint takes what the specification says it does (TOSCA 1.3 §3.3 and §3.6.3).
func TestValuesThatAreRight(t *testing.T) {
	for definition, values := range map[string][]string{
		"{type: string, constraints: [{min_length: 1}, {max_length: 3}]}":               {"abc", `"1"`, "éèê"},
		"{type: string, constraints: [{length: 2}, {pattern: \"[a-z]+\"}]}":             {"ab"},
		"{type: integer, constraints: [{in_range: [-1, 5]}]}":                           {"-1", "5", "0x3"},
		"{type: integer, constraints: [{in_range: [1, UNBOUNDED]}, {greater-than: 1}]}": {"2", "9223372036854775807"},
		"{type: float, constraints: [{less-or-equal: 2}]}":                              {"2", "1.5", "-1e9"},
		"{type: boolean, constraints: [{equal: true}]}":                                 {"true"},
		"{type: timestamp, constraints: [{greater_than: 2001-01-01}]}":                  {"2001-12-14", "2001-12-14T21:59:43Z", `"2001-12-14 21:59:43"`, "2001-12-14T21:59:43.10-05:00"},
		"{type: version, constraints: [{greater_or_equal: 1.10}]}":                      {"1.10", "1.10.1", "2.0.0.beta-3", "10.0"},
		"{type: range}": {"[0, 4]", "[-1, UNBOUNDED]"},
		"{type: scalar-unit.size, constraints: [{in_range: [1 MiB, 1 GB]}]}":  {"1 GB", "1048576 B", "1.5 mb", "999999kB", "2MiB"},
		"{type: scalar-unit.time, constraints: [{equal: 2 m}]}":               {"2 m", "120 s", "120000 ms"},
		"{type: scalar-unit.frequency, constraints: [{greater_than: 1 kHz}]}": {"1.1 kHz", "1 GHz"},
		"{type: scalar-unit.bitrate, constraints: [{equal: 8 bps}]}":          {"8 bps", "1 Bps"},
		"{type: list, entry_schema: string, constraints: [{min_length: 1}]}":  {"[a]"},
		"{type: list}": {"[]", "[1, a, {b: c}]"},
		"{type: map, entry_schema: {type: list, entry_schema: {type: integer}}}": {"{}", "{a: [1]}"},
		"{type: string, constraints: {valid_values: [a, b]}}":                    {"a", "b"},
		"{type: list, constraints: [{valid_values: [[1], [2]]}]}":                {"[2]"},
		"{type: onap.datatypes.ToscaConceptIdentifier}":                          {"{name: a, version: 1.0.0}", "a:1.0.0"},
		"{type: tosca.datatypes.network.PortDef}":                                {"80"},
		"{type: tosca.datatypes.network.PortSpec}":                               {"{}", "{protocol: udp, target: 53}"},
		"{type: any}":                     {"1", "{a: b}", "[c]"},
		"{type: string, required: false}": {"null", "{get_input: text}", "{concat: [a, b]}", "{get_property: [SELF, b]}"},
		"{type: integer, status: deprecated, metadata: {a: b}, typeVersion: 0.0.0, name: p, default: 3, Required: false}": {"4"},
	} {
		for _, value := range values {
			source := version + "node_types: {a.Node: {properties: {b: {type: string, default: c}, p: " + definition + "}}}\n" +
				"topology_template: {inputs: {text: {type: string, default: d}}, node_templates: {n: {type: a.Node, properties: {p: " + value + "}}}}\n"
			_, err := tosca.Parse([]byte(source))
			require.NoError(t, err, "%s of %s", value, definition)
		}
	}
}

// TestTypesAreFollowedToTheRoot: a template in four steps from ControlLoopElement is one, and has the properties and defaults of all.
func TestTypesAreFollowedToTheRoot(t *testing.T) {
	template := parse(t, []byte(version+`
node_types:
  d: {derived_from: c, version: 1.0.0, properties: {size: {type: integer, default: 4}, policyId: {type: onap.datatypes.ToscaConceptIdentifier}}}
  c: {derived_from: b, properties: {startPhase: {type: integer, default: 3}}}
  b: {derived_from: a, properties: {passiveToRunningTimeout: {type: integer, default: 20}}}
  a: {derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement}
  my.Loop: {derived_from: org.onap.policy.clamp.controlloop.ControlLoop}
topology_template:
  inputs: {wait: {type: integer, default: 5}}
  node_templates:
    e: {type: d, version: 1.0.0, properties: {participant_type: {name: P, version: 2.0.0}, runningToPassiveTimeout: {get_input: wait}, policyId: p:1.0.0}}
    loop: {type: my.Loop, version: 2.0.0, description: mine, properties: {elements: [e:1.0.0], provider: me}}
policy_types: {p.T: {derived_from: tosca.policies.Root}}
`))
	loop, found := template.ControlLoop(tosca.Identifier{Name: "loop", Version: "2.0.0"})
	require.True(t, found)
	require.Equal(t, "mine me", loop.Description+" "+loop.Provider)
	e := loop.Elements[0]
	require.Equal(t, 3, e.StartPhase)
	require.Equal(t, tosca.Timeouts{UninitialisedToPassive: 60, PassiveToRunning: 20, RunningToPassive: 5, PassiveToUninitialised: 60}, e.Timeouts)
	require.Equal(t, "P:2.0.0", e.ParticipantType.String())
	require.Equal(t, "d:1.0.0", e.Type.String())
	require.True(t, e.Policies)
	require.True(t, template.IsElement(e.Identifier))
	require.False(t, template.IsControlLoop(e.Identifier))
	require.Equal(t, map[string]any{"policy_types": map[string]any{"p.T": map[string]any{"derived_from": "tosca.policies.Root"}}}, template.Fragment())
}
