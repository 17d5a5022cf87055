package engine

import "time"

func (c CompleteJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	t, n := *s.in.Token(sub.Token), s.p.nodes[sub.Element]
	s.close(sub, false)
	if e, ok := n.behavior.(employer); ok {
		e.jobDone(s, n, t, c.Variables)
		return nil
	}
	s.leave(n, t, c.Variables)
	return nil
}

func (c ActivateJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	switch {
	case err != nil:
		return err
	case !sub.Available():
		return reject(CodeState, "job %d of instance %s is not available: a worker has it, it waits for its next attempt, or it has an incident", sub.ID, s.in.Key)
	}
	s.updateJob(sub, func(j *Job) { j.Worker, j.Deadline = c.Worker, s.at.Add(c.Timeout) })
	return nil
}

func (c FreeJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	until := sub.Job.Deadline
	if until.IsZero() {
		until = sub.Job.RetryAt
	}
	if until.IsZero() || !c.Early && until.After(s.at) {
		return reject(CodeState, "job %d of instance %s has nothing to be freed from", sub.ID, s.in.Key)
	}
	s.updateJob(sub, func(j *Job) { j.Deadline, j.RetryAt = time.Time{}, time.Time{} })
	return nil
}

func (c UpdateJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	switch {
	case err != nil:
		return err
	case c.Retries != nil && *c.Retries < 1:
		return reject(CodeInvalid, "the retries of a job must be at least 1")
	case c.Timeout != nil && *c.Timeout <= 0:
		return reject(CodeInvalid, "the timeout of a job must be longer than 0")
	case c.Timeout != nil && sub.Job.Deadline.IsZero():
		return reject(CodeState, "no worker has job %d of instance %s, so its timeout cannot be changed", sub.ID, s.in.Key)
	}
	s.updateJob(sub, func(j *Job) {
		if c.Retries != nil {
			j.Retries = *c.Retries
		}
		if c.Timeout != nil {
			j.Deadline = s.at.Add(*c.Timeout)
		}
	})
	return nil
}

func (c FailJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	if sub.Job.Failed {
		return reject(CodeState, "job %d of instance %s waits for an operator; resolve its incident first", sub.ID, s.in.Key)
	}
	if len(c.Variables) > 0 {
		s.set(s.ownScope(*s.in.Token(sub.Token)), c.Variables)
	}
	retries := max(c.Retries, 0)
	s.updateJob(sub, func(j *Job) {
		j.Retries, j.Failure, j.Deadline, j.RetryAt = retries, c.Text, time.Time{}, time.Time{}
		j.Failed = retries == 0
		if retries > 0 && c.BackOff > 0 {
			j.RetryAt = s.at.Add(c.BackOff)
		}
	})
	if retries == 0 {
		s.raiseFailed(sub, IncidentJob, c.Text)
	}
	return nil
}

// raiseFailed lets a job wait for an operator. The job is the step that failed: it is what runs again, and nothing that its element has
// done before it.
func (s *step) raiseFailed(sub Subscription, kind IncidentKind, text string) {
	s.emit(IncidentRaised{Incident{ID: s.newID(), Kind: kind, Token: sub.Token, Element: sub.Element, Text: text, At: s.at, Subscription: sub.ID}})
}

// updateJob changes what is known of a job; the subscription itself stays open.
func (s *step) updateJob(sub Subscription, change func(*Job)) {
	job := *sub.Job
	change(&job)
	sub.Job = &job
	s.emit(SubscriptionUpdated{sub})
}

func (c ThrowError) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	t := *s.in.Token(sub.Token)
	n := s.p.nodes[sub.Element]
	err = s.throwError(n, t, thrownError{code: c.Code, text: c.Text, variables: c.Variables})
	if err == nil {
		return nil
	}
	s.forgetFailure(sub)
	s.updateJob(sub, func(j *Job) { j.Failure, j.Failed, j.Deadline, j.RetryAt = err.Error(), true, time.Time{}, time.Time{} })
	s.raiseFailed(sub, IncidentUnhandledError, err.Error())
	return nil
}
