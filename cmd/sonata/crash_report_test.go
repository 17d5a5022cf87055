package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhoIsToBlameForACrash: what the engine worked on is blamed for a crash of the goroutine that did so, not for one of another beside it.
func TestWhoIsToBlameForACrash(t *testing.T) {
	t.Cleanup(func() { require.NoError(t, debug.SetCrashOutput(nil, debug.CrashOptions{})) })
	const (
		stack = "\nruntime stack:\nruntime.throw({0x4adfb5?, 0x200000008?})\n\t/go/src/runtime/panic.go:1229 +0x48\n\n"
		loop  = "github.com/sonata-bpmn/sonata/engine/runner.(*Runner).loop(0xc000, {0x1, 0x2})\n\t/sonata/engine/runner/loop.go:90 +0x10\n" +
			"created by main.(*server).work in goroutine 1\n\t/sonata/cmd/sonata/server.go:150 +0x20\n"
		writer = "github.com/sonata-bpmn/sonata/engine/runner.(*Runner).write(0xc000, 0x1)\n\t/sonata/engine/runner/writer.go:35 +0x10\n" +
			"created by github.com/sonata-bpmn/sonata/engine/runner.(*Runner).beginWriter in goroutine 7\n\t/sonata/engine/runner/writer.go:12 +0x20\n"
		elsewhere = "\tgoroutine running on other thread; stack unavailable\n"
	)
	for name, c := range map[string]struct {
		report  string
		blamed  bool
		because string
	}{
		"no report":         {"", false, ""},
		"panic":             {"panic: x\n\ngoroutine 7 [running]:\n" + loop, true, "panic: x"},
		"stack overflow":    {stack + "goroutine 7 gp=0x19 m=0 mp=0x55 [running]:\n" + loop + "\ngoroutine 8 [select]:\n" + writer, true, "runtime stack:"},
		"writer":            {stack + "goroutine 8 gp=0x19 m=0 mp=0x55 [running]:\n" + writer + "\ngoroutine 7 [select]:\n" + loop, false, "runtime stack:"},
		"writer with loop":  {"\ngoroutine 8 [running]:\n" + writer + "\ngoroutine 7 [running]:\n" + loop, false, "goroutine 8 [running]:"},
		"other thread":      {"SIGSEGV: segmentation violation\n\ngoroutine 0 [idle]:\n\ngoroutine 7 [running]:\n" + elsewhere, false, "SIGSEGV: segmentation violation"},
		"locked to thread":  {"\ngoroutine 7 [running, locked to thread]:\n" + loop, true, "goroutine 7 [running, locked to thread]:"},
		"somebody asks why": {"SIGQUIT: quit\n\ngoroutine 0 [idle]:\n\ngoroutine 8 [running]:\n" + writer, true, "SIGQUIT: quit"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, log := t.TempDir(), &bytes.Buffer{}
			require.NoError(t, os.WriteFile(filepath.Join(dir, crashName), []byte(c.report), 0o600))
			blamed, err := reportCrashes(dir, slog.New(slog.NewTextHandler(log, nil)))
			require.NoError(t, err)
			require.Equal(t, c.blamed, blamed)
			require.Contains(t, log.String(), c.because)
			if c.report != "" {
				require.Equal(t, c.report, read(t, filepath.Join(dir, lastCrashName)))
			}
		})
	}
}
