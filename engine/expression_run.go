package engine

import (
	"sync"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Limits of one evaluation. A step is a turn of a loop with a small body, a function call, an element of a list or 16 bytes
// of text that a function goes over. So the limit bounds time and memory together, and it is the same on each machine.
const (
	maxSteps = 1_000_000
	maxText  = 64 << 10 // bytes of a text that is made
	maxList  = 100_000  // elements of a list that is made
)

// A run of a program takes a step for each of its instructions, and these for itself.
const runSteps = 10

// evaluation is one run of a program.
type evaluation struct {
	machine vm.VM
	env     map[string]any
	steps   int
}

// evaluations are ready for use. A machine serves one run at a time, and Step may run in several goroutines. Reuse does not
// show: nothing in it outlives a run.
var evaluations = sync.Pool{New: func() any {
	r := &evaluation{}
	r.env = map[string]any{evaluationKey: r}
	return r
}}

// run evaluates the program, for which steps are left.
func (e *expression) run(steps *int, now time.Time, look lookup) (any, *expressionError) {
	r := evaluations.Get().(*evaluation)
	defer r.release(e)
	granted := min(maxSteps, *steps-e.cost)
	r.steps = granted
	defer func() { *steps -= e.cost + min(granted-r.steps, maxSteps) }()
	r.machine.MemoryBudget = 2 * maxList
	for i, name := range e.names {
		r.env[e.keys[i]] = look(name)
	}
	if e.usesNow {
		r.env[nowKey] = now.UTC()
	}
	value, err := r.machine.Run(e.program, r.env)
	if err != nil {
		return nil, e.source.dataFault(err)
	}
	value, left, err := normalizeUpTo(value, maxResult)
	if err == nil {
		err = r.charge((maxResult - left) / 16)
	}
	if err != nil {
		return nil, e.source.fault(0, err.Error())
	}
	return value, nil
}

// release forgets every value that the run has seen.
func (r *evaluation) release(e *expression) {
	for _, key := range e.keys {
		delete(r.env, key)
	}
	if cap(r.machine.Scopes) > 0 || cap(r.machine.Stack) > 100 {
		r.machine = vm.VM{} // it keeps the lists that loops went over
	}
	clear(r.machine.Stack[:cap(r.machine.Stack)])
	clear(r.machine.Variables)
	evaluations.Put(r)
}

// charge counts steps.
func (r *evaluation) charge(steps int) error {
	if r.steps -= steps; r.steps < 0 {
		return errorf("the evaluation takes more than %d steps", maxSteps)
	}
	return nil
}

// charged makes a function count as many steps as its arguments and its result are large.
func charged(call functionBody) functionBody {
	return func(r *evaluation, args []any) (any, error) {
		steps := 1
		for _, arg := range args {
			steps += extent(arg)
		}
		if err := r.charge(steps); err != nil {
			return nil, err
		}
		result, err := call(r, args)
		if err != nil {
			return nil, err
		}
		return result, r.charge(extent(result))
	}
}

func extent(value any) int {
	switch v := value.(type) {
	case string:
		return len(v) / 16
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return 0
}
