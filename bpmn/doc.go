// Package bpmn reads BPMN 2.0 XML into an immutable model.
//
// [Parse] matches elements by namespace, never by prefix, keeps the line and column of every element, and reports
// every fault that it finds as one [Problems] list. The types are named as in the specification (OMG formal/2013-12-09);
// a flow node's Kind is its XML local name. BPMN's own data and the extension elements of modelling tools (Camunda 8 and 7, jBPM)
// are read into neutral fields such as [FlowNode.Inputs], so that nothing outside this package knows a dialect; conditions
// in JUEL, Java and MVEL are rewritten in expr (translate.go). Diagram interchange is kept for drawing.
//
// A document is read in four passes: over the tokens, for places and limits (scan.go); into a tree with namespaces resolved
// (tree.go); from the tree into the model (one file for each chapter of the specification, one for each dialect), after
// which references are followed; and over the tree again, to report what nobody has read (leftovers.go). So nothing is
// ignored in silence, and what there is to say about a name that is not read stands in a table.
package bpmn
