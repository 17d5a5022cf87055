// Package asyncapi describes the messages of processes as an AsyncAPI 3.0 document, which partner teams integrate against.
//
// [Describe] finds every element of the executable processes that publishes or awaits a message: a topic is a channel, an element
// an operation, "send" if Sonata publishes and "receive" if it awaits. A message's payload is a CloudEvent in JSON, with the extension
// attributes of Kogito that Sonata writes and reads; its data is what the input mappings of the elements say that publish it.
// What only a partner knows, the data of its own messages, is open, but for the fields that the output mappings read.
// A request whose reply the process awaits next has that reply. What BPMN says and AsyncAPI does not is in x-bpmn.
package asyncapi
