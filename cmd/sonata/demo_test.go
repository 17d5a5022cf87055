package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// demo runs the demo to its end.
func demo(t *testing.T, data string, args ...string) outcome {
	t.Helper()
	return sonataCommand(t, append([]string{"demo", "--once", "--timeout", "50s", "--data", data,
		"--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"}, args...)...)
}

// TestTheDemoShowsAnOrder: each process, message and state in the order in which they happen, until the order is COMPLETED and
// its termination is left scheduled.
func TestTheDemoShowsAnOrder(t *testing.T) {
	data := t.TempDir()
	first := demo(t, data)
	require.Zero(t, first.status, first.errors)
	require.Empty(t, first.errors)
	requireInOrder(t, first.out,
		`published +sonata-service-order`,
		`serviceOrderProcess +started`,
		`serviceOrderProcess +received +sonata-service-order`,
		`k8sServiceOrderProcess +started +called by`,
		`published +tmf-service-order-item-update +IN_PROGRESS`,
		`ossClientOrderK8saasProcess +published +oss-client-k8s-order`,
		`ossClientOrderK8saasProcess +received +oss-client-k8s-configuration`,
		`fabricApiServiceConnection +published +fabric-api-connection`,
		`registryStoreKubernetesInfoProcess +published +registry-store-kubernetes-config`,
		`serviceTelemetryPlatformService +published +telemetry-platform-service`,
		`k8sServiceTerminationSubprocess +waits +until 2048-02-13 11:27:56 UTC`,
		`published +tmf-service-update +ACTIVE`,
		`published +tmf-service-order-item-update +COMPLETED`,
		`serviceOrderProcess +completed`,
		`ORDER +2c4fecbc-c436-4f8c-a5db-4a1159ebad2a +COMPLETED`,
		`ORDER +STATE +ITEM +STATE +SERVICE +STATE +SCHEDULED`,
		`2c4fecbc-c436-4f8c-a5db-4a1159ebad2a +COMPLETED +1e382e63-0bac-40fa-a62e-a6c533cecc26 +COMPLETED +790daa4d-7f56-4575-8b64-c558cf518bed +ACTIVE +2048-02-13 11:27:56 UTC`,
	)
	require.NotContains(t, first.out, "\x1b", "no colours where there is no terminal")

	again := demo(t, data, "--orders", "3")
	require.Zero(t, again.status, again.errors)
	requireInOrder(t, again.out,
		`waiting +k8sServiceTerminationSubprocess .* until 2048-02-13`,
		`Found 1 instance open from before, 1 of them scheduled`,
	)
	require.Equal(t, 3, strings.Count(again.out, "  ORDER  "), again.out)
	require.NotRegexp(t, `ORDER +2c4fecbc`, again.out, "the ids are fresh")
}

func requireInOrder(t *testing.T, text string, patterns ...string) {
	t.Helper()
	rest := text
	for _, pattern := range patterns {
		at := regexp.MustCompile(pattern).FindStringIndex(rest)
		require.NotNil(t, at, "%q does not follow; all of it:\n%s", pattern, text)
		rest = rest[at[1]:]
	}
}

// TestTheDemoRunsTheWholeSample: the order of the documentation, with all of its three parts.
func TestTheDemoRunsTheWholeSample(t *testing.T) {
	t.Parallel() // it waits more than it works
	o := demo(t, t.TempDir(), "--order", filepath.Join("..", "..", "processes", "samples", "service-order.json"))
	require.Zero(t, o.status, o.errors+o.out)
	require.Equal(t, 6, strings.Count(o.out[strings.LastIndex(o.out, "SCHEDULED"):], "COMPLETED"), o.out)
}

// changedOrder writes the sample order, changed, into a file.
func changedOrder(t *testing.T, change func(event map[string]any)) string {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal(sampleOrder, &event))
	change(event)
	text, err := json.Marshal(event)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "order.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// TestTheDemoFailsWithItsReason: an order that cannot be completed, one that nobody handles, one that is none.
func TestTheDemoFailsWithItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		says string
	}{
		"an incident": {changedOrder(t, func(e map[string]any) {
			e["data"].(map[string]any)["k8sServiceOrderData"].(map[string]any)["requestedCompletionDate"] = "next summer"
		}), "has an incident at completionDate: "},
		"no handler": {changedOrder(t, func(e map[string]any) { e["type"] = "other-topic" }), "no deployed process begins with a message on other-topic"},
		"no event":   {changedOrder(t, func(e map[string]any) { delete(e, "specversion") }), "expected a CloudEvent"},
		"no id":      {changedOrder(t, func(e map[string]any) { e["data"] = map[string]any{} }), "there is no serviceOrderId"},
		"no file":    {filepath.Join(t.TempDir(), "missing.json"), "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			o := demo(t, t.TempDir(), "--order", c.file, "--timeout", "5s")
			require.Equal(t, exitFailed, o.status, o.out)
			require.Contains(t, o.errors, c.says)
		})
	}
}

// TestTheDemoStaysUp: without --once it goes on, says what to try, and ends with status 0 when it is told to; killed in the
// middle of an order and started again, it completes that order.
func TestTheDemoStaysUp(t *testing.T) {
	data := t.TempDir()
	// The partner takes its time, so that the kill comes before the end however slow we are to read.
	order := changedOrder(t, func(e map[string]any) {
		e["data"].(map[string]any)["k8sServiceOrderData"].(map[string]any)["serviceOrderId"] = "slow fabric-api-connection=PT8S"
	})
	first := startDemo(t, data, "--order", order)
	first.until(`published +fabric-api-connection$`)
	first.end(syscall.SIGKILL)

	second := startDemo(t, data, "--orders", "0")
	second.until(`under way order slow`)
	second.until(`ORDER +slow .*COMPLETED`)
	second.until(`instances get \d+`)
	second.until(`curl -s http://127.0.0.1:\d+/v2/process-instances/search`)
	require.Zero(t, second.end(syscall.SIGINT))
	require.Contains(t, second.out.String(), "Stopped. Everything is kept")
}

// demoProcess is a demo that is read while it runs.
type demoProcess struct {
	t   *testing.T
	cmd *exec.Cmd
	in  *os.File
	out strings.Builder
}

func startDemo(t *testing.T, data string, args ...string) *demoProcess {
	t.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	d := &demoProcess{t: t, in: reader}
	d.cmd = exec.Command(binary, append([]string{"demo", "--data", data, "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"}, args...)...)
	d.cmd.Stdout, d.cmd.Stderr = writer, os.Stderr
	require.NoError(t, d.cmd.Start())
	require.NoError(t, writer.Close())
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		_ = reader.Close()
	})
	require.NoError(t, reader.SetReadDeadline(time.Now().Add(patience)))
	return d
}

// until reads until a line matches.
func (d *demoProcess) until(pattern string) {
	d.t.Helper()
	match := regexp.MustCompile("(?m)" + pattern)
	buffer := make([]byte, 4096)
	for !match.MatchString(d.out.String()) {
		n, err := d.in.Read(buffer)
		d.out.Write(buffer[:n])
		require.NoError(d.t, err, "while waiting for %q:\n%s", pattern, d.out.String())
	}
}

// end sends a signal, reads what is left, and returns the exit status.
func (d *demoProcess) end(signal syscall.Signal) int {
	d.t.Helper()
	require.NoError(d.t, d.cmd.Process.Signal(signal))
	buffer := make([]byte, 4096)
	for {
		n, err := d.in.Read(buffer)
		d.out.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.ExitCode()
}
