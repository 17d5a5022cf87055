package bpmn

// Correlation as BPMN draws it (§8.4.2): a correlation key is a set of properties; for each property and message an expression
// on the message gives its value. A correlation subscription of a process says which values its instance waits for, by
// expressions on its variables; without one, the first message of the conversation decides.

type correlationProperty struct {
	paths map[string]Expression // by the id of a message
}

type correlationKey struct {
	n          *node
	properties []string // ids
}

type correlationSubscription struct {
	n        *node
	process  *Process
	key      string
	bindings map[string]Expression // by the id of a property
}

func (r *reader) correlationProperty(n *node) {
	r.element(n)
	n.information("type")
	p := &correlationProperty{paths: map[string]Expression{}}
	for c := range n.all("correlationPropertyRetrievalExpression") {
		r.element(c)
		message := r.required(c, "messageRef")
		r.exists(c, message, "a message", "message")
		path := r.child(c, "messagePath")
		if path == nil {
			r.fail(c, codeIncomplete, "add a messagePath", "nothing says where in the message the property is")
			continue
		}
		if x := r.expression(path); x != nil {
			p.paths[localPart(message)] = *x
		}
	}
	r.register(n, p)
}

// collaborationKeys reads the correlation keys of a collaboration, and those of its conversations.
func (r *reader) collaborationKeys(n *node) []*correlationKey {
	var keys []*correlationKey
	for _, c := range n.children {
		switch {
		case c.is("correlationKey"):
			keys = append(keys, r.readCorrelationKey(c))
		case c.is("conversation"), c.is("subConversation"), c.is("callConversation"):
			keys = append(keys, r.collaborationKeys(c)...)
		}
	}
	return keys
}

func (r *reader) readCorrelationKey(n *node) *correlationKey {
	r.element(n)
	k := &correlationKey{n: n}
	for c := range n.all("correlationPropertyRef") {
		ref := c.body()
		r.exists(c, ref, "a correlationProperty", "correlationProperty")
		k.properties = append(k.properties, localPart(ref))
	}
	if len(k.properties) == 0 {
		r.fail(n, codeIncomplete, "add a correlationPropertyRef", "the correlation key has no property")
	}
	r.register(n, k)
	return k
}

func (r *reader) correlationSubscription(n *node, p *Process) {
	r.element(n)
	s := &correlationSubscription{n: n, process: p, key: r.required(n, "correlationKeyRef"), bindings: map[string]Expression{}}
	r.exists(n, s.key, "a correlationKey", "correlationKey")
	for c := range n.all("correlationPropertyBinding") {
		r.element(c)
		property := r.required(c, "correlationPropertyRef")
		r.exists(c, property, "a correlationProperty", "correlationProperty")
		path := r.child(c, "dataPath")
		if path == nil {
			r.fail(c, codeIncomplete, "add a dataPath", "nothing says which value the property must have")
			continue
		}
		if x := r.expression(path); x != nil {
			s.bindings[localPart(property)] = *x
		}
	}
	r.subscriptions = append(r.subscriptions, s)
}

// linkCorrelations finds out, for each process and message, which key correlates them: that of a subscription before that of
// a collaboration.
func (r *reader) linkCorrelations() {
	for _, s := range r.subscriptions {
		key, _ := r.objects[localPart(s.key)].(*correlationKey)
		if key == nil {
			continue // reported
		}
		instance, complete := pick(key.properties, s.bindings)
		if !complete {
			r.fail(s.n, codeIncomplete, "add a correlationPropertyBinding for each property of the key", "the subscription does not say which values all properties of its key must have")
			continue
		}
		before := len(s.process.Correlations)
		r.correlate(s.process, key, instance)
		if len(s.process.Correlations) == before {
			r.fail(s.n, codeIncomplete, "add a correlationPropertyRetrievalExpression for each message and property", "no message has all properties of the subscription's key, so it correlates nothing")
		}
	}
	for _, c := range r.definitions.Collaborations {
		done := map[*Process]bool{}
		for _, participant := range c.Participants {
			p, ok := r.objects[localPart(participant.ProcessRef)].(*Process)
			if !ok || done[p] {
				continue
			}
			done[p] = true
			for _, key := range r.keys[c] {
				r.correlate(p, key, nil)
			}
		}
	}
}

// maxCorrelations bounds how often it is looked up where a message has a property.
const maxCorrelations = 200_000

// correlate lets a key correlate the messages that have all of its properties, and no key yet.
func (r *reader) correlate(p *Process, key *correlationKey, instance []Expression) {
	known := map[*Message]bool{}
	for _, c := range p.Correlations {
		known[c.For] = true
	}
	for _, m := range r.definitions.Messages {
		if message := r.paths(key, m); message != nil && !known[m] {
			p.Correlations = append(p.Correlations, &Correlation{ID: key.n.id(), For: m, Message: message, Instance: instance})
		}
	}
}

// paths says where a message has the properties of a key; nil if it lacks one.
func (r *reader) paths(key *correlationKey, m *Message) []Expression {
	var found []Expression
	for _, id := range key.properties {
		if r.correlated++; r.correlated >= maxCorrelations {
			if r.correlated == maxCorrelations {
				r.fail(key.n, codeLimit, "split the file", "the file has too many correlation keys, properties and messages")
			}
			return nil
		}
		property, ok := r.objects[id].(*correlationProperty)
		if !ok {
			return nil
		}
		x, ok := property.paths[m.ID]
		if !ok {
			return nil
		}
		found = append(found, x)
	}
	return found
}

// pick gives the expressions of the properties, in their order, if each has one.
func pick(properties []string, from map[string]Expression) ([]Expression, bool) {
	picked := make([]Expression, 0, len(properties))
	for _, id := range properties {
		if x, ok := from[id]; ok {
			picked = append(picked, x)
		}
	}
	return picked, len(picked) == len(properties) && len(picked) > 0
}
