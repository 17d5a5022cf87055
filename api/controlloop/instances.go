package controlloop

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Processes of processes/controlloop, and the messages that they take.
const (
	processDefinition  = "controlLoopDefinition"
	processLoop        = "controlLoop"
	processTransition  = "controlLoopTransition"
	processParticipant = "participant"
	processMonitoring  = "participantMonitoring"
	processIgnored     = "ignoredMessages"

	messageCommission   = "control-loop-commission"
	messageDecommission = "control-loop-decommission"
	messageCreate       = "control-loop-create"
	messageUpdate       = "control-loop-update"
	messageDelete       = "control-loop-delete"
	messageOrder        = "control-loop-order"
	messageParticipant  = "participant-order"
	messageMonitoring   = "CL_MONITORING_SERVICE_INPUT"
	messageForget       = "monitoring-delete"
)

type variables map[string]any

func (v variables) text(name string) string {
	text, _ := v[name].(string)
	return text
}

func (v variables) object(name string) variables {
	object, _ := v[name].(map[string]any)
	return object
}

func (v variables) list(name string) []any {
	list, _ := v[name].([]any)
	return list
}

func (v variables) identifier(name string) tosca.Identifier {
	return identifierOf(v[name])
}

func identifierOf(value any) tosca.Identifier {
	object, _ := value.(map[string]any)
	return tosca.Identifier{Name: variables(object).text("name"), Version: variables(object).text("version")}
}

// value is an identifier as processes have it.
func value(id tosca.Identifier) map[string]any {
	return map[string]any{"name": id.Name, "version": id.Version}
}

// found is an instance of a process with its variables.
type found struct {
	key engine.Key
	id  tosca.Identifier // its business key
	variables
}

// instances reads the instances that the filter selects, oldest first.
func (h *handlers) instances(f runner.Filter) ([]found, error) {
	var all []found
	for page := (runner.Page{Limit: 1000}); ; page.After = all[len(all)-1].key {
		items, more, err := h.engine.Search(f, page)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			in, _, err := h.engine.Instance(item.Key)
			if err != nil {
				return nil, err
			}
			all = append(all, found{in.Key, tosca.ParseIdentifier(in.BusinessKey), in.Variables(0)})
		}
		if !more {
			return all, nil
		}
	}
}

// active reads the instances of a process that have not ended.
func (h *handlers) active(process string) ([]found, error) {
	return h.instances(runner.Filter{ProcessID: process, State: engine.StateActive})
}

// selected reads those of them that the query parameters name and version select; both may be missing.
func (h *handlers) selected(r *http.Request, process string) ([]found, error) {
	name, version := r.URL.Query().Get("name"), r.URL.Query().Get("version")
	f := runner.Filter{ProcessID: process, State: engine.StateActive}
	if name != "" && version != "" {
		f.BusinessKey = name + ":" + version
	}
	all, err := h.instances(f)
	return slices.DeleteFunc(all, func(in found) bool {
		return name != "" && in.id.Name != name || version != "" && in.id.Version != version
	}), err
}

// paged cuts a page out of a list: the query parameters page (from 0) and size say which, as in CLAMP's later releases. Without both it is
// the whole list.
func paged[T any](r *http.Request, list []T) ([]T, error) {
	query := r.URL.Query()
	if !query.Has("page") && !query.Has("size") {
		return list, nil
	}
	page, err := strconv.ParseUint(cmp.Or(query.Get("page"), "0"), 10, 32)
	size, sizeErr := strconv.ParseUint(cmp.Or(query.Get("size"), "100"), 10, 31)
	if err != nil || sizeErr != nil || size == 0 {
		return nil, faultf(http.StatusBadRequest, "page must be a whole number from 0 on, and size one from 1 on")
	}
	first := min(page*size, uint64(len(list)))
	return list[first:min(first+size, uint64(len(list)))], nil
}

// named is the identifier in the query, which is needed.
func named(r *http.Request) (tosca.Identifier, error) {
	id := tosca.Identifier{Name: r.URL.Query().Get("name"), Version: r.URL.Query().Get("version")}
	if id.Name == "" || id.Version == "" {
		return id, faultf(http.StatusBadRequest, "say which one, by the query parameters name and version")
	}
	return id, nil
}

// request gives messages to instances. An instance that answers with a code from 400 undoes all of it.
func (h *handlers) request(ctx context.Context, messages ...runner.Publication) ([]*engine.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	return h.engine.Request(ctx, messages, accept)
}

// accept returns what an instance refuses.
func accept(taken []*engine.Instance) error {
	for _, in := range taken {
		answer := variables(in.Variables(0)).object("answer")
		if code, _ := answer["code"].(int64); code >= http.StatusBadRequest {
			return faultf(int(code), "%s", cmp.Or(answer.text("text"), "it was refused"))
		}
	}
	return nil
}

// asked says whether nobody took a message, and gives the answer then.
func asked(err error, otherwise *fault) error {
	if rejection, isOne := err.(*engine.Rejection); isOne && rejection.Code == engine.CodeNotFound { //nolint:errorlint // Request returns it as it is
		return otherwise
	}
	return err
}

func message(name string, to tosca.Identifier, data map[string]any) runner.Publication {
	return runner.Publication{Name: name, CorrelationKey: to.String(), Data: data}
}
