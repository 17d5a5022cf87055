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
	var begin, end uintptr
	for line := range strings.SplitSeq(string(maps), "\n") {
		if strings.HasSuffix(line, " "+program) {
			begin, end = readOnly(line)
		} else if anonymous, ok := strings.CutPrefix(line, "Anonymous:"); ok {
			// What the loader has changed (RELRO) is not in the file, and would be lost.
			if begin < end && strings.TrimSpace(anonymous) == "0 kB" {
				_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_DONTNEED) // refused: nothing has changed
			}
			begin, end = 0, 0
		}
	}
}

// readOnly is where the mapping that the line is about begins and ends, if it cannot be written to (proc_pid_maps(5)).
func readOnly(line string) (begin, end uintptr) {
	var mode string
	if n, _ := fmt.Sscanf(line, "%x-%x %s", &begin, &end, &mode); n < 3 || !strings.HasPrefix(mode, "r-") {
		return 0, 0
	}
	return begin, end
}
