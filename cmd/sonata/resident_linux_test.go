package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForgetProgram: the pages of the program's file are unmapped, and everything works on.
func TestForgetProgram(t *testing.T) {
	before := residentFile(t)
	forgetProgram()
	require.Less(t, residentFile(t), before)
	for _, line := range []string{
		"00400000-00500000 rw-p 00000000 fe:00 1 /bin/sonata", // what was written there would be lost
		"not a mapping",
		"",
	} {
		begin, end := readOnly(line)
		require.Zero(t, end-begin, line)
	}
	begin, end := readOnly("00400000-00500000 r-xp 00000000 fe:00 1 /bin/sonata")
	require.Equal(t, []uintptr{0x400000, 0x500000}, []uintptr{begin, end})
}

func residentFile(t *testing.T) int {
	t.Helper()
	match := regexp.MustCompile(`RssFile:\s*(\d+) kB`).FindStringSubmatch(read(t, "/proc/"+strconv.Itoa(os.Getpid())+"/status"))
	require.NotNil(t, match)
	kilobytes, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return kilobytes
}
