package controlloop

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// The process of the design-time catalogue and its messages.
const (
	processEntry = "designCatalogueEntry"

	messageAdd    = "design-catalogue-add"
	messageRenew  = "design-catalogue-update"
	messageRemove = "design-catalogue-remove"
)

// entryID is the id in the path.
func entryID(r *http.Request) string {
	id := chi.URLParam(r, "loop")
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

// entries reads the design-time catalogue; all of it if no id is given.
func (h *handlers) entries(id string) ([]found, error) {
	kept, err := h.instances(runner.Filter{ProcessID: processEntry, State: engine.StateActive, BusinessKey: id})
	if err != nil {
		return nil, err
	}
	all := []found{}
	for _, in := range kept {
		if in.variables["gone"] != true {
			all = append(all, in)
		}
	}
	return all, nil
}

// showEntry is a ControlLoop of the page: an id and a service template as text.
func showEntry(id, template string) map[string]any {
	return map[string]any{"id": id, "controlLoopTosca": template}
}

func (h *handlers) getEntries(*http.Request) (reply, error) {
	all, err := h.entries("")
	list := []map[string]any{}
	for _, in := range all {
		list = append(list, showEntry(in.text("id"), in.text("template")))
	}
	return reply{http.StatusOK, inYAML{list}}, err
}

func (h *handlers) getEntry(r *http.Request) (reply, error) {
	id := entryID(r)
	all, err := h.entries(id)
	switch {
	case err != nil:
		return reply{}, err
	case len(all) == 0:
		return reply{}, faultf(http.StatusNotFound, "Control Loop not found: the design catalogue has no %s", id)
	}
	return ok(inYAML{showEntry(id, all[0].text("template"))})
}

func (h *handlers) addEntry(r *http.Request) (reply, error) { return h.putEntry(r, messageAdd) }

func (h *handlers) updateEntry(r *http.Request) (reply, error) { return h.putEntry(r, messageRenew) }

// putEntry takes a service template into the design-time catalogue. It is checked whole, among what is commissioned, and kept as it was written
// unless it has sensitive values: then it is written anew.
func (h *handlers) putEntry(r *http.Request, name string) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	t, err := h.parse(body, templates)
	if err == nil && t.HasSecrets() {
		body, err = t.YAML()
	}
	if err != nil {
		return reply{}, err
	}
	if _, err := h.tell(r, name, map[string]any{"id": entryID(r), "template": string(body)}, "Control Loop not found"); err != nil {
		return reply{}, err
	}
	return ok(warned(map[string]any{"id": entryID(r)}, t.Warnings()))
}

func (h *handlers) removeEntry(r *http.Request) (reply, error) {
	return h.tell(r, messageRemove, nil, "Control Loop not present")
}

// tell gives a message to an entry of the catalogue.
func (h *handlers) tell(r *http.Request, name string, data map[string]any, absent string) (reply, error) {
	id := entryID(r)
	h.writing.Lock()
	defer h.writing.Unlock()
	_, err := h.request(r.Context(), runner.Publication{Name: name, CorrelationKey: id, Data: data})
	if err != nil {
		return reply{}, asked(err, faultf(http.StatusNotFound, "%s: the design catalogue has no %s", absent, id))
	}
	return ok(map[string]any{"id": id})
}

// commissionEntry takes a service template into the inventory: the body, or the one in the design-time catalogue whose id the body gives.
func (h *handlers) commissionEntry(r *http.Request) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	id := idOf(body)
	if id == "" {
		return h.commissionText(r, body, h.parse)
	}
	all, err := h.entries(id)
	switch {
	case err != nil:
		return reply{}, err
	case len(all) == 0:
		return reply{}, faultf(http.StatusNotFound, "No matching record found for the given criteria: the design catalogue has no %s", id)
	}
	return h.commissionText(r, []byte(all[0].text("template")), h.parseKept)
}

// idOf is the id that a body gives, as {id: ...} or as nothing but a text; "" if the body is something else.
func idOf(body []byte) string {
	value, err := tosca.ParseValue(body)
	if err != nil {
		return ""
	}
	if text, isText := value.(string); isText {
		return strings.TrimSpace(text)
	}
	object, _ := value.(map[string]any)
	if object["tosca_definitions_version"] != nil {
		return ""
	}
	return variables(object).text("id")
}
