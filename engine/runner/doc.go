// Package runner is the shell around the pure core: it takes requests, runs them through [engine.Step], and writes what came
// of a whole batch in one store transaction.
package runner
