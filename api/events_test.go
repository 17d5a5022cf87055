package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// stream is an open stream of server-sent events.
type stream struct {
	t      *testing.T
	lines  *bufio.Scanner
	leave  context.CancelFunc
	lastID string
}

func (s *site) stream(path string, headers ...string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	require.Equal(s.t, 200, response.StatusCode)
	require.Equal(s.t, "text/event-stream", response.Header.Get("Content-Type"))
	leave := func() {
		cancel()
		_ = response.Body.Close()
	}
	s.t.Cleanup(leave)
	return &stream{t: s.t, lines: bufio.NewScanner(response.Body), leave: leave}
}

// next returns the next event, nil at the end of the stream.
func (s *stream) next() map[string]any {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			s.lastID = value
		case "data":
			var event map[string]any
			require.NoError(s.t, json.Unmarshal([]byte(value), &event))
			return event
		}
	}
	return nil
}

// until reads up to an event of the type and returns the types that it saw.
func (s *stream) until(last string) (types []string) {
	s.t.Helper()
	for {
		event := s.next()
		require.NotNil(s.t, event, "the stream ended after %v", types)
		types = append(types, event["type"].(string))
		if event["type"] == last {
			return types
		}
	}
}

func TestStreamOfAnInstance(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile).is(200)
	parent := s.start("call", `{"dbPassword":"canary"}`)
	other := s.start("work", `{}`)
	child := s.post("/v2/process-instances/search", `{"filter":{"parentProcessInstanceKey":"`+parent+`"}}`).items()[0]["processInstanceKey"].(string)

	// What has happened comes first, of the called instance too, in its order.
	events := s.stream("/v2/process-instances/" + parent + "/events")
	seen, last, seq := map[string]int{}, map[string]any{}, 0.0
	for last["type"] != "SubscriptionOpened" || last["processInstanceKey"] != child {
		last = events.next()
		require.NotNil(t, last)
		require.Greater(t, last["seq"].(float64), seq)
		seq = last["seq"].(float64)
		seen[last["processInstanceKey"].(string)]++
		require.NotContains(t, jsonText(last), "canary")
		require.Equal(t, parent, last["rootProcessInstanceKey"])
	}
	require.NotZero(t, seen[parent])
	require.NotZero(t, seen[child])
	require.Zero(t, seen[other], "another instance is none of its business")
	require.Equal(t, "2026-03-04T05:06:07Z", last["date"])
	middle := events.lastID

	// Then what happens, up to the end.
	job := s.post("/v2/jobs/search", `{"filter":{"processInstanceKey":"`+child+`"}}`).items()[0]["jobKey"].(string)
	require.Equal(t, 204, s.post("/v2/jobs/"+job+"/completion", `{"variables":{"accessToken":"canary"}}`).status)
	var rest []string
	for event := events.next(); event != nil; event = events.next() {
		require.NotContains(t, jsonText(event), "canary")
		rest = append(rest, jsonText(event))
		last = event
	}
	require.Equal(t, "InstanceEnded", last["type"])
	require.Equal(t, parent, last["processInstanceKey"])

	// Whoever comes back goes on where it was and misses nothing; whoever has seen the end is told not to come again.
	again := s.stream("/v2/process-instances/"+parent+"/events", "Last-Event-ID", middle)
	for _, want := range rest {
		require.Equal(t, want, jsonText(again.next()))
	}
	require.Nil(t, again.next())
	require.Equal(t, 204, s.call(http.MethodGet, "/v2/process-instances/"+parent+"/events", "", "Last-Event-ID", again.lastID).status)
	whole := s.stream("/v2/process-instances/" + parent + "/events").until("InstanceEnded")
	require.Equal(t, "InstanceStarted", whole[0])

	s.get("/v2/process-instances/999999/events").problem(404, "NOT_FOUND")
	s.get("/v2/process-instances/x/events").problem(400, "INVALID_ARGUMENT")
	require.Contains(t, s.call(http.MethodGet, "/v2/process-instances/"+other+"/events", "", "Last-Event-ID", "x").problem(400, "INVALID_ARGUMENT"), "Last-Event-ID")
}

// A called instance can be followed alone: its caller is not shown.
func TestStreamOfACalledInstance(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile).is(200)
	parent := s.start("call", `{}`)
	child := s.post("/v2/process-instances/search", `{"filter":{"parentProcessInstanceKey":"`+parent+`"}}`).items()[0]["processInstanceKey"].(string)
	events := s.stream("/v2/process-instances/" + child + "/events")
	require.Equal(t, 204, s.post("/v2/process-instances/"+parent+"/cancellation", "").status)
	count := 0
	for event := events.next(); event != nil; event = events.next() {
		require.Equal(t, child, event["processInstanceKey"])
		count++
	}
	require.NotZero(t, count)
}

func TestStreamOfAll(t *testing.T) {
	s := newSite(t)
	s.deploy("quick.bpmn", quickFile).is(200)
	s.start("quick", `{}`)
	events := s.stream("/v2/events")
	key := s.start("quick", `{}`)
	first := events.next()
	require.Equal(t, "InstanceStarted", first["type"])
	require.Equal(t, key, first["processInstanceKey"], "only what happens from now on")
	require.Equal(t, "quick", first["processDefinitionId"])
	events.until("InstanceEnded")
}

// An instance that is called later is followed, too, and one that such an instance calls.
func TestFollower(t *testing.T) {
	f := &follower{key: 1, seen: seenUpTo([]engine.Key{1, 2}, 10)}
	started := func(seq uint64, key, parent engine.Key) runner.Entry {
		header := engine.Header{Key: key}
		if parent != 0 {
			header.Parent = &engine.Parent{Key: parent}
		}
		return runner.Entry{Seq: seq, Instance: key, Event: engine.InstanceStarted{Header: header}}
	}
	entered := func(seq uint64, key engine.Key) runner.Entry {
		return runner.Entry{Seq: seq, Instance: key, Event: engine.TokenEntered{}}
	}
	require.False(t, f.takes(entered(10, 1)), "sent already")
	require.True(t, f.takes(entered(20, 1)))
	require.False(t, f.takes(entered(20, 1)), "sent already")
	require.True(t, f.takes(started(15, 3, 2)), "called by a followed one, and older than what was sent of others")
	require.True(t, f.takes(started(21, 4, 3)))
	require.True(t, f.takes(entered(22, 4)))
	require.False(t, f.takes(started(23, 5, 0)))
	require.False(t, f.takes(entered(24, 5)))
	require.False(t, f.takes(started(25, 6, 5)))
	require.False(t, f.isLast(runner.Entry{Instance: 2, Event: engine.InstanceEnded{}}))
	require.True(t, f.isLast(runner.Entry{Instance: 1, Event: engine.InstanceEnded{}}))
}

// A client that leaves frees its place; too many are told so; and stopping the server ends the streams.
func TestStreamsEnd(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	key := s.start("work", `{}`)
	var open []*stream
	for range maxWaiting {
		open = append(open, s.stream("/v2/process-instances/"+key+"/events"))
	}
	require.Contains(t, s.get("/v2/events").problem(503, "RESOURCE_EXHAUSTED"), "100 clients wait")
	s.post("/v2/process-instances", `{"processDefinitionId":"work","awaitCompletion":true}`).problem(503, "RESOURCE_EXHAUSTED")
	require.Len(t, s.post("/v2/process-instances/search", "").items(), 1, "what cannot be awaited is not started")
	open[0].leave()
	require.Eventually(t, func() bool {
		return s.post("/v2/process-instances", `{"processDefinitionId":"work","awaitCompletion":true,"requestTimeout":1}`).status == 504
	}, patience, time.Millisecond)

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.server.Shutdown(ctx), "it does not wait for streams to end of themselves")
	for event := open[1].next(); event != nil; event = open[1].next() {
		require.NotEqual(t, "InstanceEnded", event["type"])
	}
}

// The server's timeouts are for slow clients: they end neither a stream nor a wait.
func TestWaitingOutlastsTheServersTimeouts(t *testing.T) {
	s := newServedSite(t, func(server *http.Server) {
		server.ReadTimeout, server.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	})
	s.deploy("work.bpmn", workFile).is(200)
	key := s.start("work", `{}`)
	events := s.stream("/v2/process-instances/" + key + "/events")
	events.until("SubscriptionOpened")
	s.post("/v2/process-instances", `{"processDefinitionId":"work","awaitCompletion":true,"requestTimeout":300}`).problem(504, "DEADLINE_EXCEEDED")
	require.Equal(t, 204, s.post("/v2/process-instances/"+key+"/cancellation", "").status)
	events.until("InstanceEnded")
}

// Stopping the server ends a wait, too, and says so.
func TestStoppingEndsAWait(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	answer := make(chan reply)
	go func() {
		answer <- s.post("/v2/process-instances", `{"processDefinitionId":"work","awaitCompletion":true}`)
	}()
	require.Eventually(t, func() bool { return len(s.post("/v2/jobs/search", "").items()) == 1 }, patience, time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.server.Shutdown(ctx))
	require.Contains(t, (<-answer).problem(503, "UNAVAILABLE"), "is stopping")
}

// A store that fails while the past is read ends the stream; the client comes back for the rest.
func TestStreamFailsWithTheStore(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Engine = forgetful{c.Engine} })
	s.deploy("work.bpmn", workFile).is(200)
	require.Nil(t, s.stream("/v2/process-instances/"+s.start("work", `{}`)+"/events").next())
	require.Contains(t, s.log.String(), "broken")
}

// forgetful is an engine whose history cannot be read.
type forgetful struct{ Engine }

func (forgetful) Story(engine.Key, uint64) iter.Seq2[runner.Entry, error] {
	return func(yield func(runner.Entry, error) bool) { yield(runner.Entry{}, errors.New("broken")) }
}
