package api

import (
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// messageSubscription is an instance's open wait for a message.
type messageSubscription struct {
	owner
	MessageSubscriptionKey   subKey     `json:"messageSubscriptionKey"`
	MessageSubscriptionState string     `json:"messageSubscriptionState"`
	MessageSubscriptionType  string     `json:"messageSubscriptionType"`
	MessageName              string     `json:"messageName"`
	CorrelationKey           *string    `json:"correlationKey"`
	ElementID                string     `json:"elementId"`
	ElementInstanceKey       *subKey    `json:"elementInstanceKey"` // null: an event sub-process waits
	LastUpdatedDate          *time.Time `json:"lastUpdatedDate"`    // not known
	ProcessDefinitionName    *string    `json:"processDefinitionName"`
	ProcessDefinitionVersion int        `json:"processDefinitionVersion"`
}

var messageSubscriptions = &collection[messageSubscription]{
	name: "message subscriptions", key: "messageSubscriptionKey",
	fields: ownedFields(map[string]field[messageSubscription]{
		"messageSubscriptionKey":   subKeyField(func(m messageSubscription) subKey { return m.MessageSubscriptionKey }),
		"messageSubscriptionState": stringField(func(m messageSubscription) string { return m.MessageSubscriptionState }, "CREATED", "CORRELATED", "DELETED", "MIGRATED"),
		"messageSubscriptionType":  stringField(func(m messageSubscription) string { return m.MessageSubscriptionType }, "PROCESS_EVENT", "START_EVENT"),
		"messageName":              stringField(func(m messageSubscription) string { return m.MessageName }),
		"correlationKey":           stringField(func(m messageSubscription) string { return orZero(m.CorrelationKey) }),
		"elementId":                stringField(func(m messageSubscription) string { return m.ElementID }),
		"elementInstanceKey":       subKeyField(func(m messageSubscription) subKey { return orZero(m.ElementInstanceKey) }),
		"processDefinitionName":    stringField(func(m messageSubscription) string { return orZero(m.ProcessDefinitionName) }),
		"processDefinitionVersion": intField(func(m messageSubscription) int { return m.ProcessDefinitionVersion }),
	}),
}

func (a *api) searchMessageSubscriptions(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, messageSubscriptions, func(f filter) (source[messageSubscription], error) {
		selection := a.narrowActive(f, "")
		if name, one := f.equals("messageName"); one {
			selection.Awaits = name.(string)
		}
		return each(a, selection, func(info runner.InstanceInfo) (found []messageSubscription, err error) {
			err = a.subscriptions(info.Key, engine.SubscriptionMessage, func(s subscription) {
				found = append(found, showMessageSubscription(s))
			})
			return found, err
		}), nil
	})
}

func showMessageSubscription(s subscription) messageSubscription {
	info := s.info
	m := messageSubscription{
		owner: ownerOf(info), MessageSubscriptionKey: subKeyOf(info, s.ID), MessageSubscriptionState: "CREATED",
		MessageSubscriptionType: "PROCESS_EVENT", MessageName: s.Name, CorrelationKey: orNull(s.Key), ElementID: s.Element,
		ProcessDefinitionName: orNull(info.ProcessName), ProcessDefinitionVersion: info.Version,
	}
	if s.Token != 0 {
		m.ElementInstanceKey = new(subKeyOf(info, s.Token))
	}
	return m
}
