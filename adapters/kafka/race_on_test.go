//go:build race

package kafka

// memoryFactor is how many times the memory a test may take: the race detector keeps a shadow of all of it.
const memoryFactor = 8
