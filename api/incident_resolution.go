package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/sonata-bpmn/sonata/engine"
)

// maxResolved is how many incidents are resolved at once.
const maxResolved = 1000

// resolutionRequest says how to resolve incidents: with the variables changed first, as seen from the element, and with retries for a
// job that has none left (0: one).
type resolutionRequest struct {
	Filter    map[string]json.RawMessage `json:"filter"` // of many
	Variables json.RawMessage            `json:"variables"`
	Retries   int                        `json:"retries"`
}

func (q resolutionRequest) command() (c engine.ResolveIncident, err error) {
	if c.Retries = q.Retries; c.Retries < 0 {
		return c, invalid("field \"retries\" must not be negative")
	}
	c.Variables, err = variablesOf(q.Variables)
	return c, err
}

// resolveIncident runs the failed step again.
func (a *api) resolveIncident(w http.ResponseWriter, r *http.Request) error {
	var request resolutionRequest
	instance, id, err := a.part(w, r, "incident", &request)
	if err != nil {
		return err
	}
	command, err := request.command()
	if err != nil {
		return err
	}
	if len(request.Filter) > 0 {
		return invalid("filter: leave it out where the path names the incident")
	}
	command.Incident = id
	if err := a.engine.ResolveIncident(r.Context(), instance, command); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// resolutionResult tells what became of many incidents.
type resolutionResult struct {
	Resolved int                 `json:"resolved"`
	Refused  []refusedResolution `json:"refused"`
	More     bool                `json:"more"` // others match; ask again
}

type refusedResolution struct {
	IncidentKey subKey `json:"incidentKey"`
	Reason      string `json:"reason"`
}

// resolveIncidents resolves all incidents that match a filter. One that cannot be resolved keeps nobody from the others.
func (a *api) resolveIncidents(w http.ResponseWriter, r *http.Request) error {
	var request resolutionRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	command, err := request.command()
	if err != nil {
		return err
	}
	if len(request.Filter) == 0 {
		return invalid("field \"filter\" is missing: say which incidents to resolve, by any field that they can be searched by")
	}
	found, more, err := a.matchingIncidents(ask{a, w, r}, request.Filter)
	if err != nil {
		return err
	}
	result := resolutionResult{Refused: []refusedResolution{}, More: more}
	for _, i := range found {
		_, id, _, err := a.engine.Locate(i.IncidentKey.key)
		if err == nil {
			command.Incident = id
			err = a.engine.ResolveIncident(r.Context(), i.ProcessInstanceKey, command)
		}
		if refused, ok := errors.AsType[*engine.Rejection](err); ok {
			result.Refused = append(result.Refused, refusedResolution{i.IncidentKey, refused.Text})
		} else if err != nil {
			return err
		} else {
			result.Resolved++
		}
	}
	return answer(w, result)
}

// matchingIncidents finds at most maxResolved incidents, and says whether there are more. They are found first and resolved then, so
// that one that comes back at once is not resolved without end.
func (a *api) matchingIncidents(from ask, raw map[string]json.RawMessage) (found []incident, more bool, err error) {
	f, err := incidents.parseFilter(raw)
	if err == nil {
		err = from.locate(&query{filter: f})
	}
	if err != nil {
		return nil, false, err
	}
	selection := narrow(f.all)
	selection.HasIncident = new(true)
	src := each(a, selection, a.incidents)
	for i, err := range incidents.matching(from.r.Context(), f, src, nil, false) {
		if err != nil {
			return nil, false, err
		}
		if len(found) == maxResolved {
			return found, true, nil
		}
		found = append(found, i)
	}
	return found, false, nil
}
