// Package bpmn reads BPMN 2.0 XML into an immutable model.
//
// [Parse] matches elements by namespace, never by prefix, keeps the line and column of every element, and reports
// every fault that it finds as one [Problems] list. The types are named as in the specification (OMG formal/2013-12-09);
// a flow node's Kind is its XML local name. The extension elements of modelling tools (the `zeebe:` elements of Camunda 8's
// profile) are read into neutral fields such as [FlowNode.Inputs], so that nothing outside this package knows a dialect.
// Diagram interchange is kept for drawing.
package bpmn
