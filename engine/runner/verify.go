package runner

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// Verify checks everything that [Check] does, and each instance: that its history, as far as it is whole, leads to what the store says of
// it, that its parts belong together, and that nothing is left of instances that are gone. It calls report for each instance that was checked.
func Verify(store Store, report func(engine.Key)) error {
	problems := []error{Check(store)}
	err := store.View(func(tx ReadTx) error {
		symbols := loadSymbols(tx)
		ended := map[engine.Key]bool{}
		tx.Ascend(tableEnded, nil, func(key, _ []byte) bool {
			instance := engine.Key(num(key, 1))
			if ended[instance] {
				problems = append(problems, fmt.Errorf("ended has two rows of instance %s", instance))
			}
			ended[instance] = true
			return true
		})
		tx.Ascend(tableInstances, nil, func(key, row []byte) bool {
			instance := engine.Key(num(key, 1))
			if err := verifyInstance(tx, symbols, row, ended[instance]); err != nil {
				problems = append(problems, fmt.Errorf("instance %s: %w", instance, err))
			}
			delete(ended, instance)
			report(instance)
			return true
		})
		for instance := range ended {
			problems = append(problems, fmt.Errorf("ended has a row of instance %s, which is gone", instance))
		}
		problems = append(problems, orphans(tx)...)
		return nil
	})
	return errors.Join(append(problems, err)...)
}

func verifyInstance(tx ReadTx, symbols *codec.Symbols, row []byte, ended bool) error {
	in, err := decodeInstance(tx, symbols, row)
	if err != nil {
		return err
	}
	var problems []error
	if (in.State != engine.StateActive) != ended {
		problems = append(problems, fmt.Errorf("it is %s, and the table of those that have ended says otherwise", in.State))
	}
	for n := int64(1); n <= int64(in.LastID>>blockBits); n++ {
		first := tx.Get(tableBlocks, rowKey{}.key(in.Key).num(n))
		if first == nil || !bytes.Equal(tx.Get(tableBlockOwners, first), rowKey{}.key(in.Key).num(n)) {
			problems = append(problems, fmt.Errorf("its block %d of keys is not its own", n))
		}
	}
	last, _, _, err := readSnapshot(symbols, row)
	if err == nil {
		err = verifyHistory(tx, symbols, in, last)
	}
	return errors.Join(append(append(problems, verifyParts(in)...), err)...)
}

// verifyParts checks that the parts of an instance belong together.
func verifyParts(in *engine.Instance) (problems []error) {
	for _, t := range in.Tokens {
		if in.Scope(t.Scope) == nil || t.Inner != 0 && in.Scope(t.Inner) == nil || (t.Flow == "") == (t.Node == "") || t.ID > in.LastID {
			problems = append(problems, fmt.Errorf("token %d belongs nowhere", t.ID))
		}
	}
	for _, s := range in.Subscriptions {
		if in.Scope(s.Scope) == nil || s.Token != 0 && in.Token(s.Token) == nil || s.ID > in.LastID {
			problems = append(problems, fmt.Errorf("the %s subscription %d at %s belongs nowhere", s.Kind, s.ID, s.Element))
		}
	}
	for _, i := range in.Incidents {
		if in.Token(i.Token) == nil && in.Scope(i.Scope) == nil || i.Subscription != 0 && in.Subscription(i.Subscription) == nil {
			problems = append(problems, fmt.Errorf("incident %d at %s belongs nowhere", i.ID, i.Element))
		}
	}
	return problems
}

// verifyHistory replays the steps of an instance.
func verifyHistory(tx ReadTx, symbols *codec.Symbols, in *engine.Instance, last uint64) error {
	steps, err := stepsAfter(tx, symbols, last, 0)
	if err != nil {
		return err
	}
	var events []engine.Event
	for i := range steps {
		h, err := decodeHistory(symbols, steps[len(steps)-1-i].row)
		if err != nil {
			return fmt.Errorf("its history cannot be read: %w", err)
		}
		if h.instance != in.Key {
			return fmt.Errorf("its history leads to step %d, which is of instance %s", steps[len(steps)-1-i].number, h.instance)
		}
		events = append(events, h.events...)
	}
	if len(events) == 0 {
		return nil
	}
	if _, whole := events[0].(engine.InstanceStarted); !whole {
		return nil // the beginning is not kept any more
	}
	again := engine.Replay(nil, events)
	if !bytes.Equal(encodeSnapshot(symbols, last, nil, in), encodeSnapshot(symbols, last, nil, again)) {
		return fmt.Errorf("its history leads to another state than the stored one (differing: %s)", differing(in, again))
	}
	return nil
}

// differing names the fields in which two instances differ.
func differing(a, b *engine.Instance) (names []string) {
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			names = append(names, x.Type().Field(i).Name)
		}
	}
	return names
}

// orphans finds rows of instances that are gone.
func orphans(tx ReadTx) (problems []error) {
	for _, table := range []Table{tableVariables, tableBlocks, tableOutcomes} {
		tx.Ascend(table, nil, func(key, _ []byte) bool {
			if instance := engine.Key(num(key, 2)); tx.Get(tableInstances, rowKey{}.key(instance)) == nil {
				problems = append(problems, fmt.Errorf("%s has a row of instance %s, which is gone", table, instance))
			}
			return true
		})
	}
	return problems
}
