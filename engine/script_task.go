package engine

// scriptTask evaluates its script, an expression, and keeps the value in the result variable (§10.3.3). With a task
// definition instead of a script, a worker runs it.
type scriptTask struct{}

func (scriptTask) link(c *compiler, n *node) {
	fn := n.source
	if fn.Script == nil {
		if n.work = c.work(n, nil); n.work == nil {
			c.refuse(CodeScript, fn.Element, "%s has no script", n).Hint = "write one as an expression, or name a job type"
		}
		return
	}
	n.script = &scriptSpec{value: c.expression(*fn.Script, fn.Element, anyResult), resultVariable: fn.ResultVariable}
}

func (scriptTask) enter(s *step, n *node, t Token) error {
	if n.script == nil {
		return task{}.enter(s, n, t)
	}
	value, err := s.eval(n.script.value, t.inside())
	if err != nil {
		return faultf(IncidentExpression, "the script of %s: %w", n, err)
	}
	var results map[string]any
	if n.script.resultVariable != "" {
		results = map[string]any{n.script.resultVariable: value}
	}
	s.leave(n, t, results)
	return nil
}
