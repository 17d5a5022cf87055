package tosca

import (
	"maps"
	"math"
	"slices"
)

// The node types of CLAMP that make a control loop. A node template is one of them if its type is, or is derived from it.
const (
	controlLoopType = "org.onap.policy.clamp.controlloop.ControlLoop"
	elementType     = "org.onap.policy.clamp.controlloop.ControlLoopElement"
	participantType = "org.onap.policy.clamp.controlloop.Participant"
)

// ControlLoop is the definition of a control loop: a node template of type [controlLoopType].
type ControlLoop struct {
	Identifier
	Type        Identifier `json:"type"`
	Description string     `json:"description,omitempty"`
	Provider    string     `json:"provider,omitempty"`
	Elements    []Element  `json:"elements"` // in the order of the definition, at least one
}

// Element is the definition of an element of a control loop.
type Element struct {
	Identifier
	Type        Identifier `json:"type"`
	Description string     `json:"description,omitempty"`
	Provider    string     `json:"provider,omitempty"`
	// ParticipantType is the type of the participants that run the element. Early templates name it participant_id.
	ParticipantType Identifier     `json:"participantType"`
	StartPhase      int            `json:"startPhase"` // from 0; elements of a lower phase are started first and stopped last
	Timeouts        Timeouts       `json:"timeouts"`
	Properties      map[string]any `json:"properties"` // as the node template gives them, functions evaluated
	// Policies says whether the element names a policy or a policy type, so that its participant needs [ServiceTemplate.Fragment].
	Policies bool `json:"policies"`
}

// Timeouts are how long a participant may take for each change of state, in seconds.
type Timeouts struct {
	UninitialisedToPassive int `json:"uninitialisedToPassive"`
	PassiveToRunning       int `json:"passiveToRunning"`
	RunningToPassive       int `json:"runningToPassive"`
	PassiveToUninitialised int `json:"passiveToUninitialised"`
}

// defaultTimeout is what CLAMP's types give, in seconds.
const defaultTimeout = 60

// controlLoops reads the definitions of control loops and checks that what they name is there.
func (c *checker) controlLoops() []ControlLoop {
	var loops []ControlLoop
	for _, t := range c.nodes {
		switch {
		case t.kind == nil:
		case t.kind.is(controlLoopType):
			loops = append(loops, c.controlLoop(t))
		case t.kind.is(elementType):
			c.checkParticipant(t)
			c.element(t)
		}
	}
	return loops
}

func (c *checker) controlLoop(t *nodeTemplate) ControlLoop {
	loop := ControlLoop{
		Identifier: t.id, Type: t.kind.id, Description: t.fields["description"].string(), Provider: c.propertyOf(t, "provider").string(), Elements: []Element{},
	}
	elements := c.propertyOf(t, "elements")
	if elements == nil || elements.kind != list {
		return loop // which is reported where the property is checked
	}
	if len(elements.items) == 0 {
		c.errorf(elements, "%s has no elements", t.id.Name).hint("name at least one, with its name and version")
	}
	seen := map[Identifier]bool{}
	for _, item := range elements.items {
		id := identifier(item)
		element := c.nodeTemplate(id)
		switch {
		case id.Name == "":
		case element == nil:
			c.errorf(item, "there is no node template %s", id).hint("%s", c.suggestVersion(id))
		case element.kind == nil:
		case !element.kind.is(elementType):
			c.errorf(item, "%s is no element of a control loop but %s", id, element.kind.id.Name).hint("its type must be derived from %s", elementType)
		case seen[id]:
			c.errorf(item, "%s is in the loop twice", id)
		default:
			loop.Elements = append(loop.Elements, c.element(element))
		}
		seen[id] = true
	}
	return loop
}

// suggestVersion says which versions of a node template there are, else which other may be meant.
func (c *checker) suggestVersion(id Identifier) string {
	if t := c.byName[id.Name]; t != nil {
		return "there is " + t.id.String()
	}
	return c.suggestNode(id.Name)
}

func (c *checker) element(t *nodeTemplate) Element {
	e := Element{
		Identifier: t.id, Type: t.kind.id, Description: t.fields["description"].string(), Provider: c.propertyOf(t, "provider").string(),
		ParticipantType: identifier(c.participantOf(t)), StartPhase: c.count(t, "startPhase", 0),
		Timeouts: Timeouts{
			UninitialisedToPassive: c.count(t, "uninitializedToPassiveTimeout", defaultTimeout),
			PassiveToRunning:       c.count(t, "passiveToRunningTimeout", defaultTimeout),
			RunningToPassive:       c.count(t, "runningToPassiveTimeout", defaultTimeout),
			PassiveToUninitialised: c.count(t, "passiveToUninitializedTimeout", defaultTimeout),
		},
		Properties: t.evaluated,
	}
	if e.Properties == nil {
		e.Properties = t.fields["properties"].object()
	}
	if e.Properties == nil {
		e.Properties = map[string]any{}
	}
	for _, name := range []string{"policy_type_id", "policy_id", "policy_type"} {
		if c.propertyOf(t, name) != nil {
			e.Policies = true
		}
	}
	return e
}

// participantOf is the value that names the participant type.
func (c *checker) participantOf(t *nodeTemplate) *node {
	for _, name := range []string{"participantType", "participant_id"} {
		if value := c.propertyOf(t, name); value != nil {
			return value
		}
	}
	return nil
}

// checkParticipant warns of a participant that no node template describes: participants register themselves, so that nothing depends on it.
func (c *checker) checkParticipant(t *nodeTemplate) {
	n := c.participantOf(t)
	id := identifier(n)
	if id.Name == "" || c.nodeTemplate(id) != nil {
		return
	}
	for _, known := range c.known {
		if known.byID[id] != nil {
			return
		}
	}
	c.warnf(n, "no node template describes the participant %s", id).hint("%s", c.suggestVersion(id))
}

// propertyOf is the value of a property, by any of its spellings, else the default that its type gives. nil if there is none.
func (c *checker) propertyOf(t *nodeTemplate, name string) *node {
	value, _ := c.initialOf(t, name)
	return c.resolve(value)
}

// count reads a property that counts something: a phase, or seconds.
func (c *checker) count(t *nodeTemplate, name string, otherwise int) int {
	n := c.propertyOf(t, name)
	if n == nil {
		return otherwise
	}
	whole, ok := n.value.(int64)
	if ok && whole >= 0 && whole <= math.MaxInt32 {
		return int(whole)
	}
	path := n.path()
	if !slices.ContainsFunc(c.all, func(p Problem) bool { return p.Path == path && p.Severity == SeverityError }) {
		c.errorf(n, "%v", wrong(n, "a whole number from 0 on"))
	}
	return otherwise
}

// Fragment is what a participant needs to make the policies of a template: {policy_types, data_types, topology_template: {policies}}, each if
// it is there.
func (t *ServiceTemplate) Fragment() map[string]any {
	part := map[string]any{}
	for _, section := range []string{policyTypes, dataTypes} {
		if n := t.root.field(section); n != nil {
			part[section] = n.plain()
		}
	}
	if policies := t.root.field("topology_template").field("policies"); policies != nil {
		part["topology_template"] = map[string]any{"policies": policies.plain()}
	}
	return part
}

// ControlLoops are the definitions of control loops, in the order of the template.
func (t *ServiceTemplate) ControlLoops() []ControlLoop {
	loops := make([]ControlLoop, len(t.loops))
	for i, loop := range t.loops {
		loop.Elements = slices.Clone(loop.Elements)
		for j := range loop.Elements {
			e := &loop.Elements[j]
			e.Properties = clone(e.Properties)
		}
		loops[i] = loop
	}
	return loops
}

// ControlLoop is the definition of a name and version.
func (t *ServiceTemplate) ControlLoop(id Identifier) (ControlLoop, bool) {
	for _, loop := range t.ControlLoops() {
		if loop.Identifier == id {
			return loop, true
		}
	}
	return ControlLoop{}, false
}

// Participants are the node templates that describe participants.
func (t *ServiceTemplate) Participants() []Identifier {
	ids := []Identifier{}
	for _, n := range t.nodes {
		if n.kind.is(participantType) {
			ids = append(ids, n.id)
		}
	}
	return ids
}

// clone copies JSON values.
func clone(object map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	copied := maps.Clone(object)
	for name, value := range copied {
		copied[name] = cloneValue(value)
	}
	return copied
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return clone(v)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = cloneValue(item)
		}
		return items
	}
	return value
}
