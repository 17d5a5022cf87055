package runner

import "github.com/sonata-bpmn/sonata/engine"

// row is the key of an index row.
type row struct {
	table Table
	key   string
}

// indexRows are all rows by which an instance is found. They depend on its snapshot alone, so that a step's changes to them
// are the difference between what was and what is, and a test can rebuild them all.
func indexRows(in *engine.Instance) []row {
	if in == nil {
		return nil
	}
	rows := make([]row, 0, 8+2*len(in.Subscriptions))
	add := func(table Table, key rowKey) { rows = append(rows, row{table, string(key)}) }
	add(tableByState, rowKey{}.text(string(in.State)).key(in.Key))
	add(tableByProcess, rowKey{}.text(in.ProcessID).key(in.Key))
	add(tableByDefinition, rowKey{}.key(in.DefinitionKey).key(in.Key))
	if in.BusinessKey != "" {
		add(tableByBusinessKey, rowKey{}.text(in.BusinessKey).key(in.Key))
	}
	if in.Parent != nil {
		add(tableByParent, rowKey{}.key(in.Parent.Key).key(in.Key))
		if in.State == engine.StateActive && in.Parent.Subscription != 0 {
			add(tableCalls, rowKey{}.sub(in.Parent.Key, in.Parent.Subscription).key(in.Key))
		}
	}
	if len(in.Incidents) > 0 {
		add(tableByIncident, rowKey{}.key(in.Key))
	}
	for i := range in.Subscriptions {
		addSubscription(add, in, &in.Subscriptions[i])
	}
	return rows
}

func addSubscription(add func(Table, rowKey), in *engine.Instance, sub *engine.Subscription) {
	switch sub.Kind {
	case engine.SubscriptionTimer:
		add(tableTimers, rowKey{}.time(sub.Due).sub(in.Key, sub.ID))
	case engine.SubscriptionJob:
		add(tableJobs, rowKey{}.text(sub.Name).sub(in.Key, sub.ID))
	case engine.SubscriptionSignal:
		add(tableSignals, rowKey{}.text(sub.Name).sub(in.Key, sub.ID))
	case engine.SubscriptionMessage:
		for _, address := range addressesOf(in, sub) {
			add(tableAwaited, address.sub(in.Key, sub.ID))
		}
	}
}

// reindex makes the index rows of an instance what they are to be after a step.
func (u *unit) reindex(before, after *engine.Instance) {
	rows := indexRows(after)
	if before == nil {
		for _, r := range rows {
			u.insert(r.table, []byte(r.key), nil)
		}
		return
	}
	had := map[row]bool{}
	for _, r := range indexRows(before) {
		had[r] = true
	}
	for _, r := range rows {
		if had[r] {
			delete(had, r)
		} else {
			u.insert(r.table, []byte(r.key), nil)
		}
	}
	for r := range had {
		u.delete(r.table, []byte(r.key))
	}
}
