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
		}
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
	if m.CorrelationKey != nil {
		d.key = c.expression(*m.CorrelationKey, m.Element, anyResult)
	}
}

// subscribe evaluates the correlation key. Without one only a message that names the instance (kogitoprocrefid) or its
// business key resumes it.
func (messageTrigger) subscribe(s *step, n *node, d *definition, w waiter) (Subscription, error) {
	sub := Subscription{Kind: SubscriptionMessage, Name: d.name}
	if d.key != nil {
		key, err := s.text(d.key, w.inside(), "the correlation key of", n)
		if err != nil {
			return sub, err
		}
		if key == "" {
			return sub, faultf(IncidentMessage, "the correlation key of %s is empty, so no message could ever resume it", n)
		}
		sub.Key = key
	}
	return sub, nil
}

func (messageTrigger) throw(s *step, n *node, d *definition, t Token) (bool, error) {
	return d.work.begin(s, n, t)
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
		maps.Copy(results, data)
	default:
		results["data"] = data
	}
	if len(n.outputs) > 0 {
		results["event"], results["record"] = m.Event, m.Record
	}
	return results
}
