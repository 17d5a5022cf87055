package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/kafka/kafkatest"
)

// patience is how long a test waits for something that the program must do. It is for slow machines: what is waited for is
// always a signal.
const patience = 60 * time.Second

// sonata is a running binary.
type sonata struct {
	t          *testing.T
	cmd        *exec.Cmd
	url, kafka string
	exited     chan struct{} // closed when the process has ended

	mu   sync.Mutex
	logs []map[string]any
	news chan struct{} // closed and replaced at each line
}

// serve starts the binary on free ports and waits until it is ready. It is killed at the end of the test at the latest.
func serve(t *testing.T, data string, args ...string) *sonata {
	t.Helper()
	s := launch(t, data, args...)
	require.True(t, s.ready(), "the program ended; its log:\n%s", s.text())
	return s
}

// ready waits until the program is, and says whether it is.
func (s *sonata) ready() bool {
	s.t.Helper()
	entry := s.find("ready", nil)
	if entry != nil {
		s.url, s.kafka = entry["url"].(string), entry["kafka"].(string)
	}
	return entry != nil
}

// launch starts the binary and does not wait.
func launch(t *testing.T, data string, args ...string) *sonata {
	t.Helper()
	s := &sonata{t: t, exited: make(chan struct{}), news: make(chan struct{})}
	broker := []string{"--broker-listen", "127.0.0.1:0"}
	if kafkatest.Libs() != "" && !slices.Contains(args, "--kafka") {
		broker = []string{"--kafka", apacheKafka(t, data)}
	}
	args = slices.Concat([]string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json"}, broker, args)
	s.cmd = exec.Command(binary, args...)
	stderr, err := s.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	go s.follow(stderr)
	t.Cleanup(s.kill)
	return s
}

// clusters are the brokers of `make test-kafka`: a data directory stays with its own, as the embedded broker's records do.
var clusters sync.Map

func apacheKafka(t *testing.T, data string) string {
	t.Helper()
	addr, running := clusters.Load(data)
	if !running {
		addr = kafkatest.Start(t, filepath.Join(t.TempDir(), "kafka"))
		clusters.Store(data, addr)
	}
	return addr.(string)
}

func (s *sonata) follow(stderr io.Reader) {
	defer close(s.exited)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var entry map[string]any
		if json.Unmarshal(lines.Bytes(), &entry) != nil {
			entry = map[string]any{"msg": lines.Text()}
		}
		s.mu.Lock()
		s.logs = append(s.logs, entry)
		close(s.news)
		s.news = make(chan struct{})
		s.mu.Unlock()
	}
	// The exit status is asked for where it matters.
	_ = s.cmd.Wait()
}

// log waits for a log line with this message that matches, and returns it.
func (s *sonata) log(message string, match func(entry map[string]any) bool) map[string]any {
	s.t.Helper()
	entry := s.find(message, match)
	if entry == nil {
		require.Failf(s.t, "the program ended", "while waiting for %q; its log:\n%s", message, s.text())
	}
	return entry
}

// find is log for a program that may end before it says so: nil.
func (s *sonata) find(message string, match func(entry map[string]any) bool) map[string]any {
	s.t.Helper()
	deadline := time.After(patience)
	for seen := 0; ; {
		s.mu.Lock()
		logs, news := s.logs, s.news
		s.mu.Unlock()
		for ; seen < len(logs); seen++ {
			if logs[seen]["msg"] == message && (match == nil || match(logs[seen])) {
				return logs[seen]
			}
		}
		select {
		case <-news:
		case <-s.exited:
			return nil
		case <-deadline:
			require.Failf(s.t, "nothing came", "while waiting for %q; the log:\n%s", message, s.text())
		}
	}
}

// text is the whole log.
func (s *sonata) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, entry := range s.logs {
		if entry["msg"] == "deployed" {
			continue // there are many, and they tell nothing about what goes wrong later
		}
		line, err := json.Marshal(entry)
		require.NoError(s.t, err)
		all.Write(append(line, '\n'))
	}
	return all.String()
}

// kill ends the process as a power cut would.
func (s *sonata) kill() {
	if s.signal(syscall.SIGKILL) {
		s.wait()
	}
}

// stop asks the process to end and returns its exit status.
func (s *sonata) stop() int {
	s.signal(syscall.SIGTERM)
	s.wait()
	return s.cmd.ProcessState.ExitCode()
}

func (s *sonata) signal(signal syscall.Signal) bool {
	return !errors.Is(s.cmd.Process.Signal(signal), os.ErrProcessDone)
}

func (s *sonata) wait() {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		require.Failf(s.t, "the program did not end", "its log:\n%s", s.text())
	}
}

// post sends JSON to the REST API and returns the status and the body.
func (s *sonata) post(path, body string) (int, map[string]any) {
	s.t.Helper()
	response, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	var object map[string]any
	if len(bytes.TrimSpace(text)) > 0 {
		require.NoError(s.t, json.Unmarshal(text, &object), "%s", text)
	}
	return response.StatusCode, object
}

// items searches and returns what was found.
func (s *sonata) items(collection, filter string) []map[string]any {
	s.t.Helper()
	status, found := s.post("/v2/"+collection+"/search", `{"filter":`+filter+`,"page":{"limit":10000}}`)
	require.Equal(s.t, http.StatusOK, status, "%v", found)
	var items []map[string]any
	for _, item := range found["items"].([]any) {
		items = append(items, item.(map[string]any))
	}
	return items
}

// outcome is what a command left behind.
type outcome struct {
	status      int
	out, errors string
}

// sonataCommand runs one command of the binary to its end.
func sonataCommand(t *testing.T, args ...string) outcome {
	t.Helper()
	return startCommand(t, args...)()
}

// startCommand starts one command of the binary; the result waits for its end.
func startCommand(t *testing.T, args ...string) func() outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if _, exited := errors.AsType[*exec.ExitError](err); exited {
			err = nil // with a status, which is asked for
		}
		ended <- errors.Join(err, ctx.Err())
	}()
	return func() outcome {
		t.Helper()
		require.NoError(t, <-ended, "%v did not end; it wrote\n%s", args, &out)
		return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	}
}

// client runs a command that speaks to this server, and demands that it succeeds.
func (s *sonata) client(args ...string) string {
	s.t.Helper()
	o := sonataCommand(s.t, append(args, "--url", s.url)...)
	require.Zero(s.t, o.status, "%v: %s", args, o.errors)
	return o.out
}
