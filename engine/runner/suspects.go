package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Marker remembers what this process works on so that the next one knows when this one dies of it. It must outlive the process, but
// not the machine: a power cut is nobody's fault. It is called for every step, so it must cost next to nothing.
type Marker interface {
	// Mark notes what is worked on from now on; 0: nothing.
	Mark(work uint64)
	// Marked is what the process before this one had marked last.
	Marked() uint64
}

// patience with what was marked when a process ended that did not say why: it may have been killed, and not by that.
const maxDeaths = 3

// suspect is an instance or a record at which a process ended, or an instance one of whose timers could not fire.
type suspect struct {
	Deaths   int       `json:"deaths"`
	At       time.Time `json:"at"` // of the last time
	SetAside bool      `json:"setAside,omitempty"`
	Rests    string    `json:"rests,omitempty"` // why its timers do not fire
}

// suspects are what processes ended at, and did not get past yet.
type suspects struct {
	mu     sync.RWMutex
	byWork map[uint64]suspect
}

func (s *suspects) get(work uint64) (suspect, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.byWork[work]
	return found, ok
}

func (s *suspects) set(work uint64, found *suspect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found == nil {
		delete(s.byWork, work)
		return
	}
	if s.byWork == nil {
		s.byWork = map[uint64]suspect{}
	}
	s.byWork[work] = *found
}

func (s *suspects) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byWork = nil
}

func workOf(key engine.Key) uint64 { return uint64(key) }

// workOfRecord tells records apart from instances, whose keys have 63 bits.
func workOfRecord(in *Incoming) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(in.Topic + "/" + in.TopicID + "/" + strconv.Itoa(int(in.Partition)) + "/" + strconv.FormatInt(in.Offset, 10)))
	return h.Sum64() | 1<<63
}

func workKey(work uint64) rowKey { return rowKey{}.num(int64(work)) }

// workOn notes what the loop works on and returns what it was before.
func (r *Runner) workOn(work uint64) (before uint64) {
	before = r.working
	if r.working = work; r.opts.Marker != nil {
		r.opts.Marker.Mark(work)
	}
	return before
}

// blame finds out what the process before this one ended at. If it said that it crashed, or too many ended at the same, that is
// set aside: nothing is done with it until an operator releases it, and everything else goes on.
func (r *Runner) blame() error {
	if r.opts.Marker == nil {
		return nil
	}
	work := r.opts.Marker.Marked()
	defer r.opts.Marker.Mark(0)
	if work == 0 {
		return nil
	}
	return r.store.Update(func(tx Tx) error {
		if work>>63 == 0 && tx.Get(tableInstances, rowKey{}.key(engine.Key(work))) == nil {
			return nil // it was never durable
		}
		s := suspect{}
		if row := tx.Get(tableSuspects, workKey(work)); row != nil {
			if err := decode(row, &s); err != nil {
				return err
			}
		}
		s.Deaths, s.At = s.Deaths+1, r.opts.Clock.Now().UTC()
		s.SetAside = s.SetAside || r.opts.Crashed || s.Deaths >= maxDeaths
		return tx.Put(tableSuspects, workKey(work), encode(s))
	})
}

// loadSuspects reads what is suspected and what is set aside.
func (r *Runner) loadSuspects(tx ReadTx) (err error) {
	r.suspects.forget()
	r.resting.forget()
	clear(r.passed)
	tx.Ascend(tableSuspects, nil, func(key, row []byte) bool {
		s, work := suspect{}, uint64(num(key, 1))
		if err = decode(row, &s); err != nil {
			return false
		}
		r.suspects.set(work, &s)
		if (s.SetAside || s.Rests != "") && work>>63 == 0 {
			r.resting.add(engine.Key(work), rest{s.reason(), s.SetAside})
			r.log.Error("an instance rests; everything else goes on", slog.String("instance", engine.Key(work).String()), slog.String("reason", s.reason()))
		}
		return true
	})
	return err
}

func (s suspect) reason() string {
	if !s.SetAside && s.Rests != "" {
		return s.Rests
	}
	return fmt.Sprintf("it is set aside, because Sonata ended while it worked on it (%d times, last at %s)", s.Deaths, s.At.Format(time.RFC3339))
}

// setAside refuses to work on an instance that is set aside.
func (u *unit) setAside(key engine.Key) error {
	work := workOf(key)
	s, is := u.r.suspects.get(work)
	if !is || !s.SetAside || slices.Contains(u.acquitted, work) || slices.Contains(u.batch.acquitted, work) {
		return nil
	}
	return rejection(engine.CodeState, "process instance %s cannot go on: %s; release it to try again, or cancel it", key, s.reason())
}

// rest lets the timers of an instance fire no more until something else happens to it, or an operator releases it. The timers of a
// definition fire again when Sonata starts again.
func (u *unit) rest(owner engine.Key, reason string) {
	u.r.resting.add(owner, rest{reason: reason}) // at once: the end of this batch looks for what is due next
	if !u.exists(owner) {
		return
	}
	s, _ := u.r.suspects.get(workOf(owner))
	s.At, s.Rests = u.now, reason
	u.put(tableSuspects, workKey(workOf(owner)), encode(s))
	u.r.suspects.set(workOf(owner), &s)
}

// acquit forgets a suspicion: it was worked on, and nothing happened.
func (u *unit) acquit(work uint64) {
	if s, is := u.r.suspects.get(work); is && !s.SetAside {
		u.clear(work)
	}
}

func (u *unit) clear(work uint64) {
	u.delete(tableSuspects, workKey(work))
	u.acquitted = append(u.acquitted, work)
}

// Release lets an instance go on that was set aside because a process had ended at it, or whose timers rest because one could not fire.
// The error is an [*engine.Rejection]: [engine.CodeNotFound] if there is no such instance, [engine.CodeState] if it does not rest.
func (r *Runner) Release(ctx context.Context, key engine.Key) error {
	return r.submit(ctx, func(u *unit) error {
		in := u.instance(key)
		if in == nil {
			return rejection(engine.CodeNotFound, "there is no process instance %s", key)
		}
		if fault := u.strands(in); fault != nil {
			return rejection(engine.CodeState, "%v", fault)
		}
		if s, is := r.suspects.get(workOf(key)); !is || !s.SetAside && s.Rests == "" {
			return rejection(engine.CodeState, "process instance %s is not set aside", key)
		}
		u.clear(workOf(key))
		for _, sub := range in.Subscriptions {
			u.waits(in, sub) // messages that came meanwhile are kept for it, and workers have passed over its jobs
		}
		u.then(func() { u.tellOutcomes(key) })
		return nil
	})
}

// isPoison says whether a record is set aside, and why.
func (u *unit) isPoison(work uint64) (reason string, is bool) {
	s, known := u.r.suspects.get(work)
	return s.reason(), known && s.SetAside
}

// mergeAcquitted forgets what is suspected no longer.
func (b *batch) mergeAcquitted(works []uint64) {
	for _, work := range works {
		b.r.suspects.set(work, nil)
		if work>>63 == 0 {
			b.r.wake(engine.Key(work))
			b.r.next = b.now // what was due meanwhile is due at once
		}
	}
}
