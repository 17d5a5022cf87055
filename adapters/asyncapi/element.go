package asyncapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// element is a flow node that publishes or awaits messages on a topic.
type element struct {
	node    *bpmn.FlowNode
	process *bpmn.Process
	message *bpmn.Message // nil if the element names none
	index   int           // of the event definition, 0 of a task
	topic   string        // "" if it is known only at run time, by the expression dynamic
	dynamic string
	sends   bool
}

// id is the name of the operation: unique, because ids are in a file, and processes in a deployment.
func (e *element) id() string {
	id := name(e.process.ID + "." + e.node.ID)
	if len(e.node.EventDefinitions) > 1 && e.message != nil {
		id += "." + name(e.message.ID)
	}
	return id
}

// name makes a text fit to be a name in components: letters, digits, ".", "_" and "-".
func name(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, text)
}

// channelName is that of the channel, and of the message on it.
func (e *element) channelName() string { return cmp.Or(name(e.topic), e.id()) }

// elements finds what publishes or awaits messages, in document order.
func elements(p *bpmn.Process, c *bpmn.Container) []*element {
	var found []*element
	for _, n := range c.FlowNodes {
		for _, e := range messagesOf(n) {
			e.node, e.process = n, p
			found = append(found, e)
		}
		if n.Body != nil {
			found = append(found, elements(p, n.Body)...)
		}
	}
	return found
}

// messagesOf gives an element for each message that the node publishes or awaits, as the engine does: a task definition that is not
// publishType is a job, whose worker publishes if anybody does.
func messagesOf(n *bpmn.FlowNode) []*element {
	switch {
	case n.Kind == "receiveTask" && n.Message != nil:
		return []*element{{message: n.Message, topic: n.Message.Topic()}}
	case n.TaskDefinition != nil && n.TaskDefinition.Type.Text == publishType && len(n.EventDefinitions) == 0:
		return []*element{publication(n, n.Message)}
	case n.Kind == "sendTask" && n.TaskDefinition == nil && n.Message != nil:
		return []*element{publication(n, n.Message)}
	}
	throws := n.Kind == "endEvent" || n.Kind == "intermediateThrowEvent"
	var found []*element
	for i, d := range n.EventDefinitions {
		switch {
		case d.Kind != "messageEventDefinition":
			continue
		case throws && (n.TaskDefinition == nil && d.Message != nil || n.TaskDefinition != nil && n.TaskDefinition.Type.Text == publishType):
			e := publication(n, d.Message)
			e.index = i
			found = append(found, e)
		case !throws && d.Message != nil:
			found = append(found, &element{message: d.Message, topic: d.Message.Topic(), index: i})
		}
	}
	return found
}

// publishType is the task definition type of an element that publishes a message itself.
const publishType = "kafka:publish"

// publication reads the topic: the task header of that name, else the message's (see engine/work.go).
func publication(n *bpmn.FlowNode, m *bpmn.Message) *element {
	e := &element{message: m, sends: true}
	header := ""
	if n.TaskDefinition != nil {
		header = strings.TrimSpace(n.TaskDefinition.Headers["topic"])
	}
	switch {
	case strings.HasPrefix(header, "="):
		e.dynamic = strings.TrimSpace(header[1:])
	case header != "":
		e.topic = header
	case m != nil:
		e.topic = m.Topic()
	}
	return e
}

// replies pairs the topic of a request with the topic on which its reply is awaited: what publishes is followed by what awaits, with
// nothing but gateways between them. A topic that is awaited on several topics, or differently in two places, has none.
func replies(all []*element) map[string]string {
	found := map[string][]string{}
	awaited := map[*bpmn.FlowNode][]*element{}
	for _, e := range all {
		if !e.sends {
			awaited[e.node] = append(awaited[e.node], e)
		}
	}
	for _, e := range all {
		if e.sends && e.topic != "" {
			for _, next := range following(e.node, map[*bpmn.FlowNode]bool{}) {
				for _, r := range awaited[next] {
					found[e.topic] = append(found[e.topic], r.topic)
				}
			}
		}
	}
	pairs := map[string]string{}
	for request, topics := range found {
		slices.Sort(topics)
		if topics = slices.Compact(topics); len(topics) == 1 && topics[0] != request {
			pairs[request] = topics[0]
		}
	}
	return pairs
}

// following gives the nodes that come next, gateways left out.
func following(n *bpmn.FlowNode, seen map[*bpmn.FlowNode]bool) []*bpmn.FlowNode {
	var next []*bpmn.FlowNode
	for _, f := range n.Outgoing {
		switch {
		case f.Target == nil || seen[f.Target]:
		case strings.HasSuffix(f.Target.Kind, "Gateway"):
			seen[f.Target] = true
			next = append(next, following(f.Target, seen)...)
		default:
			next = append(next, f.Target)
		}
	}
	return next
}
