package controlloop

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// parse reads a service template that comes from outside and seals what is sensitive in it: nothing else of it reaches the engine.
func (h *handlers) parse(text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	return h.parseWith(h.seal, text, known)
}

// parseAgain is parse for one that is commissioned, with other values in it: what is sent as it was shown stays what it is.
func (h *handlers) parseAgain(text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	return h.parseWith(func(path string, value any) (string, error) {
		if value == secret.Masked {
			var kept []string
			for _, t := range known {
				if text, _ := at(t.Value(), path).(string); secret.Sealed(text) {
					kept = append(kept, text)
				}
			}
			if len(kept) == 1 { // of several it may be another one's
				return kept[0], nil
			}
		}
		return h.seal(path, value)
	}, text, known)
}

func (h *handlers) parseWith(seal tosca.Seal, text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	if err := refuseSealed(text); err != nil {
		return nil, err
	}
	return sealedTemplate(seal, text, known)
}

// parseKept is parse for one that was sealed here already.
func (h *handlers) parseKept(text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	return sealedTemplate(h.seal, text, known)
}

func sealedTemplate(seal tosca.Seal, text []byte, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	t, err := tosca.Parse(text, known...)
	if err != nil {
		return nil, err
	}
	return t.Sealed(seal, known...)
}

// refuseSealed refuses a document in YAML or JSON that has an encrypted value, however it is written: who sends one wants to have it opened. What
// cannot be read is refused elsewhere.
func refuseSealed(text []byte) error {
	if !bytes.Contains(text, []byte(`\`)) && !secret.Sealed(string(text)) {
		return nil
	}
	if value, err := tosca.ParseValue(text); err != nil && secret.Sealed(string(text)) || err == nil && secret.In(value) {
		return errSealed
	}
	return nil
}

var errSealed = faultf(http.StatusBadRequest, "the body has an encrypted value, which nobody but Sonata makes; give the value itself")

// errMasked is said of a value that was read here and is sent back.
var errMasked = errors.New("this is how a sensitive value is shown, and not the value; give it")

// seal is a [tosca.Seal].
func (h *handlers) seal(_ string, value any) (string, error) {
	if text, err := json.Marshal(value); err != nil || bytes.Contains(text, []byte(secret.Masked)) {
		return "", cmp.Or(err, errMasked)
	}
	return h.keys.Seal(value)
}

// sealAfter is a [tosca.Seal] for control loops that had properties before, by the id of the element: a value that is sent as it was shown stays what
// it was. In a list it does not: its items may have changed their places.
func (h *handlers) sealAfter(before map[string]any) tosca.Seal {
	return func(path string, value any) (string, error) {
		if value == secret.Masked {
			if kept, isText := at(before, path).(string); isText && secret.Sealed(kept) {
				return kept, nil
			}
		}
		return h.seal(path, value)
	}
}

// propertiesOf are the properties that elements of control loops have now, of those that the same control loop is to have again.
func (h *handlers) propertiesOf(loops []tosca.Instance) (map[string]any, error) {
	properties := map[string]any{}
	all, err := h.active(processLoop)
	for _, loop := range all {
		i := slices.IndexFunc(loops, func(in tosca.Instance) bool { return in.Identifier == loop.id })
		if i < 0 {
			continue
		}
		for _, element := range loops[i].Elements {
			properties[element.ID] = loop.object("elements").object(element.ID)["propertiesMap"]
		}
	}
	return properties, err
}

// at follows a JSON Pointer through objects; nil if it leads nowhere, or into a list.
func at(value any, pointer string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		object, _ := value.(map[string]any)
		value = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return value
}

// readable refuses an order to a control loop whose sensitive values nobody could open for its participants.
func (h *handlers) readable(loop found) error {
	if err := h.keys.Check(loop.variables["elements"]); err != nil && loop.text("state") == tosca.States[0] {
		return faultf(http.StatusServiceUnavailable, "the control loop %s has sensitive values that cannot be read: %s", loop.id, err)
	}
	return nil
}
