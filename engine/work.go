package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// publishType is the task definition type of an element that publishes a message itself; every other type is a job for a
// worker. Its task headers are "topic", "key", "data", what the shell makes of "kogitoprocrefid" and "secrets", and, by any other name, headers of the record.
const publishType = "kafka:publish"

// workSpec says who does the work of a task or throwing event.
type workSpec struct {
	jobType, retries *expression
	headers          map[string]string

	// Of publications; topic is nil for a job.
	topic, key    *expression
	data          *expression // what is published, in place of the input mappings; nil: these are
	recordHeaders []recordHeader
	definition    int // which event definition it is for
	conversation  *conversation
}

type recordHeader struct {
	name  string
	value *expression
}

// work reads a task definition. An element without one that refers to a message publishes that message. It returns nil
// if neither is there.
func (c *compiler) work(n *node, m *bpmn.Message) *workSpec {
	def := n.source.TaskDefinition
	if def == nil {
		if m == nil {
			return nil
		}
		return &workSpec{
			topic:        c.expression(bpmn.Expression{Text: m.Topic(), Literal: true, Pos: m.Pos}, n.source.Element, anyResult),
			conversation: c.sends(n, m),
		}
	}
	if def.Type.Text != publishType {
		w := &workSpec{jobType: c.expression(def.Type, n.source.Element, anyResult), headers: def.Headers}
		c.doubtType(n, def, w.jobType)
		if def.Retries.Text != "" {
			w.retries = c.expression(def.Retries, n.source.Element, anyResult)
		}
		return w
	}
	return c.publication(n, m, def)
}

func (c *compiler) publication(n *node, m *bpmn.Message, def *bpmn.TaskDefinition) *workSpec {
	w := &workSpec{conversation: c.sends(n, m)}
	at := n.source.Element
	for _, name := range slices.Sorted(maps.Keys(def.Headers)) {
		value := c.expression(text2expression(def.Headers[name], def.Pos), at, anyResult)
		switch name {
		case "topic":
			w.topic = value
		case "key":
			w.key = value
		case "data":
			w.data = value
		default:
			w.recordHeaders = append(w.recordHeaders, recordHeader{name: name, value: value})
			c.doubtHeader(n, def, name)
		}
	}
	if w.topic == nil && m != nil {
		w.topic = c.expression(bpmn.Expression{Text: m.Topic(), Literal: true, Pos: m.Pos}, at, anyResult)
	}
	if w.topic == nil {
		at.Pos = def.Pos
		c.refuse(CodeMessage, at, "%s does not say to which topic it publishes", n).Hint = `give it a task header "topic", or a message`
	}
	return w
}

// begin publishes the message, and reports that the work is done, or opens the job.
func (w *workSpec) begin(s *step, n *node, t Token) (done bool, err error) {
	work, err := w.prepare(s, n, t)
	if err != nil {
		return false, err
	}
	return work(), nil
}

// prepare evaluates everything about the message or the job.
func (w *workSpec) prepare(s *step, n *node, t Token) (throwing, error) {
	if w.topic != nil {
		return w.publish(s, n, t)
	}
	name, err := s.text(w.jobType, t.inside(), "the job type of", n)
	if err != nil {
		return nil, err
	}
	retries := 3 // as in Camunda 8
	if w.retries != nil {
		text, err := s.text(w.retries, t.inside(), "the retries of", n)
		if err != nil {
			return nil, err
		}
		if retries, err = strconv.Atoi(text); err != nil || retries < 0 {
			return nil, faultf(IncidentExpression, "the retries of %s are no whole number", n)
		}
	}
	job := &Job{Retries: retries, Headers: w.headers}
	return func() bool {
		s.open(Subscription{Kind: SubscriptionJob, Token: t.ID, Scope: t.Scope, Element: n.id, Name: name, Job: job})
		return false
	}, nil
}

// publish makes the message; its data is what the input mappings made, and nothing else, unless the header "data" says it as a whole.
func (w *workSpec) publish(s *step, n *node, t Token) (throwing, error) {
	var data any = map[string]any{}
	switch name := n.payload(w.definition); {
	case w.data != nil:
		var err error
		if data, err = s.eval(w.data, t.inside()); err != nil {
			return nil, faultf(IncidentExpression, "the data of %s: %w", n, err)
		}
	case name != "":
		data = s.local(t)[name]
	case t.Inner != 0:
		data = s.mapped(n, t)
	}
	return w.send(s, n, t, data)
}

// mapped is what the input mappings of a node made. An instance of a looping activity has its item and its number beside that, an event
// what the workers brought that sent its messages.
func (s *step) mapped(n *node, t Token) map[string]any {
	local := s.local(t)
	if n.loop == nil && len(n.definitions) == 0 {
		return local
	}
	data := make(map[string]any, len(n.inputs))
	for _, m := range n.inputs {
		name, _, _ := strings.Cut(m.target, ".")
		if value, ok := local[name]; ok {
			data[name] = value
		}
	}
	return data
}

// send makes a message of data.
func (w *workSpec) send(s *step, n *node, t Token, data any) (throwing, error) {
	thrown := MessageThrown{Element: n.id, Data: data}
	var err error
	if thrown.Topic, err = s.text(w.topic, t.inside(), "the topic of", n); err != nil {
		return nil, err
	}
	if thrown.Topic == "" {
		return nil, faultf(IncidentMessage, "the topic of %s is empty", n)
	}
	if w.key != nil {
		if thrown.Key, err = s.text(w.key, t.inside(), "the record key of", n); err != nil {
			return nil, err
		}
	}
	for _, h := range w.recordHeaders {
		value, err := s.text(h.value, t.inside(), "a record header of", n)
		if err != nil {
			return nil, err
		}
		if thrown.Headers == nil {
			thrown.Headers = map[string]string{}
		}
		thrown.Headers[h.name] = value
	}
	key, err := s.firstKey(w.conversation, Message{Name: thrown.Topic, Data: thrown.Data})
	if err != nil {
		return nil, faultf(IncidentMessage, "the conversation that %s begins: %w", n, err)
	}
	return func() bool {
		thrown.ID = s.newID()
		s.emit(thrown)
		s.beginConversation(w.conversation, key)
		return true
	}, nil
}

// text evaluates an expression whose value is used as a text; null is the empty text.
func (s *step) text(x *expression, scope ID, what string, of fmt.Stringer) (string, error) {
	value, err := s.eval(x, scope)
	if err != nil {
		return "", faultf(IncidentExpression, "%s %s: %w", what, of, err)
	}
	switch value.(type) {
	case []any, map[string]any:
		return "", faultf(IncidentExpression, "%s %s gives %s, not a text", what, of, kindOf(value))
	}
	return textOf(value), nil
}

// textOf renders a scalar JSON value as text.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return ""
	}
}
