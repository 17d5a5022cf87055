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
		b.event.inputs = c.mappings(source.Event, source.Event.Inputs)
		behaviors = append(behaviors, b)
	}
	// An error that nobody catches is a fault, and resolving that throws again: so it goes before all others.
	slices.SortStableFunc(behaviors, func(a, b *loopBehavior) int { return a.rank() - b.rank() })
	return behaviors
}

func (b *loopBehavior) rank() int {
	if slices.ContainsFunc(b.event.definitions, isError) {
		return 0
	}
	return 1
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

// completing says what one instance throws as it completes. What the conditions see counts it as completed.
func (s *step) completing(n *node, t Token) ([]loopThrow, error) {
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
	var thrown []loopThrow
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
		for _, name := range []string{"numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances", "loopCounter"} {
			data[name] = look(name)
		}
		if len(b.event.inputs) > 0 {
			var err error
			if data, err = s.evaluate(n, b.event.inputs, look); err != nil {
				return nil, err
			}
		}
		thrown = append(thrown, loopThrow{b.event, data})
	}
	return thrown, nil
}

// throwAll throws events from an instance until one of them ends it.
func (s *step) throwAll(n *node, t Token, thrown []loopThrow) error {
	for _, e := range thrown {
		for _, d := range e.event.definitions {
			if s.in.Token(t.ID) == nil {
				return nil
			}
			if err := s.throwFrom(n, t, e, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *step) throwFrom(n *node, t Token, e loopThrow, d *definition) error {
	data := e.data
	if name := e.event.payload(d.index); name != "" {
		data = spread(data[name])
	}
	switch d.trigger.(type) {
	case errorTrigger:
		return s.throwError(n, t, thrownError{code: d.code, variables: data})
	case escalationTrigger:
		s.escalate(n, t, d.code, data)
	case signalTrigger:
		if sub := s.boundarySubscription(n, t, SubscriptionSignal, d.name); sub != nil {
			s.fire(*sub, s.p.nodes[sub.Element].brought(sub.Definition, data))
			return nil
		}
		s.emit(SignalThrown{Element: n.id, Name: d.name, Variables: data})
	case messageTrigger:
		return s.throwMessage(n, t, e, d)
	}
	return nil
}

// throwMessage gives the message to a boundary event that waits for it, else publishes it.
func (s *step) throwMessage(n *node, t Token, e loopThrow, d *definition) error {
	var data any = e.data
	if name := e.event.payload(d.index); name != "" {
		data = e.data[name]
	}
	topic, err := s.text(d.work.topic, t.inside(), "the topic of", n)
	if err != nil {
		return err
	}
	if sub := s.boundarySubscription(n, t, SubscriptionMessage, topic); sub != nil {
		message := Message{Name: topic, Data: data}
		s.fire(*sub, message.results(s.p.nodes[sub.Element], sub.Definition))
		return nil
	}
	return d.work.send(s, n, t, data)
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
