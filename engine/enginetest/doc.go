// Package enginetest runs processes in tests, without store, bus or clock.
//
// [Model] reads a process from a few lines of text, [Start] runs an instance of it, and after every step the invariants of
// the core are checked (see [Check]).
package enginetest
