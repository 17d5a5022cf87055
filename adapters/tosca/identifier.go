package tosca

import "strings"

// Identifier names an entity, as ONAP's ToscaConceptIdentifier does.
type Identifier struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// identifierType is the data type of the values that are identifiers.
const identifierType = "onap.datatypes.ToscaConceptIdentifier"

// noVersion is the version of an entity that gives none, as in the original.
const noVersion = "0.0.0"

// String gives name:version.
func (id Identifier) String() string { return id.Name + ":" + id.Version }

// IsZero says whether nothing is named.
func (id Identifier) IsZero() bool { return id == Identifier{} }

// ParseIdentifier reads name:version. A text without a colon is a name.
func ParseIdentifier(text string) Identifier {
	name, version, _ := strings.Cut(text, ":")
	return Identifier{name, version}
}

// identifier reads a value that names an entity: {name, version}, or name:version.
func identifier(n *node) Identifier {
	switch {
	case n.isNull():
		return Identifier{}
	case n.kind == scalar:
		return ParseIdentifier(n.text)
	}
	return Identifier{n.field("name").string(), n.field("version").string()}
}

// string is the text of a scalar, "" of anything else.
func (n *node) string() string {
	if n == nil || n.kind != scalar || n.value == nil {
		return ""
	}
	return n.text
}
