package bench

import (
	"os"
	"strconv"
	"strings"
)

// usage is what the system says of this process; zero where it says nothing.
type usage struct {
	written  int64 // bytes that went to the disk, or will
	peak     int64 // most bytes that were resident
	resident int64
}

// readUsage reads Linux's /proc (man 5 proc).
func readUsage() usage {
	return usage{
		written:  field("/proc/self/io", "write_bytes:", 1),
		peak:     field("/proc/self/status", "VmHWM:", 1<<10),
		resident: field("/proc/self/status", "VmRSS:", 1<<10),
	}
}

// field reads a number of a file with lines such as "VmRSS:   1234 kB".
func field(file, name string, unit int64) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, name); found {
			words := strings.Fields(rest)
			if n, err := strconv.ParseInt(words[0], 10, 64); err == nil {
				return n * unit
			}
		}
	}
	return 0
}
