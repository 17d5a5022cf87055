package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// summary tells what became of the orders, and what to try next.
func (d *show) summary() {
	rows := [][]string{{"ORDER", "ITEM", "SERVICE", "STATE", "SCHEDULED TERMINATION"}}
	for _, order := range d.orders.orders {
		if len(order.items) == 0 {
			rows = append(rows, []string{order.id, "", "", order.state, order.scheduled("")})
		}
		for _, item := range order.items {
			rows = append(rows, []string{order.id, item.id, item.service, item.state, order.scheduled(item.id)})
		}
	}
	d.notef(plain, "")
	// What cannot be written to the terminal cannot be told there either.
	_ = writeTable(d.out, rows)
	d.notef(plain, "")
	if d.options.once {
		return
	}
	d.notef(bold, "Sonata stays up (Ctrl-C ends it). Try, in another terminal:")
	for _, command := range d.commands() {
		d.notef(plain, "  %s", command)
	}
	d.notef(plain, "")
}

// scheduled says when what is left of an item of the order will happen.
func (o *trackedOrder) scheduled(item string) string {
	timers := slices.SortedFunc(maps.Keys(o.timers), func(a, b partID) int {
		return cmp.Or(o.timers[a].Compare(o.timers[b]), cmp.Compare(a.instance, b.instance))
	})
	var texts []string
	for _, id := range timers {
		if o.itemOf[id.instance] == item {
			texts = append(texts, fmt.Sprintf("%s (instance %s)", longTime(o.timers[id]), id.instance))
		}
	}
	return strings.Join(texts, ", ")
}

// commands are what to try; they work as they are.
func (d *show) commands() []string {
	url := ""
	if d.up.url != "http://127.0.0.1:8080" {
		url = " --url " + d.up.url
	}
	commands := []string{d.program + " instances list" + url}
	if len(d.orders.orders) > 0 {
		commands = append(commands, fmt.Sprintf("%s instances get %s%s", d.program, d.orders.orders[0].root, url))
	}
	commands = append(commands,
		fmt.Sprintf(`curl -s %s/v2/process-instances/search -H 'Content-Type: application/json' -d '{"filter":{"state":"ACTIVE"}}'`, d.up.url),
		fmt.Sprintf("kcat -b %s -L", d.up.brokers))
	if d.topic != "" {
		commands = append(commands, fmt.Sprintf("kcat -b %s -C -e -t %s", d.up.brokers, d.topic))
	}
	return append(commands, d.program+" instances watch"+url)
}
