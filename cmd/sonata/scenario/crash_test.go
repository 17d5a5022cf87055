package scenario_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// crashesEach is at how many points of each scenario Sonata crashes: 1, or SONATA_TEST_POINTS (`make crash`, `make soak`); 0: at all.
func crashesEach(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("SONATA_TEST_POINTS"), "1"))
	require.NoError(t, err, "SONATA_TEST_POINTS")
	if n <= 0 {
		return math.MaxInt
	}
	return n
}

// TestCrashPoints plays every scenario of the repository with a Sonata that crashes: before a commit, after it, before a publication,
// within it, or before its acknowledgement is heard. Started again, it comes to the same: every instance is where it is when nothing
// happens, and every message was published with the same id and content. The scenario itself passes, too.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	each := crashesEach(t)
	examples, err := filepath.Glob(filepath.Join(root, "docs", "examples", "*"+scenario.Suffix))
	require.NoError(t, err)
	l := loader()
	var points, crashes atomic.Int64
	var scenarios int
	work := make(chan func())
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	for _, path := range append(repositoryFiles(t), examples...) {
		suite, err := l.Load(t.Context(), path)
		require.NoError(t, err)
		for _, sc := range suite.Scenarios {
			scenarios++
			work <- func() {
				n, crashed := crashEverywhere(t, suite, sc, each)
				points.Add(int64(n))
				crashes.Add(int64(crashed))
			}
		}
	}
	close(work)
	workers.Wait()
	t.Logf("%d scenarios with %d points; crashed at %d of them", scenarios, points.Load(), crashes.Load())
}

// crashEverywhere crashes Sonata at so many points of a scenario, each in a play of its own.
func crashEverywhere(t *testing.T, suite *scenario.Suite, sc *scenario.Scenario, each int) (points, crashed int) {
	want, points, err := playCrashing(t.Context(), suite, sc, 0)
	if err != nil {
		t.Errorf("%s: %s: without a crash: %v", suite.Path, sc.Name, err)
		return points, 0
	}
	at := rand.New(rand.NewPCG(uint64(points), 0)).Perm(points)
	for _, point := range at[:min(each, points)] {
		got, _, err := playCrashing(t.Context(), suite, sc, point+1)
		if err == nil {
			err = memory.Compare(want, got)
		}
		if err != nil {
			t.Errorf("%s: %s: a crash at point %d of %d: %v", suite.Path, sc.Name, point+1, points, err)
		}
		crashed++
	}
	return points, crashed
}

// playCrashing plays a scenario, with a crash at one point unless that is 0.
func playCrashing(ctx context.Context, suite *scenario.Suite, sc *scenario.Scenario, at int) ([]string, int, error) {
	crash := &memory.Crash{At: func(point int) bool { return point == at }}
	w, err := suite.Stage(sc).OpenCrashing(ctx, crash)
	if err != nil {
		return nil, 0, err
	}
	result, err := suite.PlayOn(w, sc)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, 0, err
	}
	if result.Failure != nil {
		return nil, 0, errors.New(result.Failure.String())
	}
	if crash.Points() < at {
		return nil, 0, fmt.Errorf("there were only %d points", crash.Points())
	}
	r, err := crash.Remains(w.Runner())
	return r, crash.Points(), err
}
