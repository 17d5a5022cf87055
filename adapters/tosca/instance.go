package tosca

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Instance is a control loop to be made of a definition, as the body of an instantiation says.
type Instance struct {
	Identifier
	Definition   Identifier        `json:"definition"`
	State        string            `json:"state,omitempty"`        // one of [States], "" if it is not given
	OrderedState string            `json:"orderedState,omitempty"` // one of [States], "" if it is not given
	Description  string            `json:"description,omitempty"`
	Elements     []InstanceElement `json:"elements"`
}

// InstanceElement is an element of an [Instance].
type InstanceElement struct {
	ID              string         `json:"id"` // a UUID
	Definition      Identifier     `json:"definition"`
	ParticipantType Identifier     `json:"participantType"` // zero if it is not given: the definition names it
	ParticipantID   Identifier     `json:"participantId"`   // zero if it is not given
	State           string         `json:"state,omitempty"`
	OrderedState    string         `json:"orderedState,omitempty"`
	Description     string         `json:"description,omitempty"`
	Properties      map[string]any `json:"propertiesMap,omitempty"`
}

// States are those of control loops and their elements, with the s that CLAMP writes. A z is read.
var States = []string{"UNINITIALISED", "UNINITIALISED2PASSIVE", "PASSIVE", "PASSIVE2RUNNING", "RUNNING", "RUNNING2PASSIVE", "PASSIVE2UNINITIALISED"}

var (
	instancesWords = words("controlLoopList", "controlLoops")
	instanceWords  = words("name", "version", "definition", "state", "orderedState", "description", "elements", "primed")
	elementWords   = words("id", "definition", "participantType", "participantId", "state", "orderedState", "description", "propertiesMap",
		"toscaServiceTemplateFragment", "clElementStatistics")
)

// Instances are the control loops of one body, with their places.
type Instances struct {
	list  []Instance
	nodes []instanceNodes
	found findings
}

type instanceNodes struct {
	node, definition *node
	elements         []elementNodes
}

type elementNodes struct{ node, definition, kind, properties *node }

// ParseInstances reads the body of an instantiation in YAML or JSON: {controlLoopList: [...]} whose elements are fields named by their ids, or
// {controlLoops: [...]} whose elements are a list, as ONAP's page prints it. The error is [Problems].
func ParseInstances(source []byte) (*Instances, error) {
	f := &findings{}
	root := f.read(source)
	if root == nil {
		return nil, f.errors()
	}
	r := &instanceReader{checker: newChecker(f, nil, nil), ids: map[string]bool{}}
	r.read(root)
	if err := f.errors(); err != nil {
		return nil, err
	}
	r.made.found = *f
	return &r.made, nil
}

// List is the instances, in order.
func (in *Instances) List() []Instance {
	list := slices.Clone(in.list)
	for i := range list {
		list[i].Elements = slices.Clone(list[i].Elements)
		for j := range list[i].Elements {
			list[i].Elements[j].Properties = clone(list[i].Elements[j].Properties)
		}
	}
	return list
}

// Warnings are what was tolerated in the body.
func (in *Instances) Warnings() Problems { return in.found.only(SeverityWarning) }

type instanceReader struct {
	*checker
	made Instances
	ids  map[string]bool
}

func (r *instanceReader) read(root *node) {
	if !r.isObject(root, "an object with controlLoopList") {
		return
	}
	fields := r.fields(root, instancesWords)
	loops := fields["controlLoopList"]
	if loops.isNull() {
		loops = fields["controlLoops"]
	}
	if loops.isNull() || loops.kind != list || len(loops.items) == 0 {
		r.errorf(root, "there are no control loops").hint("give them as controlLoopList: [{name: ..., version: ..., definition: ..., elements: ...}]")
		return
	}
	names := map[Identifier]bool{}
	for _, item := range loops.items {
		if !r.isObject(item, "a control loop") {
			continue
		}
		instance := r.instance(item)
		if names[instance.Identifier] {
			r.errorf(item, "%s is given twice", instance.Identifier)
		}
		names[instance.Identifier] = true
		r.made.list = append(r.made.list, instance)
	}
}

func (r *instanceReader) instance(n *node) Instance {
	fields := r.fields(n, instanceWords)
	instance := Instance{
		Identifier: Identifier{r.must(n, fields["name"], "name"), r.must(n, fields["version"], "version")},
		Definition: r.identifier(n, fields["definition"], "definition"), Description: fields["description"].string(),
		State: r.state(fields["state"]), OrderedState: r.state(fields["orderedState"]), Elements: []InstanceElement{},
	}
	nodes := instanceNodes{node: n, definition: fields["definition"]}
	elements := fields["elements"]
	switch {
	case elements.isNull():
		r.errorf(n, "elements is missing").hint("give each element of the definition, with an id and its definition")
	case elements.kind == scalar:
		r.errorf(elements, "%v", wrong(elements, "elements by their ids, or a list of them"))
	}
	if elements != nil {
		for _, item := range elements.items {
			if r.isObject(item, "an element") {
				element, places := r.element(item)
				instance.Elements, nodes.elements = append(instance.Elements, element), append(nodes.elements, places)
			}
		}
	}
	r.made.nodes = append(r.made.nodes, nodes)
	return instance
}

func (r *instanceReader) element(n *node) (InstanceElement, elementNodes) {
	fields := r.fields(n, elementWords)
	id := fields["id"]
	switch {
	case n.key == "":
	case id.isNull():
		id = &node{value: n.key, text: n.key, at: n.name().at, parent: n.parent, key: n.key}
	case id.text != n.key: // so in the original's own tests, where the id is what counts
		r.warnf(id, "the element stands under %s, which is not its id", n.key)
	}
	element := InstanceElement{
		ID: r.must(n, id, "id"), Definition: r.identifier(n, fields["definition"], "definition"), Description: fields["description"].string(),
		State: r.state(fields["state"]), OrderedState: r.state(fields["orderedState"]), Properties: fields["propertiesMap"].object(),
		ParticipantType: identifier(fields["participantType"]), ParticipantID: identifier(fields["participantId"]),
	}
	if element.ID != "" {
		if _, err := uuid.Parse(element.ID); err != nil {
			r.errorf(id, "%s is no UUID", describe(id)).hint("such as %s", uuid.NewSHA1(uuid.NameSpaceURL, []byte(element.ID)))
		} else if r.ids[element.ID] {
			r.errorf(id, "another element has the id %s", element.ID).hint("give each element an id of its own")
		}
		r.ids[element.ID] = true
	}
	return element, elementNodes{n, fields["definition"], fields["participantType"], fields["propertiesMap"]}
}

// must gives a text that may not be missing.
func (r *instanceReader) must(owner, n *node, name string) string {
	if n.string() == "" {
		r.errorf(owner, "%s is missing", name)
	}
	return n.string()
}

func (r *instanceReader) identifier(owner, n *node, name string) Identifier {
	id := identifier(n)
	if id.Name == "" || id.Version == "" {
		r.errorf(owner, "%s needs a name and a version", name).hint("write %s: {name: ..., version: ...}", name)
	}
	return id
}

// state reads a state, in either spelling.
func (r *instanceReader) state(n *node) string {
	if n.isNull() {
		return ""
	}
	state := strings.ReplaceAll(n.string(), "UNINITIALIZED", "UNINITIALISED")
	if !slices.Contains(States, state) {
		r.errorf(n, "%s is no state", describe(n)).hint("%s", suggest(n.string(), States))
	}
	return state
}
