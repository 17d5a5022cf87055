package tosca_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

func instances(t *testing.T, source []byte) *tosca.Instances {
	t.Helper()
	in, err := tosca.ParseInstances(source)
	require.NoError(t, err)
	return in
}

// TestThePrintedInstancesAreResolved: ONAP's page prints instances as a list with lists of elements, whose definition has a version that its
// service template does not have. They are made of what is there.
func TestThePrintedInstancesAreResolved(t *testing.T) {
	template := parse(t, readFile(t, "pmsh.yaml"))
	in := instances(t, readFile(t, "instances.json"))
	require.Equal(t, "1.0.0", in.List()[0].Definition.Version)
	list, err := in.Resolve(nil, template)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, tosca.Identifier{Name: "org.onap.domain.pmsh.PMSHControlLoopDefinition", Version: "1.2.3"}, list[0].Definition)
	require.Equal(t, "UNINITIALISED", list[0].State)
	require.Len(t, list[0].Elements, 4)
	require.Equal(t, "709c62b3-8918-41b9-a747-d21eb79c6c20", list[0].Elements[0].ID)
	require.Equal(t, "DCAEParticipant0:1.0.0", list[0].Elements[0].ParticipantID.String())
	require.Equal(t, "org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant:2.3.4", list[0].Elements[0].ParticipantType.String())
	require.Len(t, in.Warnings(), 2, "one for each definition that is there in another version")
}

// TestTheIDOfAnElementCounts: in the original's own tests some elements stand under another id than theirs; states are spelt with a z too.
func TestTheIDOfAnElementCounts(t *testing.T) {
	const id = "11111111-1111-4111-8111-111111111111"
	in := instances(t, []byte(`{"controlLoopList": [{"name": "a", "version": "1.0.0", "definition": {"name": "loop2", "version": "1.1.0"},
		"state": "UNINITIALIZED", "orderedState": "UNINITIALIZED2PASSIVE", "elements": {"22222222-2222-4222-8222-222222222222": {"id": "`+id+`",
		"definition": {"name": "one", "version": "1.0.1"}, "participantType": {"name": "Q", "version": "1.0.0"}}}}]}`))
	list, err := in.Resolve(nil, parse(t, []byte(loopOfTwo)))
	require.NoError(t, err)
	require.Equal(t, id, list[0].Elements[0].ID)
	require.Equal(t, "one:1.0.0", list[0].Elements[0].Definition.String(), "the only version there is")
	require.Equal(t, "Q:1.0.0", list[0].Elements[0].ParticipantType.String())
	require.Equal(t, "UNINITIALISED UNINITIALISED2PASSIVE", list[0].State+" "+list[0].OrderedState)
	require.Len(t, in.Warnings(), 3)
}

const loopOfTwo = `
tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  my.Element:
    version: 1.0.0
    derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement
    properties:
      replicas: {type: integer, constraints: [{in_range: [1, 5]}]}
      image: {type: string, metadata: {common: "true"}}
      size: {type: scalar-unit.size, default: 1 GB}
topology_template:
  node_templates:
    one: &one
      version: 1.0.0
      type: my.Element
      type_version: 1.0.0
      properties: {participantType: "P:1.0.0", image: nginx, replicas: 1}
    two: *one
    loop:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoop
      properties: {elements: ["one:1.0.0", "two:1.0.0"]}
    loop2: &other
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoop
      properties: {elements: ["one:1.0.0"]}
    "loop2:1.1.0": {<<: *other, name: loop2, version: 1.1.0}
`

// TestInvalidInstances: each fault is found at its place, all of them at once.
func TestInvalidInstances(t *testing.T) {
	template := parse(t, []byte(loopOfTwo))
	const head = "controlLoopList:\n- name: a\n  version: 1.0.0\n"
	const loop = head + "  definition: {name: loop, version: 1.0.0}\n"
	const ids = "11111111-1111-4111-8111-11111111111"
	element := func(i int, rest string) string {
		return fmt.Sprintf("    %s%d: {definition: %s}\n", ids, i, rest)
	}
	for _, test := range []struct {
		name, source string
		want         []string
	}{
		{"nothing", "", []string{"1:1: the document is empty"}},
		{"text", "a", []string{"1:1: this must be an object with controlLoopList"}},
		{"no loops", "{}", []string{"1:1: there are no control loops"}},
		{"empty list", "controlLoopList: []", []string{"1:1: there are no control loops"}},
		{"no loop", "controlLoops: [a]", []string{"1:16: this must be a control loop"}},
		{"nothing given", "controlLoopList: [{}]", []string{"1:19: name is missing", "1:19: version is missing", "1:19: definition needs a name and a version", "1:19: elements is missing"}},
		{"states", head + "  definition: loop:1.0.0\n  state: RUN\n  orderedState: [a]\n  elements: []", []string{"5:10: the text \"RUN\" is no state", "6:17: a list is no state"}},
		{"ids", loop + "  elements:\n    one: {definition: one:1.0.0}\n    two: {id: three, definition: one:1.0.0}", []string{"6:5: the text \"one\" is no UUID; such as ", "7:15: the text \"three\" is no UUID"}},
		{"same id", loop + "  elements: [{id: " + ids + "1, definition: one:1.0.0}, {id: " + ids + "1, definition: two:1.0.0}]", []string{"5:86: another element has the id"}},
		{"same name", loop + "  elements: []\n- {name: a, version: 1.0.0, definition: loop:1.0.0, elements: []}", []string{"6:3: a:1.0.0 is given twice"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tosca.ParseInstances([]byte(test.source))
			requireProblems(t, test.want, err)
		})
	}
	for _, test := range []struct {
		name, source string
		want         []string
	}{
		{"unknown definition", head + "  definition: lop:1.0.0\n  elements: []", []string{"4:15: the control loop lop:1.0.0 is not commissioned; did you mean loop:1.0.0?"}},
		{"two other versions", head + "  definition: loop2:2.0.0\n  elements: []", []string{"4:15: the control loop loop2:2.0.0 is not commissioned; did you mean loop2:1.0.0?"}},
		{"missing elements", loop + "  elements: {}", []string{"2:3: the element one:1.0.0 is missing", "2:3: the element two:1.0.0 is missing"}},
		{"foreign element", loop + "  elements:\n" + element(1, "one:1.0.0") + element(2, "three:1.0.0") + element(3, "two:1.0.0"), []string{"7:56: loop:1.0.0 has no element three:1.0.0; there is one:1.0.0, two:1.0.0"}},
		{"same element", loop + "  elements:\n" + element(1, "one:1.0.0") + element(2, "one:1.0.0") + element(3, "two:1.0.0"), []string{"7:56: another element has the definition one:1.0.0"}},
		{"values", loop + "  elements:\n" + element(1, "one:1.0.0, propertiesMap: {replicas: 9, image: apache, size: big, sice: 1}") + element(2, "two:1.0.0, propertiesMap: [a]"),
			[]string{"6:93: 9 must be from 1 to 5", "6:103: image is common to all instances, and the definition gives the text \"nginx\"; leave it out", "6:117: this must be a size", "6:122: my.Element has no property sice; did you mean size?", "7:82: this must be names with values"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, err := tosca.ParseInstances([]byte(test.source))
			if err == nil {
				_, err = in.Resolve(nil, template)
			}
			requireProblems(t, test.want, err)
		})
	}
}

// requireProblems requires that an error is just these problems, in this order: each by its beginning.
func requireProblems(t *testing.T, want []string, err error) {
	t.Helper()
	var problems tosca.Problems
	require.ErrorAs(t, err, &problems)
	var found []string
	for i, p := range problems {
		text := fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Text)
		if p.Hint != "" {
			text += "; " + p.Hint
		}
		if i < len(want) && strings.HasPrefix(text, want[i]) {
			text = want[i]
		}
		found = append(found, text)
	}
	require.Equal(t, want, found)
}
