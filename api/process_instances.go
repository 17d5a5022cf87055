package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// processInstance is an instance as lists show it: without its variables.
type processInstance struct {
	ProcessInstanceKey          engine.Key   `json:"processInstanceKey"`
	ProcessDefinitionID         string       `json:"processDefinitionId"`
	ProcessDefinitionName       *string      `json:"processDefinitionName"`
	ProcessDefinitionVersion    int          `json:"processDefinitionVersion"`
	ProcessDefinitionVersionTag *string      `json:"processDefinitionVersionTag"`
	ProcessDefinitionKey        engine.Key   `json:"processDefinitionKey"`
	ParentProcessInstanceKey    *engine.Key  `json:"parentProcessInstanceKey"`
	ParentElementInstanceKey    *subKey      `json:"parentElementInstanceKey"` // always null: the caller's token is not kept
	ParentElementID             *string      `json:"parentElementId"`          // the call activity; Sonata's own
	RootProcessInstanceKey      engine.Key   `json:"rootProcessInstanceKey"`
	StartDate                   time.Time    `json:"startDate"`
	EndDate                     *time.Time   `json:"endDate"`
	State                       engine.State `json:"state"`
	HasIncident                 bool         `json:"hasIncident"`
	TenantID                    string       `json:"tenantId"`
	Tags                        []string     `json:"tags"`
	BusinessID                  *string      `json:"businessId"`
	Resting                     *string      `json:"resting"` // why its timers do not fire; null: they do; Sonata's own
}

func showInstance(info runner.InstanceInfo) processInstance {
	p := processInstance{
		ProcessInstanceKey:          info.Key,
		ProcessDefinitionID:         info.ProcessID,
		ProcessDefinitionName:       orNull(info.ProcessName),
		ProcessDefinitionVersion:    info.Version,
		ProcessDefinitionVersionTag: orNull(info.VersionTag),
		ProcessDefinitionKey:        info.DefinitionKey,
		RootProcessInstanceKey:      info.RootKey,
		StartDate:                   date(info.StartedAt),
		State:                       info.State,
		HasIncident:                 info.HasIncident,
		TenantID:                    defaultTenant,
		Tags:                        []string{},
		BusinessID:                  orNull(info.BusinessKey),
		Resting:                     orNull(info.Resting),
	}
	if info.Parent != nil {
		p.ParentProcessInstanceKey = &info.Parent.Key
		p.ParentElementID = orNull(info.Parent.Element)
	}
	if !info.EndedAt.IsZero() {
		p.EndDate = new(date(info.EndedAt))
	}
	return p
}

// date is a time as it is shown and compared: in UTC, to the millisecond.
func date(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// orNull is null for what is empty.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

var instanceStates = []string{string(engine.StateActive), string(engine.StateCompleted), string(engine.StateTerminated)}

// processInstances is what instances can be searched by. Keys are given in the order in which instances start.
var processInstances = &collection[processInstance]{
	name: "process instances", key: "processInstanceKey", also: []string{"startDate"},
	fields: map[string]field[processInstance]{
		"processInstanceKey":          keyField(func(p processInstance) engine.Key { return p.ProcessInstanceKey }),
		"processDefinitionId":         stringField(func(p processInstance) string { return p.ProcessDefinitionID }),
		"processDefinitionName":       stringField(func(p processInstance) string { return orZero(p.ProcessDefinitionName) }),
		"processDefinitionVersion":    intField(func(p processInstance) int { return p.ProcessDefinitionVersion }),
		"processDefinitionVersionTag": stringField(func(p processInstance) string { return orZero(p.ProcessDefinitionVersionTag) }),
		"processDefinitionKey":        keyField(func(p processInstance) engine.Key { return p.ProcessDefinitionKey }),
		"parentProcessInstanceKey":    keyField(func(p processInstance) engine.Key { return orZero(p.ParentProcessInstanceKey) }),
		"parentElementId":             stringField(func(p processInstance) string { return orZero(p.ParentElementID) }),
		"rootProcessInstanceKey":      keyField(func(p processInstance) engine.Key { return p.RootProcessInstanceKey }),
		"startDate":                   timeField(func(p processInstance) time.Time { return p.StartDate }),
		"endDate":                     timeField(func(p processInstance) time.Time { return orZero(p.EndDate) }),
		"state":                       stringField(func(p processInstance) string { return string(p.State) }, instanceStates...),
		"hasIncident":                 boolField(func(p processInstance) bool { return p.HasIncident }),
		"tenantId":                    stringField(func(p processInstance) string { return p.TenantID }),
		"businessId":                  stringField(func(p processInstance) string { return orZero(p.BusinessID) }),
		"resting":                     stringField(func(p processInstance) string { return orZero(p.Resting) }),
	},
}

func (a *api) getProcessInstance(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	_, info, err := a.engine.Instance(key)
	if err != nil {
		return err
	}
	return answer(w, showInstance(info))
}

func (a *api) searchProcessInstances(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, processInstances, func(f filter) (source[processInstance], error) {
		selection := narrow(f.all)
		selection.Definitions = a.among(f.all, "")
		for _, c := range f.all {
			switch {
			case c.field == "state" && c.operator == "$eq":
				selection.State = engine.State(c.operand.(string))
			case c.field == "hasIncident" && c.operator == "$eq":
				selection.HasIncident = new(c.operand.(bool))
			case c.field == "startDate" && slices.Contains([]string{"$eq", "$gt", "$gte"}, c.operator):
				if since := time.UnixMilli(c.operand.(int64)); since.After(selection.Since) {
					selection.Since = since
				}
			case c.field == "endDate" && slices.Contains([]string{"$eq", "$gt", "$gte", "$lt", "$lte"}, c.operator):
				selection.Ended = true
			}
		}
		return each(a, selection, func(info runner.InstanceInfo) ([]processInstance, error) {
			return []processInstance{showInstance(info)}, nil
		}), nil
	})
}

func (a *api) cancelProcessInstance(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	if err := decode(w, r, &struct{}{}); err != nil { // an operationReference, say
		return err
	}
	if err := a.engine.Cancel(r.Context(), key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// releaseProcessInstance lets an instance go on that was set aside because Sonata had ended at it.
func (a *api) releaseProcessInstance(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	if err := decode(w, r, &struct{}{}); err != nil {
		return err
	}
	if err := a.engine.Release(r.Context(), key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// redirectProcess serves the link that Camunda Modeler builds from its Operate URL.
func (a *api) redirectProcess(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/v2/process-instances/"+key.String(), http.StatusFound) //nolint:gosec // a key is a number
	return nil
}

// startRequest is the body of POST /v2/process-instances.
type startRequest struct {
	ProcessDefinitionID      string          `json:"processDefinitionId"`
	ProcessDefinitionVersion int             `json:"processDefinitionVersion"`
	ProcessDefinitionKey     json.RawMessage `json:"processDefinitionKey"`
	BusinessID               string          `json:"businessId"`
	BusinessKey              string          `json:"businessKey"` // as Camunda 7 calls it
	TenantID                 string          `json:"tenantId"`
	Variables                json.RawMessage `json:"variables"`
	StartInstructions        json.RawMessage `json:"startInstructions"`
	RuntimeInstructions      json.RawMessage `json:"runtimeInstructions"`
	Tags                     json.RawMessage `json:"tags"`
	AwaitCompletion          bool            `json:"awaitCompletion"`
	FetchVariables           []string        `json:"fetchVariables"`
	RequestTimeout           int64           `json:"requestTimeout"` // ms
}

// startResult is the answer to it.
type startResult struct {
	ProcessDefinitionID      string         `json:"processDefinitionId"`
	ProcessDefinitionVersion int            `json:"processDefinitionVersion"`
	ProcessDefinitionKey     engine.Key     `json:"processDefinitionKey"`
	ProcessInstanceKey       engine.Key     `json:"processInstanceKey"`
	TenantID                 string         `json:"tenantId"`
	Variables                map[string]any `json:"variables"`
	Tags                     []string       `json:"tags"`
	BusinessID               *string        `json:"businessId"`
}

func (a *api) startProcessInstance(w http.ResponseWriter, r *http.Request) error {
	var request startRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	start, err := request.start()
	if err != nil {
		return err
	}
	if request.AwaitCompletion {
		leave, err := a.waiting.enter()
		if err != nil {
			return err // before anything is started
		}
		defer leave()
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	info, err := a.engine.Start(ctx, start)
	if err != nil {
		return err
	}
	result := startResult{
		ProcessDefinitionID: info.ProcessID, ProcessDefinitionVersion: info.Version, ProcessDefinitionKey: info.DefinitionKey,
		ProcessInstanceKey: info.Key, TenantID: defaultTenant, Variables: map[string]any{}, Tags: []string{},
		BusinessID: orNull(info.BusinessKey),
	}
	if request.AwaitCompletion {
		variables, err := a.await(w, r, info, request.RequestTimeout)
		if err != nil {
			return err
		}
		result.Variables = pick(mask(variables), request.FetchVariables)
	}
	return answer(w, result)
}

// start checks the request. A key and an id together are refused, because only one of them would be looked at.
func (s startRequest) start() (start runner.Start, err error) {
	start = runner.Start{ProcessID: s.ProcessDefinitionID, Version: s.ProcessDefinitionVersion, BusinessKey: s.BusinessID}
	if start.DefinitionKey, err = bodyKey("processDefinitionKey", s.ProcessDefinitionKey); err != nil {
		return start, err
	}
	for name, raw := range map[string]json.RawMessage{
		"startInstructions": s.StartInstructions, "runtimeInstructions": s.RuntimeInstructions, "tags": s.Tags,
	} {
		if given(raw) {
			return start, invalid("%s: not supported yet; leave it out", name)
		}
	}
	switch {
	case (start.DefinitionKey == 0) == (start.ProcessID == ""):
		return start, invalid("give one of processDefinitionId and processDefinitionKey, to say which process to start")
	case s.BusinessKey != "" && s.BusinessID != "" && s.BusinessKey != s.BusinessID:
		return start, invalid("businessId and businessKey mean the same; give one of them")
	case s.RequestTimeout < 0 || s.RequestTimeout > maxAwait.Milliseconds():
		return start, invalid("field \"requestTimeout\" must be between 0 and %d (milliseconds)", maxAwait.Milliseconds())
	case s.BusinessKey != "":
		start.BusinessKey = s.BusinessKey
	}
	if err := checkTenant(s.TenantID); err != nil {
		return start, err
	}
	start.Variables, err = variablesOf(s.Variables)
	return start, err
}

// pick keeps the named variables, or all if none is named.
func pick(variables map[string]any, names []string) map[string]any {
	picked := map[string]any{}
	for name, value := range variables {
		if len(names) == 0 || slices.Contains(names, name) {
			picked[name] = value
		}
	}
	return picked
}
