package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How often the program is started, how long it is left alone after a start, and for how long it is then looked at.
const (
	idleStarts = 10
	idleSettle = 30 * time.Second
	idleTime   = time.Minute
)

// BenchmarkIdle says what `sonata serve` costs when there is nothing to do: the program as `make build` makes it, with its built-in flows and its
// own broker, after its first start. It needs Linux's /proc.
func BenchmarkIdle(b *testing.B) {
	program := release(b)
	var first, again []float64
	for range idleStarts {
		data := filepath.Join(b.TempDir(), "data")
		first = append(first, start(b, program, data, "/readyz").end())
		again = append(again, start(b, program, data, "/readyz").end())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(first), "ms-first-ready")
	b.ReportMetric(median(again), "ms-ready")

	p := start(b, program, filepath.Join(b.TempDir(), "data"), "/readyz")
	p.rest()
	b.ReportMetric(float64(p.proc("status", "VmRSS"))/1024, "MB-resident")
	b.ReportMetric(float64(p.proc("status", "RssFile"))/1024, "MB-of-program")
	p.end()
}

// BenchmarkIdleAway says what it costs when a broker of its own is not used and the one that it is to use is away.
func BenchmarkIdleAway(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	p := start(b, release(b), filepath.Join(b.TempDir(), "data"), "/livez", "--kafka", freeAddress(b))
	p.rest()
	p.end()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// release builds the program and, as an installation does, copies it: the kernel may map a file that was just linked by pieces of 2 MB.
func release(b *testing.B) string {
	b.Helper()
	linked, installed := filepath.Join(b.TempDir(), "linked"), filepath.Join(b.TempDir(), "sonata")
	out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=idle", "-o", linked, ".").CombinedOutput()
	require.NoError(b, err, string(out))
	out, err = exec.Command("cp", linked, installed).CombinedOutput()
	require.NoError(b, err, string(out))
	return installed
}

// idler is the program, which has nothing to do.
type idler struct {
	b     *testing.B
	cmd   *exec.Cmd
	ready time.Duration // from its start
}

// start starts the program and waits until a path of its REST interface is answered with 200.
func start(b *testing.B, program, data, path string, args ...string) *idler {
	b.Helper()
	address := freeAddress(b)
	args = append([]string{"serve", "--data", data, "--listen", address, "--broker-listen", "127.0.0.1:0"}, args...)
	p := &idler{b: b, cmd: exec.Command(program, args...)}
	began := time.Now()
	require.NoError(b, p.cmd.Start())
	b.Cleanup(func() { _ = p.cmd.Process.Kill() })
	for p.ready == 0 {
		require.Less(b, time.Since(began), patience)
		if answer, err := http.Get("http://" + address + path); err == nil {
			require.NoError(b, answer.Body.Close())
			if answer.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
			}
		}
		<-time.After(time.Millisecond)
	}
	return p
}

// rest leaves the program alone and reports what it takes meanwhile.
func (p *idler) rest() {
	p.b.Helper()
	<-time.After(idleSettle)
	cpu, written := p.cpu(), p.proc("io", "write_bytes")
	<-time.After(idleTime)
	p.b.ReportMetric(100*float64(p.cpu()-cpu)/float64(idleTime), "%-of-a-core")
	p.b.ReportMetric(float64(p.proc("io", "write_bytes")-written), "bytes-written")
}

// end stops the program and returns how many milliseconds it took to be ready.
func (p *idler) end() float64 {
	p.b.Helper()
	require.NoError(p.b, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.b, p.cmd.Wait())
	return float64(p.ready.Microseconds()) / 1000
}

// proc is the number that stands behind a name in a file of proc(5).
func (p *idler) proc(file, name string) int {
	p.b.Helper()
	_, after, found := strings.Cut(read(p.b, p.path(file)), name+":")
	require.True(p.b, found, name)
	n, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(p.b, err)
	return n
}

// cpu is the processor time of all threads so far; the ticks of /proc/PID/stat are too coarse for what an idle program takes.
func (p *idler) cpu() (sum time.Duration) {
	p.b.Helper()
	threads, err := os.ReadDir(p.path("task"))
	require.NoError(p.b, err)
	for _, thread := range threads {
		nanos, err := strconv.Atoi(strings.Fields(read(p.b, p.path(filepath.Join("task", thread.Name(), "schedstat"))))[0])
		require.NoError(p.b, err)
		sum += time.Duration(nanos)
	}
	return sum
}

func (p *idler) path(file string) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file)
}
