package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// job is work that waits for a worker. A job that is done is gone.
type job struct {
	owner
	JobKey                   subKey            `json:"jobKey"`
	Type                     string            `json:"type"`
	State                    string            `json:"state"` // CREATED, or FAILED while an incident keeps it
	Retries                  int               `json:"retries"`
	ErrorMessage             *string           `json:"errorMessage"`
	ErrorCode                *string           `json:"errorCode"`
	CustomHeaders            map[string]string `json:"customHeaders"`
	ElementID                string            `json:"elementId"`
	ElementInstanceKey       subKey            `json:"elementInstanceKey"`
	HasFailedWithRetriesLeft bool              `json:"hasFailedWithRetriesLeft"`
	Kind                     string            `json:"kind"`
	ListenerEventType        string            `json:"listenerEventType"`
	Priority                 int               `json:"priority"`
	Worker                   string            `json:"worker"`    // who has it, or had it last
	Deadline                 *time.Time        `json:"deadline"`  // until when a worker has it; null: nobody has
	RetryDate                *time.Time        `json:"retryDate"` // when it is available again after a failure; null: it need not wait; Sonata's own
	// Nothing is known of the following.
	EndTime        *time.Time `json:"endTime"`
	CreationTime   *time.Time `json:"creationTime"`
	LastUpdateTime *time.Time `json:"lastUpdateTime"`
	IsDenied       *bool      `json:"isDenied"`
	DeniedReason   *string    `json:"deniedReason"`
}

var jobs = &collection[job]{
	name: "jobs", key: "jobKey",
	fields: ownedFields(map[string]field[job]{
		"jobKey":                   subKeyField(func(j job) subKey { return j.JobKey }),
		"type":                     stringField(func(j job) string { return j.Type }),
		"state":                    stringField(func(j job) string { return j.State }, "CREATED", "COMPLETED", "FAILED", "RETRIES_UPDATED", "TIMED_OUT", "CANCELED", "ERROR_THROWN", "MIGRATED"),
		"retries":                  intField(func(j job) int { return j.Retries }),
		"errorMessage":             stringField(func(j job) string { return orZero(j.ErrorMessage) }),
		"elementId":                stringField(func(j job) string { return j.ElementID }),
		"worker":                   stringField(func(j job) string { return j.Worker }),
		"deadline":                 timeField(func(j job) time.Time { return orZero(j.Deadline) }),
		"retryDate":                timeField(func(j job) time.Time { return orZero(j.RetryDate) }),
		"elementInstanceKey":       subKeyField(func(j job) subKey { return j.ElementInstanceKey }),
		"hasFailedWithRetriesLeft": boolField(func(j job) bool { return j.HasFailedWithRetriesLeft }),
		"kind":                     stringField(func(j job) string { return j.Kind }, "BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER", "AD_HOC_SUB_PROCESS"),
	}),
}

func (a *api) searchJobs(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, jobs, func(f filter) (source[job], error) {
		selection := a.narrowActive(f, "")
		selection.Jobs = true
		if kind, one := f.equals("type"); one {
			selection.JobType = kind.(string)
		}
		return each(a, selection, func(info runner.InstanceInfo) (found []job, err error) {
			err = a.subscriptions(info.Key, engine.SubscriptionJob, func(s subscription) {
				found = append(found, showJob(s))
			})
			return found, err
		}), nil
	})
}

func showJob(s subscription) job {
	info, work := s.info, *cmp.Or(s.Job, &engine.Job{})
	j := job{
		owner: ownerOf(info), JobKey: subKeyOf(info, s.ID), Type: s.Name, State: "CREATED", Retries: work.Retries,
		ErrorMessage: orNull(work.Failure), CustomHeaders: headersOf(work), ElementID: s.Element,
		ElementInstanceKey: subKeyOf(info, s.Token), HasFailedWithRetriesLeft: work.Failure != "" && work.Retries > 0,
		Kind: "BPMN_ELEMENT", ListenerEventType: "UNSPECIFIED", Worker: work.Worker,
	}
	if !work.Deadline.IsZero() {
		j.Deadline = new(date(work.Deadline))
	}
	if !work.RetryAt.IsZero() {
		j.RetryDate = new(date(work.RetryAt))
	}
	if j.Deadline == nil && j.RetryDate == nil && !s.Available() {
		j.State = "FAILED"
	}
	return j
}

// headersOf is {} and not null where there are none.
func headersOf(work engine.Job) map[string]string {
	if work.Headers == nil {
		return map[string]string{}
	}
	return maskTexts(work.Headers)
}

// narrowActive is narrow for what only active instances have, and only those whose process has a flow node of a kind ("": any).
func (a *api) narrowActive(f filter, kind string) runner.Filter {
	selection := narrow(f.all)
	selection.Definitions = a.among(f.all, kind)
	selection.State = engine.StateActive
	return selection
}

// subscription is an open subscription with its instance and the flow node that it belongs to, nil if that is unknown.
type subscription struct {
	engine.Subscription
	in   *engine.Instance
	info runner.InstanceInfo
	node *bpmn.FlowNode
}

// subscriptions calls show for each open subscription of a kind.
func (a *api) subscriptions(key engine.Key, kind engine.SubscriptionKind, show func(subscription)) error {
	in, info, err := a.engine.Instance(key)
	if err != nil {
		return err
	}
	nodes := a.elements(info.DefinitionKey)
	for _, s := range in.Subscriptions {
		if s.Kind == kind {
			show(subscription{s, in, info, nodes[s.Element]})
		}
	}
	return nil
}

// jobRequest is the body of what a worker tells of a job; each route reads its part.
type jobRequest struct {
	Variables    json.RawMessage `json:"variables"`
	Retries      int             `json:"retries"`
	RetryBackOff int64           `json:"retryBackOff"` // ms
	ErrorCode    string          `json:"errorCode"`
	ErrorMessage string          `json:"errorMessage"`
}

// jobCommand reads the path and body of a worker's request and has it carried out.
func (a *api) jobCommand(w http.ResponseWriter, r *http.Request, do func(engine.Key, engine.ID, jobRequest, map[string]any) error) error {
	var request jobRequest
	instance, id, err := a.part(w, r, "job", &request)
	if err != nil {
		return err
	}
	variables, err := variablesOf(request.Variables)
	if err != nil {
		return err
	}
	if err := do(instance, id, request, variables); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) completeJob(w http.ResponseWriter, r *http.Request) error {
	return a.jobCommand(w, r, func(instance engine.Key, id engine.ID, _ jobRequest, variables map[string]any) error {
		return a.engine.CompleteJob(r.Context(), instance, engine.CompleteJob{Subscription: id, Variables: variables})
	})
}

func (a *api) failJob(w http.ResponseWriter, r *http.Request) error {
	return a.jobCommand(w, r, func(instance engine.Key, id engine.ID, request jobRequest, variables map[string]any) error {
		switch {
		case request.Retries < 0:
			return invalid("field \"retries\" must not be negative")
		case request.RetryBackOff < 0 || request.RetryBackOff > longestTime.Milliseconds():
			return invalid("field \"retryBackOff\" must be between 0 and %d (milliseconds)", longestTime.Milliseconds())
		}
		return a.engine.FailJob(r.Context(), instance, engine.FailJob{
			Subscription: id, Retries: request.Retries, Text: request.ErrorMessage, Variables: variables,
			BackOff: time.Duration(request.RetryBackOff) * time.Millisecond,
		})
	})
}

func (a *api) throwError(w http.ResponseWriter, r *http.Request) error {
	return a.jobCommand(w, r, func(instance engine.Key, id engine.ID, request jobRequest, variables map[string]any) error {
		if request.ErrorCode == "" {
			return invalid("field \"errorCode\" is missing")
		}
		return a.engine.ThrowError(r.Context(), instance, engine.ThrowError{
			Subscription: id, Code: request.ErrorCode, Text: request.ErrorMessage, Variables: variables,
		})
	})
}
