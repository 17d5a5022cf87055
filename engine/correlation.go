package engine

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// A message finds the instance that waits for it by a correlation key (§8.4.2). What the key of a message is, its record
// says (the attribute correlationkey, else the record's key), or expressions on the message do: the extension property
// "correlationKeyExpression" of the event, task or message, or the correlation properties that are drawn. What it must be,
// expressions on the instance's variables say, or the first message of the conversation did.

// MessageKey is a correlation key that expressions of the model take from a message.
type MessageKey struct {
	// Source is the text of those expressions. Only subscriptions with this KeySource wait for the key.
	Source string `json:"source"`
	Key    string `json:"key"`
}

// MessageKeys gives the correlation keys that the expressions of the process take from a message, one for each different
// set of expressions for its name, in the order of the file. Those that find no value, or fail, give none. at is what now()
// gives.
func (p *Process) MessageKeys(m Message, at time.Time) []MessageKey {
	var keys []MessageKey
	for _, source := range p.keySources[m.Name] {
		key, _ := source.of(m, func(x *expression, look lookup) (any, error) { return x.eval(at, look) })
		if key != "" {
			keys = append(keys, MessageKey{Source: source.text, Key: key})
		}
	}
	return keys
}

// KeyedTopics lists the topics for which MessageKeys may give something, sorted.
func (p *Process) KeyedTopics() []string { return slices.Sorted(maps.Keys(p.keySources)) }

// keySource takes a key from a message.
type keySource struct {
	text  string
	parts []*expression
}

// of gives the key, "" if there is none. The error says why that cannot be told.
func (k *keySource) of(m Message, eval func(*expression, lookup) (any, error)) (string, error) {
	values := make([]any, len(k.parts))
	for i, part := range k.parts {
		value, err := eval(part, m.lookup)
		if err != nil {
			return "", err
		}
		values[i] = value
	}
	return joinKey(values), nil
}

// asValue is a JSON value: a map that is nil is null.
func asValue(object map[string]any) any {
	if object == nil {
		return nil
	}
	return object
}

// joinKey makes one text of the values of a key: "" if one of them is missing.
func joinKey(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		if texts[i] = textOf(value); texts[i] == "" {
			return ""
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	joined, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts can always be written
	}
	return string(joined)
}

// conversation is a correlation key whose value the first message decides that the instance receives or sends.
type conversation struct {
	id      string
	message *keySource
}

// correlate reads how messages find an instance that waits at n: what the modelling tool's extension says, else what is
// drawn.
func (c *compiler) correlate(n *node, d *definition, m *bpmn.Message) {
	starts := positionOf(n) == positionStart && n.kind() == "startEvent" && !n.gathers()
	if m.CorrelationKey != nil {
		d.key = []*expression{c.expression(*m.CorrelationKey, m.Element, anyResult)}
		if !starts {
			c.doubtKey(m)
		}
	}
	for _, at := range []bpmn.Element{n.source.Element, m.Element} {
		if text, ok := at.Properties["correlationKeyExpression"]; ok {
			switch {
			case starts && at.ID == n.id:
				c.refuse(CodeMessage, at, "%s has a correlationKeyExpression, but it starts an instance for each message", n).Hint = "delete it, or let the process wait for the message after another start"
			case !starts && d.key == nil:
				c.refuse(CodeMessage, at, "correlationKeyExpression says what key the messages have for which %s waits, but nothing says which it must be", n).Hint = "give the message a correlation key (zeebe:subscription)"
			case !starts:
				d.messageKey = c.keySource(m, []bpmn.Expression{text2expression(text, at.Pos)}, at)
			}
			return
		}
	}
	drawn := c.drawn(m)
	if drawn == nil || d.key != nil {
		return
	}
	d.messageKey = c.keySource(m, drawn.Message, n.source.Element)
	if drawn.Instance == nil {
		d.conversation = &conversation{id: drawn.ID, message: d.messageKey}
		return
	}
	for _, x := range drawn.Instance {
		d.key = append(d.key, c.expression(x, n.source.Element, anyResult))
	}
}

// sends reads the conversation that a message begins when the instance sends it; nil if it begins none.
func (c *compiler) sends(n *node, m *bpmn.Message) *conversation {
	drawn := c.drawn(m)
	if drawn == nil || drawn.Instance != nil {
		return nil
	}
	return &conversation{id: drawn.ID, message: c.keySource(m, drawn.Message, n.source.Element)}
}

func (c *compiler) drawn(m *bpmn.Message) *bpmn.Correlation {
	if i := slices.IndexFunc(c.correlations, func(d *bpmn.Correlation) bool { return d.For == m }); i >= 0 && m != nil {
		return c.correlations[i]
	}
	return nil
}

// keySource compiles the expressions that take a key from a message, and makes them known to MessageKeys.
func (c *compiler) keySource(m *bpmn.Message, parts []bpmn.Expression, at bpmn.Element) *keySource {
	var texts []string
	k := &keySource{}
	for _, x := range parts {
		texts = append(texts, x.Text)
		k.parts = append(k.parts, c.expressionOnData(x, at, anyResult))
	}
	k.text = strings.Join(texts, "\n")
	topic := m.Topic()
	known := c.process.keySources[topic]
	if i := slices.IndexFunc(known, func(other *keySource) bool { return other.text == k.text }); i >= 0 {
		return known[i]
	}
	c.process.keySources[topic] = append(known, k)
	return k
}

// awaitedKey is the correlation key that a message must have to resume the instance at n; "" if none is known.
func (s *step) awaitedKey(n *node, d *definition, w waiter) (string, error) {
	if d.conversation != nil {
		return s.in.Conversations[d.conversation.id], nil
	}
	if d.key == nil {
		return "", nil
	}
	values := make([]any, len(d.key))
	for i, x := range d.key {
		text, err := s.text(x, w.inside(), "the correlation key of", n)
		if err != nil {
			return "", err
		}
		values[i] = text
	}
	key := joinKey(values)
	if key == "" {
		return "", faultf(IncidentMessage, "the correlation key of %s is empty, so no message could ever resume it", n)
	}
	return key, nil
}

// converse notes the key of the first message of a conversation. Whatever waits for another message of it already does so
// with that key from now on.
func (s *step) converse(c *conversation, m Message) {
	key, _ := s.firstKey(c, m) // nothing was evaluated before it in the step that brings a message
	s.beginConversation(c, key)
}

// firstKey is the key of a message that begins a conversation; "" for another message, and for one that has no key.
func (s *step) firstKey(c *conversation, m Message) (string, error) {
	if c == nil || s.in.Conversations[c.id] != "" {
		return "", nil
	}
	key, err := c.message.of(m, s.evalWith)
	if errors.Is(err, errWork) {
		return "", err
	}
	return key, nil
}

func (s *step) beginConversation(c *conversation, key string) {
	if key == "" || s.in.Conversations[c.id] != "" {
		return
	}
	s.emit(ConversationBegun{Correlation: c.id, Key: key})
	for _, sub := range s.in.Subscriptions {
		if sub.Kind != SubscriptionMessage || sub.Key != "" {
			continue
		}
		if d := s.p.nodes[sub.Element].definitions[sub.Definition]; d.conversation != nil && d.conversation.id == c.id {
			sub = sub.keyed(key, d)
			s.emit(SubscriptionUpdated{sub})
		}
	}
}
