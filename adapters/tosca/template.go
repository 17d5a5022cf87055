package tosca

import (
	"slices"
)

// ServiceTemplate is a service template of TOSCA that has been read and found right. It does not change; what its methods return is the
// caller's own.
type ServiceTemplate struct {
	root      *node
	id        Identifier
	warnings  Problems
	library   library
	libraries []library
	nodes     []*nodeTemplate
	byID      map[Identifier]*nodeTemplate
	policies  []*node
	loops     []ControlLoop
	sensitive bool          // whether it has sensitive values
	secrets   []secretValue // those that are not sealed
	exposed   []*node       // calls of functions that give sensitive properties what is not sensitive
	stored    bool          // whether it was accepted before
}

// Parse reads a service template of TOSCA Simple Profile 1.0 to 1.3 in YAML or JSON. Types that it does not define are looked for in the templates that
// are known, which are those commissioned before: first in those that define types and no control loops, then among TOSCA's and CLAMP's own,
// then in the others, which may have their own idea of CLAMP's types. The error is [Problems]: all that is wrong, each at its place.
func Parse(source []byte, known ...*ServiceTemplate) (*ServiceTemplate, error) {
	f := &findings{}
	return build(f, f.read(source), known, false)
}

// FromValue makes a service template of JSON values, such as [ServiceTemplate.Value] returns. Problems have a path, but no line. What it has was
// accepted before, be it by rules of an earlier version on where sensitive values come from and go to.
func FromValue(value any, known ...*ServiceTemplate) (*ServiceTemplate, error) {
	return build(&findings{}, fromPlain(value), known, true)
}

// ParseValue reads any document in YAML or JSON within the limits of service templates, as JSON values. The error is [Problems].
func ParseValue(source []byte) (any, error) {
	f := &findings{}
	root := f.read(source)
	if err := f.errors(); err != nil {
		return nil, err
	}
	return root.plain(), nil
}

func build(f *findings, root *node, known []*ServiceTemplate, stored bool) (*ServiceTemplate, error) {
	if root == nil || len(f.all) > 0 && f.errors() != nil && root.kind != object {
		return nil, f.errors()
	}
	var types, loops []library
	for _, t := range known {
		if len(t.loops) == 0 {
			types = append(types, t.library)
		} else {
			loops = append(loops, t.library)
		}
	}
	own := builtin().library
	c := newChecker(f, slices.Concat(types, []library{own}, loops), known)
	c.original, c.stored = own, stored
	return c.template(root)
}

// checker reads one service template.
type checker struct {
	*findings
	own        library
	libraries  []library // its own first
	original   library   // TOSCA's and CLAMP's own
	known      []*ServiceTemplate
	types      []*typeDef // its own, in order
	references []reference
	inputs     map[string]*property
	nodes      []*nodeTemplate
	byID       map[Identifier]*nodeTemplate
	byName     map[string]*nodeTemplate // one of those that have the name
	policies   []*node
	steps      int
	shapes     map[*typeDef]*shape
	evaluating map[*node]bool // the calls of functions that are being evaluated
	literal    bool           // whether values are those of an instance, without functions
	sensitive  []*node        // values that are sensitive
	stored     bool           // whether the template was accepted before
	left       int            // how often a call was left as it stands, see refuse
}

// maxSteps bounds what checking a document costs, about a second at most: a template of a real control loop takes some thousand steps.
const maxSteps = 2_000_000

// spend counts steps. It says whether there are any left, and reports at a node that there are none.
func (c *checker) spend(at *node, steps int) bool {
	before := c.steps
	c.steps += steps
	if c.steps <= maxSteps {
		return true
	}
	if before <= maxSteps {
		c.errorf(at, "the document takes too long to check").hint("split it, or define fewer types with fewer properties")
	}
	return false
}

// reference is a place that names a type.
type reference struct {
	at      *node
	section string
}

func newChecker(f *findings, below []library, known []*ServiceTemplate) *checker {
	own := library{}
	return &checker{
		findings: f, own: own, libraries: append([]library{own}, below...), known: known, inputs: map[string]*property{},
		byID: map[Identifier]*nodeTemplate{}, byName: map[string]*nodeTemplate{}, shapes: map[*typeDef]*shape{},
		evaluating: map[*node]bool{},
	}
}

// reference notes a place that names a type, to be looked for when all types are known.
func (c *checker) reference(at *node, section string) {
	c.references = append(c.references, reference{at, section})
}

// template reads and checks a service template.
func (c *checker) template(root *node) (*ServiceTemplate, error) {
	if !c.isObject(root, "a TOSCA service template, which begins with tosca_definitions_version") {
		return nil, c.errors()
	}
	fields := c.fields(root, templateWords)
	c.definitionsVersion(root, fields["tosca_definitions_version"])
	if imports := fields["imports"]; !imports.isNull() && len(imports.items) > 0 {
		c.warnf(imports.name(), "imports are not followed").hint("commission what is imported first, or put its types into this template")
	}
	for _, section := range typeSections {
		c.readTypes(section, fields[section])
	}
	c.linkTypes()
	c.markSensitive()
	for _, t := range c.types {
		for _, p := range t.properties {
			c.hideDefault(p)
		}
	}
	c.checkTypes()
	c.topology(fields["topology_template"])
	c.checkReferences()
	loops := c.controlLoops()
	if err := c.errors(); err != nil {
		return nil, err
	}
	return &ServiceTemplate{
		root: root, warnings: c.only(SeverityWarning), library: c.own, libraries: c.libraries, nodes: c.nodes, byID: c.byID, policies: c.policies, loops: loops,
		exposed: c.exposures(), secrets: c.secrets(), sensitive: len(c.sensitive) > 0, stored: c.stored,
		id: Identifier{fields["name"].string(), fields["version"].string()},
	}, nil
}

// definitionsVersion: 1.0 to 1.3 differ in nothing that is read here but the short forms, which are all read.
func (c *checker) definitionsVersion(root, n *node) {
	known := []string{"tosca_simple_yaml_1_3", "tosca_simple_yaml_1_2", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_0",
		"tosca_simple_yaml_1_1_0", "tosca_simple_yaml_1_0_0", "tosca_simple_profile_for_nfv_1_0"}
	switch {
	case n.isNull():
		c.errorf(root, "tosca_definitions_version is missing").hint("begin with tosca_definitions_version: tosca_simple_yaml_1_3")
	case !slices.Contains(known, n.text):
		c.errorf(n, "%s is no version of TOSCA that is read", describe(n)).hint("write tosca_simple_yaml_1_3")
	}
}

// entities gives the named entities of a section. A section may be missing; ONAP writes it as a list of such objects, too.
func (c *checker) entities(n *node, section string) []*node {
	if n.isNull() {
		return nil
	}
	groups := []*node{n}
	if n.kind == list {
		groups = n.items
	}
	var all []*node
	for _, group := range groups {
		if !c.isObject(group, "names with "+section) {
			continue
		}
		for _, item := range group.items {
			if c.isObject(item, "what "+item.key+" is: fields such as type and properties") {
				all = append(all, item)
			}
		}
	}
	return all
}

// identity gives an entity's name and version. The name is the key that it stands under. Where several versions stand side by side, the key
// is name:version.
func (c *checker) identity(n *node, fields map[string]*node) Identifier {
	id := Identifier{n.key, noVersion}
	if version := fields["version"].string(); version != "" {
		id.Version = version
	}
	switch name := fields["name"].string(); {
	case name == "" || name == n.key:
	case n.key == name+":"+id.Version:
		id.Name = name
	default:
		c.warnf(fields["name"], "the name %s is not that under which this stands, %s, which is used", name, n.key)
	}
	return id
}

// checkReferences looks for the types that are named.
func (c *checker) checkReferences() {
	for _, r := range c.references {
		name := r.at.text
		if isRoot(name) || find(c.libraries, r.section, Identifier{Name: name}) != nil {
			continue
		}
		c.errorf(r.at, "there is no %s among the %s", name, r.section).hint("%s", c.suggestType(r.section, name))
	}
}

// isObject says whether a node is an object, and reports one that is not.
func (c *checker) isObject(n *node, must string) bool {
	if n.kind == object {
		return true
	}
	c.errorf(n, "%v", wrong(n, must))
	return false
}

// isObjectOrNull is isObject for what may be missing.
func (c *checker) isObjectOrNull(n *node, must string) bool {
	return !n.isNull() && c.isObject(n, must)
}

// textNode gives a node that is a text, nil if it is none; that is reported where fields are read.
func (c *checker) textNode(n *node) *node {
	if n.string() == "" {
		return nil
	}
	return n
}

// Identifier is the service template's name and version, each "" if it has none.
func (t *ServiceTemplate) Identifier() Identifier { return t.id }

// Warnings are what was tolerated: other spellings, words without a meaning, versions that do not fit.
func (t *ServiceTemplate) Warnings() Problems { return slices.Clone(t.warnings) }

// Value is the whole service template as JSON values, as it was written.
func (t *ServiceTemplate) Value() map[string]any { return t.root.object() }
