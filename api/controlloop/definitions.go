package controlloop

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// selectedTemplates are the commissioned service templates that the query parameters name and version select, by their own names or those of
// control loops in them. Both may be missing.
func (h *handlers) selectedTemplates(r *http.Request) ([]*tosca.ServiceTemplate, error) {
	name, version := r.URL.Query().Get("name"), r.URL.Query().Get("version")
	selects := func(id tosca.Identifier) bool {
		return (name == "" || name == id.Name) && (version == "" || version == id.Version)
	}
	all, _, err := h.catalogue()
	var chosen []*tosca.ServiceTemplate
	for _, c := range all {
		loop := func(l tosca.ControlLoop) bool { return selects(l.Identifier) }
		if selects(c.id) || slices.ContainsFunc(c.template.ControlLoops(), loop) {
			chosen = append(chosen, c.template)
		}
	}
	return chosen, err
}

// getTemplate gives what is commissioned as one service template.
func (h *handlers) getTemplate(r *http.Request) (reply, error) {
	chosen, err := h.selectedTemplates(r)
	if err != nil {
		return reply{}, err
	}
	if len(chosen) == 0 {
		return reply{}, faultf(http.StatusBadRequest, "Invalid Service Template: none of this name and version is commissioned")
	}
	if len(chosen) == 1 {
		return ok(chosen[0])
	}
	whole, err := tosca.Merge(chosen...)
	if err != nil {
		return reply{}, faultf(http.StatusBadRequest, "Invalid Service Template: those that are commissioned do not make one; ask for one by name and version:\n%s", err)
	}
	return ok(whole)
}

// getTemplateSchema gives the JSON Schema of service templates, or of a section of them.
func (h *handlers) getTemplateSchema(r *http.Request) (reply, error) {
	section := r.URL.Query().Get("section")
	if section == "" {
		section = "all"
	}
	schema, found := tosca.Schema(section)
	if !found {
		return reply{}, faultf(http.StatusBadRequest, "there is no section %q; there is %s", section, strings.Join(tosca.SchemaSections, ", "))
	}
	return ok(schema)
}

// getPropertyDefinitions gives node templates with the definitions of their properties: of those that all instances have in common, or of
// those that each instance gives. The common ones cannot be changed while there are instances.
func (h *handlers) getPropertyDefinitions(r *http.Request) (reply, error) {
	query := r.URL.Query()
	common, err := strconv.ParseBool(query.Get("common"))
	if err != nil && query.Has("common") {
		return reply{}, faultf(http.StatusBadRequest, "common is true or false, not %q", query.Get("common"))
	}
	if common {
		loops, err := h.active(processLoop)
		if err != nil {
			return reply{}, err
		}
		if len(loops) > 0 {
			return reply{}, faultf(http.StatusBadRequest, "Cannot create or edit common properties, delete all the instantiations first")
		}
	}
	_, templates, err := h.catalogue()
	found := map[string]map[string]any{}
	for _, t := range templates {
		maps.Copy(found, t.PropertyDefinitions(common, tosca.Identifier{Name: query.Get("name"), Version: query.Get("version")}))
	}
	return reply{http.StatusOK, found}, err
}

// getElements gives the node templates of the elements of one control loop.
func (h *handlers) getElements(r *http.Request) (reply, error) {
	name, version := r.URL.Query().Get("name"), r.URL.Query().Get("version")
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	var elements [][]tosca.NodeTemplate
	for _, t := range templates {
		for _, loop := range t.ControlLoops() {
			if (name == "" || name == loop.Name) && (version == "" || version == loop.Version) {
				elements = append(elements, t.Elements(loop.Identifier))
			}
		}
	}
	switch len(elements) {
	case 0:
		return reply{}, faultf(http.StatusNotFound, "Control Loop definitions not found")
	case 1:
	default:
		return reply{}, faultf(http.StatusNotAcceptable, "Multiple ControlLoops are not supported: %d fit; name one, with its version", len(elements))
	}
	list := []map[string]any{}
	for _, n := range elements[0] {
		list = append(list, n.Value)
	}
	return ok(list)
}

// createFromProperties makes a control loop of a service template whose node templates hold the values of its properties. It is named
// after its definition, with the first number that is free.
func (h *handlers) createFromProperties(r *http.Request) (reply, error) {
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	h.writing.Lock()
	defer h.writing.Unlock()
	_, templates, err := h.catalogue()
	if err != nil {
		return reply{}, err
	}
	values, err := h.parseAgain(body, templates)
	if err != nil {
		return reply{}, err
	}
	loops, err := h.active(processLoop)
	if err != nil {
		return reply{}, err
	}
	instance, suffix, err := freeInstance(values, loops)
	if err != nil {
		return reply{}, err
	}
	if templateOf(instance.Definition, templates) == nil {
		return reply{}, faultf(http.StatusBadRequest, "the control loop %s is not commissioned", instance.Definition)
	}
	registered, err := h.active(processParticipant)
	if err != nil {
		return reply{}, err
	}
	data := contents(fill(instance, registered), templates)
	data["keep"] = true
	if _, err := h.request(r.Context(), message(messageCreate, instance.Identifier, data)); err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"affectedInstanceProperties": instantiated(instance, suffix)})
}

// freeInstance names an instance by the first number that no control loop has.
func freeInstance(values *tosca.ServiceTemplate, loops []found) (tosca.Instance, string, error) {
	for n := 0; ; n++ {
		suffix := "_Instance" + strconv.Itoa(n)
		instance, err := values.InstanceOf(suffix)
		if err != nil || !slices.ContainsFunc(loops, func(l found) bool { return l.id.Name == instance.Name }) {
			return instance, suffix, err
		}
	}
}

// instantiated are the identifiers of what an instance is made of, as CLAMP answers them: those of its node templates, each with the suffix.
func instantiated(instance tosca.Instance, suffix string) []tosca.Identifier {
	ids := []tosca.Identifier{{Name: instance.Definition.Name + suffix, Version: instance.Definition.Version}}
	for _, e := range instance.Elements {
		ids = append(ids, tosca.Identifier{Name: e.Definition.Name + suffix, Version: e.Definition.Version})
	}
	return ids
}

// deleteFromProperties ends a control loop that was made of properties.
func (h *handlers) deleteFromProperties(r *http.Request) (reply, error) {
	if _, err := named(r); err != nil {
		return reply{}, err
	}
	return h.deleteLoop(r)
}
