package api

import (
	"net/http"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// processDefinition is one deployed version of a process.
type processDefinition struct {
	ProcessDefinitionKey engine.Key `json:"processDefinitionKey"`
	ProcessDefinitionID  string     `json:"processDefinitionId"`
	Name                 *string    `json:"name"`
	ResourceName         string     `json:"resourceName"`
	Version              int        `json:"version"`
	VersionTag           *string    `json:"versionTag"`
	TenantID             string     `json:"tenantId"`
	HasStartForm         bool       `json:"hasStartForm"` // always false: there are no forms
	latest               bool
}

func showDefinition(d runner.Definition) processDefinition {
	return processDefinition{
		ProcessDefinitionKey: d.Key, ProcessDefinitionID: d.ProcessID, Name: orNull(d.Name), ResourceName: d.ResourceName,
		Version: d.Version, VersionTag: orNull(d.VersionTag), TenantID: defaultTenant,
	}
}

var processDefinitions = &collection[processDefinition]{
	name: "process definitions", key: "processDefinitionKey",
	fields: map[string]field[processDefinition]{
		"processDefinitionKey": keyField(func(d processDefinition) engine.Key { return d.ProcessDefinitionKey }),
		"processDefinitionId":  stringField(func(d processDefinition) string { return d.ProcessDefinitionID }),
		"name":                 stringField(func(d processDefinition) string { return orZero(d.Name) }),
		"resourceName":         stringField(func(d processDefinition) string { return d.ResourceName }),
		"version":              intField(func(d processDefinition) int { return d.Version }),
		"versionTag":           stringField(func(d processDefinition) string { return orZero(d.VersionTag) }),
		"tenantId":             stringField(func(d processDefinition) string { return d.TenantID }),
		"hasStartForm":         boolField(func(d processDefinition) bool { return d.HasStartForm }),
		"isLatestVersion":      boolField(func(d processDefinition) bool { return d.latest }),
	},
}

func (a *api) searchProcessDefinitions(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, processDefinitions, func(filter) (source[processDefinition], error) {
		newest := map[string]int{}
		var all []processDefinition
		for _, d := range a.engine.Definitions() {
			newest[d.ProcessID] = max(newest[d.ProcessID], d.Version)
			all = append(all, showDefinition(d))
		}
		for i, d := range all {
			all[i].latest = d.Version == newest[d.ProcessDefinitionID]
		}
		return slice(all), nil
	})
}

func (a *api) getProcessDefinition(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processDefinitionKey")
	if err != nil {
		return err
	}
	for _, d := range a.engine.Definitions() {
		if d.Key == key {
			return answer(w, showDefinition(d))
		}
	}
	return problem(engine.CodeNotFound, "there is no process definition %s", key)
}

func (a *api) getProcessDefinitionXML(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processDefinitionKey")
	if err != nil {
		return err
	}
	xml, err := a.engine.XML(key)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/xml") // without a charset: the document declares its own
	_, _ = w.Write(xml)                        //nolint:gosec // it is served as text/xml and never sniffed (nosniff), so no browser runs it
	return nil
}
