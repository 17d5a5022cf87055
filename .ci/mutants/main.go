// Mutants plants one bug after the other and runs the test that must catch it: a suite that a planted bug does not bother would not
// be bothered by a real one. It changes no file: the compiler reads the bug from beside the tree (go build -overlay).
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mutant is a bug, as one change of the text of a file, and the test that catches it. docs/reliability.md has the same list.
type mutant struct {
	bug      string
	file     string
	from, to string
	test     string // package and name
	env      string
}

var mutants = []mutant{
	{
		"the store does not sync", "adapters/bolt/bolt.go",
		"NoStatistics:    true,", "NoStatistics:    true, NoSync: true,",
		"./cmd/sonata TestPowerCut", "SONATA_TEST_CUTS=20",
	}, {
		"the offset of a record is stored before what the record does", "engine/runner/receive.go",
		"	tasks := make([]task, len(records))\n",
		"	tasks := make([]task, len(records))\n	if err := r.submit(ctx, func(u *unit) error {\n		for _, record := range records {\n			if !record.Reset {\n				defer u.setPosition(Position{record.Topic, record.TopicID, record.Partition, record.Offset + 1})\n			}\n		}\n		return nil\n	}); err != nil {\n		return err\n	}\n",
		"./engine/runner TestCrashAtEachUpdate", "",
	}, {
		"the offset of a record is not stored", "engine/runner/receive.go",
		"	u.setPosition(Position{record.Topic, record.TopicID, record.Partition, record.Offset + 1})\n", "",
		"./engine/runner TestRepetitions", "",
	}, {
		"an event that comes again is not recognised", "engine/runner/seen.go",
		"			if before = engine.Key(num(found, 1)); mintedAt(before).After(since) {", "			if before = engine.Key(num(found, 1)); mintedAt(before).After(u.now) {",
		"./engine/runner TestRepetitions", "",
	}, {
		"a timer is forgotten", "engine/runner/index.go",
		"		add(tableTimers, rowKey{}.time(sub.Due).sub(in.Key, sub.ID))", "		_ = add",
		"./engine/runner TestTimer", "",
	}, {
		"a timer that is due after a restart is not looked for", "engine/runner/timers.go",
		"			if timeOf(key).After(b.now) || n == limit {", "			if timeOf(key).After(b.now) || timeOf(key).Before(b.now) || n == limit {",
		"./engine/runner TestCrashAtEachUpdate|TestTimersInOrder|TestTimer", "",
	}, {
		"cancelling does not reach the called instances", "engine/runner/calls.go",
		"		u.follow(engine.Key(num(key, 1)), engine.CancelInstance{})", "		_ = key",
		"./engine/runner TestCancelCascade", "",
	}, {
		"a message leaves the outbox before it was sent", "engine/runner/outbox.go",
		"	done := rows[:n]\n", "	done := rows\n",
		"./engine/runner TestCrashAtEachPublish", "",
	}, {
		"a message that is sent again has another id", "engine/runner/outbox.go",
		"	n, err := r.opts.Bus.Publish(ctx, messages)\n",
		"	for i := range messages {\n		messages[i].ID = uuid.NewString()\n	}\n	n, err := r.opts.Bus.Publish(ctx, messages)\n",
		"./engine/runner TestCrashAtEachPublish", "",
	}, {
		"a message to everybody has what is sealed", "engine/runner/outbox.go",
		"		m.Data = secret.MaskDocument(m.Data)\n", "		_ = secret.Masked\n",
		"./api/controlloop TestSecretsReachTheParticipantAlone", "",
	}, {
		"sensitive values are not encrypted", "api/controlloop/sensitive.go",
		"	return t.Sealed(seal, known...)\n", "	return t, nil\n",
		"./cmd/sonata TestSensitiveValues", "",
	}, {
		"callers hear of a start before it is stored", "engine/runner/loop.go",
		"	b.mergeAcquitted(b.acquitted)\n	b.tx = nil\n",
		"	b.mergeAcquitted(b.acquitted)\n	for _, req := range b.requests {\n		req.done <- req.err\n		req.done = make(chan error, 1)\n	}\n	b.tx = nil\n",
		"./cmd/sonata TestPowerCut", "SONATA_TEST_CUTS=20",
	}, {
		"an early reply is thrown away", "engine/runner/step.go",
		"		u.then(func() { u.claim(in.Key, sub.ID) })\n", "",
		"./engine/runner TestEarlyReplies", "",
	}, {
		"a timer that made Sonata fail is tried again at every start", "engine/runner/suspects.go",
		"	u.put(tableSuspects, workKey(workOf(owner)), encode(s))\n", "",
		"./engine/runner TestPanicOfATimer", "",
	}, {
		"what came for an instance while it was set aside is forgotten", "engine/runner/suspects.go",
		"			u.waits(in, sub)", "			_ = sub",
		"./engine/runner TestMessagesForAnInstanceThatIsSetAside", "",
	}, {
		"instances of a process that cannot be run cannot be cancelled", "engine/runner/step.go",
		"; err != nil && !cancels {", "; err != nil || cancels && err != nil {",
		"./engine/runner TestCancelOfWhatCannotBeRun", "",
	}, {
		"how a called instance ended is forgotten while its caller rests", "engine/runner/stranded.go",
		"		u.put(tableOutcomes, rowKey{}.sub(caller.Key, caller.Subscription), encode(o))\n", "",
		"./engine/runner TestWhatComesForWhatCannotBeRun|TestOutcomesForAnInstanceThatIsSetAside", "",
	}, {
		"all that waits for a broker is taken into memory at once", "engine/runner/outbox.go",
		" && bytes < publishBytes", "",
		"./engine/runner TestBrokerAwayForHours", "",
	}, {
		"a batch is stored although the one that it was made on top of was not", "engine/runner/loop.go",
		"			err = cmp.Or(failed, err)\n", "			err = cmp.Or(err, nil)\n",
		"./engine/runner TestABatchOnTopOfOneThatFails", "",
	}, {
		"a batch does not see what the one before it has done until that is stored", "engine/runner/loop.go",
		"		below := stagedRows(nil)\n		if b.r.inFlight != nil {\n", "		below := stagedRows(nil)\n		if b.r.inFlight == nil && b.failed != nil {\n",
		"./engine/runner TestABatchOnTopOfAnother", "",
	}, {
		"after a failed write the store writes on", "adapters/bolt/bolt.go",
		"		s.failed.CompareAndSwap(nil, &err)\n", "",
		"./adapters/bolt TestFailedCommit", "",
	},
}

func main() {
	escaped := 0
	for _, m := range mutants {
		verdict := "caught"
		if err := m.catch(); err != nil {
			verdict = "ESCAPED: " + err.Error()
			escaped++
		}
		fmt.Printf("%-70s %-60s %s\n", m.bug, m.test, verdict)
	}
	if escaped > 0 {
		os.Exit(1)
	}
}

// catch plants the bug and runs the test. The error says why the bug was not caught.
func (m mutant) catch() error {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	if n := bytes.Count(text, []byte(m.from)); n != 1 {
		return fmt.Errorf("the place for it is there %d times in %s; adapt .ci/mutants", n, m.file)
	}
	dir, err := os.MkdirTemp("", "sonata-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := plant(dir, m.file, bytes.Replace(text, []byte(m.from), []byte(m.to), 1))
	if err != nil {
		return err
	}
	// The tests build the program themselves: it must have the bug too.
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -overlay=" + overlay)
	pkg, test, _ := strings.Cut(m.test, " ")
	build := command(flags, m.env, "vet", pkg)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("with the bug it does not compile: %s", out)
	}
	out, err := command(flags, m.env, "test", "-count=1", "-timeout=4m", "-run", "^("+test+")$", pkg).CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return errors.New("the test passed")
	case !errors.As(err, &failed), !bytes.Contains(out, []byte("FAIL")):
		return fmt.Errorf("the test did not run: %s", out)
	}
	return nil
}

// plant writes the changed file into dir and tells the compiler to read it in place of the other.
func plant(dir, file string, text []byte) (overlay string, err error) {
	changed := filepath.Join(dir, filepath.Base(file))
	original, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(os.WriteFile(changed, text, 0o600), os.WriteFile(overlay, table, 0o600))
}

func command(flags, env string, args ...string) *exec.Cmd {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "GOFLAGS="+flags)
	if env != "" {
		c.Env = append(c.Env, env)
	}
	return c
}
