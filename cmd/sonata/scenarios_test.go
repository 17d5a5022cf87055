package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// endStates are what scenarios come to on the real binary, with its own broker: rows of the table at the end, which has no other ones
// with these words.
var endStates = map[string][]string{
	"kubernetes-order":            {`COMPLETED +\S+ +COMPLETED +\S+ +ACTIVE +2048-02-13 11:27:56 UTC k8sServiceTerminationSubprocess \(instance \d+\)`},
	"end-user-order":              {`COMPLETED +4e0abab6\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`},
	"five-g-order":                {`COMPLETED +90e45010\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`},
	"end-user-order-with-cluster": {`COMPLETED +1e382e63\S+ +COMPLETED +the-new-cluster +ACTIVE$`, `COMPLETED +4e0abab6\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`},
	"whole-sample": {
		`COMPLETED +1e382e63\S+ +COMPLETED +790daa4d\S+ +ACTIVE +2048-02-13 11:27:56 UTC k8sServiceTerminationSubprocess`,
		`COMPLETED +4e0abab6\S+ +COMPLETED +790daa4d\S+ +ACTIVE +2048-02-13 11:27:56 UTC endUserServiceTerminationSubprocess`,
		`COMPLETED +90e45010\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`,
	},
	"empty-order":     {`^\d+ +REJECTED$`, `^\d+ +REJECTED$`, `^\d+ +REJECTED$`},
	"start-date":      {`COMPLETED +4e0abab6\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`},
	"completion-date": {`COMPLETED +1e382e63\S+ +COMPLETED +the-cluster +TERMINATED$`, `COMPLETED +4e0abab6\S+ +COMPLETED +the-service +TERMINATED$`},
	"reschedule":      {`COMPLETED +1e382e63\S+ +COMPLETED +790daa4d\S+ +TERMINATED$`},
	"replies":         slices.Repeat([]string{`COMPLETED +1e382e63\S+ +COMPLETED +790daa4d\S+ +ACTIVE$`}, 6),
	"cancellation":    append(slices.Repeat([]string{`COMPLETED +\S+ +COMPLETED +790daa4d\S+ +TERMINATED$`}, 2), slices.Repeat([]string{`CANCELLED +\S+ +CANCELLED +790daa4d\S+ +TERMINATED$`}, 9)...),
	"failed-step": {
		`PARTIAL +90e45010\S+ +COMPLETED +the-5g-service +ACTIVE$`, `PARTIAL +1e382e63\S+ +FAILED \(REGISTRY_FAILED\) +the-cluster +TERMINATED$`,
		`COMPLETED +\S+ +COMPLETED +skipped-cluster +ACTIVE$`, `FAILED +\S+ +FAILED \(REGISTRY_FAILED\) +undone-cluster +TERMINATED$`,
	},
	"crash": slices.Repeat([]string{`COMPLETED +\S+ +COMPLETED +790daa4d\S+ +ACTIVE`}, 3),
}

// TestScenariosOverKafka plays scenarios on the binary with its own broker, all beside each other: they wait more than they work. That
// everything is as the scenario expects is the exit status.
func TestScenariosOverKafka(t *testing.T) {
	t.Parallel()
	ends := map[string]func() outcome{}
	for name := range endStates {
		ends[name] = startCommand(t, "demo", "--scenario", name, "--once", "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0")
	}
	for name, rows := range endStates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := ends[name]()
			require.Zero(t, o.status, "%s\n%s", o.errors, o.out)
			require.Empty(t, o.errors)
			_, table, found := strings.Cut(o.out, "\nORDER ")
			require.True(t, found, o.out)
			lines := strings.Split(table, "\n")
			for _, row := range rows {
				at := slices.IndexFunc(lines, regexp.MustCompile(row).MatchString)
				require.GreaterOrEqual(t, at, 0, "no (other) row matches %q:\n%s", row, table)
				lines = slices.Delete(lines, at, at+1)
			}
			for _, line := range lines {
				require.NotRegexp(t, `COMPLETED|FAILED|PARTIAL|CANCELLED|REJECTED|instance \d`, line)
			}
			require.NotRegexp(t, "udududu|YXBpVmVyc2lvbjogdjE", o.out, "a secret is printed")
		})
	}
}

// TestTheShippedScenarios: they are the files of the repository, each with a description, and `demo --scenario list` shows all.
func TestTheShippedScenarios(t *testing.T) {
	names, files, err := shippedScenarios()
	require.NoError(t, err)
	onDisk, err := filepath.Glob(filepath.Join("..", "..", "processes", "scenarios", "*"+scenario.Suffix))
	require.NoError(t, err)
	require.Len(t, files, len(onDisk))
	require.GreaterOrEqual(t, len(names), 20)
	require.Subset(t, names, slices.Collect(maps.Keys(endStates)))
	listed := sonataCommand(t, "demo", "--scenario", "list")
	require.Zero(t, listed.status, listed.errors)
	for _, name := range names {
		require.Regexp(t, `(?m)^`+name+` +\S.*\.$`, listed.out)
	}
}

// TestScenariosThatCannotBePlayed: what is wrong is said at once, and what is not as expected at the end.
func TestScenariosThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, sorting, read(t, filepath.Join("testdata", sorting)))
	write(t, dir, "sorting.test.yaml", "scenarios: [{name: a parcel, steps: [{publish: {topic: parcel-arrived, raw: '{'}}]}]\n")
	own := filepath.Join(dir, "sorting.test.yaml")
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no such scenario":  {[]string{"start-dates"}, exitUsage, `there is no scenario "start-dates"; did you mean "start-date"?`},
		"an order":          {[]string{"start-date", "--orders", "2"}, exitUsage, "leave --orders away"},
		"a data directory":  {[]string{"start-date", "--data", dir}, exitUsage, "is not empty"},
		"no such file":      {[]string{filepath.Join(dir, "a.test.yaml")}, exitFailed, "no such file"},
		"not as it expects": {[]string{own, "--timeout", "40s", "--data", filepath.Join(dir, "data")}, exitFailed, "a parcel: step 1 (publish): nobody took the message"},
		"it takes too long": {[]string{own, "--timeout", "1ms"}, exitFailed, "the time is up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sonataCommand(t, append([]string{"demo", "--once", "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0", "--scenario"}, c.args...)...)
			require.Equal(t, c.status, o.status, "%s\n%s", o.errors, o.out)
			require.Contains(t, o.errors, c.says, fmt.Sprint(c.args))
		})
	}
}
