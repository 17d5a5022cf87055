package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Bounds of an activation. The wait is Camunda 8's default.
const (
	defaultPoll = 10 * time.Second
	maxJobs     = 1000
)

// activationRequest is the body of POST /v2/jobs/activation. Times are in milliseconds.
type activationRequest struct {
	Type              string   `json:"type"`
	Worker            string   `json:"worker"`
	Timeout           int64    `json:"timeout"`
	MaxJobsToActivate int      `json:"maxJobsToActivate"`
	FetchVariable     []string `json:"fetchVariable"`
	RequestTimeout    int64    `json:"requestTimeout"` // 0: the default; negative: do not wait
	TenantIDs         []string `json:"tenantIds"`
}

// activatedJob is a job as its worker gets it: what names tell to be secrets is not masked, as the work may be just about the secret.
type activatedJob struct {
	owner
	JobKey                   subKey            `json:"jobKey"`
	Type                     string            `json:"type"`
	ProcessDefinitionVersion int               `json:"processDefinitionVersion"`
	ElementID                string            `json:"elementId"`
	ElementInstanceKey       subKey            `json:"elementInstanceKey"`
	CustomHeaders            map[string]string `json:"customHeaders"`
	Worker                   string            `json:"worker"`
	Retries                  int               `json:"retries"`
	Deadline                 int64             `json:"deadline"` // ms since 1970
	Variables                map[string]any    `json:"variables"`
	Kind                     string            `json:"kind"`
	ListenerEventType        string            `json:"listenerEventType"`
	Tags                     []string          `json:"tags"`
	BusinessID               *string           `json:"businessId"`
}

// activateJobs gives jobs to a worker. If there are none the answer waits until there are, or until the worker's patience ends.
func (a *api) activateJobs(w http.ResponseWriter, r *http.Request) error {
	var request activationRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	activation, err := request.activation()
	if err != nil {
		return err
	}
	leave, err := a.polling.enter()
	if err != nil {
		return err
	}
	defer leave()
	wait := cmp.Or(time.Duration(request.RequestTimeout)*time.Millisecond, defaultPoll)
	if activation.NoWait = wait < 0; activation.NoWait {
		wait = requestTimeout
	}
	allow(w, wait)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	go func() {
		select {
		case <-stopping(ctx):
			cancel()
		case <-ctx.Done():
		}
	}()
	jobs, err := a.engine.ActivateJobs(ctx, activation)
	if err != nil {
		return err
	}
	shown := make([]activatedJob, len(jobs))
	for i := range jobs {
		shown[i] = showActivated(&jobs[i], request.FetchVariable)
	}
	return answer(w, map[string]any{"jobs": shown})
}

func (q activationRequest) activation() (runner.Activation, error) {
	most := maxAwait.Milliseconds()
	switch {
	case q.Type == "":
		return runner.Activation{}, invalid("field \"type\" is missing: say which jobs to activate")
	case q.Timeout < 1 || q.Timeout > longestTime.Milliseconds():
		return runner.Activation{}, invalid("field \"timeout\" must be between 1 and %d: how long the worker has each job, in milliseconds", longestTime.Milliseconds())
	case q.MaxJobsToActivate < 1:
		return runner.Activation{}, invalid("field \"maxJobsToActivate\" must be at least 1")
	case q.RequestTimeout > most:
		return runner.Activation{}, invalid("field \"requestTimeout\" must be at most %d (milliseconds)", most)
	}
	for _, tenant := range q.TenantIDs {
		if err := checkTenant(tenant); err != nil {
			return runner.Activation{}, err
		}
	}
	return runner.Activation{
		Type: q.Type, Worker: q.Worker, Timeout: time.Duration(q.Timeout) * time.Millisecond, Max: min(q.MaxJobsToActivate, maxJobs),
	}, nil
}

func showActivated(j *runner.Job, names []string) activatedJob {
	info, headers := j.InstanceInfo, j.Job.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	return activatedJob{
		owner: ownerOf(info), JobKey: subKeyOf(info, j.ID), Type: j.Name, ProcessDefinitionVersion: info.Version, ElementID: j.Element,
		ElementInstanceKey: subKeyOf(info, j.Token), CustomHeaders: headers, Worker: j.Job.Worker, Retries: j.Job.Retries,
		Deadline: j.Job.Deadline.UnixMilli(), Variables: pick(secret.MaskIn(j.Variables).(map[string]any), names), Kind: "BPMN_ELEMENT", ListenerEventType: "UNSPECIFIED",
		Tags: []string{}, BusinessID: orNull(info.BusinessKey),
	}
}

// updateRequest is the body of PATCH /v2/jobs/{jobKey}.
type updateRequest struct {
	Changeset struct {
		Retries *int   `json:"retries"`
		Timeout *int64 `json:"timeout"` // ms, from now on
	} `json:"changeset"`
}

// updateJob changes the retries of a job, or how long its worker still has it.
func (a *api) updateJob(w http.ResponseWriter, r *http.Request) error {
	var request updateRequest
	instance, id, err := a.part(w, r, "job", &request)
	if err != nil {
		return err
	}
	change := engine.UpdateJob{Subscription: id, Retries: request.Changeset.Retries}
	switch timeout := request.Changeset.Timeout; {
	case timeout == nil && change.Retries == nil:
		return invalid("field \"changeset\" must say what to change: retries, timeout or both")
	case timeout != nil && (*timeout < 1 || *timeout > longestTime.Milliseconds()):
		return invalid("field \"changeset.timeout\" must be between 1 and %d (milliseconds)", longestTime.Milliseconds())
	case timeout != nil:
		change.Timeout = new(time.Duration(*timeout) * time.Millisecond)
	}
	if err := a.engine.UpdateJob(r.Context(), instance, change); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
