package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/google/uuid"
)

// sampleOrder is the service order that the demo publishes: processes/samples/service-order-kubernetes.json.
//
//go:embed order.json
var sampleOrder []byte

// order is a service order to publish, as a CloudEvent; its type is the topic.
type order struct {
	event map[string]any
	// id is the serviceOrderId. The processes that handle the order have it as their business key.
	id string
}

// loadOrder reads an order from a file, or the sample if there is none.
func loadOrder(file string) (order, error) {
	name, text := "the sample order", sampleOrder
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return order{}, err
		}
		name = file
	}
	document, err := parseDocument(name, text)
	if err != nil {
		return order{}, err
	}
	event, ok := cloudEvent(document)
	if !ok {
		return order{}, fmt.Errorf("%s: expected a CloudEvent in JSON: an object with specversion, id, source, type and data", name)
	}
	o := order{event: event, id: find(event["data"], "serviceOrderId")}
	if o.id == "" {
		return order{}, fmt.Errorf("%s: there is no serviceOrderId in its data, so nobody could tell when the order is done", name)
	}
	return o, nil
}

// orderIDs name the members that make an order another order.
var orderIDs = map[string]bool{"id": true, "serviceOrderId": true, "serviceOrderItemId": true, "serviceId": true, "k8sServiceId": true}

// fresh is the same order with ids of its own. What had one id has one id again.
func (o order) fresh() order {
	ids := map[string]string{}
	event, ok := renewed(o.event, ids).(map[string]any)
	if !ok {
		panic("an object is renewed as an object")
	}
	return order{event: event, id: ids[o.id]}
}

func renewed(value any, ids map[string]string) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			if id, ok := member.(string); ok && orderIDs[name] {
				if ids[id] == "" {
					ids[id] = uuid.NewString()
				}
				object[name] = ids[id]
				continue
			}
			object[name] = renewed(member, ids)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = renewed(item, ids)
		}
		return list
	default:
		return value
	}
}

// find gives the first string of that name at any depth.
func find(value any, name string) string {
	switch v := value.(type) {
	case map[string]any:
		if s := text(v, name); s != "" {
			return s
		}
		for _, member := range slices.Sorted(maps.Keys(v)) {
			if s := find(v[member], name); s != "" {
				return s
			}
		}
	case []any:
		for _, item := range v {
			if s := find(item, name); s != "" {
				return s
			}
		}
	}
	return ""
}

// topic is where the order is to be published.
func (o order) topic() string { return text(o.event, "type") }

// json is the order as the record's value.
func (o order) json() ([]byte, error) {
	value, err := json.Marshal(o.event)
	if err != nil {
		return nil, errors.Join(errors.New("the order cannot be written as JSON"), err)
	}
	return value, nil
}
