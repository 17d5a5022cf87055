package engine

func (c CompleteJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	t := *s.in.Token(sub.Token)
	s.close(sub, false)
	s.leave(s.p.nodes[sub.Element], t, c.Variables)
	return nil
}

func (c FailJob) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	if sub.Job.Retries == 0 {
		return reject(CodeState, "job %d of instance %s has no retries left; resolve its incident first", sub.ID, s.in.Key)
	}
	job := *sub.Job
	job.Retries, job.Failure = max(c.Retries, 0), c.Text
	sub.Job = &job
	s.emit(SubscriptionUpdated{sub})
	if job.Retries == 0 {
		s.emit(IncidentRaised{Incident{
			ID: s.newID(), Kind: IncidentJob, Token: sub.Token, Element: sub.Element, Text: c.Text, At: s.at, Subscription: sub.ID,
		}})
	}
	return nil
}

func (c ThrowError) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionJob)
	if err != nil {
		return err
	}
	t := *s.in.Token(sub.Token)
	n := s.p.nodes[sub.Element]
	if err := s.throwError(n, t, thrownError{code: c.Code, text: c.Text, variables: c.Variables}); err != nil {
		s.close(sub, true)
		s.raise(t, n, false, err)
	}
	return nil
}
