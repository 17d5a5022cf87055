package tosca_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// loopWithSecrets has sensitive values wherever one can stand; each begins with "hunter".
const loopWithSecrets = version + `
data_types:
  my.Login: {properties: {user: {type: string}, password: {type: string, constraints: [{min_length: 7}], metadata: {sensitive: true}}}}
node_types:
  my.Base:
    derived_from: org.onap.policy.clamp.controlloop.ControlLoopElement
    properties: {pin: {type: integer, required: false, metadata: {sensitive: "true"}}, fallback: {type: string, default: hunter-default, metadata: {sensitive: true}}}
  my.Element:
    derived_from: my.Base
    properties:
      pin: {type: integer, required: false}
      login: {type: my.Login}
      logins: {type: list, required: false, entry_schema: {type: my.Login}}
      url: {type: string, required: false}
      token: {type: string, required: false, metadata: {sensitive: true}}
      tokens: {type: list, required: false, entry_schema: {type: string}, metadata: {sensitive: true}}
      image: {type: string, required: false, metadata: {sensitive: false}}
      small: {type: string, required: false, constraints: [{max_length: 3}]}
      number: {type: integer, required: false}
      bag: {type: map, required: false, metadata: {sensitive: true}}
      secret: {type: string, required: false, metadata: {sensitive: true}}
policy_types:
  my.Policy: {properties: {key: {type: string, metadata: {sensitive: true}}}}
topology_template:
  inputs:
    access: {type: string, default: hunter-input, metadata: {sensitive: true}}
    open: {type: string, default: open}
  node_templates:
    one:
      version: 1.0.0
      type: my.Element
      properties:
        participantType: a:1
        pin: 4711
        login: {user: u, password: hunter-node}
        logins: [{user: v, password: hunter-list}]
        url: {concat: ["https://u:", {get_property: [SELF, login, password]}, "@host"]}
        token: {get_input: access}
        tokens: []
        image: nginx
        small: abc
        number: 1
    two: {type: my.Element, properties: {participantType: a:1, secret: hunter-two, bag: {x: hunter-bag}, login: {user: u, password: hunter-two}}}
    loop: {version: 1.0.0, type: org.onap.policy.clamp.controlloop.ControlLoop, properties: {provider: p, elements: [{name: one, version: 1.0.0}]}}
  policies:
    - guard: {type: my.Policy, targets: [one], properties: {key: hunter-policy}}
`

func sealed(path string, value any) (string, error) {
	return fmt.Sprintf("ENCRYPTED:00000000:%s-%s;", strings.NewReplacer("/", "_", ".", "_").Replace(path), reflect.TypeOf(value).Kind()), nil
}

// Each sensitive value is replaced, wherever it stands, and functions that take one give its sealed text. Nothing else is; what is sealed is
// right when it is read again.
func TestSealed(t *testing.T) {
	template := parse(t, []byte(loopWithSecrets))
	require.True(t, template.HasSecrets())
	result, err := template.Sealed(sealed)
	require.NoError(t, err)
	text := string(result.JSON())
	require.NotContains(t, text, "hunter")
	require.NotContains(t, text, "4711")
	require.Equal(t, 12, strings.Count(text, "ENCRYPTED:")) // a default, an input, nine of node templates and a policy
	properties := result.ControlLoops()[0].Elements[0].Properties
	everything, err := json.Marshal(properties)
	require.NoError(t, err)
	require.NotContains(t, string(everything), "hunter")
	require.Equal(t, "nginx", properties["image"])
	require.Equal(t, "ENCRYPTED:00000000:_topology_template_node_templates_one_properties_url-string;", properties["url"])
	require.Equal(t, "ENCRYPTED:00000000:_topology_template_node_templates_one_properties_token-string;", properties["token"])
	require.Contains(t, properties["pin"], "_pin-int64;", "a derived type cannot take it back")

	again, err := tosca.FromValue(result.Value())
	require.NoError(t, err)
	twice, err := again.Sealed(func(string, any) (string, error) { return "", errors.New("it is sealed") })
	require.NoError(t, err)
	require.Equal(t, again.Value(), twice.Value())

	plain := parse(t, []byte(loopOfTwo))
	same, err := plain.Sealed(nil)
	require.NoError(t, err)
	require.False(t, plain.HasSecrets())
	require.Same(t, plain, same)
}

// changed is the template with another line for a property of its node template.
func changed(line string) []byte {
	name, _, _ := strings.Cut(line, ":")
	at := strings.Index(loopWithSecrets, "        "+name+":")
	return []byte(loopWithSecrets[:at] + "        " + line + loopWithSecrets[at+strings.Index(loopWithSecrets[at:], "\n"):])
}

// What a function makes of a secret is sealed as a whole, so are functions within a sensitive value: with the values that they give, and without
// anything of it left readable.
func TestSecretsInFunctions(t *testing.T) {
	for line, want := range map[string]any{
		"token: {concat: [hunter-plain, '/', {get_input: access}]}":                                           "hunter-plain/hunter-input",
		"token: {join: [[hunter-plain, {get_input: open}], '-']}":                                             "hunter-plain-open",
		"url: {join: [[{concat: [u, {get_property: [one, token]}]}, x], '@']}":                                "uhunter-input@x",
		"url: {join: [[a, b], {get_input: access}]}":                                                          "ahunter-inputb",
		"tokens: [hunter-plain, {get_input: access}, {concat: [a, {get_property: [SELF, login, password]}]}]": []any{"hunter-plain", "hunter-input", "ahunter-node"},
		"url: {get_property: [two, bag, x]}":                                                                  "hunter-bag",
		"token: {get_property: [two, bag, x]}":                                                                "hunter-bag",
		"url: {get_input: access}":                                                                            "hunter-input",
	} {
		name, _, _ := strings.Cut(line, ":")
		given := map[string]any{}
		template, err := parse(t, changed(line)).Sealed(func(path string, value any) (string, error) {
			given[path] = value
			return sealed(path, value)
		})
		require.NoError(t, err, line)
		require.Equal(t, want, given["/topology_template/node_templates/one/properties/"+name], line)
		require.NotContains(t, string(template.JSON()), "hunter", line)
		require.Contains(t, template.ControlLoops()[0].Elements[0].Properties[name], "ENCRYPTED:", line)
	}
}

// A sensitive property whose value comes from where everybody can read it is refused; so is a part of a secret, and a text with one that is
// sealed already.
func TestSecretsFromElsewhere(t *testing.T) {
	for line, want := range map[string]string{
		"token: {get_input: open}":                          "/topology_template/node_templates/one/properties/token: this is sensitive, and what the function takes is not; say sensitive: true",
		"tokens: [a, {get_input: open}]":                    "/topology_template/node_templates/one/properties/tokens/1: this is sensitive, and what the function takes is not",
		"image: {token: [{get_input: access}, '-', 1]}":     "a part of a sensitive value cannot be taken",
		"image: {concat: ['ENCRYPTED', ':00000000:AAAA;']}": "this is an encrypted value, which nobody but Sonata makes",
	} {
		template, err := tosca.Parse(changed(line))
		if err == nil {
			_, err = template.Sealed(sealed)
		}
		require.ErrorContains(t, err, want)
		require.Regexp(t, `^\d+:\d+: `, err.Error())
	}
	_, err := parse(t, []byte(loopWithSecrets)).Sealed(func(string, any) (string, error) { return "", errors.New("there is no key") })
	require.ErrorContains(t, err, "there is no key")

	above, below, _ := strings.Cut(loopWithSecrets, "topology_template:")
	types, err := parse(t, []byte(above)).Sealed(sealed)
	require.NoError(t, err)
	later := version + "topology_template:" + below
	known, err := parse(t, []byte(strings.Replace(later, "image: nginx", "image: {get_property: [SELF, fallback]}", 1)), types).Sealed(sealed, types)
	require.NoError(t, err)
	require.Equal(t, "ENCRYPTED:00000000:_node_types_my_Base_properties_fallback_default-string;", known.ControlLoops()[0].Elements[0].Properties["image"])
	_, err = parse(t, []byte(strings.Replace(later, "tokens: []", "tokens: [{get_property: [SELF, fallback]}]", 1)), types).Sealed(sealed, types)
	require.ErrorContains(t, err, "a sensitive value that is commissioned already cannot be part of another one")
	_, err = tosca.Parse([]byte(strings.Replace(later, "image: nginx", "image: {concat: [a, {get_property: [SELF, fallback]}]}", 1)), types)
	require.ErrorContains(t, err, "a sensitive value that is commissioned already cannot be part of a text")
}

// What an earlier version accepted can be read again, whatever is a rule by now: a call that makes a text of a sealed value is left as it stands, as that
// version left it, and so is what refers to it. The rest is sealed.
func TestSecretsInFunctionsOfAnEarlierVersion(t *testing.T) {
	template, err := parse(t, []byte(loopWithSecrets)).Sealed(sealed)
	require.NoError(t, err)
	concat := map[string]any{"concat": []any{"https://u:", map[string]any{"get_property": []any{"SELF", "login", "password"}}, "@host"}}
	for name, call := range map[string]any{
		"url":   concat,
		"token": concat, // which is sensitive
		"image": map[string]any{"token": []any{map[string]any{"get_property": []any{"one", "login", "password"}}, "-", int64(0)}},
		"small": map[string]any{"join": []any{[]any{"a", concat}, "-"}},
		"pin":   map[string]any{"join": []any{[]any{"a", "b"}, map[string]any{"get_input": "access"}}},
		"login": map[string]any{"concat": []any{"ENCRYPTED", ":00000000:AAAA;"}},
		"bag":   map[string]any{"get_property": []any{"two", "bag", "x"}},
	} {
		stored := template.Value()
		one := stored["topology_template"].(map[string]any)["node_templates"].(map[string]any)["one"].(map[string]any)["properties"].(map[string]any)
		one[name], one["tokens"] = call, []any{"hunter-plain"}
		again, err := tosca.FromValue(stored)
		require.NoError(t, err, name)
		again, err = again.Sealed(sealed)
		require.NoError(t, err, name)
		properties := again.ControlLoops()[0].Elements[0].Properties
		require.Equal(t, call, properties[name], name)
		require.Contains(t, properties["tokens"], "ENCRYPTED:")
		_, err = tosca.Merge(again)
		require.NoError(t, err, name)
		_, err = tosca.Parse(again.JSON())
		require.Error(t, err, "%s is still refused where it comes in", name)
	}

	above, below, _ := strings.Cut(loopWithSecrets, "topology_template:")
	types, err := parse(t, []byte(above)).Sealed(sealed)
	require.NoError(t, err)
	later := strings.Replace(version+"topology_template:"+below, "tokens: []", "tokens: [hunter-plain, {get_property: [SELF, fallback]}]", 1)
	stored, err := tosca.ParseValue([]byte(later))
	require.NoError(t, err)
	again, err := tosca.FromValue(stored, types)
	require.NoError(t, err)
	again, err = again.Sealed(sealed, types)
	require.NoError(t, err)
	require.NotContains(t, string(again.JSON()), "hunter")
}

// What is said of a wrong value does not say the value, nor what a function made of it, wherever it stands.
func TestProblemsShowNoSecrets(t *testing.T) {
	for _, line := range []string{
		"pin: hunter", "login: {user: u, password: hunter}", "login: {user: u, password: [hunter]}", "login: {user: u, password: 4711}",
		"image: {token: [{get_input: access}, '-', 9]}",
		"small: {concat: ['https://u:', {get_property: [one, login, password]}]}", "small: {join: [[{get_input: access}], '']}",
		"pin: {concat: ['https://u:', {get_property: [SELF, login, password]}]}",
		"pin: {get_property: [two, secret]}", "number: {get_property: [two, secret]}", "number: {get_property: [two, secret, x]}",
		"number: {get_property: [two, bag, x]}", "number: {get_property: [two, bag, x, y]}", "small: {get_property: [two, bag, x]}",
		"number: {concat: [a, {get_property: [two, secret]}]}", "number: {get_property: [two, login, password]}",
		"login: hunter-node", "login: [hunter-node]", "logins: hunter-node", "logins: [hunter-node]", "login: {user: u, password: !!int hunter-node}",
		"pin: 47114711471147114711", "login: {user: u, password: *hunter-node}",
	} {
		_, err := tosca.Parse(changed(line))
		require.Error(t, err, line)
		for _, word := range []string{"hunter", "4711"} {
			require.NotContains(t, err.Error(), word, line)
		}
	}
}

// A type may lead back to itself by its entries as by its properties. What the entries of a list may be is looked into too, whoever says so, and
// so is a secret in place of such a list masked.
func TestSecretsInEntries(t *testing.T) {
	for types, shown := range map[string]string{
		"a.T: {derived_from: list, entry_schema: {type: a.T}}":                                                                       `"hunter2"`,
		"a.T: {derived_from: list, entry_schema: {type: list, entry_schema: {type: a.T}}}":                                           `"hunter2"`,
		"a.T: {properties: {t: {type: a.T, required: false}, ts: {type: list, required: false, entry_schema: {type: a.T}}}}":         `"hunter2"`,
		"a.T: {derived_from: list, entry_schema: {type: a.U}}\n  a.U: {derived_from: map, entry_schema: {type: a.T}}":                `"hunter2"`,
		"a.T: {derived_from: list, entry_schema: {type: my.Login}}":                                                                  "a sensitive value",
		"a.T: {derived_from: list, entry_schema: {type: list, entry_schema: {type: my.Login}}}":                                      "a sensitive value",
		"a.T: {derived_from: list}\n  a.U: {derived_from: list, entry_schema: {type: a.T, entry_schema: {type: my.Login}}}#a.U":      "a sensitive value",
		"a.T: {derived_from: list}#a.T, entry_schema: {type: my.Login}":                                                              "a sensitive value",
		"a.T: {derived_from: list, entry_schema: {type: a.T}}#a.T, entry_schema: {type: a.T, entry_schema: {type: my.Login}}":        "a sensitive value",
		"a.T: {properties: {t: {type: a.T, required: false}, secret: {type: string, required: false, metadata: {sensitive: true}}}}": "a sensitive value",
	} {
		types, kind, otherwise := strings.Cut(types, "#")
		if !otherwise {
			kind = "a.T"
		}
		_, err := tosca.Parse([]byte(strings.NewReplacer("data_types:", "data_types:\n  "+types, "number: {type: integer, required: false}",
			"number: {required: false, type: "+kind+"}", "number: 1", "number: hunter2").Replace(loopWithSecrets)))
		require.ErrorContains(t, err, shown, types)
		require.Equal(t, shown != "a sensitive value", strings.Contains(err.Error(), "hunter2"), types)
	}
}

// To look for secrets takes steps as any other check, so that types that lead far cannot be looked into for each of many values without end.
func TestSecretsAreLookedForWithinBounds(t *testing.T) {
	const chain, values = 400, 10_000
	var types, list strings.Builder
	for i := range chain {
		fmt.Fprintf(&types, "  a.T%d: {properties: {p: {type: a.T%d, required: false}}}\n", i, i+1)
	}
	fmt.Fprintf(&types, "  a.T%d: {properties: {p: {type: string}}}\n", chain)
	for range values {
		list.WriteString("x,")
	}
	_, err := tosca.Parse([]byte(strings.NewReplacer("data_types:\n", "data_types:\n"+types.String(), "number: {type: integer, required: false}",
		"number: {required: false, type: list, entry_schema: {type: a.T0}}", "number: 1", "number: ["+list.String()+"]").Replace(loopWithSecrets)))
	require.ErrorContains(t, err, "the document takes too long to check")
}

// Whether a property is a secret is said with a boolean, as a text too; anything else would leave a value readable that is meant to be none.
func TestSensitiveIsABoolean(t *testing.T) {
	text := func(mark string) []byte {
		return []byte(strings.Replace(loopWithSecrets, "token: {type: string, required: false, metadata: {sensitive: true}}", "token: {type: string, required: false, metadata: {sensitive: "+mark+"}}", 1))
	}
	for _, mark := range []string{"true", "false", `"true"`, `"false"`, "True"} {
		parse(t, text(mark))
	}
	for _, mark := range []string{"yes", `"on"`, "1", "[true]", "{a: true}", "null", `""`} {
		_, err := tosca.Parse(text(mark))
		require.ErrorContains(t, err, "/node_types/my.Element/properties/token/metadata/sensitive: sensitive is true or false, not ", mark)
		require.Regexp(t, `^\d+:\d+: `, err.Error())
		stored, err := tosca.ParseValue(text(mark))
		require.NoError(t, err)
		_, err = tosca.FromValue(stored)
		require.NoError(t, err, "what an earlier version accepted stays")
	}
	_, err := tosca.Parse([]byte(strings.Replace(loopWithSecrets, "default: open", "default: open, metadata: {sensitive: on}", 1)))
	require.ErrorContains(t, err, "/topology_template/inputs/open/metadata/sensitive: ")
}

func TestSealedInstance(t *testing.T) {
	template, err := parse(t, []byte(loopWithSecrets)).Sealed(sealed)
	require.NoError(t, err)
	in := instances(t, []byte(`{"controlLoopList":[{"name":"a","version":"1","definition":{"name":"loop","version":"1.0.0"},"elements":{
		"709c62b3-8918-41b9-a747-d21eb79c6c20":{"id":"709c62b3-8918-41b9-a747-d21eb79c6c20","definition":{"name":"one","version":"1.0.0"},
		"propertiesMap":{"login":{"user":"u","password":"hunter22"},"logins":[{"user":"u","password":"•••"}]}}}}]}`))
	list, err := in.Resolve(sealed, template)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"login":  map[string]any{"user": "u", "password": "ENCRYPTED:00000000:_709c62b3-8918-41b9-a747-d21eb79c6c20_login_password-string;"},
		"logins": []any{map[string]any{"user": "u", "password": "ENCRYPTED:00000000:_709c62b3-8918-41b9-a747-d21eb79c6c20_logins_0_password-string;"}},
	}, list[0].Elements[0].Properties)
}
