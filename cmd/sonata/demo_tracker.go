package main

import (
	"maps"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// States of an order that Sonata's own messages do not name.
const (
	orderPublished = "PUBLISHED"
	orderStarted   = "STARTED"
	orderCompleted = "COMPLETED"
	orderFailed    = "FAILED"
)

// tracker follows orders from the events of their processes.
type tracker struct {
	processes map[string]bool // that handle orders
	orders    []*trackedOrder
	byRoot    map[engine.Key]*trackedOrder
}

// trackedOrder is one order as far as it is known.
type trackedOrder struct {
	id     string
	root   engine.Key // 0: its process has not started yet
	state  string
	reason string // why it failed
	items  []*trackedItem
	timers map[partID]time.Time // that are waiting
	// incidents are what an operator has to look at, each with its place and text.
	incidents map[partID]string
	itemOf    map[engine.Key]string // which item an instance works on
}

// trackedItem is one item of an order, as the messages about it tell.
type trackedItem struct{ id, service, state string } // state "": nothing was told yet

// partID names a subscription or incident of one of the order's instances.
type partID struct {
	instance engine.Key
	id       engine.ID
}

func newTracker(processes map[string]bool) *tracker {
	return &tracker{processes: processes, byRoot: map[engine.Key]*trackedOrder{}}
}

// expect adds an order that is about to be published.
func (t *tracker) expect(id string) {
	o := &trackedOrder{
		id: id, state: orderPublished,
		timers: map[partID]time.Time{}, incidents: map[partID]string{}, itemOf: map[engine.Key]string{},
	}
	t.orders = append(t.orders, o)
}

// started tells that the process of an order started. An order that nobody expected came from somebody else.
func (t *tracker) started(root engine.Key, id string) *trackedOrder {
	i := slices.IndexFunc(t.orders, func(o *trackedOrder) bool { return o.id == id && o.root == 0 })
	if i < 0 {
		t.expect(id)
		i = len(t.orders) - 1
	}
	o := t.orders[i]
	o.root, o.state = root, orderStarted
	t.byRoot[root] = o
	return o
}

// take follows an entry; the order is nil if it belongs to none.
func (t *tracker) take(e runner.Entry) *trackedOrder {
	if started, ok := e.Event.(engine.InstanceStarted); ok && e.Instance == e.Root && t.processes[e.ProcessID] {
		return t.started(e.Root, started.BusinessKey)
	}
	o := t.byRoot[e.Root]
	if o == nil {
		return nil
	}
	switch event := e.Event.(type) {
	case engine.VariablesSet:
		if id := text(event.Variables, "serviceOrderItemId"); id != "" {
			o.itemOf[e.Instance] = id
		}
		o.learn(event.Variables)
	case engine.MessageThrown:
		o.report(event.Fields())
	case engine.SubscriptionOpened:
		o.wait(e.Instance, event.Subscription)
	case engine.SubscriptionUpdated:
		o.wait(e.Instance, event.Subscription)
	case engine.SubscriptionClosed:
		delete(o.timers, partID{e.Instance, event.ID})
	case engine.IncidentRaised:
		o.incidents[partID{e.Instance, event.ID}] = event.Element + ": " + event.Text
	case engine.IncidentResolved:
		delete(o.incidents, partID{e.Instance, event.Incident})
	case engine.InstanceEnded:
		if e.Instance == o.root {
			o.end(event.State)
		}
	}
	return o
}

func (o *trackedOrder) wait(instance engine.Key, s engine.Subscription) {
	if s.Kind == engine.SubscriptionTimer {
		o.timers[partID{instance, s.ID}] = s.Due
	}
}

// learn finds the items that an order holds, at any depth.
func (o *trackedOrder) learn(data any) {
	switch v := data.(type) {
	case map[string]any:
		if id, service := text(v, "serviceOrderItemId"), text(v, "serviceId"); id != "" && service != "" {
			o.item(id).service = service
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			o.learn(v[name])
		}
	case []any:
		for _, item := range v {
			o.learn(item)
		}
	}
}

// report reads a message about an item of the order.
func (o *trackedOrder) report(data map[string]any) {
	if id, state := text(data, "serviceOrderItemId"), text(data, "state"); id != "" && state != "" {
		o.item(id).state = state
	}
}

// item finds an item, or adds it.
func (o *trackedOrder) item(id string) *trackedItem {
	i := slices.IndexFunc(o.items, func(item *trackedItem) bool { return item.id == id })
	if i < 0 {
		o.items = append(o.items, &trackedItem{id: id})
		i = len(o.items) - 1
	}
	return o.items[i]
}

func (o *trackedOrder) end(state engine.State) {
	done := len(o.items) > 0
	for _, item := range o.items {
		done = done && item.state == orderCompleted
	}
	switch {
	case state != engine.StateCompleted:
		o.state, o.reason = orderFailed, "its process was ended before it was done"
	case len(o.items) == 0:
		o.state, o.reason = orderFailed, "it holds nothing that could be run"
	case !done:
		o.state, o.reason = orderFailed, "not all of its items are completed"
	default:
		o.state, o.reason = orderCompleted, ""
	}
}

// ended says whether nothing more will happen to the order.
func (o *trackedOrder) ended() bool { return o.state == orderCompleted || o.state == orderFailed }

// stuck says whether an operator is needed.
func (o *trackedOrder) stuck() bool { return !o.ended() && len(o.incidents) > 0 }

// settled says whether every order has ended or cannot go on by itself.
func (t *tracker) settled() bool {
	return !slices.ContainsFunc(t.orders, func(o *trackedOrder) bool { return !o.ended() && !o.stuck() })
}
