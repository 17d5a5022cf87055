package engine

import (
	"fmt"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// concurrencyLimit bounds how many nodes and flows of one container are compared with each other: the table has the square of it
// in bits.
const concurrencyLimit = 4000

// concurrency says which places of a container can have a token at the same time. A place is a node or a flow, by its ID. It
// never lacks a pair that is possible, and may have one that is not: the relation is the smallest one that holds for where tokens
// begin and is kept by every move of a token, in the manner of Kovalyov's concurrency relation of Petri nets.
type concurrency struct {
	index  map[string]int
	marked bitset   // places that can have a token
	with   []bitset // by place: the places that can have a token beside one there
}

// move is one way in which tokens go on: one token is taken from each place of from, one put in each place of to.
type move struct{ from, to []int }

// concurrencyOf is nil for a container that is too large.
func concurrencyOf(k *container, impossible map[*flow]string) *concurrency {
	c := &concurrency{index: map[string]int{}}
	for _, n := range k.nodes {
		c.index[n.id] = len(c.index)
		for _, f := range n.outgoing {
			c.index[f.id] = len(c.index)
		}
	}
	size := len(c.index)
	if size > concurrencyLimit {
		return nil
	}
	c.marked = newBitset(size)
	c.with = make([]bitset, size)
	for i := range c.with {
		c.with[i] = newBitset(size)
	}
	var moves []move
	for _, n := range k.nodes {
		moves = append(moves, c.movesOf(n, impossible)...)
	}
	c.begin(k)
	for changed := true; changed; {
		changed = false
		for _, m := range moves {
			changed = c.apply(m) || changed
		}
	}
	return c
}

// begin puts tokens where a container begins: in one of its start events, in all of its implicit starts together.
func (c *concurrency) begin(k *container) {
	var together []int
	for _, n := range k.nodes {
		switch {
		case !n.mayBegin() || n.source.IsForCompensation || n.source.TriggeredByEvent || k.isAdHoc(): // those begin beside everything, see movesOf
		case n.kind() == "startEvent" || n.instantiates():
			c.produce([]int{c.index[n.id]})
		case n.source.Instantiate && n.source.EventGatewayType == "Parallel":
			var targets []int
			for _, f := range n.outgoing {
				targets = append(targets, c.index[f.target.id])
			}
			c.produce(targets)
		case !n.source.Instantiate:
			together = append(together, c.index[n.id])
		}
	}
	c.produce(together)
}

// movesOf lists how tokens come into a node and out of it. Where the data decides, the move with the most tokens stands for all.
func (c *concurrency) movesOf(n *node, impossible map[*flow]string) []move {
	at := c.index[n.id]
	var moves []move
	if n.source.IsForCompensation || n.source.TriggeredByEvent || n.container.isAdHoc() && n.mayBegin() {
		moves = append(moves, move{nil, []int{at}})
	}
	if _, parallel := n.behavior.(parallelGateway); parallel && len(n.incoming) > 0 {
		moves = append(moves, move{c.places(n.incoming), []int{at}})
	} else {
		for _, f := range n.incoming {
			moves = append(moves, move{[]int{c.index[f.id]}, []int{at}})
		}
	}
	if target := n.linkTarget(); target != nil {
		moves = append(moves, move{[]int{at}, []int{c.index[target.id]}})
	}
	for _, b := range n.boundary {
		to := []int{c.index[b.id]}
		if !b.interrupts() {
			to = append(to, at)
		}
		moves = append(moves, move{[]int{at}, to})
	}
	return append(moves, c.leaving(n, at, n.possible(impossible))...)
}

func (c *concurrency) leaving(n *node, at int, flows []*flow) []move {
	switch n.behavior.(type) {
	case exclusiveGateway, eventBasedGateway:
		var moves []move
		for _, f := range flows {
			moves = append(moves, move{[]int{at}, []int{c.index[f.id]}})
		}
		return moves
	}
	to := c.places(flows)
	if n.source.CompletionQuantity > 1 {
		to = append(to, to...)
	}
	return []move{{[]int{at}, to}}
}

func (c *concurrency) places(flows []*flow) []int {
	places := make([]int, len(flows))
	for i, f := range flows {
		places[i] = c.index[f.id]
	}
	return places
}

// enabled says whether all places can have a token at the same time, as far as pairs tell.
func (c *concurrency) enabled(places []int) bool {
	for i, p := range places {
		if !c.marked.has(p) {
			return false
		}
		for _, q := range places[:i] {
			if !c.with[p].has(q) {
				return false
			}
		}
	}
	return true
}

// apply makes a move, beside every token that can be there while it is made, and says whether that is new.
func (c *concurrency) apply(m move) bool {
	if !c.enabled(m.from) {
		return false
	}
	beside := c.marked.clone()
	for _, p := range m.from {
		beside.and(c.with[p])
	}
	changed := c.produce(m.to)
	for _, p := range m.to {
		if c.with[p].or(beside) {
			changed = true
			for q := range c.with {
				if beside.has(q) {
					c.with[q].set(p)
				}
			}
		}
	}
	return changed
}

// produce puts a token in each place at once.
func (c *concurrency) produce(places []int) bool {
	changed := false
	for i, p := range places {
		changed = c.marked.set(p) || changed
		for _, q := range places[:i] {
			changed = c.with[p].set(q) || changed
			changed = c.with[q].set(p) || changed
		}
	}
	return changed
}

// deadlocks reports the parallel gateways that tokens reach, but never on all incoming flows in one go (§10.6.4).
func (l *soundness) deadlocks(k *container, together *concurrency) {
	if together == nil {
		return
	}
	for _, n := range k.nodes {
		if _, parallel := n.behavior.(parallelGateway); !parallel || len(n.incoming) < 2 || together.enabled(together.places(n.incoming)) {
			continue
		}
		var filled, empty []string
		for _, f := range n.incoming {
			if together.marked.has(together.index[f.id]) {
				filled = append(filled, fmt.Sprintf("%q", f.id))
			} else {
				empty = append(empty, fmt.Sprintf("%q", f.id))
			}
		}
		if len(filled) == 0 { // what lies before it is reported
			continue
		}
		p := l.report(CodeDeadlock, bpmn.SeverityError, n.source.Element, "the parallel gateway %s waits for ever: ", n)
		if len(empty) > 0 {
			p.Text += fmt.Sprintf("a token can come on %s, but none on %s", strings.Join(filled, ", "), strings.Join(empty, ", "))
			p.Hint = "let a token come on each incoming flow, or join with an exclusive or inclusive gateway"
		} else {
			a, b := together.exclude(n.incoming)
			p.Text += fmt.Sprintf("a token comes on %q or on %q, but never on both", a.id, b.id)
			p.Hint = "split with a parallel gateway, or join with an exclusive one"
		}
	}
}

// exclude finds two flows that never have a token at the same time.
func (c *concurrency) exclude(flows []*flow) (a, b *flow) {
	for i, a := range flows {
		for _, b := range flows[:i] {
			if !c.with[c.index[a.id]].has(c.index[b.id]) {
				return b, a
			}
		}
	}
	return nil, nil
}
