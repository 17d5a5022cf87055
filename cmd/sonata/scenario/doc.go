// Package scenario reads and plays scenario files: tests of processes in YAML, for people who write no Go (docs/testing.md).
//
// The format is the structs of format.go and nothing else: the decoder and the JSON Schema for editors are made of them, and of
// their tags. What names an element, a topic or a process is checked against the deployed files before anything is played, so
// that a slip of the pen is a fault of the file, with its line, and never a test that passes for no reason.
//
// Each scenario is played in a world of package play of its own; files are played beside each other.
package scenario
