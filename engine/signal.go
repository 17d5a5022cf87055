package engine

// signalTrigger broadcasts a signal or waits for one (§10.5.5). A signal reaches everything that waits for it at that moment,
// in every instance, and is never kept for later.
type signalTrigger struct{}

func (signalTrigger) link(c *compiler, n *node, d *definition) {
	s := d.source.Signal
	if s == nil || s.Name == "" {
		c.refuse(CodeTrigger, n.source.Element, "%s refers to no signal with a name", n).Hint = "choose or create one in the properties panel"
		return
	}
	d.name = s.Name
}

func (signalTrigger) subscribe(_ *step, _ *node, d *definition, _ waiter) (Subscription, error) {
	return Subscription{Kind: SubscriptionSignal, Name: d.name}, nil
}

// throw broadcasts the signal with the event's own variables, which are those of its input mappings.
func (signalTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	thrown := SignalThrown{Element: n.id, Name: d.name, Variables: s.sent(n, d.index, t)}
	return func() bool {
		s.emit(thrown)
		return true
	}, nil
}

func (c CorrelateSignal) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionSignal)
	if err != nil {
		return err
	}
	s.fire(sub, s.p.nodes[sub.Element].brought(sub.Definition, c.Variables))
	return nil
}
