package main

import (
	"maps"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// States of an order that Sonata's own messages do not name.
const (
	orderPublished = "PUBLISHED"
	orderStarted   = "STARTED"
	orderCompleted = "COMPLETED"
	orderFailed    = "FAILED"
	orderRejected  = "REJECTED"
)

// tracker follows orders from the events of their processes.
type tracker struct {
	processes map[string]bool // that handle orders
	orders    []*trackedOrder
	byRoot    map[engine.Key]*trackedOrder
	inventory inventory
}

// trackedOrder is one order as far as it is known.
type trackedOrder struct {
	id     string
	root   engine.Key // 0: its process has not started yet
	state  string
	ended  bool   // nothing more will happen to it
	reason string // why it is not COMPLETED
	items  []*trackedItem
	// incidents are what an operator has to look at, each with its place and text.
	incidents map[partID]string
}

// trackedItem is one item of an order, as the messages about it tell.
type trackedItem struct{ id, service, state, fault string } // state "": nothing was told yet

// partID names an incident of one of the order's instances.
type partID struct {
	instance engine.Key
	id       engine.ID
}

func newTracker(processes map[string]bool) *tracker {
	return &tracker{processes: processes, byRoot: map[engine.Key]*trackedOrder{}, inventory: newInventory()}
}

// expect adds an order that is about to be published.
func (t *tracker) expect(id string) {
	t.orders = append(t.orders, &trackedOrder{id: id, state: orderPublished, incidents: map[partID]string{}})
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
	if thrown, ok := e.Event.(engine.MessageThrown); ok {
		t.inventory.take(thrown.Topic, thrown.Fields())
	}
	o := t.byRoot[e.Root]
	if o == nil {
		return nil
	}
	switch event := e.Event.(type) {
	case engine.VariablesSet:
		if state := text(event.Variables, "orderState"); state != "" && e.Instance == o.root {
			o.state = state
		}
		o.learn(event.Variables)
	case engine.MessageThrown:
		o.report(event.Fields())
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
		o.item(id).state, o.item(id).fault = state, text(data, "errorCode")
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
	o.ended = true
	switch {
	case state != engine.StateCompleted:
		o.state, o.reason = orderFailed, "its process was ended before it was done"
	case len(o.items) == 0:
		o.state, o.reason = orderRejected, "it holds nothing that could be run"
	case slices.ContainsFunc(o.items, func(item *trackedItem) bool { return item.state != orderCompleted }):
		o.reason = "not all of its items are completed"
		if o.state == orderStarted { // a process that says no more
			o.state = orderFailed
		}
	default:
		o.state = orderCompleted
	}
}

// stuck says whether an operator is needed.
func (o *trackedOrder) stuck() bool { return !o.ended && len(o.incidents) > 0 }

// settled says whether every order has ended or cannot go on by itself.
func (t *tracker) settled() bool {
	return !slices.ContainsFunc(t.orders, func(o *trackedOrder) bool { return !o.ended && !o.stuck() })
}
