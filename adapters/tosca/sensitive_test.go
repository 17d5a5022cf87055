package tosca_test

import (
	"encoding/json"
	"errors"
	"fmt"
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
      image: {type: string, required: false, metadata: {sensitive: false}}
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
        image: nginx
    loop: {version: 1.0.0, type: org.onap.policy.clamp.controlloop.ControlLoop, properties: {provider: p, elements: [{name: one, version: 1.0.0}]}}
  policies:
    - guard: {type: my.Policy, targets: [one], properties: {key: hunter-policy}}
`

func sealed(path string, value any) (string, error) {
	return fmt.Sprintf("ENCRYPTED:%s:%T;", strings.NewReplacer("/", "_").Replace(path), value), nil
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
	require.Equal(t, 6, strings.Count(text, "ENCRYPTED:")) // a default, an input, three of a node template, a policy
	properties := result.ControlLoops()[0].Elements[0].Properties
	everything, err := json.Marshal(properties)
	require.NoError(t, err)
	require.NotContains(t, string(everything), "hunter")
	require.Equal(t, "nginx", properties["image"])
	require.Equal(t, "https://u:ENCRYPTED:_topology_template_node_templates_one_properties_login_password:string;@host", properties["url"])
	require.Equal(t, "ENCRYPTED:_topology_template_inputs_access_default:string;", properties["token"])
	require.Contains(t, properties["pin"], "_pin:int64;", "a derived type cannot take it back")

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

// A sensitive property whose value comes from where everybody can read it is refused; so is a part of a secret.
func TestSecretsFromElsewhere(t *testing.T) {
	for old, test := range map[string][2]string{
		"{get_input: access}": {"{get_input: open}", "/topology_template/node_templates/one/properties/token: this is sensitive, and what the function takes is not; say sensitive: true"},
		"image: nginx":        {"image: {token: [{get_input: access}, '-', 1]}", "a part of a sensitive value cannot be taken"},
	} {
		_, err := parse(t, []byte(strings.Replace(loopWithSecrets, old, test[0], 1))).Sealed(sealed)
		require.ErrorContains(t, err, test[1])
		require.Regexp(t, `^\d+:\d+: `, err.Error())
	}
	_, err := parse(t, []byte(loopWithSecrets)).Sealed(func(string, any) (string, error) { return "", errors.New("there is no key") })
	require.ErrorContains(t, err, "there is no key")
}

// What is said of a wrong value does not say the value.
func TestProblemsShowNoSecrets(t *testing.T) {
	for _, wrong := range []string{"pin: hunter", "login: {user: u, password: hunter}", "login: {user: u, password: [hunter]}"} {
		name, _, _ := strings.Cut(wrong, ":")
		at := strings.Index(loopWithSecrets, "        "+name+":")
		source := loopWithSecrets[:at] + "        " + wrong + loopWithSecrets[at+strings.Index(loopWithSecrets[at:], "\n"):]
		_, err := tosca.Parse([]byte(source))
		require.Error(t, err)
		require.NotContains(t, strings.ReplaceAll(err.Error(), "hunter-", ""), "hunter", wrong)
	}
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
		"login":  map[string]any{"user": "u", "password": "ENCRYPTED:_709c62b3-8918-41b9-a747-d21eb79c6c20_login_password:string;"},
		"logins": []any{map[string]any{"user": "u", "password": "ENCRYPTED:_709c62b3-8918-41b9-a747-d21eb79c6c20_logins_0_password:string;"}},
	}, list[0].Elements[0].Properties)
}
