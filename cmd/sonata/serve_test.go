package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/broker"
	"github.com/sonata-bpmn/sonata/processes"
)

// sorting is a flow that asks how heavy a parcel is; testdata/sorting.bpmn.
const sorting = "sorting.bpmn"

// flowsDir makes a folder with the sorting flow.
func flowsDir(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, sorting, read(t, filepath.Join("testdata", sorting)))
	return dir
}

// write replaces a file as editors do: the new text appears at once.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	temporary := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(temporary, []byte(text), 0o600))
	require.NoError(t, os.Rename(temporary, filepath.Join(dir, name)))
}

// lineOf is the line of a file in which a text stands first.
func lineOf(t *testing.T, file, text string) int {
	before, _, found := strings.Cut(read(t, file), text)
	require.True(t, found)
	return 1 + strings.Count(before, "\n")
}

func cloudEventText(topic, id, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"data":%s}`, id, topic, data)
}

// arrive starts an instance for a parcel and waits until it waits.
func (s *sonata) arrive(parcel string) {
	s.t.Helper()
	s.publish("parcel-arrived", parcel, cloudEventText("parcel-arrived", "arrived-"+parcel, fmt.Sprintf(`{"parcel":%q}`, parcel)))
	s.eventually(func() bool {
		return len(s.items("message-subscriptions", fmt.Sprintf(`{"correlationKey":%q}`, parcel))) == 1
	}, "nobody awaits parcel "+parcel)
}

func (s *sonata) weigh(parcel string, weight int) {
	s.t.Helper()
	s.publish("parcel-weighed", parcel, cloudEventText("parcel-weighed", "weighed-"+parcel, fmt.Sprintf(`{"weight":%d}`, weight)))
}

// eventually asks again and again, for what only a question can tell.
func (s *sonata) eventually(holds func() bool, complaint string) {
	s.t.Helper()
	require.Eventually(s.t, holds, patience, 20*time.Millisecond, complaint)
}

func parcel(name string) func(record) bool {
	return func(r record) bool { return r.data()["parcel"] == name }
}

// TestAChangedConditionChangesTheRun: with --watch a changed file becomes a new version without a restart, instances that run
// stay on theirs, and a file with errors is reported and changes nothing.
func TestAChangedConditionChangesTheRun(t *testing.T) {
	dir := flowsDir(t)
	s := serve(t, t.TempDir(), "--deploy", dir, "--watch")
	s.arrive("old")

	write(t, dir, sorting, strings.ReplaceAll(read(t, filepath.Join("testdata", sorting)), "weight > 100", "weight > 10"))
	s.log("deployed", func(e map[string]any) bool { return e["version"] == 2.0 })
	s.arrive("new")
	s.weigh("old", 50)
	s.weigh("new", 50)
	s.await("parcel-to-belt", parcel("old"))
	s.await("parcel-to-lift", parcel("new"))

	write(t, dir, sorting, strings.ReplaceAll(read(t, filepath.Join("testdata", sorting)), "weight > 100", "weight >> 10"))
	problem := s.log("a file has problems", nil)["problem"].(string)
	require.Contains(t, problem, fmt.Sprintf("%s:%d:", filepath.Join(dir, sorting), lineOf(t, filepath.Join("testdata", sorting), "weight > 100")))
	s.log("not deployed: the file has errors; what was deployed of it before stays", nil)
	s.arrive("newer")
	s.weigh("newer", 50)
	s.await("parcel-to-lift", parcel("newer"))

	// A file that comes into a folder that was not there before is deployed too.
	require.NoError(t, os.Mkdir(filepath.Join(dir, "more"), 0o700))
	write(t, filepath.Join(dir, "more"), "again.bpmn", strings.ReplaceAll(read(t, filepath.Join("testdata", sorting)), `id="sorting"`, `id="sortingAgain"`))
	s.log("deployed", func(e map[string]any) bool { return e["process"] == "sortingAgain" })
	require.Zero(t, s.stop())
}

// TestAnEmptyFolderIsWatched: with --watch, who draws the first process starts Sonata before it is there; without, an empty folder is a mistake.
func TestAnEmptyFolderIsWatched(t *testing.T) {
	dir := t.TempDir()
	mistaken := sonataCommand(t, "serve", "--data", t.TempDir(), "--deploy", dir)
	require.Equal(t, exitFailed, mistaken.status)
	require.Contains(t, mistaken.errors, dir+" holds no .bpmn file")

	s := serve(t, t.TempDir(), "--deploy", dir, "--watch")
	s.log("no file of the folders can be deployed yet; waiting for one", nil)
	write(t, dir, sorting, read(t, filepath.Join("testdata", sorting)))
	s.log("deployed", func(e map[string]any) bool { return e["process"] == "sorting" })
	s.arrive("first")
	require.Zero(t, s.stop())
}

// TestAFileWithErrorsKeepsNothingElseBack: at the start too, what can be deployed is.
func TestAFileWithErrorsKeepsNothingElseBack(t *testing.T) {
	dir := flowsDir(t)
	write(t, dir, "broken.bpmn", "<not-bpmn/>")
	s := serve(t, t.TempDir(), "--deploy", dir)
	require.Contains(t, s.log("a file has problems", nil)["problem"], "broken.bpmn:1:1: error[")
	require.Contains(t, s.client("instances", "list"), "KEY")
	s.arrive("one")
}

// TestTheBuiltInFlowsYieldToAnOperator: what an operator deployed in place of a built-in flow stays after a restart.
func TestTheBuiltInFlowsYieldToAnOperator(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	s := serve(t, data)
	own := strings.Replace(read(t, filepath.Join("..", "..", "processes", "sonata", "serviceOrderProcess.bpmn")), `name="Service order"`, `name="Our service order"`, 1)
	write(t, dir, "serviceOrderProcess.bpmn", own)
	require.Contains(t, s.client("deploy", dir), "serviceOrderProcess  2")
	require.Zero(t, s.stop())
	s = serve(t, data)
	require.Len(t, s.items("process-definitions", `{"processDefinitionId":"serviceOrderProcess"}`), 2)
}

// TestAGracefulStop: open event streams end, requests that are under way are answered, and the status is 0.
func TestAGracefulStop(t *testing.T) {
	s := serve(t, t.TempDir())
	response, err := http.Get(s.url + "/v2/events")
	require.NoError(t, err)
	defer response.Body.Close()
	stream := bufio.NewReader(response.Body)
	_, err = stream.ReadString('\n')
	require.NoError(t, err)
	require.Zero(t, s.stop(), s.text())
	_, err = stream.ReadString(0)
	require.Error(t, err, "the stream ends")
	require.Contains(t, s.text(), `"stopped"`)
	require.NotContains(t, s.text(), `"ERROR"`)
}

// TestASecondSignalEndsAtOnce: a request that does not end holds a graceful stop up; whoever does not want to wait signals again.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	s := serve(t, t.TempDir(), "--stop-timeout", "1h")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	// 100 Continue tells that the handler is reading the body, which never comes.
	fmt.Fprintf(conn, "POST /v2/process-instances/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	require.True(t, s.signal(syscall.SIGTERM))
	s.eventually(func() bool {
		_, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		return err != nil
	}, "it still listens")
	require.True(t, s.signal(syscall.SIGTERM))
	s.wait()
	require.Equal(t, exitKilled, s.cmd.ProcessState.ExitCode())
}

// TestADataDirectoryIsUsedByOneProcess: a second Sonata is refused, with a text that says what to do.
func TestADataDirectoryIsUsedByOneProcess(t *testing.T) {
	t.Parallel() // it waits more than it works
	data := t.TempDir()
	serve(t, data)
	second := launch(t, data)
	second.wait()
	require.Equal(t, exitFailed, second.cmd.ProcessState.ExitCode())
	require.Contains(t, second.text(), "another Sonata uses this data directory")
	require.Contains(t, second.text(), "--data")
}

// TestATakenPort: each of the two addresses names its flag when it is in use, and nothing is left behind.
func TestATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for _, flag := range []string{"--listen", "--broker-listen"} {
		s := launch(t, t.TempDir(), flag, taken.Addr().String())
		s.wait()
		require.Equal(t, exitFailed, s.cmd.ProcessState.ExitCode(), s.text())
		require.Contains(t, s.text(), flag)
		require.Contains(t, s.text(), "in use")
	}
}

// TestAKafkaThatComesLater: with --kafka there is no broker of our own. While the cluster is away Sonata is up, and takes deployments
// and commands; when the cluster is there, orders run.
func TestAKafkaThatComesLater(t *testing.T) {
	t.Parallel() // it waits more than it works
	address, data := freeAddress(t), t.TempDir()
	s := serve(t, data, "--kafka", address)
	require.Equal(t, address, s.kafka)
	s.log("not every topic is bound", nil)
	require.NoDirExists(t, filepath.Join(data, "broker"))
	require.Contains(t, s.client("instances", "list"), "KEY")

	b, err := broker.Start(broker.Config{Dir: t.TempDir(), Listen: address})
	require.NoError(t, err)
	defer b.Close()
	s.eventually(func() bool {
		_, bound := s.records()["sonata-service-order"]
		return bound
	}, "the topics were not bound")
	s.client("deploy", partners)
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.await("tmf-service-order-item-update", state("COMPLETED"))
	requireOneEffectEach(t, s, 1)
	require.Zero(t, s.stop())
}

// TestHealth: what restarts a process, and what sends it work, can ask.
func TestHealth(t *testing.T) {
	s := serve(t, t.TempDir())
	for _, path := range []string{"/livez", "/readyz"} {
		require.Equal(t, http.StatusOK, s.health(path), path)
	}
}

// health is the status of a path that says how the program is.
func (s *sonata) health(path string) int {
	s.t.Helper()
	response, err := http.Get(s.url + path)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	require.Equal(s.t, "Sonata/v0.0.0-test", response.Header.Get("Server"))
	return response.StatusCode
}

// TestReadyMeansDeployed: who asks /readyz before what is to be deployed at the start is deployed is told so; the first yes comes when
// it is.
func TestReadyMeansDeployed(t *testing.T) {
	t.Parallel()                                    // it waits more than it works
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a Kafka that takes connections and says nothing holds the deployment up
	require.NoError(t, err)
	defer silent.Close()
	address := freeAddress(t)
	held := launch(t, t.TempDir(), "--listen", address, "--kafka", silent.Addr().String(), "--stop-timeout", "2s")
	held.url = "http://" + address
	held.eventually(func() bool {
		response, err := http.Get(held.url + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return strings.Contains(string(text), "what is to be deployed at the start is not deployed yet")
	}, "it does not say that the flows are not deployed yet")
	require.Zero(t, held.stop(), "it stops, although Kafka never answers")

	s := launch(t, t.TempDir(), "--listen", address)
	s.url = "http://" + address
	s.eventually(func() bool {
		response, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, "it is never ready")
	flows, err := embeddedFlows(processes.Sonata(), processes.ControlLoop())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(s.items("process-definitions", `{}`)), len(flows))
}

// freeAddress is one that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, reserved.Close())
	return reserved.Addr().String()
}

// TestIdleWritesNothing: a flash disk wears out by writes. With an order done and its termination waiting, no file of the data
// directory changes for six seconds: longer than every interval at which something of the kind could be due.
func TestIdleWritesNothing(t *testing.T) {
	t.Parallel() // it waits more than it works
	data := t.TempDir()
	s := serve(t, data)
	s.client("deploy", partners)
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.await("tmf-service-order-item-update", state("COMPLETED"))
	var since time.Time
	last := ""
	s.eventually(func() bool {
		if now := fingerprint(t, data); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 6*time.Second
	}, "something is written again and again")
}

// fingerprint is the name, size and time of change of every file of a folder.
func fingerprint(t *testing.T, dir string) string {
	var all strings.Builder
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			fmt.Fprintln(&all, name, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	require.NoError(t, err)
	return all.String()
}

// TestKcat: a client of another make reads what Sonata writes.
func TestKcat(t *testing.T) {
	kcat, err := exec.LookPath("kcat")
	if err != nil {
		t.Skip("kcat is not installed, so the broker was not read by a client of another make (Debian: apt install kcat)")
	}
	s := serve(t, t.TempDir())
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.await("oss-client-k8s-order", nil)
	out, err := exec.Command(kcat, "-b", s.kafka, "-C", "-e", "-q", "-t", "oss-client-k8s-order", "-f", "%h\n%s\n").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "content-type=application/cloudevents+json")
	require.Contains(t, string(out), `"source":"/process/ossClientOrderK8saasProcess"`)
}
