package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// inventory is what the TMF API was told: the services, and what is scheduled for them.
type inventory struct {
	services map[string]string // the state, by service id
	plans    map[string]plan   // by the key of the instance that waits
}

// plan is something that happens on a date.
type plan struct {
	instance, process, service, item string
	when                             string // as it was told
}

func newInventory() inventory { return inventory{map[string]string{}, map[string]plan{}} }

// take reads a message to the TMF API.
func (i *inventory) take(topic string, data map[string]any) {
	service, instance := text(data, "serviceId"), text(data, "processInstanceId")
	switch topic {
	case "tmf-service-update":
		i.services[service] = cmp.Or(text(data, "state"), i.services[service])
	case "tmf-process-info":
		when := cmp.Or(text(data, "scheduledDate"), "now")
		if due, err := time.Parse(time.RFC3339Nano, when); err == nil {
			when = longTime(due)
		}
		i.plans[instance] = plan{instance, text(data, "processType"), service, text(data, "serviceOrderItemId"), when}
		i.services[service] = cmp.Or(i.services[service], "")
	case "tmf-delete-process-info":
		delete(i.plans, instance)
	}
}

// scheduled says what will happen to a service or an item, the next thing first, and which plans these are.
func (i *inventory) scheduled(mine func(plan) bool) (text string, instances []string) {
	plans := slices.SortedFunc(maps.Values(i.plans), func(a, b plan) int {
		return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.instance, b.instance))
	})
	var texts []string
	for _, p := range plans {
		if mine(p) {
			texts = append(texts, fmt.Sprintf("%s %s (instance %s)", p.when, p.process, p.instance))
			instances = append(instances, p.instance)
		}
	}
	return strings.Join(texts, ", "), instances
}
