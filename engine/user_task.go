package engine

import "github.com/sonata-bpmn/sonata/bpmn"

// userTaskType is the job type of a user task that names none; it is Camunda 8's.
const userTaskType = "io.camunda.zeebe:userTask"

// userTask waits until a person has done the work (§10.3.3). It is a job, so that whatever shows people their work can take it.
type userTask struct{}

func (userTask) link(c *compiler, n *node) {
	if n.work = c.work(n, nil); n.work == nil {
		n.work = &workSpec{jobType: c.expression(bpmn.Expression{Text: userTaskType, Literal: true}, n.source.Element, anyResult)}
	}
}

func (userTask) enter(s *step, n *node, t Token) error {
	return task{}.enter(s, n, t)
}
