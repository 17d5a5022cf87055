package controlloop

import (
	"cmp"
	"net/http"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// inventory finds the service template that a path of the inventory names: by its name, with or without its version, or by that of a
// control loop in it.
func (h *handlers) inventory(id string) (*commissioned, error) {
	all, _, err := h.catalogue()
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		names := []tosca.Identifier{c.id}
		for _, loop := range c.template.ControlLoops() {
			names = append(names, loop.Identifier)
		}
		for _, name := range names {
			if name.Name == id || name.String() == id {
				return &c, nil
			}
		}
	}
	return nil, nil
}

// there is inventory for those who need one.
func (h *handlers) there(r *http.Request, text string) (*commissioned, error) {
	c, err := h.inventory(entryID(r))
	if err == nil && c == nil {
		err = faultf(http.StatusNotFound, "%s: %s is not commissioned", text, entryID(r))
	}
	return c, err
}

func (h *handlers) getCommissioned(r *http.Request) (reply, error) {
	c, err := h.there(r, "Control Loop not found")
	if err != nil {
		return reply{}, err
	}
	text, err := c.template.YAML()
	return reply{http.StatusOK, inYAML{[]map[string]any{showEntry(entryID(r), string(text))}}}, err
}

// addCommissioned commissions a service template that is not there yet.
func (h *handlers) addCommissioned(r *http.Request) (reply, error) {
	return h.putCommissioned(r, func(c *commissioned) (tosca.Identifier, error) {
		if c != nil {
			return tosca.Identifier{}, faultf(http.StatusConflict, "Control Loop already exist: %s is commissioned", entryID(r))
		}
		id := tosca.ParseIdentifier(entryID(r))
		return tosca.Identifier{Name: id.Name, Version: cmp.Or(id.Version, "1.0.0")}, nil
	})
}

// updateCommissioned commissions a service template in the place of one that is there.
func (h *handlers) updateCommissioned(r *http.Request) (reply, error) {
	return h.putCommissioned(r, func(c *commissioned) (tosca.Identifier, error) {
		if c == nil {
			return tosca.Identifier{}, faultf(http.StatusNotFound, "Control Loop not found: %s is not commissioned", entryID(r))
		}
		return c.id, nil
	})
}

// putCommissioned commissions the body under the name that naming gives it.
func (h *handlers) putCommissioned(r *http.Request, naming func(*commissioned) (tosca.Identifier, error)) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	c, err := h.inventory(entryID(r))
	if err != nil {
		return reply{}, err
	}
	id, err := naming(c)
	if err != nil {
		return reply{}, err
	}
	all, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	t, err := h.parse(body, templates)
	if err != nil {
		return reply{}, err
	}
	if t, err = identified(t, id, templates); err != nil {
		return reply{}, err
	}
	if err := h.take(r, t, all); err != nil {
		return reply{}, err
	}
	return ok(warned(map[string]any{"id": entryID(r)}, t.Warnings()))
}

// identified gives a service template the name under which it is to be found. One that names itself otherwise is refused.
func identified(t *tosca.ServiceTemplate, id tosca.Identifier, known []*tosca.ServiceTemplate) (*tosca.ServiceTemplate, error) {
	own := t.Identifier()
	switch {
	case own.Name != "" && own.Name != id.Name:
		return nil, faultf(http.StatusBadRequest, "the service template names itself %s, the path %s; let them be the same", own.Name, id.Name)
	case own == id:
		return t, nil
	}
	value := t.Value()
	value["name"], value["version"] = id.Name, id.Version
	return tosca.FromValue(value, known...)
}

func (h *handlers) removeCommissioned(r *http.Request) (reply, error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	c, err := h.there(r, "Control Loop not present")
	if err != nil {
		return reply{}, err
	}
	if err := h.end(r, *c); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"id": entryID(r)})
}
