// Package enginetest runs processes in tests, without store, bus or clock.
//
// [Model] reads a process from a few lines of text, [Start] runs an instance of it, and after every step the invariants of
// the core are checked (see [Check]).
//
// [Random] makes up processes, structured ones and graphs, and a [Path] drives instances of them at random in a [World], which is
// in memory what a runner is, and checks the core's promises after every step.
package enginetest
