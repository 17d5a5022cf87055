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
}

// What is not as in the file stays, as it would be lost: what can be written to, and what the loader has changed, in memory or swapped out.
func TestUnchanged(t *testing.T) {
	entry := func(begin, mode, name, anonymous, swap string) string {
		return begin + "000-" + begin + "fff " + mode + " 00000000 fe:00 1   " + name + "\nSize: 4 kB\nAnonymous: " + anonymous + " kB\nAnonHugePages: 0 kB\nSwap: " + swap + " kB\nSwapPss: 0 kB\n"
	}
	regions := unchanged(entry("1", "r-xp", "/bin/sonata", "0", "0")+
		entry("2", "rw-p", "/bin/sonata", "0", "0")+
		entry("3", "r--p", "/bin/sonata", "4", "0")+
		entry("4", "r--p", "/bin/sonata", "0", "4")+
		entry("5", "r--p", "/lib/libc.so", "0", "0")+
		entry("6", "r--p", "/bin/sonata", "0", "0")+"not a mapping\n", "/bin/sonata")
	require.Equal(t, []region{{0x1000, 0x1fff}, {0x6000, 0x6fff}}, regions)
}

func residentFile(t *testing.T) int {
	t.Helper()
	match := regexp.MustCompile(`RssFile:\s*(\d+) kB`).FindStringSubmatch(read(t, "/proc/"+strconv.Itoa(os.Getpid())+"/status"))
	require.NotNil(t, match)
	kilobytes, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return kilobytes
}
