package engine

import (
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// A multi-instance activity can throw an event as one of its instances completes (§10.3.8, Tables 10.30 and 10.31): with
// the behavior "None" for each instance, with "One" for the first, with "Complex" whenever the condition of a complex
// behavior definition holds. The event is thrown from the activity, for its boundary events to catch; one that they do not
// wait for goes where such an event goes from anywhere else. The activity ends as it does without: when all instances have
// ended, or when a boundary event interrupts it.
type loopBehavior struct {
	event     *node // an implicit throw event, which no flow leads to
	condition *expression
	firstOnly bool
}

// thrownEvents are what can be thrown so: those that reach a boundary event and do not end or undo anything by themselves.
var thrownEvents = []string{"signalEventDefinition", "messageEventDefinition", "escalationEventDefinition", "errorEventDefinition"}

// behaviors reads what a multi-instance activity throws.
func (c *compiler) behaviors(n *node, l *bpmn.LoopCharacteristics) []*loopBehavior {
	switch l.Behavior {
	case "One":
		return []*loopBehavior{{event: c.implicitThrow(n, l, l.OneBehavior), firstOnly: true}}
	case "None":
		return []*loopBehavior{{event: c.implicitThrow(n, l, l.NoneBehavior)}}
	case "Complex":
		return c.complexBehaviors(n, l)
	}
	return nil
}

func (c *compiler) complexBehaviors(n *node, l *bpmn.LoopCharacteristics) []*loopBehavior {
	if len(l.ComplexBehaviors) == 0 {
		c.refuse(CodeLoop, l.Element, `%s has the behavior "Complex", but no complexBehaviorDefinition`, n)
	}
	var behaviors []*loopBehavior
	for _, source := range l.ComplexBehaviors {
		if source.Event == nil || len(source.Event.EventDefinitions) == 0 || source.Condition == nil {
			c.refuse(CodeLoop, source.Element, "a complexBehaviorDefinition of %s lacks its condition or its event", n)
			continue
		}
		b := &loopBehavior{condition: c.expression(*source.Condition, source.Element, boolResult), event: c.thrownBy(n, source.Event)}
		b.event.inputs = c.mappings(source.Event, source.Event.Inputs, c.expression)
		behaviors = append(behaviors, b)
	}
	slices.SortStableFunc(behaviors, func(a, b *loopBehavior) int { return a.order() - b.order() })
	return behaviors
}

// order is that of the last of its definitions.
func (b *loopBehavior) order() int {
	order := 0
	for _, d := range b.event.definitions {
		order = max(order, d.order())
	}
	return order
}

// implicitThrow makes the event that throws one event definition; without one, a signal that has the name of the
// activity's id.
func (c *compiler) implicitThrow(n *node, l *bpmn.LoopCharacteristics, d *bpmn.EventDefinition) *node {
	if d == nil {
		d = &bpmn.EventDefinition{Element: l.Element, Kind: "signalEventDefinition", Signal: &bpmn.Signal{Element: bpmn.Element{Name: n.id}}}
	}
	return c.thrownBy(n, &bpmn.FlowNode{Element: n.source.Element, Kind: "implicitThrowEvent", EventDefinitions: []*bpmn.EventDefinition{d}})
}

func (c *compiler) thrownBy(n *node, source *bpmn.FlowNode) *node {
	e := &node{source: source, id: n.id, container: n.container}
	for _, d := range source.EventDefinitions {
		if !slices.Contains(thrownEvents, d.Kind) {
			at := source.Element
			at.Pos = d.Pos
			c.refuse(CodeTrigger, at, "%s cannot throw a %s", n, d.Kind).Hint = "throw a signal, message, escalation or error, and let a boundary event do the rest"
			return e
		}
	}
	c.event(e)
	for _, d := range e.definitions {
		if d.work != nil && d.work.topic == nil {
			c.refuse(CodeWork, source.Element, "%s throws a message that a worker is to send, but nothing waits for the worker", n).Hint = `use the task definition type "kafka:publish"`
		}
	}
	return e
}

// loopThrow is an event that an instance is about to throw, with its data.
type loopThrow struct {
	event *node
	data  map[string]any
}

// completing makes what one instance throws as it completes. What the conditions see counts it as completed.
func (s *step) completing(n *node, t Token) ([]throwing, error) {
	if len(n.loop.behaviors) == 0 {
		return nil, nil
	}
	loop := *s.in.Scope(t.Scope).Loop
	first := loop.Completed == 0
	loop.Completed++
	look := func(name string) any {
		if name != "loopCounter" {
			if value, ok := lookupLoop(&loop, name); ok {
				return value
			}
		}
		return s.lookup(t.inside(), name)
	}
	var throws []throwing
	for _, b := range n.loop.behaviors {
		holds := !b.firstOnly || first
		if b.condition != nil {
			value, err := s.evalWith(b.condition, look)
			if err != nil {
				return nil, faultf(IncidentExpression, "the condition of a complex behavior of %s: %w", n, err)
			}
			holds = value.(bool)
		}
		if !holds {
			continue
		}
		data := map[string]any{}
		for _, name := range []string{"numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances"} {
			data[name] = look(name)
		}
		if !s.loopsAround(t.Scope) { // else who catches it would take it for the counter of the loop that it is in
			data["loopCounter"] = look("loopCounter")
		}
		if len(b.event.inputs) > 0 {
			var err error
			if data, err = s.evaluate(n, b.event.inputs, look); err != nil {
				return nil, err
			}
		}
		for _, d := range b.event.definitions {
			throw, err := s.throwFrom(n, t, loopThrow{b.event, data}, d)
			if err != nil {
				return nil, err
			}
			throws = append(throws, throw)
		}
	}
	return throws, nil
}

// loopsAround says whether the activity that has a body is in another one that loops.
func (s *step) loopsAround(body ID) bool {
	for sc := s.in.Scope(s.in.Scope(body).Parent); sc != nil; sc = s.in.Scope(sc.Parent) {
		if sc.Loop != nil && s.p.nodes[sc.Node].loop != nil { // and not an ad-hoc sub-process
			return true
		}
	}
	return false
}

func (s *step) throwFrom(n *node, t Token, e loopThrow, d *definition) (throwing, error) {
	data := e.data
	if name := e.event.payload(d.index); name != "" {
		data = spread(data[name])
	}
	switch d.trigger.(type) {
	case errorTrigger:
		return s.prepareError(n, t, thrownError{code: d.code, variables: data})
	case messageTrigger:
		return s.throwMessage(n, t, e, d)
	case escalationTrigger:
		return func() bool {
			s.escalate(n, t, d.code, data)
			return true
		}, nil
	default:
		return func() bool {
			if sub := s.boundarySubscription(n, t, SubscriptionSignal, d.name); sub != nil {
				s.fire(*sub, s.p.nodes[sub.Element].brought(sub.Definition, data))
			} else {
				s.emit(SignalThrown{Element: n.id, Name: d.name, Variables: data})
			}
			return true
		}, nil
	}
}

// throwMessage gives the message to a boundary event that waits for it, else publishes it. Only as it is thrown it is known which, so
// that it could be published is asked in any case.
func (s *step) throwMessage(n *node, t Token, e loopThrow, d *definition) (throwing, error) {
	var data any = e.data
	if name := e.event.payload(d.index); name != "" {
		data = e.data[name]
	}
	topic, err := s.text(d.work.topic, t.inside(), "the topic of", n)
	if err != nil {
		return nil, err
	}
	publish, err := d.work.send(s, n, t, data)
	if err != nil {
		return nil, err
	}
	return func() bool {
		sub := s.boundarySubscription(n, t, SubscriptionMessage, topic)
		if sub == nil {
			return publish()
		}
		message := Message{Name: topic, Data: data}
		s.fire(*sub, message.results(s.p.nodes[sub.Element], sub.Definition))
		return true
	}, nil
}

// boundarySubscription finds what a boundary event of the whole activity waits for.
func (s *step) boundarySubscription(n *node, t Token, kind SubscriptionKind, name string) *Subscription {
	whole := s.in.Scope(t.Scope).Token
	for sub, ok := s.subscriptions.next(whole, 0); ok; sub, ok = s.subscriptions.next(whole, sub.ID) {
		if sub.Kind == kind && sub.Name == name && s.p.nodes[sub.Element].host == n {
			return &sub
		}
	}
	return nil
}
