package tosca

import (
	_ "embed"
	"encoding/json"
	"slices"
)

//go:embed schema.json
var schemaSource []byte

// SchemaSections are what [Schema] describes: all, or one section of a service template.
var SchemaSections = []string{"all", dataTypes, capabilityTypes, nodeTypes, relationshipTypes, policyTypes, "topology_template", "node_templates"}

// Schema is the JSON Schema (2020-12) of a service template, or of a section of it; false if there is no such section. It describes the
// shapes of TOSCA: what depends on a template's own types is checked by [Parse] alone.
func Schema(section string) (json.RawMessage, bool) {
	switch {
	case !slices.Contains(SchemaSections, section):
		return nil, false
	case section == "all":
		return slices.Clone(schemaSource), true
	}
	var whole struct {
		Schema      string          `json:"$schema"`
		Definitions json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(schemaSource, &whole); err != nil {
		panic("tosca: schema.json: " + err.Error())
	}
	part, err := json.MarshalIndent(map[string]any{
		"$schema": whole.Schema, "title": section, "$ref": "#/$defs/" + section, "$defs": whole.Definitions,
	}, "", "  ")
	if err != nil {
		panic("tosca: schema.json: " + err.Error())
	}
	return part, true
}
