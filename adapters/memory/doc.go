// Package memory keeps everything in memory: a [Store], a [Bus] and a [Clock] for tests and for trying things out. Nothing
// of it outlives the process.
package memory
