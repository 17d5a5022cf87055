package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// A store may have definitions that another Sonata has deployed and this one cannot compile. Their instances rest as a whole, as those do
// that are set aside: they can be read and cancelled, and what they wait for stays as it is for a Sonata that can run them.

// StrandedError says that a process that is deployed cannot be run, and what to do about it.
type StrandedError struct {
	Definition

	Err error
}

func (e *StrandedError) Error() string {
	return fmt.Sprintf("process %s, version %d, was deployed with another Sonata, and this one cannot run it: %s; "+
		"deploy a version that can be run, and cancel the instances of this one or run them with the Sonata that deployed it",
		e.ProcessID, e.Version, firstFault(e.Err))
}

// Unwrap returns why.
func (e *StrandedError) Unwrap() error { return e.Err }

// firstFault is one line, however much is wrong.
func firstFault(err error) string {
	problems, _ := errors.AsType[bpmn.Problems](err)
	for _, p := range problems {
		if p.Severity == bpmn.SeverityError {
			return p.String()
		}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// strandAll compiles what is in use, and lets rest what cannot be. What it compiles is not kept, as most of it may be needed by nobody for long.
// Where the store says that this very build could run everything, nothing is compiled.
func (r *Runner) strandAll(tx ReadTx) {
	g := r.definitions
	trusted := r.opts.Build != "" && string(tx.Get(tableMeta, metaBuild)) == r.opts.Build
	r.allRun = true
	for _, d := range g.inUse(tx) {
		before, known := d.compiled, d.fault != nil
		if trusted && !known {
			continue
		}
		if _, err := g.process(tx, d.Key); err != nil {
			r.allRun = false
			r.strand(tx, d, known)
		}
		d.compiled = before
	}
}

// strand lets a definition and its instances rest. Nothing of it is stored: the next Sonata may be one that can run them.
func (r *Runner) strand(tx ReadTx, d *definition, known bool) {
	why, n := rest{d.fault.Error(), true}, 0
	r.resting.add(d.Key, why)
	for key, more := r.definitions.running(tx, d, 0); more; key, more = r.definitions.running(tx, d, key+1) {
		r.resting.add(key, why)
		n++
	}
	if !known {
		r.log.Warn("a process cannot be run; its instances rest, and everything else goes on", slog.String("process", d.ProcessID),
			slog.Int("version", d.Version), slog.Int("instances", n), slog.String("reason", why.reason))
	}
}

// trust notes that this build can run everything, or that no build is known to.
func (r *Runner) trust() error {
	build := r.opts.Build
	if !r.allRun {
		build = "" // nor is any other build's word good any more, as this one may deploy what that one cannot run
	}
	noted := ""
	err := r.store.View(func(tx ReadTx) error {
		noted = string(tx.Get(tableMeta, metaBuild))
		return nil
	})
	if err != nil || noted == build {
		return err
	}
	return r.store.Update(func(tx Tx) error {
		if build == "" {
			return tx.Delete(tableMeta, metaBuild)
		}
		return tx.Put(tableMeta, metaBuild, []byte(build))
	})
}

// process returns a compiled process. Where it turns out only now that there is none, its instances rest from now on.
func (u *unit) process(key engine.Key) (*engine.Process, error) {
	p, err := u.definitions.process(u.tx, key)
	if d := u.definitions.byKey[key]; err != nil && d != nil && !u.r.resting.get(key).whole {
		u.r.strand(u.tx, d, false)
	}
	return p, err
}

// Stranded lists the processes of a store that this Sonata cannot run although it may have to: newest versions, and older ones of which
// instances still run.
func Stranded(store Store) (found []*StrandedError, err error) {
	err = store.View(func(tx ReadTx) error {
		g, err := loadRegistry(tx)
		if err != nil {
			return err
		}
		for _, d := range g.inUse(tx) {
			_, err := g.process(tx, d.Key)
			if stranded, is := errors.AsType[*StrandedError](err); is {
				found = append(found, stranded)
			}
		}
		return nil
	})
	return found, err
}

// strands says why the process of an instance cannot be run; nil: it can, or nobody has tried yet.
func (u *unit) strands(in *engine.Instance) error {
	if d := u.definitions.byKey[in.DefinitionKey]; d != nil {
		return d.fault
	}
	return nil
}

// endCall tells a caller how the instance ended that it called. To one that rests as a whole this cannot be told yet, and it happens only once.
func (u *unit) endCall(caller engine.Parent, o engine.Outcome) {
	if in := u.instance(caller.Key); in != nil && in.State == engine.StateActive {
		if _, err := u.process(in.DefinitionKey); err != nil || u.setAside(caller.Key) != nil {
			u.put(tableOutcomes, rowKey{}.sub(caller.Key, caller.Subscription), encode(o))
			return
		}
	}
	u.follow(caller.Key, engine.EndCall{Subscription: caller.Subscription, Outcome: o})
}

// tellOutcomes tells a caller what happened while it rested, unless its process cannot be run, which may turn out only now.
func (u *unit) tellOutcomes(caller engine.Key) {
	if in := u.instance(caller); in != nil && in.State == engine.StateActive {
		if _, err := u.process(in.DefinitionKey); err != nil {
			return
		}
	}
	for _, row := range u.rows(tableOutcomes, rowKey{}.key(caller)) {
		var o engine.Outcome
		if err := decode(u.tx.Get(tableOutcomes, row), &o); err != nil {
			u.fail(fmt.Errorf("how a call of instance %s ended: %w", caller, err))
			return
		}
		u.delete(tableOutcomes, row)
		u.then(func() { u.follow(caller, engine.EndCall{Subscription: engine.ID(num(row, 1)), Outcome: o}) })
	}
}

// tellWhoRested tells the callers that rested in an earlier run, and do no more.
func (r *Runner) tellWhoRested(ctx context.Context) {
	var tasks []task
	err := r.view(func(tx ReadTx) error {
		last := engine.Key(0)
		tx.Ascend(tableOutcomes, nil, func(row, _ []byte) bool {
			if caller := engine.Key(num(row, 2)); caller != last && !r.resting.get(caller).whole {
				tasks = append(tasks, task{run: func(u *unit) error {
					u.tellOutcomes(caller)
					return nil
				}})
				last = caller
			}
			return true
		})
		return nil
	})
	if err == nil && len(tasks) > 0 {
		err = r.submitTasks(ctx, tasks)
	}
	if err != nil && ctx.Err() == nil {
		r.log.Error("instances could not be told how their calls ended; it is tried again at the next start", slog.Any("error", err))
	}
}
