package play

import (
	"cmp"
	"errors"
	"slices"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Runner is the engine of this world, or of its last start.
func (w *World) Runner() *runner.Runner { return w.runner }

func (w *World) crashed() bool { return w.crash != nil && w.crash.Down() }

// revive starts Sonata again after a crash, and waits until nothing is left to do.
func (w *World) revive() error { return errors.Join(w.Close(), w.run()) }

// command has Sonata do something, and do it again if it crashed before that was durable: whoever asked finds out which it is.
func (w *World) command(do func(*runner.Runner) error) error {
	for {
		err := do(w.runner)
		_, rejected := errors.AsType[*engine.Rejection](err)
		switch {
		case err == nil:
			return w.settle()
		case rejected || !w.crashed():
			return err
		}
		if err := w.revive(); err != nil {
			return err
		}
		if errors.Is(err, memory.ErrCommitted) {
			return nil
		}
	}
}

// catchUp follows what was committed by a process that could not tell of it any more.
func (w *World) catchUp() error {
	if w.crash == nil {
		return nil
	}
	var missed []runner.Entry
	for page, more := (runner.Page{Limit: maxMessages}), true; more; {
		var items []runner.InstanceInfo
		var err error
		if items, more, err = w.runner.Search(runner.Filter{}, page); err != nil {
			return err
		}
		for _, item := range items {
			page.After = item.Key
			entries, err := w.runner.History(item.Key, w.seen, maxMessages)
			if err != nil {
				return err
			}
			missed = append(missed, entries...)
		}
	}
	slices.SortFunc(missed, func(a, b runner.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	w.observe(missed)
	return nil
}
