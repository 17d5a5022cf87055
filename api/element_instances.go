package api

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// maxEnded is how many ended element instances of one process instance are shown at least; at twice that many, the older half
// is forgotten. Those that are active are all shown.
const maxEnded = 10_000

// owner is what everything that belongs to an instance says of it.
type owner struct {
	ProcessInstanceKey     engine.Key `json:"processInstanceKey"`
	RootProcessInstanceKey engine.Key `json:"rootProcessInstanceKey"`
	ProcessDefinitionID    string     `json:"processDefinitionId"`
	ProcessDefinitionKey   engine.Key `json:"processDefinitionKey"`
	TenantID               string     `json:"tenantId"`
}

func ownerOf(info runner.InstanceInfo) owner {
	return owner{info.Key, info.RootKey, info.ProcessID, info.DefinitionKey, defaultTenant}
}

func (o owner) owned() owner { return o }

// ownedFields adds the owner's fields to a collection's own.
func ownedFields[T interface{ owned() owner }](own map[string]field[T]) map[string]field[T] {
	maps.Copy(own, map[string]field[T]{
		"processInstanceKey":     keyField(func(item T) engine.Key { return item.owned().ProcessInstanceKey }),
		"rootProcessInstanceKey": keyField(func(item T) engine.Key { return item.owned().RootProcessInstanceKey }),
		"processDefinitionId":    stringField(func(item T) string { return item.owned().ProcessDefinitionID }),
		"processDefinitionKey":   keyField(func(item T) engine.Key { return item.owned().ProcessDefinitionKey }),
		"tenantId":               stringField(func(item T) string { return item.owned().TenantID }),
	})
	return own
}

// elementInstance is one passage of a token through a flow node.
type elementInstance struct {
	owner
	ElementInstanceKey subKey       `json:"elementInstanceKey"`
	ElementID          string       `json:"elementId"`
	ElementName        string       `json:"elementName"`
	Type               string       `json:"type"`
	State              engine.State `json:"state"`
	StartDate          time.Time    `json:"startDate"`
	EndDate            *time.Time   `json:"endDate"`
	HasIncident        bool         `json:"hasIncident"`
	IncidentKey        *subKey      `json:"incidentKey"`
}

var elementInstances = &collection[elementInstance]{
	name: "element instances", key: "elementInstanceKey",
	fields: ownedFields(map[string]field[elementInstance]{
		"elementInstanceKey": subKeyField(func(e elementInstance) subKey { return e.ElementInstanceKey }),
		"elementId":          stringField(func(e elementInstance) string { return e.ElementID }),
		"elementName":        stringField(func(e elementInstance) string { return e.ElementName }),
		"type":               stringField(func(e elementInstance) string { return e.Type }),
		"state":              stringField(func(e elementInstance) string { return string(e.State) }, instanceStates...),
		"startDate":          timeField(func(e elementInstance) time.Time { return e.StartDate }),
		"endDate":            timeField(func(e elementInstance) time.Time { return orZero(e.EndDate) }),
		"hasIncident":        boolField(func(e elementInstance) bool { return e.HasIncident }),
		"incidentKey":        subKeyField(func(e elementInstance) subKey { return orZero(e.IncidentKey) }),
	}),
}

func (a *api) searchElementInstances(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, elementInstances, func(f filter) (source[elementInstance], error) {
		selection := narrow(f.all)
		selection.Definitions = a.among(f.all, "")
		return each(a, selection, a.elementInstances), nil
	})
}

// elementInstances tells from an instance's history which flow nodes its tokens were in, in the order of the tokens.
func (a *api) elementInstances(info runner.InstanceInfo) ([]elementInstance, error) {
	p := passages{info: info, nodes: a.elements(info.DefinitionKey), active: map[engine.ID]elementInstance{}}
	for entry, err := range a.engine.Story(info.Key, 0) {
		if err != nil {
			return nil, err
		}
		p.apply(entry)
	}
	all := slices.AppendSeq(p.ended, maps.Values(p.active))
	slices.SortFunc(all, func(a, b elementInstance) int {
		return a.ElementInstanceKey.compare(b.ElementInstanceKey)
	})
	return all, nil
}

// passages follows the tokens of one instance.
type passages struct {
	info   runner.InstanceInfo
	nodes  map[string]*bpmn.FlowNode
	active map[engine.ID]elementInstance // by token
	ended  []elementInstance
}

func (p *passages) apply(entry runner.Entry) {
	switch event := entry.Event.(type) {
	case engine.TokenProduced:
		if event.Node != "" {
			p.enter(event.ID, event.Node, entry.At)
		}
	case engine.TokenEntered:
		p.enter(event.Token, event.Node, entry.At)
	case engine.TokenConsumed:
		p.leave(event, entry.At)
	case engine.IncidentRaised:
		if e, known := p.active[event.Token]; known {
			e.HasIncident, e.IncidentKey = true, new(subKeyOf(p.info, event.ID))
			p.active[event.Token] = e
		}
	case engine.IncidentResolved:
		for token, e := range p.active {
			if orZero(e.IncidentKey) == subKeyOf(p.info, event.Incident) {
				e.HasIncident, e.IncidentKey = false, nil
				p.active[token] = e
			}
		}
	}
}

func (p *passages) enter(token engine.ID, node string, at time.Time) {
	e := elementInstance{owner: ownerOf(p.info), ElementInstanceKey: subKeyOf(p.info, token), ElementID: node,
		Type: elementType(p.nodes[node]), State: engine.StateActive, StartDate: date(at)}
	if n := p.nodes[node]; n != nil {
		e.ElementName = n.Name
	}
	p.active[token] = e
}

func (p *passages) leave(event engine.TokenConsumed, at time.Time) {
	e, known := p.active[event.Token]
	if !known { // it was on a flow
		return
	}
	delete(p.active, event.Token)
	e.State, e.EndDate = engine.StateCompleted, new(date(at))
	if event.Withdrawn {
		e.State = engine.StateTerminated
	}
	if p.ended = append(p.ended, e); len(p.ended) == 2*maxEnded {
		p.ended = slices.Clone(p.ended[maxEnded:])
	}
}
