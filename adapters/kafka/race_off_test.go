//go:build !race

package kafka

// memoryFactor is how many times the memory a test may take.
const memoryFactor = 1
