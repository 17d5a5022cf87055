package runner

import (
	"context"
	"sync"

	"github.com/sonata-bpmn/sonata/engine"
)

// watchBuffer is how many entries a watcher may fall behind.
const watchBuffer = 4096

// watchers are told what is durable.
type watchers struct {
	mu     sync.Mutex
	closed bool
	all    map[*watcher]struct{}
}

type watcher struct {
	root    engine.Key
	entries chan Entry
	forget  func() bool // stops waiting for the end of its context
}

// Watch delivers what happens to the instances of a root instance (0: to all), from now on. The channel is closed when ctx
// or Run ends, or when the watcher falls too far behind (4096 entries); [Runner.History] has what it has missed.
func (r *Runner) Watch(ctx context.Context, root engine.Key) <-chan Entry {
	w := &watcher{root: root, entries: make(chan Entry, watchBuffer)}
	ws := &r.watchers
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		close(w.entries)
		return w.entries
	}
	if ws.all == nil {
		ws.all = map[*watcher]struct{}{}
	}
	ws.all[w] = struct{}{}
	w.forget = context.AfterFunc(ctx, func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		ws.drop(w)
	})
	return w.entries
}

// drop ends a watcher's channel. The lock is held.
func (ws *watchers) drop(w *watcher) {
	if _, there := ws.all[w]; there {
		delete(ws.all, w)
		w.forget()
		close(w.entries)
	}
}

// tell never waits: whoever does not keep up is dropped.
func (ws *watchers) tell(entries []Entry) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, e := range entries {
			if w.root != 0 && w.root != e.Root {
				continue
			}
			select {
			case w.entries <- e:
				continue
			default:
			}
			ws.drop(w)
			break
		}
	}
}

// any says whether anybody watches.
func (ws *watchers) any() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.all) > 0
}

func (ws *watchers) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for w := range ws.all {
		ws.drop(w)
	}
}
