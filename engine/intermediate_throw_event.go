package engine

// intermediateThrowEvent does what its triggers say and goes on; without a trigger it only marks a point in the
// diagram (§10.5.4).
type intermediateThrowEvent struct{ throwEvent }
