package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestScripts runs testdata/script/*.txtar: the command line as people use it, with the binary on the path. `go doc
// github.com/rogpeppe/go-internal/testscript` tells what a script may say.
func TestScripts(t *testing.T) {
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("SONATA_TEST_UPDATE") != "", // write the output that is found into the scripts
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+e.Getenv("PATH"))
			e.Setenv("FLOWS", filepath.Join(here, "..", "..", "processes"))
			e.Setenv("TESTDATA", filepath.Join(here, "testdata"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"status": statusOf},
	})
}

// statusOf is the script command `status N CMD ARG…`: the command must end with that exit status. testscript itself tells only
// success from failure.
func statusOf(ts *testscript.TestScript, _ bool, args []string) {
	script := `"$@"; got=$?; [ $got -eq $want ] || { echo "exit status $got, want $want" >&2; exit 1; }`
	ts.Check(ts.Exec("sh", append([]string{"-c", "want=$1; shift; " + script, "sh"}, args...)...))
}
