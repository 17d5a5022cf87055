package engine

import (
	"maps"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Several systems may share one topic, each message saying what it is by its content. Two extension properties say which of
// the messages concern a process and what becomes of the others; BPMN, where a message has one meaning, has no words for it.
const (
	// propertyStarts of a message start event: an expression on a message (its fields, data, event, record) that must hold for it to
	// start an instance.
	propertyStarts = "startCondition"
	// propertyLife of a message: an ISO 8601 duration, how long one that nobody awaits is kept. PT0S: it is dropped at once.
	propertyLife = "timeToLive"
	// propertyIgnored of a message: names of fields of its data, between commas, that are left unread, and so are never kept.
	propertyIgnored = "ignoredFields"
)

const maxLifeDays = 3650

// Accepts says whether a message may start an instance at a start event of the process. One that has no condition takes
// every message; a condition that fails does not hold. at is what now() gives.
func (p *Process) Accepts(element string, m Message, at time.Time) bool {
	n := p.nodes[element]
	if n == nil || n.accepts == nil {
		return true
	}
	value, err := n.accepts.eval(at, m.lookup)
	return err == nil && value == true
}

// Lives lists the topics for which the process says how long messages that nobody awaits are kept, with that time.
func (p *Process) Lives() map[string]time.Duration { return p.lives }

// lookup finds a name in a message: a field of its data, or data, event and record as a whole.
func (m Message) lookup(name string) any {
	if fields, ok := m.Data.(map[string]any); ok {
		if value, ok := fields[name]; ok {
			return value
		}
	}
	switch name {
	case "data":
		return m.Data
	case "event":
		return asValue(m.Event)
	case "record":
		return asValue(m.Record)
	}
	return nil
}

// heeded is the data of a message without the fields that are left unread.
func (d *definition) heeded(data any) any {
	fields, isObject := data.(map[string]any)
	if !isObject || len(d.ignored) == 0 {
		return data
	}
	fields = maps.Clone(fields)
	for _, name := range d.ignored {
		delete(fields, name)
	}
	return fields
}

// reception reads what a message that n waits for, or that starts n, says about itself beyond its name.
func (c *compiler) reception(n *node, d *definition, m *bpmn.Message) {
	for name := range strings.SplitSeq(m.Properties[propertyIgnored], ",") {
		if name = strings.TrimSpace(name); name != "" {
			d.ignored = append(d.ignored, name)
		}
	}
	if text, ok := n.source.Properties[propertyStarts]; ok {
		if positionOf(n) == positionStart && n.kind() == "startEvent" {
			n.accepts = c.expression(text2expression(text, n.source.Pos), n.source.Element, boolResult)
		} else {
			c.refuse(CodeMessage, n.source.Element, "%s has a %s, but it starts no process", n, propertyStarts).Hint = "which messages resume an instance, the correlation key says"
		}
	}
	text, ok := m.Properties[propertyLife]
	if !ok {
		return
	}
	life, err := parsePeriod(text)
	if err != nil || life.months != 0 || life.days > maxLifeDays {
		c.refuse(CodeMessage, m.Element, "the %s %q of message %q is no duration of at most %d days", propertyLife, text, m.Name, maxLifeDays).Hint = "write one such as PT10M; PT0S drops what nobody awaits"
		return
	}
	c.process.lives[m.Topic()] = time.Duration(life.days)*24*time.Hour + life.exact
}
