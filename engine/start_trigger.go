package engine

// fired says what triggered the start event that an instance begins with: the message that came, else its timer or signal. An
// instance that somebody just started was triggered by nothing.
func (c StartInstance) fired(n *node) (fired SubscriptionFired, ok bool) {
	if c.Element == "" {
		return fired, false
	}
	for _, d := range n.definitions {
		var kind SubscriptionKind
		switch d.trigger.(type) {
		case messageTrigger:
			kind = SubscriptionMessage
		case timerTrigger:
			kind = SubscriptionTimer
		case signalTrigger:
			kind = SubscriptionSignal
		default:
			continue
		}
		named := c.Message != nil && d.name == c.Message.Name || kind == SubscriptionSignal && d.name == c.Signal
		if (kind == SubscriptionMessage) != (c.Message != nil) {
			continue
		}
		if !ok || named {
			fired, ok = SubscriptionFired{Kind: kind, Element: n.id, Name: d.name}, true
		}
		if named {
			break
		}
	}
	return fired, ok
}
