// Package bpmntest helps tests and fuzz tests of bpmn, and of the packages above it, to hold hostile input to its limits (see
// [Bounded]).
package bpmntest
