// Package play plays processes in memory on a virtual clock, without Kafka: for `sonata run` and `sonata test`.
//
// A [Stage] is a set of deployed files. Each [World] on it is a whole Sonata of its own: the runner as it serves in
// production, with a store, a bus and a clock of adapters/memory. A command of a world returns when nothing is left to do
// until somebody does something or time goes on, so that the same commands always give the same trace, byte for byte: keys
// and ids follow from the virtual clock and the order of what happens.
//
// What happens is a list of [Event]s, made of the engine's own, with nothing left out. A [Script] lets a world run by itself.
package play
