package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetProgram unmaps the pages of the program's file, code and constants, that were used so far: most are needed at the start only. They stay in
// the system's page cache and come back when they are used again (madvise(2), MADV_DONTNEED), but they are not counted as ours.
func forgetProgram() {
	program, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, r := range unchanged(string(maps), program) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, r.begin, r.end-r.begin, unix.MADV_DONTNEED) // refused: nothing has changed
	}
}

// region is a part of the memory.
type region struct{ begin, end uintptr }

// unchanged lists the mappings of the program that are read only and just as in its file, by what proc_pid_smaps(5) says. What the loader
// has changed (RELRO) is not in the file, and would be lost; that it has been changed shows at Anonymous while it is in memory, and at
// Swap, which comes after that, when it is not.
func unchanged(smaps, program string) (regions []region) {
	var at region
	for line := range strings.SplitSeq(smaps, "\n") {
		name, amount, isAmount := strings.Cut(line, ":")
		amount = strings.TrimSpace(amount)
		switch {
		case strings.HasSuffix(line, " "+program):
			at = readOnly(line)
		case isAmount && (name == "Anonymous" || name == "Swap") && amount != "0 kB":
			at = region{}
		case isAmount && name == "Swap":
			if at.begin < at.end {
				regions = append(regions, at)
			}
			at = region{}
		}
	}
	return regions
}

// readOnly is where the mapping that the line is about begins and ends, if it cannot be written to (proc_pid_maps(5)).
func readOnly(line string) (r region) {
	var mode string
	if n, _ := fmt.Sscanf(line, "%x-%x %s", &r.begin, &r.end, &mode); n < 3 || !strings.HasPrefix(mode, "r-") {
		return region{}
	}
	return r
}
