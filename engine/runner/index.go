package runner

import (
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// row is the key of an index row.
type row struct {
	table Table
	key   string
}

// class is what of an instance's state its index tells.
type class byte

const (
	classActive     class = 'A'
	classIncident   class = 'I' // active, with an incident
	classCompleted  class = 'C'
	classTerminated class = 'T'
)

func classOf(in *engine.Instance) class {
	switch {
	case in.State == engine.StateCompleted:
		return classCompleted
	case in.State == engine.StateTerminated:
		return classTerminated
	case len(in.Incidents) > 0:
		return classIncident
	}
	return classActive
}

func (k rowKey) class(c class) rowKey { return append(k, byte(c)) }

func classKey(in *engine.Instance) rowKey {
	return rowKey{}.key(in.DefinitionKey).class(classOf(in)).key(in.Key)
}

// indexRows are all rows by which an instance is found. They depend on its snapshot alone, so that a test can rebuild them all.
func indexRows(in *engine.Instance) []row {
	var rows []row
	add := func(table Table, key rowKey) { rows = append(rows, row{table, string(key)}) }
	add(tableByDefinition, classKey(in))
	headerRows(in, add)
	for i := range in.Subscriptions {
		subscriptionRows(in, &in.Subscriptions[i], add)
	}
	return rows
}

// headerRows are those that depend on what never changes of an instance, but for tableCalls, in which only active ones are.
func headerRows(in *engine.Instance, add func(Table, rowKey)) {
	if in.BusinessKey != "" {
		add(tableByBusinessKey, rowKey{}.text(in.BusinessKey).key(in.Key))
	}
	if in.Parent != nil {
		add(tableByParent, rowKey{}.key(in.Parent.Key).key(in.Key))
		if in.State == engine.StateActive && in.Parent.Subscription != 0 {
			add(tableCalls, callKey(in))
		}
	}
}

func callKey(in *engine.Instance) rowKey {
	return rowKey{}.sub(in.Parent.Key, in.Parent.Subscription).key(in.Key)
}

func subscriptionRows(in *engine.Instance, sub *engine.Subscription, add func(Table, rowKey)) {
	switch sub.Kind {
	case engine.SubscriptionTimer:
		add(tableTimers, rowKey{}.time(sub.Due).sub(in.Key, sub.ID))
	case engine.SubscriptionJob:
		addJob(add, in.Key, sub)
	case engine.SubscriptionSignal:
		add(tableSignals, rowKey{}.text(sub.Name).sub(in.Key, sub.ID))
	case engine.SubscriptionMessage:
		for _, address := range addressesOf(in, sub) {
			add(tableAwaited, address.sub(in.Key, sub.ID))
		}
	}
}

// addJob lists a job where workers look for it, or when they will find it there again. One that waits for an operator is in no list.
func addJob(add func(Table, rowKey), instance engine.Key, sub *engine.Subscription) {
	if sub.Available() {
		add(tableJobs, rowKey{}.text(sub.Name).sub(instance, sub.ID))
	} else if until := freeAt(sub.Job); !until.IsZero() {
		add(tableJobTimers, rowKey{}.time(until).sub(instance, sub.ID))
	}
}

// freeAt is when a job becomes available again by itself; zero: it does not.
func freeAt(job *engine.Job) time.Time {
	if !job.Deadline.IsZero() {
		return job.Deadline
	}
	return job.RetryAt
}

// reindex makes the index rows of an instance what they are to be after a step. Its cost is that of what the step has done,
// however much the instance waits for.
func (u *unit) reindex(before *engine.Instance, result engine.Result) {
	after := result.Instance
	insert := func(table Table, key rowKey) { u.insert(table, key, nil) }
	remove := func(table Table, key rowKey) { u.unindex(table, key) }
	switch {
	case before == nil:
		headerRows(after, insert)
		insert(tableByDefinition, classKey(after))
	case classOf(before) != classOf(after):
		remove(tableByDefinition, classKey(before))
		insert(tableByDefinition, classKey(after))
		if after.State != engine.StateActive && after.Parent != nil && after.Parent.Subscription != 0 {
			remove(tableCalls, callKey(after))
		}
	}
	var seen map[engine.ID]*engine.Subscription // as this step has made them
	for i := range result.Events {
		var sub *engine.Subscription
		switch e := result.Events[i].(type) {
		case engine.SubscriptionOpened:
			sub = &e.Subscription
		case engine.SubscriptionUpdated:
			sub = &e.Subscription
			u.forget(before, after, e.ID, seen)
		case engine.SubscriptionClosed:
			u.forget(before, after, e.ID, seen)
			continue
		default:
			continue
		}
		subscriptionRows(after, sub, insert)
		if seen == nil {
			seen = map[engine.ID]*engine.Subscription{}
		}
		seen[sub.ID] = sub
	}
}

// forget deletes the rows of a subscription as it was before.
func (u *unit) forget(before, after *engine.Instance, id engine.ID, seen map[engine.ID]*engine.Subscription) {
	sub := seen[id]
	if sub == nil {
		sub = before.Subscription(id)
	}
	subscriptionRows(after, sub, func(table Table, key rowKey) { u.unindex(table, key) })
}
