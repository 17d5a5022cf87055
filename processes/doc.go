// Package processes holds the .bpmn files that Sonata ships, embedded into the binary. The files decide every topic,
// payload and condition; nothing in Go knows them.
package processes
