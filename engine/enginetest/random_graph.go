package enginetest

import "fmt"

// graphProcess writes a process whose flows lead anywhere.
func (r *Random) graphProcess(id string) {
	r.line("process %s", id)
	at := place{graph: true, handlers: &[]string{}}
	r.graph(at)
	r.eventSubProcesses(at)
}

// spot is a node of a graph and what may follow it.
type spot struct {
	id    string
	waits bool // a flow may lead back from here
	ends  bool // no flow may lead away
	kind  string
}

// graph writes nodes and then flows between them: forwards from any node, backwards only from one in which something waits.
func (r *Random) graph(at place) {
	r.size -= 3
	spots := []spot{{id: r.node("startEvent", "start", ""), kind: "start"}}
	for range 3 + r.IntN(max(2, 3+r.size)) {
		spots = append(spots, r.spot(at)...)
	}
	for i, s := range spots {
		if !s.ends {
			r.outgoing(spots, i)
		}
	}
	r.connect(spots)
}

// spot writes one node, and those that belong to it.
func (r *Random) spot(at place) []spot {
	switch r.IntN(16) {
	case 0, 1:
		return []spot{{id: r.node("exclusiveGateway", "xor", ""), kind: "xor"}}
	case 2, 3:
		return []spot{{id: r.node("parallelGateway", "and", ""), kind: "and"}}
	case 4, 5, 6:
		return []spot{{id: r.node("inclusiveGateway", "or", ""), kind: "or"}}
	case 7:
		return []spot{{id: r.node("complexGateway", "complex", `activation="activationCount >= %d"`, 1+r.IntN(2)), kind: "complex"}}
	case 8:
		race := r.node("eventBasedGateway", "race", "")
		spots := []spot{{id: race, ends: true}}
		for range 2 + r.IntN(2) {
			s := spot{id: r.node("intermediateCatchEvent", "catch", "%s", r.trigger()), waits: true, kind: "target"}
			r.flow(race, s.id)
			spots = append(spots, s)
		}
		return spots
	case 9:
		return []spot{{id: r.node("intermediateThrowEvent", "throw", "%s", r.thrown(at)), kind: "throw"}}
	case 10:
		return []spot{{id: r.node("intermediateCatchEvent", "catch", "%s", r.trigger()), kind: "catch"}}
	case 11:
		return []spot{{id: r.node("endEvent", "end", "%s", r.anyEnd(at)), ends: true}}
	}
	id, exits := r.activity(at)
	spots := []spot{{id: id, kind: "activity"}}
	for _, e := range exits {
		spots = append(spots, spot{id: e.id, kind: "boundary"})
	}
	return spots
}

func (r *Random) anyEnd(at place) string {
	attributes := pick(r, "", "", "terminate", "signal=s0", "escalation=U1", "error=E1", "error=E2", "error=E1 signal=s0 escalation=U1", "message=m1 type=work", "compensate=", "compensate= goOn")
	if at.transaction && r.one(2) {
		attributes = "cancel"
	}
	if r.one(4) {
		attributes = r.several(at) + pick(r, "", " terminate", " error=E1", " error=E2")
		if at.transaction && r.one(2) {
			attributes += " cancel"
		}
	}
	return attributes
}

// outgoing writes the flows of one node.
func (r *Random) outgoing(spots []spot, i int) {
	s := spots[i]
	targets := r.targets(spots, i)
	switch {
	case len(targets) == 0:
	case s.kind == "xor" || s.kind == "or" || s.kind == "complex":
		for j, t := range targets {
			condition := r.condition()
			if j == 0 && !r.one(6) {
				condition = "default"
			} else if s.kind == "complex" && r.one(2) {
				condition = pick(r, "waitingForStart", "not waitingForStart")
			}
			r.flowIf(s.id, t, condition)
		}
	case s.kind == "activity" && len(targets) > 1 && r.one(2):
		r.flowIf(s.id, targets[0], r.condition())
		r.flowIf(s.id, targets[1], pick(r, "default", "default", r.condition()))
		for _, t := range targets[2:] {
			r.flow(s.id, t)
		}
	default:
		for _, t := range targets {
			r.flow(s.id, t)
		}
	}
}

// targets chooses where flows of a node lead to.
func (r *Random) targets(spots []spot, i int) []string {
	var targets []string
	n := 1
	switch {
	case spots[i].kind == "xor" || spots[i].kind == "or" || spots[i].kind == "and":
		n = 1 + r.IntN(3)
	case r.one(4):
		n = r.IntN(3)
	}
	if spots[i].kind == "xor" && n == 1 {
		n = 2
	}
	for range n {
		j := i + 1 + r.IntN(max(1, len(spots)-i-1))
		if spots[i].waits && r.one(3) {
			j = 1 + r.IntN(len(spots)-1)
		}
		if j < len(spots) && enters(spots[j]) {
			targets = append(targets, spots[j].id)
		}
	}
	return targets
}

// enters says whether a flow may lead to a node.
func enters(s spot) bool { return s.kind != "start" && s.kind != "boundary" && s.kind != "target" }

// connect lets no node without incoming flow behind, for it would be a second start.
func (r *Random) connect(spots []spot) {
	reached := map[string]bool{}
	for _, line := range r.lines {
		var from, to string
		if n, _ := fmt.Sscanf(line, "%s -> %s", &from, &to); n == 2 {
			reached[to] = true
		}
	}
	fork := ""
	for _, s := range spots {
		if enters(s) && !reached[s.id] {
			if fork == "" {
				fork = r.node("task", "fork", "")
				r.flow(spots[0].id, fork)
			}
			r.flow(fork, s.id)
		}
	}
}
