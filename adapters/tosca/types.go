package tosca

import (
	"slices"
	"strings"
)

// The sections of types that are read. Others are kept as they are.
const (
	dataTypes         = "data_types"
	capabilityTypes   = "capability_types"
	nodeTypes         = "node_types"
	relationshipTypes = "relationship_types"
	policyTypes       = "policy_types"
)

var typeSections = []string{dataTypes, capabilityTypes, nodeTypes, relationshipTypes, policyTypes}

// typeDef is one type.
type typeDef struct {
	section    string
	id         Identifier
	node       *node
	derived    *node // the name of the parent, as it is written
	parent     *typeDef
	properties []*property
	own        schema            // of a data type: constraints, entry_schema and key_schema of its own
	capability map[string]string // capability name → capability type
}

// isRoot says whether a name is the root of a hierarchy. TOSCA's are called tosca.nodes.Root and so on; ONAP's templates say
// tosca.nodetypes.Root.
func isRoot(name string) bool { return name == "Root" || strings.HasSuffix(name, ".Root") }

// chain gives a type and what it is derived from, nearest first. Cycles are cut when types are linked.
func (t *typeDef) chain(each func(*typeDef) bool) {
	for ; t != nil; t = t.parent {
		if !each(t) {
			return
		}
	}
}

// is says whether the type is one of that name, or derived from one.
func (t *typeDef) is(name string) bool {
	found := false
	t.chain(func(t *typeDef) bool {
		found = t.id.Name == name || t.derived != nil && t.derived.text == name
		return !found
	})
	return found
}

// capabilities are those of a type and of what it is derived from: the capability type by the name.
func (t *typeDef) capabilities() map[string]string {
	known := map[string]string{}
	t.chain(func(t *typeDef) bool {
		for name, kind := range t.capability {
			if known[name] == "" {
				known[name] = kind
			}
		}
		return true
	})
	return known
}

// allProperties gives the properties of a type and of what it is derived from; a type's own go before inherited ones of that name.
func (t *typeDef) allProperties() []*property {
	var chain []*typeDef
	t.chain(func(t *typeDef) bool {
		chain = append(chain, t)
		return true
	})
	var all []*property
	at := map[string]int{}
	for _, t := range slices.Backward(chain) {
		for _, p := range t.properties {
			if i, inherited := at[p.name]; inherited {
				all[i] = p
				continue
			}
			at[p.name] = len(all)
			all = append(all, p)
		}
	}
	return all
}

// library is the types of a template by section and name. A name may have several versions.
type library map[string]map[string][]*typeDef

func (l library) add(t *typeDef) {
	if l[t.section] == nil {
		l[t.section] = map[string][]*typeDef{}
	}
	l[t.section][t.id.Name] = append(l[t.section][t.id.Name], t)
}

// find gives the type of a name: of the version if there is one, else the newest. An empty version is any.
func find(libraries []library, section string, id Identifier) *typeDef {
	for _, l := range libraries {
		var best *typeDef
		for _, t := range l[section][id.Name] {
			if t.id.Version == id.Version {
				return t
			}
			if best == nil || CompareVersions(t.id.Version, best.id.Version) > 0 {
				best = t
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// names are those of a section's types.
func names(libraries []library, section string) []string {
	var all []string
	for _, l := range libraries {
		for name := range l[section] {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readTypes reads the types of a section; they are linked when all are read.
func (c *checker) readTypes(section string, n *node) {
	for _, entity := range c.entities(n, section) {
		fields := c.fields(entity, typeWords)
		t := &typeDef{section: section, id: c.identity(entity, fields), node: entity, capability: map[string]string{}}
		t.derived = c.textNode(fields["derived_from"])
		t.properties = c.readProperties(fields["properties"])
		if section == dataTypes {
			t.own = c.readSchemaFields(entity, fields)
		}
		c.readCapabilities(t, fields["capabilities"])
		c.own.add(t)
		c.types = append(c.types, t)
	}
}

func (c *checker) readCapabilities(t *typeDef, n *node) {
	if t.section != nodeTypes || n.isNull() || !c.isObject(n, "names with capabilities") {
		return
	}
	for _, item := range n.items {
		kind := item
		if item.kind == object {
			kind = item.field("type")
		}
		if kind = c.textNode(kind); kind != nil {
			t.capability[item.key] = kind.text
			c.reference(kind, capabilityTypes)
		}
	}
}

// linkTypes finds what each type is derived from, and refuses cycles.
func (c *checker) linkTypes() {
	for _, t := range c.types {
		if t.derived == nil || isRoot(t.derived.text) {
			continue
		}
		if t.section == dataTypes && primitives[t.derived.text] != nil {
			continue
		}
		if t.parent = find(c.libraries, t.section, Identifier{Name: t.derived.text}); t.parent == nil {
			c.errorf(t.derived, "%s is derived from %s, which is not there", t.id.Name, t.derived.text).
				hint("%s", c.suggestType(t.section, t.derived.text))
		}
	}
	seen := map[*typeDef]bool{}
	for _, t := range c.types {
		c.refuseCycle(t, seen)
	}
	c.refuseDepth()
}

// maxAncestors is how many types one may be derived from, one through the other.
const maxAncestors = 64

// refuseDepth refuses hierarchies without end.
func (c *checker) refuseDepth() {
	for _, t := range c.types {
		depth := 0
		t.chain(func(*typeDef) bool {
			depth++
			return depth <= maxAncestors
		})
		if depth > maxAncestors {
			c.errorf(t.derived, "%s is derived through more than %d types", t.id.Name, maxAncestors).hint("derive it from fewer")
			t.parent = nil
		}
	}
}

// refuseCycle follows a type to its root and reports a cycle once.
func (c *checker) refuseCycle(t *typeDef, seen map[*typeDef]bool) {
	var walk []*typeDef
	for ; t != nil && !seen[t]; t = t.parent {
		seen[t] = true
		walk = append(walk, t)
	}
	at := slices.Index(walk, t)
	if t == nil || at < 0 {
		return
	}
	var path []string
	for _, member := range walk[at:] {
		path = append(path, member.id.Name)
	}
	c.errorf(t.derived, "%s is derived from itself: %s", t.id.Name, strings.Join(append(path, t.id.Name), " → ")).
		hint("let one of them be derived from a root type, such as tosca.nodes.Root")
	for _, member := range walk[at:] {
		member.parent = nil
	}
}

// checkTypes checks what types say, now that all are known.
func (c *checker) checkTypes() {
	for _, t := range c.types {
		for _, p := range t.properties {
			c.checkProperty(p)
		}
		c.checkRefinement(t)
		if t.section == dataTypes {
			c.checkSchema(&t.own)
			c.checkOwnConstraints(t)
		}
	}
}

// checkRefinement: a property may be refined in a derived type, but its type may only become narrower (TOSCA 1.3 §3.6.10.4).
func (c *checker) checkRefinement(t *typeDef) {
	if t.parent == nil || len(t.properties) == 0 {
		return
	}
	above := t.parent.allProperties()
	if !c.spend(t.node, len(above)) {
		return
	}
	own := map[string]*property{}
	for _, p := range t.properties {
		own[p.name] = p
	}
	for _, inherited := range above {
		p := own[inherited.name]
		if p == nil || p.schema.typeNode == nil || inherited.schema.name == p.schema.name {
			continue
		}
		if narrower := find(c.libraries, dataTypes, Identifier{Name: p.schema.name}); narrower == nil || !narrower.is(inherited.schema.name) {
			c.errorf(p.schema.typeNode, "%s is %s here and %s in %s", p.name, p.schema.name, inherited.schema.name, t.parent.id.Name).
				hint("give it the type %s, one derived from it, or another name", inherited.schema.name)
		}
	}
}

// checkOwnConstraints: only a data type derived from a primitive one has constraints of its own.
func (c *checker) checkOwnConstraints(t *typeDef) {
	if len(t.own.constraints) == 0 {
		return
	}
	base := c.primitiveOf(t)
	if base == "" {
		c.errorf(t.own.constraints[0].node, "%s is no plain type, so it takes no constraints", t.id.Name).hint("derive it from string, integer or another plain type")
		return
	}
	for _, constraint := range t.own.constraints {
		c.checkConstraint(constraint, base)
	}
}

// primitiveOf gives the plain type that a data type is derived from, "" if it has properties instead.
func (c *checker) primitiveOf(t *typeDef) string {
	base := ""
	t.chain(func(t *typeDef) bool {
		if t.derived != nil && primitives[t.derived.text] != nil {
			base = t.derived.text
		}
		return base == ""
	})
	return base
}
