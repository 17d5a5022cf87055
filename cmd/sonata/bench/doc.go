// Package bench measures an engine on its real store: `sonata bench`.
//
// Each workload runs a process of its own (flows/*.bpmn) through a runner with a durable store, syncs included. In the same run
// the rows that a part of it wrote are written once more, in the same batches, to a bare store: that is the ceiling which no engine
// on this store and this disk could pass, and the ratio to it says what the engine itself costs, however busy the machine is.
package bench
