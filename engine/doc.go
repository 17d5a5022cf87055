// Package engine is the pure core of Sonata: it compiles BPMN processes and moves their tokens.
//
// [Compile] makes a process of package bpmn executable, or says everything that is wrong with it. [Step] carries out one
// command on one instance and moves every token until each waits. It is a pure function: there is no clock, no I/O, no
// goroutine, no randomness and no map order in this package. Time and keys come in, and what the world must do goes out.
//
// # What an instance is made of
//
//   - A [Token] is where the instance stands: on a sequence flow or in a flow node. A parallel join takes one token
//     of each incoming flow; a surplus stays on its flow.
//   - A [Scope] holds variables: of the process, of a sub-process, of one instance of a looping activity, of an activity with
//     input mappings. It is finished when no token is in it.
//   - A [Subscription] is one thing that the instance waits for. Everything that waits is one: jobs, messages, timers, signals,
//     conditions, called instances. Consuming a token closes its subscriptions, in one place.
//   - An [Incident] is a fault of data or of a worker. The token stays, and resolving the incident runs the failed step
//     again.
//
// # What a step gives
//
// [Event]s are facts; they alone change state, and [Replay] applies them again. [Effect]s are what the world must do because of
// them, and are a pure function of the events. Whoever calls Step has four duties:
//
//  1. Store the instance, or the events, before any effect happens, and all of it in one transaction with whatever caused the
//     command.
//  2. Index the open subscriptions: fire timers that are due, correlate messages, hand out jobs, each as a command.
//  3. Carry out the effects at least once: publish messages, start and cancel called instances, tell the caller, broadcast
//     signals.
//  4. Never change an [Instance] that was passed in or given out.
//
// # Where things are
//
// A flow node is one file, named after it, with the rule of the specification (OMG formal/2013-12-09) that it follows; the
// index is the table in behaviors.go. The triggers of events are the second table there. step.go is the loop, tokens.go,
// variables.go, subscription.go and incident.go are the vocabulary that behaviors use, apply.go is what events do.
//
// Four kinds of wrong are never mixed: a wrong model is a list of problems at [Compile]; a wrong command is a [Rejection] and
// changes nothing; wrong data is an [Incident]; and a mistake of ours is a panic. A BPMN error is none of these: it is
// control flow.
package engine
