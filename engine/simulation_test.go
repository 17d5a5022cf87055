package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// pathsEach is how many random paths each random process is sent along.
const pathsEach = 4

// TestSimulation sends random processes along random paths. After every step the invariants of the core hold, replay gives the
// state, an instance that has ended leaves nothing behind, and the naive interpreter agrees. A structured process comes to its end in the
// end, whatever happened on the way.
//
// SONATA_PAIRS says how many pairs of a process and a path to try; SONATA_SEED tries one seed alone or, with SONATA_PAIRS, is the
// first; SONATA_MODEL is a file that a failure wrote, with its smallest processes, to send along the paths of SONATA_SEED.
func TestSimulation(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a third of the time
	pairs := 20_000
	if raceEnabled {
		pairs = 1_000
	}
	pairs = setting(t, "SONATA_PAIRS", pairs)
	first, seeds := setting(t, "SONATA_SEED", 0), max(pairs/pathsEach, 1)
	if os.Getenv("SONATA_SEED") != "" && os.Getenv("SONATA_PAIRS") == "" {
		seeds = 1
	}
	run := runSeed
	if file := os.Getenv("SONATA_MODEL"); file != "" {
		texts, structured := readModel(t, file)
		run = func(s *simulation, seed uint64) *failure {
			return s.paths(enginetest.NewRandom(seed), texts, structured, true)
		}
	}
	total := simulate(t, uint64(first), uint64(seeds), run)
	t.Logf("%d pairs of a process and a path, %d steps; the interpreter compared %d of them and gave up on: %v",
		total.pairs, total.steps, total.compared, total.unsure)
	require.GreaterOrEqual(t, total.compared, total.steps*9/10, "the interpreter gave up too often to prove anything")
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	if os.Getenv(name) == "" {
		return otherwise
	}
	n, err := strconv.Atoi(os.Getenv(name))
	require.NoError(t, err, name)
	return n
}

// simulate runs seeds on every processor, and reports one failure of each kind.
func simulate(t *testing.T, first, seeds uint64, run func(s *simulation, seed uint64) *failure) *simulation {
	t.Helper()
	var next atomic.Uint64
	var mu sync.Mutex
	var group sync.WaitGroup
	total := newSimulation()
	kinds := map[string]int{}
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			s := newSimulation()
			for i := next.Add(1) - 1; i < seeds; i = next.Add(1) - 1 {
				f := run(s, first+i)
				if f == nil {
					continue
				}
				mu.Lock()
				kinds[f.kind()]++
				reported := kinds[f.kind()] > 1 || len(kinds) > 3
				mu.Unlock()
				if !reported {
					t.Logf("seed %d fails: %v", f.seed, f.err) // before anything else, as making it smaller takes a while
					t.Error(f.report())
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total.add(s)
		})
	}
	group.Wait()
	for kind, n := range kinds {
		t.Logf("%d failures of the kind: %s", n, kind)
	}
	return total
}

// simulation counts what was tried.
type simulation struct {
	pairs, steps, compared int
	unsure                 map[string]int
}

func newSimulation() *simulation { return &simulation{unsure: map[string]int{}} }

func (s *simulation) add(other *simulation) {
	s.pairs += other.pairs
	s.steps += other.steps
	s.compared += other.compared
	for why, n := range other.unsure {
		s.unsure[why] += n
	}
}

// runSeed makes up processes and sends them along paths: even seeds are structured processes, and every sixteenth is checked
// more thoroughly.
func runSeed(s *simulation, seed uint64) *failure {
	r := enginetest.NewRandom(seed)
	structured := seed%2 == 0
	texts := r.Unstructured()
	if structured {
		texts = r.Structured()
	}
	f := s.paths(r, texts, structured, seed%16 < 2)
	if f != nil {
		f.seed = seed
	}
	return f
}

func (s *simulation) paths(r *enginetest.Random, texts []string, structured, thorough bool) *failure {
	f := &failure{texts: texts, structured: structured}
	template, err := enginetest.NewWorld(texts...)
	if err != nil {
		f.err = fmt.Errorf("compile: %w", err)
		return f
	}
	models := map[string]*bpmn.Process{}
	for _, text := range texts {
		m := enginetest.Model(text)
		models[m.ID] = m
	}
	for range pathsEach {
		w := *template
		w.Thorough = thorough
		s.pairs++
		p, err := s.path(&w, r, models, structured)
		if err != nil {
			f.err, f.log = err, p.Log
			return f
		}
	}
	return nil
}

// path sends the processes along one path, with an interpreter beside each instance.
func (s *simulation) path(w *enginetest.World, r *enginetest.Random, models map[string]*bpmn.Process, structured bool) (*enginetest.Path, error) {
	twins := map[*enginetest.Live]*twin{}
	w.Store = stored
	w.Watch = func(l *enginetest.Live, before *engine.Instance, c engine.Command, res engine.Result) error {
		s.steps++
		if twins[l] == nil {
			twins[l] = newTwin(models[l.Process.ID])
		}
		return twins[l].follow(before, w.At, c, res)
	}
	defer func() {
		for twin := range maps.Values(twins) {
			s.compared += twin.steps
			if twin.stopped != "" {
				s.unsure[twin.stopped]++
			}
		}
	}()
	p, err := enginetest.NewPath(w, r)
	if err == nil {
		err = p.Wander()
	}
	if err == nil && structured {
		err = finish(p)
	}
	if errors.Is(err, enginetest.ErrEndless) {
		s.unsure[err.Error()]++
		return p, nil
	}
	if err != nil || structured {
		return p, err
	}
	for _, l := range p.Active() {
		if l.In.State != engine.StateActive {
			continue // the cancellation of its caller has ended it
		}
		if err := w.Do(l, engine.CancelInstance{}); err != nil {
			return p, err
		}
	}
	return p, nil
}

// finish drives structured processes to their end.
func finish(p *enginetest.Path) error {
	err := p.Finish()
	if errors.Is(err, enginetest.ErrStuck) {
		for _, l := range p.Active() {
			err = fmt.Errorf("%w\n%d %s: %s", err, l.In.Key, l.In.ProcessID, strings.Join(picture(l.In), "\n  "))
		}
	}
	return err
}

// readModel reads what a failure wrote.
func readModel(t *testing.T, file string) (texts []string, structured bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	parts := strings.Split("\n"+string(data), "\nprocess ")
	for text := range slices.Values(parts[1:]) {
		texts = append(texts, "process "+text)
	}
	return texts, strings.Contains(parts[0], structuredMark)
}
