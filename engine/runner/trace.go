package runner

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/engine"
)

// Trace is a place in a distributed trace (W3C Trace Context): what caused something, so that what follows from it can say so. The zero value is
// none. An instance has the trace of the newest message or request; timers and workers go on with it, and so does what it calls. No trace begins here.
type Trace struct {
	Parent string // traceparent
	State  string // tracestate, "" if there is none
}

// Attributes of a CloudEvent, by its extension for distributed tracing, and headers of records and requests.
const (
	attributeTraceParent = "traceparent"
	attributeTraceState  = "tracestate"
)

const (
	traceLength    = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	traceFlags     = 0x03 // sampled and random; others are not known, and not passed on
	maxTraceState  = 512  // what everybody must pass on; longer ones lose their last members
	traceSeparator = "-"
)

// ParseTrace reads the headers traceparent and tracestate (W3C Trace Context, section 3). The zero value is that of none, and of one that is
// wrong: traces are for whoever looks for faults, and make none.
func ParseTrace(parent, state string) Trace {
	if len(parent) > traceLength && parent[:2] != "00" && parent[traceLength:traceLength+1] == traceSeparator {
		parent = parent[:traceLength] // of a later version the beginning is read
	}
	if len(parent) != traceLength || strings.ToLower(parent) != parent {
		return Trace{}
	}
	parts := strings.Split(parent, traceSeparator)
	if len(parts) != 4 || parts[0] == "ff" || !isHex(parts[0], 1) || !isHex(parts[1], 16) || !isHex(parts[2], 8) || !isHex(parts[3], 1) ||
		strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return Trace{}
	}
	flags, _ := hex.DecodeString(parts[3])
	return Trace{traceParent(parts[1], parts[2], flags[0]), traceState(state)}
}

func isHex(text string, bytes int) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == bytes
}

func traceParent(trace, parent string, flags byte) string {
	return strings.Join([]string{"00", trace, parent, hex.EncodeToString([]byte{flags & traceFlags})}, traceSeparator)
}

// traceState drops the last members of a list that is too long, and the whole of what is none.
func traceState(state string) string {
	for _, c := range []byte(state) {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	for len(state) > maxTraceState {
		state = state[:max(0, strings.LastIndexByte(state, ','))]
	}
	return state
}

// by is the trace as a message has it: the message is the parent of what it causes.
func (t Trace) by(id uuid.UUID) Trace {
	if t.Parent == "" {
		return t
	}
	parts := strings.Split(t.Parent, traceSeparator)
	flags, _ := hex.DecodeString(parts[3])
	return Trace{traceParent(parts[1], hex.EncodeToString(id[8:]), flags[0]), t.State}
}

// describe adds the trace to the attributes of an event.
func (t Trace) describe(attributes map[string]any) {
	if t.Parent != "" {
		attributes[attributeTraceParent] = t.Parent
	}
	if t.State != "" {
		attributes[attributeTraceState] = t.State
	}
}

type traceKey struct{}

// WithTrace says what causes the calls that are made with the context.
func WithTrace(ctx context.Context, t Trace) context.Context {
	if t.Parent == "" {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, t)
}

func traceIn(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// trace is that of a message. The record's headers say who sent it; the event's attributes only what began it, should others have
// passed it on.
func (m *message) trace() Trace {
	var parent, state string
	for _, h := range m.Headers {
		switch {
		case strings.EqualFold(h.Key, attributeTraceParent):
			parent = string(h.Value)
		case strings.EqualFold(h.Key, attributeTraceState):
			state = string(h.Value)
		}
	}
	if t := ParseTrace(parent, state); t.Parent != "" {
		return t
	}
	return ParseTrace(attribute(m.Event, attributeTraceParent), attribute(m.Event, attributeTraceState))
}

// cause is what the unit does something for.
type cause struct {
	trace   Trace
	message bool // it is a message: without a trace, it ends the one that was there
}

// causedBy lets a message be the cause of what the unit does. It returns what was that before, for causedAsBefore.
func (u *unit) causedBy(m *message) cause {
	before := u.cause
	u.cause = cause{m.trace(), true}
	return before
}

func (u *unit) causedAsBefore(c cause) { u.cause = c }

// thenBy is then for what an instance does to others: it is part of the instance's trace, if that has one.
func (u *unit) thenBy(in *engine.Instance, do func()) {
	u.then(func() {
		defer u.causedAsBefore(u.cause)
		u.cause.message = false
		if t := u.traceOf(in.Key); t.Parent != "" {
			u.cause.trace = t
		}
		do()
	})
}

// carry gives an instance the trace of the command at hand, else, if it is new, that of its caller. A message without one takes it away.
func (u *unit) carry(in *engine.Instance, isNew bool) {
	t, old := u.cause.trace, u.traceOf(in.Key)
	if t.Parent == "" && isNew && in.Parent != nil {
		t = u.traceOf(in.Parent.Key)
	}
	switch {
	case t.Parent != "" && t != old:
		u.r.traces = true
		u.put(tableTraces, rowKey{}.key(in.Key), []byte(t.Parent+t.State))
	case t.Parent == "" && u.cause.message && old.Parent != "":
		u.delete(tableTraces, rowKey{}.key(in.Key))
	}
}

// traceOf is the trace of an instance. Nothing is read where no instance has one.
func (u *unit) traceOf(key engine.Key) Trace {
	if !u.r.traces {
		return Trace{}
	}
	row := u.tx.Get(tableTraces, rowKey{}.key(key))
	if len(row) < traceLength {
		return Trace{}
	}
	return Trace{string(row[:traceLength]), string(row[traceLength:])}
}
