package asyncapi

// attribute is one of a CloudEvent, as a schema says it.
type attribute struct{ name, format, description string }

// cloudEvent is the envelope of what Sonata receives (CloudEvents 1.0, JSON format). Attributes of Kogito correlate it.
func cloudEvent() *schema {
	s := object("A CloudEvent 1.0 in JSON. Binary mode and plain JSON are read too.", []string{"specversion", "id", "source", "type"}, []attribute{
		{"id", "", "With the source, what makes the event unique: a repetition is dropped."},
		{"source", "uri-reference", "Who sent it."},
		{"type", "", "The topic."},
		{"time", "date-time", "When it was sent."},
		{"datacontenttype", "", "application/json, which is what is meant without it."},
		{"kogitoprocrefid", "", "The instance that the message is for: the kogitoprocinstanceid of the request that it answers."},
		{"kogitoprocinstanceid", "", "The instance that sent it; what is answered repeats it."},
		{"kogitobusinesskey", "", "Without kogitoprocrefid, the business key of the instance that the message is for, or that it starts."},
		{"correlationkey", "", "Without kogitoprocrefid, what a waiting instance is found by; else it is the key of the record."},
		{"traceparent", "", "Where it stands in a distributed trace (W3C Trace Context), which what it causes goes on with. The header of that name goes before it."},
		{"tracestate", "", "What tracing systems add to that."},
	})
	s.Properties.set("specversion", &schema{Type: "string", Const: "1.0"})
	s.Properties.set("data", &schema{})
	return s
}

// processEvent is the envelope of what Sonata sends, with the attributes that Kogito writes (adapters/kafka: envelope).
func processEvent() *schema {
	s := object("A CloudEvent 1.0 in JSON, as Sonata sends it, with the extension attributes of Kogito.",
		[]string{"specversion", "id", "source", "type", "time", "datacontenttype", "kogitoproctype", "kogitoprocist"}, []attribute{
			{"id", "uuid", "Stays the same when the message is sent again: a receiver drops the repetition."},
			{"source", "uri-reference", "/process/ and the id of the process."},
			{"type", "", "The topic."},
			{"time", "date-time", "When the process sent it."},
			{"datacontenttype", "", "application/json"},
			{"kogitoproctype", "", "BPMN"},
			{"kogitoprocinstanceid", "", "The key of the instance that sends it. A reply repeats it in kogitoprocrefid."},
			{"kogitoprocversion", "", "The version of the process."},
			{"kogitoprocid", "", "The id of the process."},
			{"kogitoprocist", "", "The state of the instance."},
			{"kogitoparentprociid", "", "The instance that called it, if there is one."},
			{"kogitorootprociid", "", "The instance at the top of the calls."},
			{"kogitorootprocid", "", "The process of that instance."},
			{"kogitoprocrefid", "", "The instance whose message started this one: the kogitoprocinstanceid of that message."},
			{"kogitobusinesskey", "", "The business key of the instance, if it has one."},
			{"traceparent", "", "The distributed trace of what the instance was last caused by, if that had one. The header of that name has the same."},
			{"tracestate", "", "What tracing systems have added to that."},
		})
	s.Properties.set("specversion", &schema{Type: "string", Const: "1.0"})
	s.Properties.set("data", &schema{})
	return s
}

func object(description string, required []string, attributes []attribute) *schema {
	s := &schema{Type: "object", Description: description, Required: required}
	for _, a := range attributes {
		s.Properties.set(a.name, &schema{Type: "string", Format: a.format, Description: a.description})
	}
	return s
}
