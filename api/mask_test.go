package api

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMaskHidesSecretsByName(t *testing.T) {
	for _, name := range []string{
		"password", "EXTERNAL_TMF_API_PASSWORD", "EXTERNAL_TMF_API_OAUTH2_CLIENT_SECRET", "kubeConfig", "privateKey", "PRIVATE_KEY",
		"private-key", "accessToken", "dbCredentials", "Authorization", "api_key", "apiKey", "API-KEY",
	} {
		require.Equal(t, map[string]any{name: masked}, mask(map[string]any{name: "canary"}), name)
	}
	for _, name := range []string{"serviceId", "EXTERNAL_TMF_API_USERNAME", "key", "author", "pass"} {
		require.Equal(t, map[string]any{name: "shown"}, mask(map[string]any{name: "shown"}), name)
	}
}

func TestMaskReachesEveryDepth(t *testing.T) {
	given := map[string]any{
		"order": map[string]any{"items": []any{map[string]any{"kubeConfig": map[string]any{"server": "canary"}, "n": int64(1)}}},
		// TMF characteristics carry their name as a value.
		"characteristics": []any{
			map[string]any{"name": "ADMIN_PASSWORD", "valueType": "TEXT", "value": map[string]any{"value": "canary"}},
			map[string]any{"characteristicName": "kubeConfig", "values": []any{map[string]any{"value": "canary"}}},
			map[string]any{"name": "replicas", "value": int64(3)},
		},
		"secret": nil,
	}
	require.Equal(t, map[string]any{
		"order": map[string]any{"items": []any{map[string]any{"kubeConfig": masked, "n": int64(1)}}},
		"characteristics": []any{
			map[string]any{"name": "ADMIN_PASSWORD", "valueType": "TEXT", "value": masked},
			map[string]any{"characteristicName": "kubeConfig", "values": masked},
			map[string]any{"name": "replicas", "value": int64(3)},
		},
		"secret": nil,
	}, mask(given))
	require.Equal(t, "canary", given["order"].(map[string]any)["items"].([]any)[0].(map[string]any)["kubeConfig"].(map[string]any)["server"],
		"mask must not change what it is given: it belongs to the engine")
}

// Wherever a secret is planted in a random value, it does not come out.
func TestMaskProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var value func(depth int) any
		value = func(depth int) any {
			if depth == 0 {
				return map[string]any{rapid.SampledFrom([]string{"dbPassword", "a_token", "KUBECONFIG"}).Draw(t, "name"): "canary"}
			}
			inner := value(depth - 1)
			if rapid.Bool().Draw(t, "list") {
				return []any{"x", inner}
			}
			return map[string]any{rapid.StringMatching(`[a-z]{1,4}`).Draw(t, "member"): inner}
		}
		text, err := json.Marshal(mask(map[string]any{"v": value(rapid.IntRange(0, 8).Draw(t, "depth"))}))
		require.NoError(t, err)
		require.NotContains(t, string(text), "canary")
	})
}

// Whatever event there is, and wherever it carries variables.
func TestMaskEvent(t *testing.T) {
	secret := map[string]any{"dbPassword": "canary"}
	call := &engine.Call{Variables: secret}
	events := []engine.Event{
		engine.ScopeOpened{Scope: engine.Scope{Variables: secret, Completed: []engine.Completion{{Variables: secret, Inner: []engine.Completion{{Variables: secret}}}}}},
		engine.VariablesSet{Variables: secret},
		engine.InstanceEnded{Outcome: engine.Outcome{Variables: secret}},
		engine.MessageThrown{Data: secret, Headers: map[string]string{"Authorization": "canary"}},
		engine.SignalThrown{Variables: secret},
		engine.EscalationThrown{Variables: secret},
		engine.CompensationTriggered{Handlers: []engine.Completion{{Variables: secret}}},
		engine.SubscriptionOpened{Subscription: engine.Subscription{Call: call, Received: secret, Job: &engine.Job{Headers: map[string]string{"token": "canary"}}}},
	}
	for _, event := range events {
		text := jsonText(maskEvent(event))
		require.NotContains(t, text, "canary", "%T", event)
		require.Contains(t, text, masked, "%T", event)
	}
	require.Equal(t, "canary", call.Variables["dbPassword"], "the event itself must not change")
	require.Equal(t, "canary", secret["dbPassword"])

	plain := engine.TokenEntered{Token: 7, Node: "task"}
	require.Equal(t, plain, maskEvent(plain), "a member that is called token is no secret: it is no variable")
	require.JSONEq(t, `{"token":7,"node":"task"}`, jsonText(maskEvent(plain)))
}

// What is sealed is masked whatever its name, and also within a longer text.
func TestMaskHidesWhatIsSealed(t *testing.T) {
	require.Equal(t, map[string]any{"a": "•••", "list": []any{"u:•••@host"}}, mask(map[string]any{
		"a": "ENCRYPTED:00112233:AAAA;", "list": []any{"u:ENCRYPTED:00112233:AAAA;@host"},
	}))
	require.Equal(t, map[string]string{"a": "•••"}, maskTexts(map[string]string{"a": "ENCRYPTED:00112233:AAAA;"}))
}

// Nobody has an encrypted value opened by sending it, however it is written.
func TestSealedTextsAreRefused(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	for _, text := range []string{"ENCRYPTED:3f2a91c0:AAAA;", `ENCRYPTED\u003a3f2a91c0:AAAA;`, `xENCRYPTED:3f2a91c0:AAAA\u003b`} {
		told := s.post("/v2/process-instances", `{"processDefinitionId":"work","variables":{"a":["`+text+`"]}}`).is(400)
		require.Contains(t, told["detail"], "which nobody but Sonata makes")
	}
	_, err := s.runner.Start(t.Context(), runner.Start{ProcessID: "work", Variables: map[string]any{"a": "x ENCRYPTED:3f2a91c0:AAAA;"}})
	require.NoError(t, err)
	job := s.activate(`{"type":"labour","timeout":60000,"maxJobsToActivate":5,"requestTimeout":-1}`)[0]
	require.Equal(t, map[string]any{"a": "x •••"}, job["variables"], "workers are others too")
	s.start("work", `{"a":"ENCRYPTED:x"}`)
}
