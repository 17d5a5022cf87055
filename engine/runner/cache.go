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
	recent list.List // of *engine.Instance, the last used first
	byKey  map[engine.Key]*list.Element
}

func newCache() *cache { return &cache{byKey: map[engine.Key]*list.Element{}} }

func (c *cache) get(key engine.Key) *engine.Instance {
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*engine.Instance)
}

// put keeps a live instance and forgets an ended one.
func (c *cache) put(in *engine.Instance) {
	e := c.byKey[in.Key]
	switch {
	case in.State != engine.StateActive:
		if e != nil {
			c.drop(e)
		}
	case e != nil:
		e.Value = in
		c.recent.MoveToFront(e)
	default:
		c.byKey[in.Key] = c.recent.PushFront(in)
		if len(c.byKey) > cacheSize {
			c.drop(c.recent.Back())
		}
	}
}

func (c *cache) drop(e *list.Element) {
	delete(c.byKey, c.recent.Remove(e).(*engine.Instance).Key)
}
