//go:build race

package engine_test

// raceEnabled says that the tests run with the race detector.
const raceEnabled = true
