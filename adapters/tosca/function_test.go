package tosca_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// Functions whose values are known before anything runs are evaluated (TOSCA 1.3 §4): the values are checked, and are what participants get.
func TestFunctionsAreEvaluated(t *testing.T) {
	template := parse(t, []byte(version+`
node_types:
  my.Element:
    derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement
    capabilities: {endpoint: tosca.capabilities.Endpoint}
    requirements: [{partner: {capability: tosca.capabilities.Node}}]
    properties:
      url: {type: string}
      sizes: {type: list, entry_schema: integer}
      free: {type: map}
      zone: {type: string, default: north}
topology_template:
  inputs:
    phase: {type: integer, default: 3}
    names: {type: map, default: {participants: [{name: P, version: 2.0.0}, {name: Q, version: 1.0.0}]}}
    host: {type: string, default: example.org}
  node_templates:
    one:
      type: my.Element
      version: 1.0.0
      capabilities: {endpoint: {properties: {protocol: https}}}
      properties:
        provider: {join: [[a, {get_input: host}], "@"]}
        participantType: {get_input: [names, participants, 1]}
        startPhase: {get_input: phase}
        url: {concat: [{get_property: [SELF, endpoint, protocol]}, "://", {get_input: host}, ":", 80]}
        sizes: [1, {get_property: [two, sizes, 0]}]
        free: {deep: [{token: ["a:b::c", ":", 3]}, {token: ["a:b c", ": ", 1]}]}
    two:
      type: my.Element
      version: 1.0.0
      requirements: [{partner: one}]
      properties:
        provider: {get_property: [SELF, partner, provider]}
        participantType: {get_property: [one, participant_type]}
        url: {get_property: [one, url]}
        sizes: [7]
        free: {zone: {get_property: [SELF, zone]}}
    loop: {type: org.onap.policy.clamp.controlloop.ControlLoop, version: 1.0.0, properties: {provider: me, elements: [one:1.0.0, two:1.0.0]}}
`))
	loop := template.ControlLoops()[0]
	one, two := loop.Elements[0], loop.Elements[1]
	require.Equal(t, 3, one.StartPhase)
	require.Equal(t, tosca.Identifier{Name: "Q", Version: "1.0.0"}, one.ParticipantType)
	require.Equal(t, one.ParticipantType, two.ParticipantType)
	require.Equal(t, "a@example.org", two.Provider)
	require.Equal(t, "https://example.org:80", one.Properties["url"])
	require.Equal(t, one.Properties["url"], two.Properties["url"])
	require.Equal(t, []any{int64(1), int64(7)}, one.Properties["sizes"])
	require.Equal(t, map[string]any{"deep": []any{"c", "b"}}, one.Properties["free"])
	require.Equal(t, map[string]any{"zone": "north"}, two.Properties["free"])
	nodes := template.NodeTemplates()
	require.Equal(t, one.Properties, nodes[0].Properties)
	require.Equal(t, map[string]any{"get_input": "phase"}, nodes[0].Value["properties"].(map[string]any)["startPhase"], "as it was written")

	err := template.CheckInstance(one.Identifier, map[string]any{"url": map[string]any{"concat": []any{"a", "b"}}})
	require.ErrorContains(t, err, "concat is a function, and an instance gives values")
}
