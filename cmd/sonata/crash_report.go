package main

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
)

// Files in the data directory: what the runtime writes when this process crashes, and what it wrote when an earlier one did.
const (
	crashName     = "crash.txt"
	lastCrashName = "crash-last.txt"
)

// reportCrashes has the runtime write why it ends the process, if ever it must, and says whether it had to the last time. A process that
// somebody killed leaves no report.
func reportCrashes(dir string, log *slog.Logger) (crashed bool, err error) {
	path, last := filepath.Join(dir, crashName), filepath.Join(dir, lastCrashName)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		crashed = true
		log.Error("Sonata crashed the last time; please report it with this file", slog.String("error", firstLine(path)), slog.String("file", last))
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

func firstLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan()
	return lines.Text()
}
