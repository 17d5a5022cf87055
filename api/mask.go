package api

import (
	"strings"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// masked stands where a secret was.
const masked = secret.Masked

// secretNames are the parts of names whose values are secrets. TMF organisation characteristics carry passwords and OAuth2
// client secrets, orders carry kubeConfigs: they travel as process variables.
var secretNames = []string{
	"password", "passwd", "passphrase", "secret", "token", "kubeconfig", "privatekey", "credential", "authorization", "apikey",
}

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// isSecret says whether a name belongs to a secret, whatever its case and separators: privateKey, PRIVATE_KEY, private-key.
func isSecret(name string) bool {
	name = separators.Replace(strings.ToLower(name))
	for _, part := range secretNames {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// mask returns a copy of the variables in which secrets are masked, at any depth: what their names tell to be some, and what is sealed. Everything that shows variables calls it.
func mask(variables map[string]any) map[string]any {
	if variables == nil {
		return nil
	}
	pair := isSecretPair(variables)
	shown := make(map[string]any, len(variables))
	for name, value := range variables {
		if value != nil && (isSecret(name) || pair && isPairValue(name)) {
			shown[name] = masked
			continue
		}
		shown[name] = maskValue(value)
	}
	return shown
}

func maskValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return mask(v)
	case []any:
		shown := make([]any, len(v))
		for i, item := range v {
			shown[i] = maskValue(item)
		}
		return shown
	case string:
		return secret.Mask(v)
	default:
		return value
	}
}

// isSecretPair recognises {"name": "PASSWORD", "value": "…"} and TMF's {"characteristicName": "PASSWORD", "values": […]}.
func isSecretPair(object map[string]any) bool {
	for name, value := range object {
		text, ok := value.(string)
		name = strings.ToLower(name)
		if ok && (name == "key" || name == "id" || strings.HasSuffix(name, "name")) && isSecret(text) {
			return true
		}
	}
	return false
}

func isPairValue(name string) bool {
	return strings.EqualFold(name, "value") || strings.EqualFold(name, "values")
}

// maskTexts masks string values by their names.
func maskTexts(texts map[string]string) map[string]string {
	if texts == nil {
		return nil
	}
	shown := make(map[string]string, len(texts))
	for name, text := range texts {
		if isSecret(name) {
			text = masked
		}
		shown[name] = secret.Mask(text)
	}
	return shown
}
