package engine

import (
	"fmt"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Soundness reports what can be proved wrong about the flow of a process that compiles: elements that no token ever reaches, joins
// that never get all of their tokens, loops that neither wait nor end, and gateways without a way out. It says nothing where the
// data decides. Each element is reported for the cause alone, not for what follows from another one. The problems are
// sorted by place.
//
// Errors are what stops every token that comes there; the process can be deployed all the same. The notion is that of soundness
// of workflow nets (van der Aalst), as far as it holds whatever the conditions give.
func (p *Process) Soundness() bpmn.Problems {
	l := &soundness{process: p, impossible: map[*flow]string{}, reached: map[*node]bool{}}
	for _, f := range p.flows {
		f.source.impossible(l.impossible)
	}
	l.container(p.root)
	l.problems.Sort()
	return l.problems
}

// soundness is one examination.
type soundness struct {
	process    *Process
	impossible map[*flow]string // flows that are never taken, and why
	reached    map[*node]bool
	problems   bpmn.Problems
}

// container examines what is in a process or sub-process, and then the sub-processes that can begin.
func (l *soundness) container(k *container) {
	l.reach(k)
	l.dead(k)
	l.exits(k)
	together := concurrencyOf(k, l.impossible)
	l.deadlocks(k, together)
	l.endless(k, together)
	for _, n := range k.nodes {
		if n.body != nil && l.reached[n] {
			l.container(n.body)
		}
	}
}

func (l *soundness) report(code string, severity bpmn.Severity, at bpmn.Element, format string, args ...any) *bpmn.Problem {
	l.problems = append(l.problems, bpmn.Problem{
		Pos: at.Pos, Severity: severity, Code: code, ElementID: at.ID, ElementName: at.Name, Text: fmt.Sprintf(format, args...),
	})
	return &l.problems[len(l.problems)-1]
}

// exits reports the gateways that nothing leaves, and whatever else has conditions none of which can hold.
func (l *soundness) exits(k *container) {
	for _, n := range k.nodes {
		switch {
		case !l.reached[n]:
		case len(n.outgoing) == 0 && n.isGateway():
			l.report(CodeNoWayOut, bpmn.SeverityWarning, n.source.Element, "no sequence flow leaves the gateway %s, so its tokens end there", n).
				Hint = "draw where it goes on, or an end event in its place"
		case len(n.outgoing) > 0 && len(n.possible(l.impossible)) == 0:
			l.report(CodeNoWayOut, bpmn.SeverityError, n.source.Element, "%s cannot be left: the conditions of all its sequence flows are always false", n).
				Hint = "correct a condition, or make one of the flows the default flow"
		}
	}
}

// impossible finds the flows out of a node that are never taken, whatever the data, and says why.
func (n *node) impossible(why map[*flow]string) {
	held := ""
	for _, f := range n.outgoing {
		if f == n.defaultFlow || n.kind() == "parallelGateway" || n.kind() == "eventBasedGateway" {
			continue
		}
		if held != "" && n.kind() == "exclusiveGateway" {
			why[f] = fmt.Sprintf("the condition of %q before it always holds", held)
			continue
		}
		switch holds, constant := f.condition.constant(); {
		case constant && holds == false:
			why[f] = "its condition is always false"
		case constant && holds == true:
			held = f.id
		}
	}
	if held != "" && n.defaultFlow != nil {
		why[n.defaultFlow] = fmt.Sprintf("the condition of %q always holds", held)
	}
}

// possible are the flows that may be taken out of a node.
func (n *node) possible(impossible map[*flow]string) []*flow {
	var flows []*flow
	for _, f := range n.outgoing {
		if impossible[f] == "" {
			flows = append(flows, f)
		}
	}
	return flows
}

func (n *node) isGateway() bool {
	return slices.Contains([]string{"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}, n.kind())
}

// element is the sequence flow of the model that a flow was made of.
func (f *flow) element() bpmn.Element {
	for _, source := range f.source.source.Outgoing {
		if source.ID == f.id {
			return source.Element
		}
	}
	return bpmn.Element{ID: f.id}
}
