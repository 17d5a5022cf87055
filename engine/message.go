package engine

import (
	"maps"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// messageTrigger waits for a message or sends one (§10.5.5).
type messageTrigger struct{}

func (messageTrigger) link(c *compiler, n *node, d *definition) {
	switch positionOf(n) {
	case positionThrow, positionEnd:
		if d.work = c.work(n, d.source.Message); d.work == nil {
			c.refuse(CodeMessage, n.source.Element, "%s refers to no message", n).Hint = `give it a message, or the task definition type "kafka:publish" with a header "topic"`
			return
		}
		d.work.definition = d.index
	default:
		c.message(n, d, d.source.Message)
	}
}

// message reads the message that a node waits for. Where an instance waits, the correlation key says for which one; a
// message that starts an instance needs none.
func (c *compiler) message(n *node, d *definition, m *bpmn.Message) {
	switch {
	case m == nil:
		c.refuse(CodeMessage, n.source.Element, "%s refers to no message", n).Hint = "choose or create one in the properties panel"
		return
	case m.Topic() == "":
		c.refuse(CodeMessage, m.Element, "message %q, for which %s waits, has no name", m.ID, n).Hint = "its name is the topic"
		return
	}
	d.name = m.Topic()
	c.correlate(n, d, m)
	c.reception(n, d, m)
}

// subscribe evaluates the correlation key. Without one only a message that names the instance (kogitoprocrefid) or its
// business key resumes it.
func (messageTrigger) subscribe(s *step, n *node, d *definition, w waiter) (Subscription, error) {
	sub := Subscription{Kind: SubscriptionMessage, Name: d.name}
	key, err := s.awaitedKey(n, d, w)
	switch {
	case err == nil && key != "":
		sub = sub.keyed(key, d)
	case n.gathersToStart():
		sub.Any = true
		return sub, nil
	}
	return sub, err
}

func (messageTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	return d.work.prepare(s, n, t)
}

func (c CorrelateMessage) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionMessage)
	if err != nil {
		return err
	}
	n := s.p.nodes[sub.Element]
	s.converse(n.definitions[sub.Definition].conversation, c.Message)
	s.fire(*s.in.Subscription(sub.ID), c.Message.results(n, sub.Definition))
	return nil
}

// results are the variables that a message brings. The CloudEvent and the record are there for output mappings only:
// without any they would end up as variables of the process.
func (m Message) results(n *node, definition int) map[string]any {
	if definition < len(n.definitions) {
		m.Data = n.definitions[definition].heeded(m.Data)
	}
	results := map[string]any{}
	name := n.payload(definition)
	if name == "" {
		maps.Copy(results, spread(m.Data))
	}
	if n.describes() {
		results["event"], results["record"] = m.Event, m.Record
		if _, named := results["data"]; !named { // the payload may have such a field
			results["data"] = m.Data
		}
	}
	if name != "" {
		results[name] = m.Data
	}
	return results
}
