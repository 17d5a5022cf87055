package tosca

import (
	"slices"
	"strings"
	"unicode"
)

// The words that an entity of TOSCA Simple Profile 1.1 and 1.3 may have, with those that ONAP's own model adds to it (name, version and metadata
// everywhere, type_version beside type).
var (
	templateWords = words("tosca_definitions_version", "name", "version", "description", "metadata", "namespace", "template_name", "template_author",
		"template_version", "dsl_definitions", "repositories", "imports", "artifact_types", "data_types", "capability_types", "interface_types",
		"relationship_types", "node_types", "group_types", "policy_types", "topology_template")
	topologyWords = words("description", "inputs", "node_templates", "relationship_templates", "groups", "policies", "outputs", "substitution_mappings",
		"workflows", "name", "version", "metadata")
	typeWords = words("name", "version", "derived_from", "description", "metadata", "properties", "attributes", "requirements", "capabilities",
		"interfaces", "artifacts", "targets", "triggers", "constraints", "key_schema", "entry_schema", "valid_source_types", "valid_target_types", "type", "type_version")
	propertyWords = words("name", "version", "type", "type_version", "description", "required", "default", "value", "status", "constraints", "key_schema",
		"entry_schema", "metadata", "external_schema", "external-schema")
	schemaWords       = words("name", "version", "type", "type_version", "description", "constraints", "key_schema", "entry_schema", "required", "metadata")
	nodeTemplateWords = words("name", "version", "type", "type_version", "derived_from", "description", "metadata", "directives", "properties", "attributes",
		"requirements", "capabilities", "interfaces", "artifacts", "node_filter", "copy", "occurrences")
	policyWords = words("name", "version", "type", "type_version", "derived_from", "description", "metadata", "properties", "targets", "triggers")
)

// misspelt are the spellings that real service templates hold and that no rule below reads.
var misspelt = map[string]string{"requred": "required", "entryschema": "entry_schema"} //nolint:misspell // which is the point

// vocabulary is the words that an entity may have.
type vocabulary struct{ known []string }

func words(known ...string) vocabulary { return vocabulary{known} }

// fields gives an object's fields by the words they stand for. Another spelling is read, with a warning; an unknown word is a warning
// too, for the templates that are in use have some.
func (c *checker) fields(n *node, v vocabulary) map[string]*node {
	fields := make(map[string]*node, len(n.items))
	for _, item := range n.items {
		if slices.Contains(v.known, item.key) {
			fields[item.key] = item
		}
	}
	for _, item := range n.items {
		if slices.Contains(v.known, item.key) {
			continue
		}
		word, found := v.meant(item.key)
		switch {
		case !found:
			c.warnf(item.name(), "%q means nothing here and is kept as it is", item.key).hint("%s", suggest(item.key, v.known))
		case fields[word] != nil:
			c.errorf(item.name(), "%q is read as %s, which is given too", item.key, word).hint("keep %s only", word)
		default:
			fields[word] = item
			if item.key != "typeVersion" { // the original writes it as often as type_version
				c.warnf(item.name(), "%q is read as %s", item.key, word).hint("write %s", word)
			}
		}
	}
	for _, word := range scalarWords {
		if n := fields[word]; n != nil && n.kind != scalar {
			c.errorf(n, "%v", wrong(n, "a text"))
		}
	}
	return fields
}

// scalarWords are those whose values are texts in every entity.
var scalarWords = []string{"tosca_definitions_version", "name", "version", "type", "type_version", "derived_from", "description", "status"}

// meant is the word that another spelling stands for.
func (v vocabulary) meant(written string) (string, bool) {
	word := snake(written)
	if right, ok := misspelt[word]; ok {
		word = right
	}
	return word, slices.Contains(v.known, word)
}

// snake writes a name in small letters with underscores, which is how it is compared with others: startPhase, start-phase and
// Start_Phase are one name.
func snake(name string) string {
	var b strings.Builder
	last := '_'
	for _, r := range name {
		if r == '-' || r == ' ' {
			r = '_'
		}
		if unicode.IsUpper(r) && last != '_' && !unicode.IsUpper(last) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return b.String()
}

// maxSuggestions is for how many problems of a document words are compared.
const maxSuggestions = 100

// suggest is [suggest] for words that it takes time to collect. It suggests nothing when there are very many problems.
func (f *findings) suggest(written string, among func() []string) string {
	if f.suggested++; f.suggested > maxSuggestions {
		return ""
	}
	return suggest(written, among())
}

// suggestType names the type of a section that may be meant.
func (c *checker) suggestType(section, written string) string {
	return c.suggest(written, func() []string { return names(c.libraries, section) })
}

// suggest names the word that is nearest to what was written, else all words if they are few.
func suggest(written string, among []string) string {
	if len(written) > 100 {
		return ""
	}
	best, least := "", max(2, len(written)/4)+1
	for _, word := range slices.Sorted(slices.Values(among)) {
		if abs(len(word)-len(written)) <= least {
			if d := distance(snake(written), snake(word)); d < least {
				best, least = word, d
			}
		}
	}
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(among) > 0 && len(among) <= 8:
		return "there is " + strings.Join(slices.Sorted(slices.Values(among)), ", ")
	}
	return ""
}

func abs(n int) int { return max(n, -n) }

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
