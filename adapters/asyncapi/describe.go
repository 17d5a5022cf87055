package asyncapi

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

const (
	cloudEventsType = "application/cloudevents+json"
	jsonType        = "application/json"
)

// Describe makes the document of the executable processes of some files. It is the same for the same files, whatever their order.
func Describe(info Info, files []*bpmn.Definitions) *Document {
	var all []*element
	for _, d := range files {
		for _, p := range d.Executable() {
			all = append(all, elements(p, &p.Container)...)
		}
	}
	slices.SortStableFunc(all, func(a, b *element) int {
		return cmp.Or(cmp.Compare(a.channelName(), b.channelName()), cmp.Compare(a.id(), b.id()))
	})
	d := &Document{AsyncAPI: "3.0.0", Info: info, DefaultContentType: cloudEventsType}
	replies := replies(all)
	for i := 0; i < len(all); {
		last := i
		for last < len(all) && all[last].channelName() == all[i].channelName() {
			last++
		}
		d.channel(all[i:last], replies)
		i = last
	}
	d.Components.Schemas.set("CloudEvent", cloudEvent())
	d.Components.Schemas.set("ProcessEvent", processEvent())
	slices.SortFunc(all, func(a, b *element) int { return cmp.Compare(a.id(), b.id()) })
	for _, e := range all {
		d.Operations.set(e.id(), operationOf(e, replies))
	}
	return d
}

func to(parts ...string) reference { return reference{"#/" + strings.Join(parts, "/")} }

// channel adds a topic, and the message on it, with what all of its elements say.
func (d *Document) channel(of []*element, replies map[string]string) {
	e := of[0]
	id := e.channelName()
	c := &channel{Description: channelDescription(of)}
	if e.topic != "" {
		c.Address = &e.topic
		c.Bindings = &kafkaBindings{kafkaBinding{Topic: e.topic, Version: kafkaBindingVersion}}
	}
	c.Messages.set(id, to("components", "messages", id))
	d.Channels.set(id, c)
	d.Components.Messages.set(id, messageOf(of, replies))
}

func channelDescription(of []*element) string {
	if of[0].topic == "" {
		return "The topic is known when the message is sent: it is the value of " + of[0].dynamic + "."
	}
	var senders, receivers []string
	for _, e := range of {
		who := cmp.Or(e.process.Name, e.process.ID)
		if e.sends {
			senders = append(senders, who)
		} else {
			receivers = append(receivers, who)
		}
	}
	var sentences []string
	add := func(verb string, who []string) {
		slices.Sort(who)
		if who = slices.Compact(who); len(who) > 0 {
			sentences = append(sentences, verb+strings.Join(who, ", ")+".")
		}
	}
	add("Sent by: ", senders)
	add("Received by: ", receivers)
	return strings.Join(sentences, " ")
}

func operationOf(e *element, replies map[string]string) *operation {
	id := e.channelName()
	o := &operation{
		Action: "receive", Channel: to("channels", id), Title: e.node.Name,
		Description: cmp.Or(e.node.Documentation, whatFor(e)), Messages: []reference{to("channels", id, "messages", id)},
		Origin: origin{File: filepath.Base(e.process.Pos.File), Process: e.process.ID, Element: e.node.ID, Kind: e.node.Kind},
	}
	if e.sends {
		o.Action = "send"
	}
	if topic := replies[e.topic]; topic != "" {
		other := name(topic)
		o.Reply = &reply{Channel: to("channels", other), Messages: []reference{to("channels", other, "messages", other)}}
	}
	return o
}

// whatFor says what the message does or what it is sent for.
func whatFor(e *element) string {
	who := fmt.Sprintf("the process %q", cmp.Or(e.process.Name, e.process.ID))
	switch {
	case e.sends:
		return "Sent by " + who + "."
	case e.node.Kind == "startEvent" && e.node.Parent == nil && e.node.Properties["startCondition"] != "":
		return fmt.Sprintf("Starts %s if %s.", who, strings.TrimPrefix(e.node.Properties["startCondition"], "="))
	case e.node.Kind == "startEvent" && e.node.Parent == nil:
		return "Starts " + who + "."
	case e.node.Kind == "boundaryEvent" && e.node.AttachedTo != nil:
		return fmt.Sprintf("Received by %s, during %q.", who, cmp.Or(e.node.AttachedTo.Name, e.node.AttachedTo.ID))
	}
	return "Awaited by " + who + "."
}

// messageOf describes what travels on a topic: a CloudEvent or, if all who send it say so, its data alone.
func messageOf(of []*element, replies map[string]string) *message {
	e := of[0]
	m := &message{Name: cmp.Or(e.topic, e.id()), ContentType: cloudEventsType}
	sent := slices.DeleteFunc(slices.Clone(of), func(e *element) bool { return !e.sends })
	data := dataOf(of)
	m.Bindings = &kafkaBindings{kafkaBinding{Key: &schema{Type: "string", Description: keyDescription(of)}, Version: kafkaBindingVersion}}
	m.Headers = headersOf(sent)
	if len(sent) > 0 && !slices.ContainsFunc(sent, func(e *element) bool { return !isBinary(e) }) {
		m.ContentType, m.Payload = jsonType, data
		return m
	}
	own := &schema{Type: "object"}
	own.Properties.set("data", data)
	base := "CloudEvent"
	if len(sent) > 0 {
		base, own.Required = "ProcessEvent", []string{"data"}
		if e.topic != "" {
			own.Properties.set("type", &schema{Type: "string", Const: e.topic})
		}
	}
	m.Payload = &schema{AllOf: []*schema{{Ref: to("components", "schemas", base).Ref}, own}}
	m.CorrelationID = correlation(of, replies)
	return m
}

// correlation says which attribute brings a request and its reply together.
func correlation(of []*element, replies map[string]string) *correlationID {
	topic := of[0].topic
	if replies[topic] != "" {
		return &correlationID{"The instance that asks; its reply repeats it in kogitoprocrefid.", "$message.payload#/kogitoprocinstanceid"}
	}
	for _, answer := range replies {
		if answer == topic {
			return &correlationID{"The instance that is answered: the kogitoprocinstanceid of the request.", "$message.payload#/kogitoprocrefid"}
		}
	}
	return nil
}

// keyDescription says what the key of the record is, or may be.
func keyDescription(of []*element) string {
	var texts []string
	for _, e := range of {
		switch {
		case !e.sends && e.message.CorrelationKey != nil && e.node.Kind != "startEvent":
			texts = append(texts, "Without kogitoprocrefid, a message finds its instance by the value of "+e.message.CorrelationKey.Text+".")
		case e.sends && e.node.TaskDefinition != nil && e.node.TaskDefinition.Headers["key"] != "":
			texts = append(texts, "The value of "+e.node.TaskDefinition.Headers["key"]+".")
		case e.sends:
			texts = append(texts, "The business key of the instance, if it has one.")
		}
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), " ")
}
