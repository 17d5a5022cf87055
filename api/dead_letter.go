package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// deadLetterDetails is a message that could not be used, with what is in it. What can be told by its name to be a secret is masked;
// the bytes are served as they are elsewhere, to whoever asks for them.
type deadLetterDetails struct {
	deadLetter
	Timestamp      *time.Time       `json:"timestamp"` // of the record
	CorrelationKey *string          `json:"correlationKey"`
	ReferenceID    *string          `json:"referenceId"`
	BusinessID     *string          `json:"businessId"`
	Headers        []header         `json:"headers"`
	Value          any              `json:"value"`    // JSON, or a string
	Encoding       string           `json:"encoding"` // json, text or base64
	Near           []nearSubscriber `json:"nearSubscriptions"`
}

type header struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// nearSubscriber waited for a message of the name, but not for this one.
type nearSubscriber struct {
	ProcessInstanceKey  engine.Key `json:"processInstanceKey"`
	ProcessDefinitionID string     `json:"processDefinitionId"`
	ElementID           string     `json:"elementId"`
	CorrelationKey      *string    `json:"correlationKey"`
	BusinessID          *string    `json:"businessId"`
}

func (a *api) deadLetterAt(r *http.Request) (runner.DeadLetter, error) {
	key, err := pathKey(r, "deadLetterKey")
	if err != nil {
		return runner.DeadLetter{}, err
	}
	return a.engine.DeadLetter(key)
}

func (a *api) getDeadLetter(w http.ResponseWriter, r *http.Request) error {
	d, err := a.deadLetterAt(r)
	if err != nil {
		return err
	}
	return answer(w, showDeadLetterDetails(d))
}

func showDeadLetterDetails(d runner.DeadLetter) deadLetterDetails {
	shown := deadLetterDetails{
		deadLetter: showDeadLetter(d), CorrelationKey: orNull(d.CorrelationKey), ReferenceID: orNull(d.ReferenceID), BusinessID: orNull(d.BusinessKey),
		Headers: []header{}, Near: []nearSubscriber{},
	}
	if !d.Timestamp.IsZero() {
		shown.Timestamp = new(date(d.Timestamp))
	}
	for _, h := range d.Headers {
		value, _ := readable(h.Value)
		if isSecret(h.Key) {
			value = masked
		}
		shown.Headers = append(shown.Headers, header{h.Key, value})
	}
	shown.Value, shown.Encoding = readable(d.Value)
	if value, err := engine.DecodeJSON(d.Value); err == nil {
		shown.Value, shown.Encoding = maskValue(value), "json"
	}
	for _, n := range d.Near {
		shown.Near = append(shown.Near, nearSubscriber{n.Instance, n.ProcessID, n.Element, orNull(n.CorrelationKey), orNull(n.BusinessKey)})
	}
	return shown
}

// readable is bytes as a text, or in base64, and which it is.
func readable(data []byte) (text, encoding string) {
	if utf8.Valid(data) {
		return string(data), "text"
	}
	return base64.StdEncoding.EncodeToString(data), "base64"
}

// getDeadLetterValue serves the bytes of a record as they came.
func (a *api) getDeadLetterValue(w http.ResponseWriter, r *http.Request) error {
	d, err := a.deadLetterAt(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment; filename=dead-letter-"+d.Key.String())
	_, _ = w.Write(d.Value)
	return nil
}

// replayRequest is the body of POST /v2/dead-letters/{deadLetterKey}/replay: what to change before; nothing, if it is left out.
type replayRequest struct {
	Topic          *string         `json:"topic"`
	CorrelationKey *string         `json:"correlationKey"`
	ReferenceID    *string         `json:"referenceId"`
	BusinessID     *string         `json:"businessId"`
	Data           json.RawMessage `json:"data"`
}

// replayResult is the answer to it.
type replayResult struct {
	State              runner.Fate `json:"state"`
	ProcessInstanceKey *engine.Key `json:"processInstanceKey"` // who took it
}

func (a *api) replayDeadLetter(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "deadLetterKey")
	if err != nil {
		return err
	}
	var request replayRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	correction := runner.Correction{
		Name: request.Topic, CorrelationKey: request.CorrelationKey, ReferenceID: request.ReferenceID, BusinessKey: request.BusinessID,
	}
	if len(request.Data) > 0 {
		data, err := engine.DecodeJSON(request.Data)
		if err != nil {
			return invalid(`field "data": %s`, err)
		}
		correction.Data = &data
	}
	fate, taker, err := a.engine.RetryDeadLetter(r.Context(), key, correction)
	if err != nil {
		return err
	}
	return answer(w, replayResult{State: fate, ProcessInstanceKey: orNull(taker)})
}

func (a *api) deleteDeadLetter(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "deadLetterKey")
	if err != nil {
		return err
	}
	if err := decode(w, r, &struct{}{}); err != nil {
		return err
	}
	if err := a.engine.DropDeadLetter(r.Context(), key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
