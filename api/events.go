package api

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// heartbeat keeps proxies from closing a quiet stream, and finds out that a client is gone.
const heartbeat = 15 * time.Second

// streamed is an entry as a stream shows it.
type streamed struct {
	Seq                    uint64       `json:"seq"`
	Date                   time.Time    `json:"date"`
	ProcessInstanceKey     engine.Key   `json:"processInstanceKey"`
	RootProcessInstanceKey engine.Key   `json:"rootProcessInstanceKey"`
	ProcessDefinitionID    string       `json:"processDefinitionId"`
	Type                   string       `json:"type"` // name of the event, such as "TokenEntered"
	Event                  engine.Event `json:"event"`
}

// streamInstance sends what happened and happens to an instance and those that it calls, as server-sent events, until the
// instance ends. A client that comes back with Last-Event-ID goes on where it was.
func (a *api) streamInstance(w http.ResponseWriter, r *http.Request) error {
	key, err := pathKey(r, "processInstanceKey")
	if err != nil {
		return err
	}
	after, err := lastEventID(r)
	if err != nil {
		return err
	}
	_, info, err := a.engine.Instance(key)
	if err != nil {
		return err
	}
	if over, err := a.over(info, after); over || err != nil {
		w.WriteHeader(http.StatusNoContent) // tells an EventSource not to come back
		return err
	}
	// Watched first, read then: nothing can slip through between.
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	live := a.engine.Watch(ctx, info.RootKey)
	keys, err := a.family(key)
	if err != nil {
		return err
	}
	return a.stream(w, r.WithContext(ctx), &follower{key: key, seen: seenUpTo(keys, after)}, live, a.histories(keys, after))
}

// over says whether a client that has seen everything up to an entry has seen the end of the instance.
func (a *api) over(info runner.InstanceInfo, after uint64) (bool, error) {
	if info.State == engine.StateActive || after == 0 {
		return false, nil
	}
	for _, err := range a.engine.Story(info.Key, after) {
		return false, err
	}
	return true, nil
}

// streamAll sends what happens to all instances, from now on.
func (a *api) streamAll(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	none := func(func(runner.Entry, error) bool) {}
	return a.stream(w, r.WithContext(ctx), &follower{}, a.engine.Watch(ctx, 0), none)
}

func lastEventID(r *http.Request) (uint64, error) {
	id, err := strconv.ParseUint(cmp.Or(r.Header.Get("Last-Event-ID"), "0"), 10, 64)
	if err != nil {
		return 0, invalid("the header Last-Event-ID must be the id of an event of this stream")
	}
	return id, nil
}

// follower decides which entries belong to a stream.
type follower struct {
	key  engine.Key            // of the instance that is followed; 0: all are
	seen map[engine.Key]uint64 // of each instance that is followed: the last entry that was sent
}

func seenUpTo(keys []engine.Key, after uint64) map[engine.Key]uint64 {
	seen := map[engine.Key]uint64{}
	for _, key := range keys {
		seen[key] = after
	}
	return seen
}

// takes says whether an entry is to be sent, and remembers it. An instance that is called by a followed one is followed.
func (f *follower) takes(entry runner.Entry) bool {
	if f.key == 0 {
		return true
	}
	seen, followed := f.seen[entry.Instance]
	if started, ok := entry.Event.(engine.InstanceStarted); ok && !followed && started.Parent != nil {
		_, followed = f.seen[started.Parent.Key]
	}
	if !followed || entry.Seq <= seen {
		return false
	}
	f.seen[entry.Instance] = entry.Seq
	return true
}

// isLast says whether an entry is the end of the instance that is followed.
func (f *follower) isLast(entry runner.Entry) bool {
	_, ended := entry.Event.(engine.InstanceEnded)
	return ended && entry.Instance == f.key
}

// stream sends the past, then what comes in, until the instance or the request ends, or the engine drops the watcher. After
// an end that is not the instance's, the client may come back.
func (a *api) stream(w http.ResponseWriter, r *http.Request, f *follower, live <-chan runner.Entry, past iter.Seq2[runner.Entry, error]) error {
	leave, err := a.waiting.enter()
	if err != nil {
		return err
	}
	defer leave()
	out := openStream(w)
	if r.Method == http.MethodHead {
		return nil
	}
	for entry, err := range past {
		if err != nil { // the stream just ends: it has begun, so no problem can be told
			a.log.LogAttrs(r.Context(), slog.LevelError, "stream failed", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
			return nil
		}
		if f.takes(entry) && !out.send(entry) || f.isLast(entry) {
			return nil
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case entry, open := <-live:
			if !open || f.takes(entry) && !out.send(entry) || f.isLast(entry) {
				return nil
			}
		case <-beat.C:
			if !out.write(": nothing new\n\n") {
				return nil
			}
		case <-r.Context().Done():
			return nil
		case <-stopping(r.Context()):
			return nil
		}
	}
}

// eventStream writes server-sent events (HTML standard, §9.2).
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func openStream(w http.ResponseWriter) *eventStream {
	allow(w, heartbeat)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := &eventStream{w, http.NewResponseController(w)}
	s.write(": the events follow\n\n")
	return s
}

func (s *eventStream) send(entry runner.Entry) bool {
	return s.write(fmt.Sprintf("id: %d\ndata: %s\n\n", entry.Seq, jsonText(streamed{
		Seq: entry.Seq, Date: date(entry.At), ProcessInstanceKey: entry.Instance, RootProcessInstanceKey: entry.Root,
		ProcessDefinitionID: entry.ProcessID, Type: strings.TrimPrefix(fmt.Sprintf("%T", entry.Event), "engine."),
		Event: maskEvent(entry.Event),
	})))
}

// write says whether the client is still there.
func (s *eventStream) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(requestTimeout)) // see allow
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

// maskEvent returns a copy of an event in which the variables, headers and payloads that it carries are masked, whatever
// the event: one that is added to the engine must not show what this one does not know of.
func maskEvent(event engine.Event) engine.Event {
	shown := reflect.New(reflect.TypeOf(event)).Elem()
	shown.Set(reflect.ValueOf(event))
	maskFields(shown)
	return shown.Interface().(engine.Event)
}

// maskFields replaces what is masked in a struct that is the caller's own.
func maskFields(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				maskFields(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			maskFields(own.Elem())
			v.Set(own)
		}
	case reflect.Slice:
		v.Set(reflect.AppendSlice(reflect.Zero(v.Type()), v))
		for i := range v.Len() {
			maskFields(v.Index(i))
		}
	case reflect.Interface:
		if !v.IsNil() {
			v.Set(reflect.ValueOf(maskValue(v.Interface())))
		}
	case reflect.Map:
		switch m := v.Interface().(type) {
		case map[string]any:
			v.Set(reflect.ValueOf(mask(m)))
		case map[string]string:
			v.Set(reflect.ValueOf(maskTexts(m)))
		}
	}
}
