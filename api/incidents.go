package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// incident is a fault that waits for somebody to mend it. A resolved one is gone, so every one is ACTIVE.
type incident struct {
	owner
	IncidentKey        subKey              `json:"incidentKey"`
	ErrorType          engine.IncidentKind `json:"errorType"`
	ErrorMessage       string              `json:"errorMessage"`
	ElementID          string              `json:"elementId"`
	ElementInstanceKey subKey              `json:"elementInstanceKey"`
	JobKey             *subKey             `json:"jobKey"`
	CreationTime       time.Time           `json:"creationTime"`
	State              string              `json:"state"`
}

var incidents = &collection[incident]{
	name: "incidents", key: "incidentKey",
	fields: ownedFields(map[string]field[incident]{
		"incidentKey":        subKeyField(func(i incident) subKey { return i.IncidentKey }),
		"errorType":          stringField(func(i incident) string { return string(i.ErrorType) }),
		"errorMessage":       stringField(func(i incident) string { return i.ErrorMessage }),
		"elementId":          stringField(func(i incident) string { return i.ElementID }),
		"elementInstanceKey": subKeyField(func(i incident) subKey { return i.ElementInstanceKey }),
		"jobKey":             subKeyField(func(i incident) subKey { return orZero(i.JobKey) }),
		"creationTime":       timeField(func(i incident) time.Time { return i.CreationTime }),
		"state":              stringField(func(i incident) string { return i.State }, "ACTIVE", "MIGRATED", "PENDING", "RESOLVED", "UNKNOWN"),
	}),
}

func (a *api) searchIncidents(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, incidents, func(f filter) (source[incident], error) {
		selection := narrow(f.all)
		selection.HasIncident = new(true)
		return each(a, selection, a.incidents), nil
	})
}

// searchInstanceIncidents lists the incidents of an instance and of those that it called.
func (a *api) searchInstanceIncidents(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	if _, _, err := a.engine.Instance(key); err != nil {
		return err
	}
	family, err := a.family(key)
	if err != nil {
		return err
	}
	slices.Sort(family)
	return search(ask{a, w, r}, incidents, func(filter) (source[incident], error) {
		return each(a, runner.Filter{Keys: family, HasIncident: new(true)}, a.incidents), nil
	})
}

func (a *api) incidents(info runner.InstanceInfo) ([]incident, error) {
	in, info, err := a.engine.Instance(info.Key)
	if err != nil {
		return nil, err
	}
	found := make([]incident, 0, len(in.Incidents))
	for _, i := range in.Incidents {
		shown := incident{
			owner: ownerOf(info), IncidentKey: subKeyOf(info, i.ID), ErrorType: i.Kind, ErrorMessage: i.Text, ElementID: i.Element,
			ElementInstanceKey: subKeyOf(info, i.Token), CreationTime: date(i.At), State: "ACTIVE",
		}
		if s := in.Scope(i.Scope); s != nil { // no token waits for what starts an event sub-process
			shown.ElementInstanceKey = scopeKey(info, *s)
		}
		if i.Subscription != 0 && i.Kind != engine.IncidentStepLimit { // that would be of a condition
			shown.JobKey = new(subKeyOf(info, i.Subscription))
		}
		found = append(found, shown)
	}
	return found, nil
}
