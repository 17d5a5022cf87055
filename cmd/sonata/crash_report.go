package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// Files in the data directory: what the runtime writes when this process crashes, and what it wrote when an earlier one did.
const (
	crashName     = "crash.txt"
	lastCrashName = "crash-last.txt"
)

// reportCrashes has the runtime write why it ends the process, if ever it must, and says whether it had to the last time, at what the engine
// worked on. A process that somebody killed leaves no report.
func reportCrashes(dir string, log *slog.Logger) (crashed bool, err error) {
	path, last := filepath.Join(dir, crashName), filepath.Join(dir, lastCrashName)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		text := head(path)
		crashed = isOfTheLoop(text)
		why, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
		log.Error("Sonata crashed the last time; please report it with this file", slog.String("error", why), slog.String("file", last))
		if err := os.Rename(path, last); err != nil {
			return crashed, fmt.Errorf("crash report: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return crashed, fmt.Errorf("crash report: %w", err)
	}
	return crashed, errors.Join(debug.SetCrashOutput(file, debug.CrashOptions{}), file.Close()) // the runtime has a handle of its own
}

// headBytes of a report have the first lines of each of its first goroutines.
const headBytes = 256 << 10

func head(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, headBytes))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// loopFrame is on the stack of the goroutine that works on instances and records.
const loopFrame = "/engine/runner.(*Runner).loop("

// failing is the goroutine that the runtime was at when it gave up; it writes that one first, then the others.
var failing = regexp.MustCompile(`(?m)^goroutine \d+ .*\[running[^\]]*\]:\n(?:.+\n)*`)

// isOfTheLoop says whether what the engine worked on may be to blame: not where another goroutine, or none, failed beside it, such as the one that
// stores. Who asks for a report by a signal does not say why.
func isOfTheLoop(report string) bool {
	return strings.HasPrefix(report, "SIGQUIT: ") || strings.Contains(failing.FindString(report), loopFrame)
}
