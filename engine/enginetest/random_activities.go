package enginetest

import (
	"fmt"
	"strings"
)

// place is where a random process is being written.
type place struct {
	depth       int
	codes       []string // error codes that are caught around
	transaction bool     // directly inside of a transaction
	cancels     bool     // inside of a transaction, however deep
	sub         bool     // inside of a sub-process
	joined      bool     // a parallel join waits for this branch
	once        bool     // no more than one token comes by
	many        bool     // several tokens may be here at once, which an inclusive join makes one of
	graph       bool     // the flows of sub-processes lead anywhere
	handlers    *[]string
}

// inside is the place in a new scope.
func (at place) inside() place {
	at.depth, at.transaction, at.joined, at.once, at.many, at.sub = at.depth+1, false, false, true, false, true
	at.handlers = &[]string{}
	return at
}

// exit is a boundary event whose path has still to be written.
type exit struct {
	id           string
	interrupting bool
}

// activity writes an activity with everything that may hang on it, and says which boundary events need a path.
func (r *Random) activity(at place) (id string, exits []exit) {
	id, exits = r.task(at)
	if r.one(3) {
		for range 1 + r.IntN(2) {
			exits = append(exits, r.boundary(id))
		}
	}
	if r.one(6) || at.cancels && r.one(3) {
		undo := r.node("serviceTask", "undo", "type=undo compensation")
		r.line("boundaryEvent %s on=%s handler=%s", r.name("compensate"), id, undo)
		*at.handlers = append(*at.handlers, id)
	}
	return id, exits
}

// task writes one activity.
func (r *Random) task(at place) (string, []exit) {
	n := r.IntN(30)
	if (at.depth > 2 || r.size < 0) && n >= 18 {
		n = r.IntN(18)
	}
	extra := r.mappings() + r.loop()
	if strings.Contains(extra, " each") || strings.Contains(extra, " times") {
		extra += r.behavior(at)
	}
	switch {
	case n < 1:
		return r.node("serviceTask", "work", `type=work loopWhile="again%d"%s`, r.IntN(2), pick(r, "", " testBefore")), nil
	case n < 8:
		return r.node(pick(r, "serviceTask", "serviceTask", "sendTask", "businessRuleTask", "scriptTask", "userTask"), "work", "type=work%s", extra), nil
	case n < 10:
		return r.node(pick(r, "task", "manualTask"), "pass", "%s", extra), nil
	case n < 11:
		return r.node("sendTask", "send", "type=kafka:publish header:topic=%s%s", r.topic(), extra), nil
	case n < 13:
		return r.node("receiveTask", "receive", "message=%s key=%s%s", r.topic(), pick(r, "k", `"= k"`), extra), nil
	case n < 15:
		return r.node("scriptTask", "script", `script="= %s" result=%s%s`, pick(r, "n0 + 1", "n1 + 1", "n2 + 1"), pick(r, "n0", "n1"), r.loop()), nil
	case n < 18 && len(r.calls) > 0:
		return r.node("callActivity", "call", "calls=%s%s%s", pick(r, r.calls...), pick(r, "", "", "", " detached"), extra), nil
	case n < 23:
		return r.subProcess(at, "subProcess", extra)
	case n < 27:
		return r.subProcess(at, "transaction", extra)
	default:
		return r.adHoc(at, extra), nil
	}
}

func (r *Random) topic() string { return fmt.Sprintf("m%d", r.IntN(3)) }

func (r *Random) mappings() string {
	s := ""
	if r.one(6) {
		s += pick(r, ` in:x="= n0"`, ` in:x="= n2 + 1"`, ` in:b0="= b1"`, ` in:n0=5 in:y="= n1"`, ` in:n1="= n1"`)
	}
	return s + r.mapsOut()
}

func (r *Random) mapsOut() string {
	if !r.one(8) {
		return ""
	}
	return pick(r, ` out:n1="= n0 + 1"`, ` out:n0="= n2 + 1"`, ` out:b1="= b2"`)
}

func (r *Random) loop() string {
	if !r.one(7) {
		return ""
	}
	var s string
	switch r.IntN(8) {
	case 0, 1, 2:
		s = ` each:item="= items"`
	case 3, 4:
		s = ` each-sequential:item="= items"`
	case 5:
		s = fmt.Sprintf(` times="= %d"`, r.IntN(4))
	default:
		return fmt.Sprintf(` loopWhile="%s" loopMax=%d%s`, pick(r, "again0", "b0", "n1 < 9"), 1+r.IntN(3), pick(r, "", " testBefore"))
	}
	if r.one(3) {
		s += fmt.Sprintf(` until="%s"`, pick(r, "numberOfCompletedInstances >= 1", "numberOfActiveInstances == 1", "b3"))
	}
	if r.one(2) {
		s += fmt.Sprintf(` into:out0="= %s"`, pick(r, "loopCounter", "n0", "n1", "x"))
	}
	return s
}

// behavior says what a multi-instance activity throws as its instances complete.
func (r *Random) behavior(at place) string {
	thrown := func() string {
		switch {
		case at.graph && r.one(6):
			return "error=" + pick(r, "E1", "E2")
		case len(at.codes) > 0 && r.one(4):
			return "error=" + pick(r, at.codes...)
		}
		return pick(r, "signal=s0", "signal=s1", "message=m0", "message=m1", "escalation=U1", "escalation=U2")
	}
	switch r.IntN(6) {
	case 0:
		return " behavior:One=" + thrown()
	case 1:
		return " behavior:None=" + thrown()
	case 2:
		var s strings.Builder
		for range 1 + r.IntN(2) {
			fmt.Fprintf(&s, ` behavior:Complex="%s => %s"`, pick(r, "b0", "n1 > 5", "loopCounter == 2", "numberOfCompletedInstances == 1", "numberOfActiveInstances == 0"), thrown())
		}
		return s.String()
	}
	return ""
}

// subProcess writes one, with events on its boundary for what is thrown inside.
func (r *Random) subProcess(at place, kind, extra string) (string, []exit) {
	id := r.name(kind[:3])
	inner := at.inside()
	inner.transaction = kind == "transaction"
	inner.cancels = at.cancels || inner.transaction
	catches := inner.transaction || r.one(2)
	if catches {
		inner.codes = append([]string{"E1"}, inner.codes...)
	}
	r.line("%s %s%s {", kind, id, extra)
	r.indent++
	r.body(inner)
	r.indent--
	r.line("}")
	var exits []exit
	if catches {
		exits = append(exits, exit{r.node("boundaryEvent", "caught", "on=%s %s", id, pick(r, "error=E1", "error=E1", "error=")), true})
	}
	if inner.transaction {
		exits = append(exits, exit{r.node("boundaryEvent", "cancelled", "on=%s cancel", id), true})
	}
	return id, exits
}

func (r *Random) body(at place) {
	switch {
	case at.transaction && r.one(3):
		r.cancelledBody(at)
	case at.graph:
		r.graph(at)
	default:
		r.sequenceBody(at)
	}
	r.eventSubProcesses(at)
	if at.depth > 1 && r.one(6) {
		r.compensationSubProcess(at)
	}
}

// cancelledBody writes what is in a transaction that is cancelled beside other things: what completes there, runs, and is compensated already.
func (r *Random) cancelledBody(at place) {
	fork := r.node("parallelGateway", "fork", "")
	for range 1 + r.IntN(2) {
		first, last := r.activity(at)
		undo := r.node("intermediateThrowEvent", "throw", "%s", r.compensation(at))
		r.flow(fork, first)
		r.flow(r.paths(at, first, last), undo)
		first, end := r.sequence(at)
		r.flow(undo, first)
		r.flow(end, r.end(at))
	}
	first, last := r.sequence(at)
	r.flow(fork, first)
	r.flow(last, r.node("endEvent", "cancel", "%scancel", pick(r, "", "", r.compensation(at)+" ")))
}

// adHoc writes an ad-hoc sub-process; its condition holds with the variables of [Ending].
func (r *Random) adHoc(at place, extra string) string {
	attributes := extra + pick(r, "", "", " sequential") + pick(r, "", ` done="b0"`, ` done="n0 > 5"`) + pick(r, "", " keepRemaining")
	id := r.name("adHoc")
	inner := at.inside()
	r.line("adHocSubProcess %s%s {", id, attributes)
	r.indent++
	for range 1 + r.IntN(3) {
		id, exits := r.activity(inner)
		if r.one(4) {
			r.flow(id, r.node("task", "then", ""))
		}
		for _, e := range exits {
			if r.one(2) {
				r.flow(e.id, r.node("task", "instead", ""))
			}
		}
	}
	r.indent--
	r.line("}")
	return id
}

var triggers = []func(r *Random) string{
	func(r *Random) string { return "message=" + r.topic() + pick(r, " key=k", ` key="= k"`) },
	func(r *Random) string { return fmt.Sprintf("timeDuration=PT%dS", r.seconds()) },
	func(r *Random) string { return `timeDuration="= wait"` },
	func(r *Random) string { return fmt.Sprintf("signal=s%d", r.IntN(2)) },
	func(r *Random) string { return fmt.Sprintf(`condition="c%d"`, r.IntN(2)) },
	func(r *Random) string { return fmt.Sprintf("message=%s key=k signal=s%d", r.topic(), r.IntN(2)) },
	func(r *Random) string {
		return fmt.Sprintf("message=%s key=k timeDuration=PT%dS parallel", r.topic(), r.seconds())
	},
}

func (r *Random) trigger() string { return pick(r, triggers...)(r) }

// boundary hangs an event on an activity.
func (r *Random) boundary(id string) exit {
	interrupting, trigger := r.one(2), r.trigger()
	switch r.IntN(10) {
	case 0:
		trigger = "escalation=" + pick(r, "U1", "U2", "")
	case 1:
		trigger, interrupting = "error="+pick(r, "E1", "E2", ""), true
	case 2:
		trigger, interrupting = fmt.Sprintf("timeCycle=R%d/PT%dS", 1+r.IntN(3), r.seconds()), false
	}
	if !interrupting {
		trigger += " nonInterrupting"
	}
	return exit{r.node("boundaryEvent", "event", "on=%s %s", id, trigger), interrupting}
}
