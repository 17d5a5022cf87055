package engine

// endEvent consumes its token, after doing what its triggers say (§10.5.3, §13.5.6). Its scope is finished when no other token
// is left in it.
type endEvent struct{ throwEvent }
