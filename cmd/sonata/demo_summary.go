package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// summary tells what became of the orders, and what to try next.
func (d *show) summary() {
	d.notef(plain, "")
	// What cannot be written to the terminal cannot be told there either.
	_ = writeTable(d.out, d.orders.table())
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

// table shows each order with its items and their services, then the services of no order.
func (t *tracker) table() [][]string {
	rows := [][]string{{"ORDER", "STATE", "ITEM", "STATE", "SERVICE", "STATE", "SCHEDULED"}}
	shown, planned := map[string]bool{}, map[string]bool{}
	row := func(order, state string, item *trackedItem, mine func(plan) bool) {
		scheduled, instances := t.inventory.scheduled(func(p plan) bool { return !planned[p.instance] && mine(p) })
		for _, instance := range instances {
			planned[instance] = true
		}
		shown[item.service] = true
		itemState := item.state
		if item.fault != "" {
			itemState += " (" + item.fault + ")"
		}
		rows = append(rows, []string{order, state, item.id, itemState, item.service, t.inventory.services[item.service], scheduled})
	}
	for _, o := range t.orders {
		if len(o.items) == 0 {
			row(cmp.Or(o.id, o.root.String()), o.state, &trackedItem{}, func(plan) bool { return false })
		}
		for _, item := range o.items {
			row(o.id, o.state, item, func(p plan) bool { return p.item == item.id })
		}
	}
	for _, service := range slices.Sorted(maps.Keys(t.inventory.services)) {
		mine := func(p plan) bool { return p.service == service }
		if left, _ := t.inventory.scheduled(func(p plan) bool { return !planned[p.instance] && mine(p) }); !shown[service] || left != "" {
			row("", "", &trackedItem{service: service}, mine)
		}
	}
	return rows
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
