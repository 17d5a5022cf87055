package enginetest

import (
	"fmt"
	"strings"
)

// structuredProcess writes a process of well-nested blocks.
func (r *Random) structuredProcess(id string) {
	r.line("process %s", id)
	at := place{once: true, handlers: &[]string{}}
	r.sequenceBody(at)
	r.eventSubProcesses(at)
}

// sequenceBody writes what is in a process or sub-process: from a start to an end, either of which may not be drawn.
func (r *Random) sequenceBody(at place) {
	first, last := r.sequence(at)
	if !r.one(5) || strings.HasPrefix(first, "out") || strings.HasPrefix(first, "throw") || strings.HasPrefix(first, "catch") || strings.HasPrefix(first, "again") {
		r.flow(r.node("startEvent", "start", ""), first)
	}
	if !r.one(4) {
		r.flow(last, r.end(at))
	}
}

// end writes an end event that the enclosing scope can stand.
func (r *Random) end(at place) string {
	attributes := pick(r, "", "", "", "signal=s0", "escalation=U1", "message=m0 type=kafka:publish header:topic=m0", "message=m1 type=work",
		"terminate", "signal=s1 escalation=U2")
	if r.one(6) {
		attributes = r.compensation(at)
	}
	if r.one(5) {
		ending := []string{"", " terminate"}
		if at.transaction {
			ending = append(ending, " cancel")
		}
		for _, code := range at.codes {
			ending = append(ending, " error="+code)
		}
		attributes = r.several(at) + pick(r, ending...)
	}
	if at.transaction && r.one(3) {
		attributes = pick(r, "", "", r.compensation(at)+" ") + "cancel"
	}
	return r.node("endEvent", "end", "%s", attributes)
}

// several are attributes of an event that throws several things, of which a worker or a handler mostly has something to do.
func (r *Random) several(at place) string {
	attributes := pick(r, "type=work message=m1", "type=work message=m1", "type=kafka:publish header:topic=m1 message=m1", "compensate=")
	for range 1 + r.IntN(2) {
		message := ""
		if strings.HasPrefix(attributes, "type=") {
			message = "message=m2"
		}
		attributes += " " + pick(r, message, "signal=s0", "signal=s1", "escalation=U1", "escalation=U2", r.compensation(at), r.compensation(at))
	}
	if r.one(4) {
		attributes += pick(r, ` in:x="= n0"`, ` in:n1="= n1"`, ` in:x="= n2 + 1"`)
	}
	if r.one(3) {
		attributes += pick(r, ` out:n1="= n0 + 1"`, ` out:n0="= n2 + 1"`, ` out:b1="= b2"`)
	}
	return attributes
}

func (r *Random) compensation(at place) string {
	ref := ""
	if len(*at.handlers) > 0 && r.one(2) {
		ref = pick(r, *at.handlers...)
	}
	return "compensate=" + ref + pick(r, "", "", " goOn")
}

// sequence writes blocks one after the other.
func (r *Random) sequence(at place) (first, last string) {
	for n := 1 + r.IntN(max(1, 2+r.size/3)); n > 0; n-- {
		begin, end := r.block(at)
		if first == "" {
			first = begin
		} else {
			r.flow(last, begin)
		}
		last = end
	}
	return first, last
}

// block writes one block: tokens come in at first and leave at last, as many as came.
func (r *Random) block(at place) (first, last string) {
	r.size--
	if r.size < 0 || at.depth > 3 {
		return r.single(at)
	}
	at.depth++
	switch r.IntN(14) {
	case 0, 1:
		return r.exclusive(at)
	case 2, 3:
		return r.parallel(at)
	case 4, 5:
		if !at.many || !at.joined {
			return r.inclusive(at)
		}
	case 6:
		return r.repeat(at)
	case 7:
		return r.race(at)
	case 8:
		return r.implicit(at)
	case 9:
		if !at.many || !at.joined {
			return r.conditional(at)
		}
	case 10:
		return r.quantities()
	case 11:
		if at.once {
			return r.complex(at)
		}
	}
	return r.single(at)
}

// single writes one activity or event.
func (r *Random) single(at place) (first, last string) {
	switch r.IntN(9) {
	case 0:
		id := r.node("intermediateCatchEvent", "catch", "%s", r.trigger())
		return id, id
	case 1:
		id := r.node("intermediateThrowEvent", "throw", "%s", r.thrown(at))
		return id, id
	case 2:
		out, in := r.name("out"), r.name("in")
		r.line("intermediateThrowEvent %s link=%s", out, out)
		r.line("intermediateCatchEvent %s link=%s", in, out)
		return out, in
	}
	id, exits := r.activity(at)
	return id, r.paths(at, id, exits)
}

func (r *Random) thrown(at place) string {
	switch r.IntN(6) {
	case 0, 1:
		return r.compensation(at)
	case 2:
		return r.several(at)
	}
	return pick(r, "", "signal=s0", "signal=s1", "escalation=U1", "escalation=U2", "message=m2 type=kafka:publish header:topic=m2", "message=m2 type=work",
		`signal=s0 message=m2 type=kafka:publish header:topic=m2 header:key="= n2 + 1"`)
}

// paths writes what follows the boundary events of an activity: after an interrupting one tokens come together with those of the
// activity, the others end by themselves.
func (r *Random) paths(at place, id string, exits []exit) (last string) {
	last = id
	for _, e := range exits {
		if !e.interrupting {
			if r.one(5) {
				continue
			}
			beside := at
			beside.joined, beside.once, beside.many = false, false, true
			r.flow(r.path(beside, e.id), r.node("endEvent", "end", ""))
			continue
		}
		if !at.joined && r.one(4) {
			continue
		}
		if last == id {
			last = r.node("exclusiveGateway", "merge", "")
			r.flow(id, last)
		}
		r.flow(r.path(at, e.id), last)
	}
	return last
}

// path writes a block after a node, or nothing.
func (r *Random) path(at place, from string) (last string) {
	if r.one(2) {
		return from
	}
	first, last := r.block(at)
	r.flow(from, first)
	return last
}

func (r *Random) exclusive(at place) (first, last string) {
	first = r.node("exclusiveGateway", "xor", "")
	last = r.node(pick(r, "exclusiveGateway", "exclusiveGateway", "task"), "merge", "")
	branches := 2 + r.IntN(2)
	for i := range branches {
		condition := r.condition()
		if i == 0 && !r.one(4) {
			condition = "default"
		}
		if i == branches-1 && r.one(4) {
			r.deadEnd(at, first, condition)
			continue
		}
		begin, end := r.branch(at, last)
		r.flowIf(first, begin, condition)
		if begin != last {
			r.flow(end, last)
		}
	}
	return first, last
}

// branch writes a sequence, or none: then it is the node after it.
func (r *Random) branch(at place, join string) (first, last string) {
	if r.one(5) {
		return join, join
	}
	return r.sequence(at)
}

// deadEnd writes a branch that does not come back.
func (r *Random) deadEnd(at place, from, condition string) {
	attributes := ""
	switch {
	case at.transaction && r.one(2):
		attributes = "cancel"
	case len(at.codes) > 0 && r.one(2):
		attributes = "error=" + pick(r, at.codes...)
	case at.joined || r.one(2):
		attributes = "terminate"
	}
	if r.one(3) {
		attributes = r.several(at) + " " + attributes
	}
	r.flowIf(from, r.node("endEvent", "end", "%s", attributes), condition)
}

func (r *Random) parallel(at place) (first, last string) {
	at.joined, at.once = true, false
	first, last = r.node("parallelGateway", "fork", ""), r.node("parallelGateway", "join", "")
	r.branches(at, first, last)
	return first, last
}

func (r *Random) branches(at place, first, last string) {
	for range 2 + r.IntN(2) {
		begin, end := r.branch(at, last)
		r.flow(first, begin)
		if begin != last {
			r.flow(end, last)
		}
	}
}

func (r *Random) inclusive(at place) (first, last string) {
	at.once = false
	first, last = r.node("inclusiveGateway", "or", ""), r.node("inclusiveGateway", "join", "")
	for i := range 2 + r.IntN(2) {
		condition := r.condition()
		if i == 0 && !r.one(4) {
			condition = "default"
		}
		begin, end := r.branch(at, last)
		r.flowIf(first, begin, condition)
		if begin != last {
			r.flow(end, last)
		}
	}
	return first, last
}

// repeat writes a loop in which something waits.
func (r *Random) repeat(at place) (first, last string) {
	at.once = false
	first, last = r.node("exclusiveGateway", "again", ""), r.node("exclusiveGateway", "enough", "")
	begin, end := r.sequence(at)
	work := r.node("serviceTask", "work", "type=work")
	r.flow(first, begin)
	r.flow(end, work)
	r.flow(work, last)
	r.flowIf(last, first, fmt.Sprintf("again%d", r.IntN(2)))
	out := r.node("task", "out", "")
	r.flowIf(last, out, "default")
	return first, out
}

// race writes an event-based gateway.
func (r *Random) race(at place) (first, last string) {
	first, last = r.node("eventBasedGateway", "race", ""), r.node("exclusiveGateway", "merge", "")
	for range 2 + r.IntN(2) {
		var event string
		if r.one(4) {
			event = r.node("receiveTask", "receive", "message=%s key=k", r.topic())
		} else {
			event = r.node("intermediateCatchEvent", "catch", "%s", r.trigger())
		}
		r.flow(first, event)
		r.flow(r.path(at, event), last)
	}
	return first, last
}

// implicit writes an activity that forks without a gateway.
func (r *Random) implicit(at place) (first, last string) {
	at.joined, at.once = true, false
	first, last = r.node(pick(r, "task", "serviceTask"), "work", "type=work"), r.node("parallelGateway", "join", "")
	r.branches(at, first, last)
	return first, last
}

// conditional writes an activity that decides without a gateway.
func (r *Random) conditional(at place) (first, last string) {
	at.once = false
	first, last = r.node("serviceTask", "work", "type=work"), r.node("inclusiveGateway", "join", "")
	begin, end := r.sequence(at)
	r.flowIf(first, begin, r.condition())
	r.flow(end, last)
	begin, end = r.sequence(at)
	r.flowIf(first, begin, "default")
	r.flow(end, last)
	if r.one(2) {
		begin, end = r.sequence(at)
		r.flow(first, begin)
		r.flow(end, last)
	}
	return first, last
}

// quantities writes an activity that leaves several tokens and one that takes as many.
func (r *Random) quantities() (first, last string) {
	n := 2 + r.IntN(2)
	first = r.node("serviceTask", "work", "type=work completionQuantity=%d", n)
	last = r.node("serviceTask", "work", "type=work startQuantity=%d%s", n, r.loop())
	r.flow(first, last)
	return first, last
}

// complex writes a gateway that goes on with the first token and takes the others without sending any on.
func (r *Random) complex(at place) (first, last string) {
	at.once = false
	first, last = r.node("parallelGateway", "fork", ""), r.node("complexGateway", "join", `activation="activationCount >= 1"`)
	r.branches(at, first, last)
	out := r.node("task", "out", "")
	r.flowIf(last, out, "waitingForStart")
	return first, out
}

// eventSubProcesses writes up to two, mostly none.
func (r *Random) eventSubProcesses(at place) {
	for range 2 {
		if !r.one(3) {
			return
		}
		r.eventSubProcess(at)
	}
}

// eventSubProcess writes one for any trigger.
func (r *Random) eventSubProcess(at place) {
	inner := at.inside()
	r.line("subProcess %s event {", r.name("esp"))
	r.indent++
	interrupting, trigger := r.one(2), r.trigger()
	switch r.IntN(8) {
	case 0:
		trigger, interrupting = pick(r, "error=E1", "error=E2", "error="), true
	case 1:
		trigger = pick(r, "escalation=U1", "escalation=U2", "escalation=")
	}
	if !interrupting {
		trigger += " nonInterrupting"
	}
	start := r.node("startEvent", "start", "%s", trigger)
	first, last := r.sequence(inner)
	r.flow(start, first)
	if !r.one(3) {
		attributes := pick(r, "", "", "terminate", "signal=s0", "escalation=U1", "compensate=")
		if r.one(3) {
			attributes = r.several(inner)
			if at.graph { // where nothing else may be left that catches it when it is thrown
				attributes += pick(r, "", " error=E1", " error=E2")
			}
		}
		r.flow(last, r.node("endEvent", "end", "%s", attributes))
	}
	if inner.depth < 3 && r.one(4) {
		r.eventSubProcess(inner)
	}
	r.indent--
	r.line("}")
}

// compensationSubProcess writes the one that undoes the sub-process around it.
func (r *Random) compensationSubProcess(at place) {
	r.line("subProcess %s event {", r.name("undo"))
	r.indent++
	start := r.node("startEvent", "start", "compensate=")
	first, last := r.sequence(at.inside())
	r.flow(start, first)
	r.flow(last, r.node("endEvent", "end", ""))
	r.indent--
	r.line("}")
}
