package engine

import "github.com/sonata-bpmn/sonata/bpmn"

// messageTrigger waits for a message or sends one (§10.5.5).
type messageTrigger struct{}

func (messageTrigger) link(c *compiler, n *node, d *bpmn.EventDefinition) {
	switch positionOf(n) {
	case positionThrow, positionEnd:
		if n.work = c.work(n, d.Message); n.work == nil {
			c.refuse(CodeMessage, n.source.Element, "%s refers to no message", n.label()).Hint = `give it a message, or the task definition type "kafka:publish" with a header "topic"`
		}
	case positionStart:
		n.message = c.message(n, d.Message, false)
	default:
		n.message = c.message(n, d.Message, true)
	}
}

// message reads the message that a node waits for. Where an instance waits, the correlation key says for which one.
func (c *compiler) message(n *node, m *bpmn.Message, correlates bool) *messageSpec {
	switch {
	case m == nil:
		c.refuse(CodeMessage, n.source.Element, "%s refers to no message", n.label()).Hint = "choose or create one in the properties panel"
		return nil
	case m.Topic() == "":
		c.refuse(CodeMessage, m.Element, "message %q, for which %s waits, has no name", m.ID, n.label()).Hint = "its name is the topic"
		return nil
	}
	spec := &messageSpec{name: m.Topic()}
	if correlates && m.CorrelationKey != nil {
		at := m.Element
		spec.correlationKey = c.expression(*m.CorrelationKey, at, anyResult)
	}
	return spec
}

// subscribe evaluates the correlation key. Without one only a message that names the instance (kogitoprocrefid) or its
// business key resumes it.
func (messageTrigger) subscribe(s *step, n *node, w waiter) (Subscription, error) {
	sub := Subscription{Kind: SubscriptionMessage, Name: n.message.name}
	if n.message.correlationKey != nil {
		key, err := s.text(n.message.correlationKey, w.inside(), "the correlation key of "+n.label())
		if err != nil {
			return sub, err
		}
		if key == "" {
			return sub, faultf(IncidentMessage, "the correlation key of %s is empty, so no message could ever resume it", n.label())
		}
		sub.Key = key
	}
	return sub, nil
}

func (messageTrigger) throw(s *step, n *node, t Token) (bool, error) {
	return n.work.begin(s, n, t)
}

func (c CorrelateMessage) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionMessage)
	if err != nil {
		return err
	}
	s.fire(sub, c.Message.results(s.p.nodes[sub.Element]))
	return nil
}

// results are the variables that a message brings. The CloudEvent and the record are there for output mappings only:
// without any they would end up as variables of the process.
func (m Message) results(n *node) map[string]any {
	results := map[string]any{}
	switch data := m.Data.(type) {
	case nil:
	case map[string]any:
		for name, value := range data {
			results[name] = value
		}
	default:
		results["data"] = data
	}
	if len(n.outputs) > 0 {
		results["event"], results["record"] = m.Event, m.Record
	}
	return results
}
