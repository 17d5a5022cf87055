package api

import (
	"cmp"
	"iter"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// maxFamily is how many instances are followed at once.
const maxFamily = 1000

// family lists an instance and those that it called, directly or not.
func (a *api) family(key engine.Key) ([]engine.Key, error) {
	keys := []engine.Key{key}
	for i := 0; i < len(keys) && len(keys) < maxFamily; i++ {
		children, _, err := a.engine.Search(runner.Filter{ParentKey: keys[i]}, runner.Page{Limit: maxFamily})
		if err != nil {
			return nil, err
		}
		for _, child := range children {
			keys = append(keys, child.Key)
		}
	}
	return keys, nil
}

// head is the next entry of one instance's history.
type head struct {
	entry runner.Entry
	err   error
	next  func() (runner.Entry, error, bool)
}

func (h *head) advance() (ok bool) {
	h.entry, h.err, ok = h.next()
	return ok
}

// histories yields what happened to several instances after an entry, in the order in which it happened.
func (a *api) histories(keys []engine.Key, after uint64) iter.Seq2[runner.Entry, error] {
	return func(yield func(runner.Entry, error) bool) {
		var heads []*head
		for _, key := range keys {
			next, stop := iter.Pull2(a.engine.Story(key, after))
			defer stop()
			if h := (&head{next: next}); h.advance() {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			first := slices.MinFunc(heads, func(a, b *head) int { return cmp.Compare(a.entry.Seq, b.entry.Seq) })
			if !yield(first.entry, first.err) {
				return
			}
			if !first.advance() {
				heads = slices.DeleteFunc(heads, func(h *head) bool { return h == first })
			}
		}
	}
}
