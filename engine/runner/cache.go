package runner

import (
	"container/list"

	"github.com/sonata-bpmn/sonata/engine"
)

// cacheSize is how many live instances are kept decoded.
const cacheSize = 4096

// cache holds the snapshots of the instances that were used last. It is right only as long as everything that is stored
// goes through it; the loop alone uses it.
type cache struct {
	recent list.List // of held, the last used first
	byKey  map[engine.Key]*list.Element
}

// held is a live instance, and what the store has of it.
type held struct {
	// The loop's: as the last batch leaves it that was handed to the writer.
	in   *engine.Instance
	last uint64 // the number of its last step in history

	// The writer's: as the store has it.
	stored *engine.Instance // as its snapshot has it; nil: it has none yet
	size   int              // of the snapshot, in bytes
	since  int              // of the steps after the snapshot, in bytes
}

func newCache() *cache { return &cache{byKey: map[engine.Key]*list.Element{}} }

// get returns nil for an instance that is not here.
func (c *cache) get(key engine.Key) *held {
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*held)
}

// put keeps a live instance and forgets an ended one.
func (c *cache) put(h *held) {
	in := h.in
	e := c.byKey[in.Key]
	switch {
	case in.State != engine.StateActive:
		if e != nil {
			c.drop(e)
		}
	case e != nil:
		e.Value = h
		c.recent.MoveToFront(e)
	default:
		c.byKey[in.Key] = c.recent.PushFront(h)
		if len(c.byKey) > cacheSize {
			c.drop(c.recent.Back())
		}
	}
}

func (c *cache) drop(e *list.Element) {
	delete(c.byKey, c.recent.Remove(e).(*held).in.Key)
}
