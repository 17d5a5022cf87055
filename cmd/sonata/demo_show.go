package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// show is the demo: what it publishes, follows and prints.
type show struct {
	view
	up       running
	settings *settings
	options  *demoOptions
	program  string // as the user calls it
	sample   order
	orders   *tracker
	topic    string // on which a state was published last
	told     bool   // the summary was printed
}

// prepare learns what is deployed, and by whom the sample is handled.
func (d *show) prepare(partners []runner.Resource) error {
	if err := d.learn(partners); err != nil {
		return err
	}
	d.orders = newTracker(d.models.startedBy(d.sample.topic()))
	if len(d.orders.processes) == 0 {
		return fmt.Errorf("no deployed process begins with a message on %s: deploy one, or give an order with another type", d.sample.topic())
	}
	return nil
}

// learn learns what is deployed.
func (d *show) learn(partners []runner.Resource) error {
	if err := d.models.refresh(); err != nil {
		return err
	}
	for _, definition := range d.up.runner.Definitions() {
		if slices.ContainsFunc(partners, func(r runner.Resource) bool { return r.Name == definition.ResourceName }) {
			d.partners[definition.ProcessID] = true
		}
	}
	for process, nodes := range d.models.elements {
		d.process = max(d.process, len(process))
		for _, n := range nodes {
			d.subject = max(d.subject, len(topicOf(n)))
		}
	}
	return nil
}

// welcome says what runs where, and what was found.
func (d *show) welcome() error {
	broker := "embedded"
	if len(d.settings.kafka) > 0 {
		broker = "cluster"
	}
	d.notef(bold, "Sonata %s", version)
	d.notef(plain, "  REST   %s", d.up.url)
	d.notef(plain, "  Kafka  %s (%s)", d.up.brokers, broker)
	d.notef(plain, "  data   %s", d.settings.data)
	d.notef(plain, "  flows  %d processes, %d of them stand-ins for other systems", len(d.models.elements), len(d.partners))
	d.notef(plain, "")
	if err := d.found(); err != nil {
		return err
	}
	d.heading()
	return nil
}

// found tells which instances an earlier run left, and follows its orders on.
func (d *show) found() error {
	open, more, err := d.up.runner.Search(runner.Filter{State: engine.StateActive}, runner.Page{Limit: 10000})
	if err != nil || len(open) == 0 {
		return err
	}
	scheduled := 0
	for _, info := range open {
		in, _, err := d.up.runner.Instance(info.Key)
		if err != nil {
			continue // it has just ended
		}
		if info.Key == info.RootKey && d.orders.processes[info.ProcessID] {
			if err := d.resume(info); err != nil {
				return err
			}
		}
		for _, sub := range in.Subscriptions {
			if node := d.models.node(info.ProcessID, sub.Element); sub.Kind == engine.SubscriptionTimer && node != nil && node.Kind == "intermediateCatchEvent" && time.Until(sub.Due) > soon {
				scheduled++
				if scheduled <= 10 {
					d.notef(yellow, "  waiting   %s %s until %s (business key %s)", info.ProcessID, info.Key, longTime(sub.Due), info.BusinessKey)
				}
			}
		}
	}
	for _, o := range d.orders.orders {
		d.notef(plain, "  under way order %s, instance %s", o.id, o.root)
	}
	atLeast := map[bool]string{true: "at least "}[more]
	d.notef(plain, "Found %s%s open from before, %d of them scheduled; they go on.", atLeast, count(len(open), "instance"), scheduled)
	d.notef(plain, "")
	return nil
}

// resume learns from the history of an order's instances how far it is.
func (d *show) resume(root runner.InstanceInfo) error {
	family := []runner.InstanceInfo{root}
	for i := 0; i < len(family); i++ {
		for after, more := uint64(0), true; more; {
			entries, err := d.up.runner.History(family[i].Key, after, 1000)
			if err != nil {
				return err
			}
			for _, e := range entries {
				d.orders.take(e)
				after = e.Seq
			}
			more = len(entries) > 0
		}
		children, _, err := d.up.runner.Search(runner.Filter{ParentKey: family[i].Key}, runner.Page{Limit: 1000})
		if err != nil {
			return err
		}
		family = append(family, children...)
	}
	return nil
}

// publish puts orders on their topic, as another system would.
func (d *show) publish(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	kafka, err := openProducer(d.up.brokers, d.settings.kafkaOptions)
	if err != nil {
		return err
	}
	defer kafka.close()
	if err := kafka.checkTopic(ctx, d.sample.topic()); err != nil {
		return err
	}
	next := d.sample
	if seen, _, err := d.up.runner.Search(runner.Filter{BusinessKey: next.id}, runner.Page{Limit: 1}); err != nil {
		return err
	} else if len(seen) > 0 {
		next = d.sample.fresh()
	}
	for range n {
		value, err := next.json()
		if err != nil {
			return err
		}
		d.orders.expect(next.id)
		if _, err := kafka.publish(ctx, next.topic(), []byte(next.id), value); err != nil {
			return err
		}
		d.print(line{at: time.Now(), process: "(order " + next.id[:min(8, len(next.id))] + "…)", what: "published", subject: next.topic(), colour: blue})
		next = d.sample.fresh()
	}
	return nil
}

// take shows an entry and follows the order that it belongs to.
func (d *show) take(e runner.Entry) {
	d.show(e)
	o := d.orders.take(e)
	if o == nil {
		return
	}
	if thrown, ok := e.Event.(engine.MessageThrown); ok && text(thrown.Fields(), "state") != "" {
		d.topic = thrown.Topic
	}
	if e.Instance != o.root {
		return
	}
	if _, ended := e.Event.(engine.InstanceEnded); ended {
		c := green
		if o.state != orderCompleted {
			c = red
		}
		d.print(line{at: e.At, instance: o.root.String(), process: e.ProcessID, what: "ORDER", subject: o.id, state: o.state, colour: c})
	}
}

// states says how far each order is that is not completed.
func (d *show) states() string {
	var open []string
	for _, o := range d.orders.orders {
		if o.state != orderCompleted {
			open = append(open, o.id+" is "+o.state)
		}
	}
	return strings.Join(open, ", ")
}

// outcome is the error of orders that did not get COMPLETED, or left something for an operator to mend.
func (d *show) outcome() error {
	var faults error
	for _, o := range d.orders.orders {
		if o.ended && o.state != orderCompleted {
			faults = errors.Join(faults, fmt.Errorf("order %s is %s: %s", o.id, o.state, o.reason))
		}
		for _, text := range o.incidents {
			faults = errors.Join(faults, fmt.Errorf("order %s is %s, but has an incident at %s", o.id, o.state, text))
		}
	}
	return faults
}
