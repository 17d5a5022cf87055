package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// publishRequest is the body of POST /v2/messages/publication.
type publishRequest struct {
	Name           string          `json:"name"`
	CorrelationKey string          `json:"correlationKey"`
	MessageID      string          `json:"messageId"`
	TimeToLive     int64           `json:"timeToLive"` // ms
	Variables      json.RawMessage `json:"variables"`
	TenantID       string          `json:"tenantId"`
	BusinessID     string          `json:"businessId"`
}

// publishResult is the answer to it.
type publishResult struct {
	MessageKey         engine.Key  `json:"messageKey"`
	TenantID           string      `json:"tenantId"`
	State              runner.Fate `json:"state"`              // Sonata's own
	ProcessInstanceKey *engine.Key `json:"processInstanceKey"` // who took it; Sonata's own
}

// longestTime is the longest time that a client can give.
const longestTime = 10 * 365 * 24 * time.Hour

func (a *api) publishMessage(w http.ResponseWriter, r *http.Request) error {
	var request publishRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	publication, err := request.publication()
	if err != nil {
		return err
	}
	receipt, err := a.engine.Publish(r.Context(), publication)
	if err != nil {
		return err
	}
	return answer(w, publishResult{
		MessageKey: receipt.Key, TenantID: defaultTenant, State: receipt.Fate, ProcessInstanceKey: orNull(receipt.Taker),
	})
}

// correlationResult is the answer of POST /v2/messages/correlation.
type correlationResult struct {
	MessageKey         engine.Key `json:"messageKey"`
	TenantID           string     `json:"tenantId"`
	ProcessInstanceKey engine.Key `json:"processInstanceKey"`
}

// correlateMessage gives a message to whom it is for now, or says that nobody waits for it.
func (a *api) correlateMessage(w http.ResponseWriter, r *http.Request) error {
	var request publishRequest
	if err := decode(w, r, &request); err != nil {
		return err
	}
	publication, err := request.publication()
	if err != nil {
		return err
	}
	if publication.ID != "" || publication.TimeToLive != 0 {
		return invalid("a message that is correlated at once has neither messageId nor timeToLive: leave them out, or publish it")
	}
	takers, err := a.engine.Request(r.Context(), []runner.Publication{publication}, nil)
	if err != nil {
		return err
	}
	// The message itself is not kept, so its key means nothing more than who took it.
	return answer(w, correlationResult{MessageKey: takers[0].Key, TenantID: defaultTenant, ProcessInstanceKey: takers[0].Key})
}

func (p publishRequest) publication() (runner.Publication, error) {
	switch {
	case p.Name == "":
		return runner.Publication{}, invalid("field \"name\" is missing: give the name of the message, which is its topic")
	case p.TimeToLive < 0 || p.TimeToLive > longestTime.Milliseconds():
		return runner.Publication{}, invalid("field \"timeToLive\" must be between 0 and %d (milliseconds)", longestTime.Milliseconds())
	case p.BusinessID != "":
		return runner.Publication{}, invalid("businessId: not supported yet; leave it out")
	}
	if err := checkTenant(p.TenantID); err != nil {
		return runner.Publication{}, err
	}
	data, err := variablesOf(p.Variables)
	return runner.Publication{
		Name: p.Name, CorrelationKey: p.CorrelationKey, ID: p.MessageID,
		TimeToLive: time.Duration(p.TimeToLive) * time.Millisecond, Data: data,
	}, err
}

// bufferedMessage is a message that nobody awaits yet. Its data is not shown.
type bufferedMessage struct {
	MessageKey     engine.Key `json:"messageKey"`
	MessageName    string     `json:"messageName"`
	CorrelationKey *string    `json:"correlationKey"`
	ReferenceID    *string    `json:"referenceId"` // the instance that it answers
	BusinessID     *string    `json:"businessId"`
	ExpirationDate *time.Time `json:"expirationDate"`
	TenantID       string     `json:"tenantId"`
}

var bufferedMessages = &collection[bufferedMessage]{
	name: "messages", key: "messageKey",
	fields: map[string]field[bufferedMessage]{
		"messageKey":     keyField(func(m bufferedMessage) engine.Key { return m.MessageKey }),
		"messageName":    stringField(func(m bufferedMessage) string { return m.MessageName }),
		"correlationKey": stringField(func(m bufferedMessage) string { return orZero(m.CorrelationKey) }),
		"referenceId":    stringField(func(m bufferedMessage) string { return orZero(m.ReferenceID) }),
		"businessId":     stringField(func(m bufferedMessage) string { return orZero(m.BusinessID) }),
		"expirationDate": timeField(func(m bufferedMessage) time.Time { return orZero(m.ExpirationDate) }),
	},
}

func (a *api) searchMessages(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, bufferedMessages, func(filter) (source[bufferedMessage], error) {
		return listed(a.engine.BufferedMessages, func(m runner.BufferedMessage) (engine.Key, bufferedMessage) {
			shown := bufferedMessage{
				MessageKey: m.Key, MessageName: m.Name, CorrelationKey: orNull(m.CorrelationKey), ReferenceID: orNull(m.ReferenceID),
				BusinessID: orNull(m.BusinessKey), TenantID: defaultTenant,
			}
			if !m.ExpiresAt.IsZero() {
				shown.ExpirationDate = new(date(m.ExpiresAt))
			}
			return m.Key, shown
		}), nil
	})
}
