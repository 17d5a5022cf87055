// Command sonata is the BPMN engine, its operator's tool and its demonstration in one binary.
//
// This package wires and nothing more: it reads the command line, the configuration and signals, opens the store, the broker,
// the bus and the listener, and hands them to each other. What a process does is decided in .bpmn files, how it is run in
// the packages engine and engine/runner. There is one file for each command.
package main
