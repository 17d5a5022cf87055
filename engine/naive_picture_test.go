package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// areaOf finds the area that looks like a scope of the engine does, and stands in the same place.
func (n *naive) areaOf(in *engine.Instance, scope engine.ID) *area {
	s := in.Scope(scope)
	if s.Token == 0 {
		return n.root
	}
	if v := n.visitOf(in, s.Token); v != nil {
		return v.inside
	}
	return nil
}

// visitOf finds a visit that looks like a token of the engine does, with all that is inside, in an area that does so too.
func (n *naive) visitOf(in *engine.Instance, token engine.ID) *visit {
	t := in.Token(token)
	a := n.areaOf(in, t.Scope)
	if a == nil {
		return nil
	}
	want, rank := n.tokenTree(in, t), 0
	for _, other := range in.Tokens {
		if other.Scope == t.Scope && other.Flow == "" && other.Inner < t.Inner && n.tokenTree(in, &other) == want {
			rank++
		}
	}
	alike := slices.DeleteFunc(slices.Clone(a.visits), func(v *visit) bool { return v.tree() != want })
	slices.SortStableFunc(alike, func(v, w *visit) int { return v.began - w.began })
	if rank < len(alike) {
		return alike[rank]
	}
	return nil
}

// undoneLate says whether what followed from the boundary of a sub-process is undone before it, so that it counts when it began.
func undoneLate(node *bpmn.FlowNode) bool {
	return node.Body != nil && slices.ContainsFunc(node.Boundary, func(b *bpmn.FlowNode) bool { return !b.CancelActivity })
}

// whole is the state in one line.
func (n *naive) whole() string {
	if n.state != "ACTIVE" {
		return n.state
	}
	return n.root.tree()
}

func (n *naive) wholeOf(in *engine.Instance) string {
	if in.State != engine.StateActive {
		return string(in.State)
	}
	return n.scopeTree(in, in.Scopes[0].ID)
}

// tree is a visit with everything inside.
func (v *visit) tree() string {
	before := ""
	if undoneLate(v.node) && v.begun && (v.inside != nil || v.node.Loop == nil || v.number > 0) {
		for _, d := range v.in.done {
			if d.at < v.began {
				before += "after " + d.node.ID + " "
			}
		}
	}
	if v.inside == nil {
		return v.String() + before + head(v.vars, nil, nil, "")
	}
	return v.String() + before + v.inside.tree()
}

func (a *area) tree() string {
	var parts []string
	for _, l := range a.flows {
		parts = append(parts, "flow "+l.flow)
	}
	for _, w := range a.doors {
		parts = append(parts, "door "+w.String())
	}
	for _, b := range a.blocked {
		parts = append(parts, "blocked "+b)
	}
	for _, v := range a.visits {
		parts = append(parts, v.tree())
	}
	var completed []string
	for _, d := range a.done {
		completed = append(completed, d.node.ID+" "+show(d.vars))
	}
	vars, progress := a.vars, ""
	if a.around != nil {
		vars = merged(a.around.vars, a.vars)
		if l := a.around.loop; l != nil && a.kind == areaLoop {
			progress = fmt.Sprintf("%d/%d %v", l.finished, l.started, l.outputs)
		} else if a.kind == areaUndo {
			for _, d := range a.around.undo {
				progress += d.handler.ID + " " + show(d.vars)
			}
		} else if a.kind == areaAdHoc {
			progress = fmt.Sprintf("%v", a.finishing)
		}
	}
	return head(vars, completed, a.resets, progress) + tree(parts)
}

// head is what a scope holds beside tokens.
func head(vars map[string]any, completed []string, resets map[string][]string, progress string) string {
	if vars := show(vars); len(vars)+len(completed)+len(resets)+len(progress) > 0 {
		return fmt.Sprintf("(%s%v %v %s)", vars, completed, slices.Sorted(maps.Keys(resets)), progress)
	}
	return ""
}

func tree(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, "; ") + "}"
}

func (n *naive) tokenTree(in *engine.Instance, t *engine.Token) string {
	before := ""
	if t.Inner != 0 && undoneLate(n.nodes[t.Node]) {
		for _, c := range in.Scope(t.Scope).Completed {
			if c.ID < t.Inner {
				before += "after " + c.Node + " "
			}
		}
	}
	return tokenLine(in, t) + before + n.scopeTree(in, t.Inner)
}

func (n *naive) scopeTree(in *engine.Instance, scope engine.ID) string {
	if scope == 0 {
		return ""
	}
	var parts []string
	for _, t := range in.Tokens {
		if t.Scope != scope {
			continue
		}
		if t.Flow != "" {
			parts = append(parts, "flow "+t.Flow)
		} else {
			parts = append(parts, n.tokenTree(in, &t))
		}
	}
	for _, sub := range in.Subscriptions {
		if sub.Token == 0 && sub.Scope == scope {
			parts = append(parts, "door "+subscriptionLine(in, sub))
		}
	}
	for _, i := range in.Incidents {
		if i.Token == 0 && i.Scope == scope {
			parts = append(parts, "blocked "+blocked(i.Element, string(i.Kind)))
		}
	}
	s := in.Scope(scope)
	var completed []string
	for _, c := range s.Completed {
		completed = append(completed, c.Node+" "+show(c.Variables))
	}
	progress := ""
	for _, c := range s.Compensating {
		progress += c.Handler + " " + show(c.Variables)
	}
	if l := s.Loop; l != nil && s.Token != 0 {
		if t := in.Token(s.Token); l.Output != nil || s.Node == t.Node && l.Finishing == false && l.Items == nil {
			progress = fmt.Sprintf("%d/%d %v", l.Completed, l.Started, l.Output)
		} else {
			progress = fmt.Sprintf("%v", l.Finishing)
		}
	}
	return head(s.Variables, completed, s.Resetting, progress) + tree(parts)
}

func same(w *wait, in *engine.Instance, sub *engine.Subscription) bool {
	return w.String() == subscriptionLine(in, *sub)
}

func subscriptionLine(in *engine.Instance, sub engine.Subscription) string {
	s := fmt.Sprintf("%s %s.%d", sub.Kind, sub.Element, sub.Definition)
	if sub.Kind == engine.SubscriptionTimer {
		s += " " + sub.Due.UTC().Format(time.RFC3339)
		if sub.Cycle != nil {
			s += fmt.Sprint(" and ", sub.Cycle.Remaining)
		}
	}
	s += show(sub.Received)
	for _, i := range in.Incidents {
		if i.Subscription == sub.ID && sub.Kind == engine.SubscriptionJob {
			s += string(i.Kind)
		}
	}
	return s
}

// picture draws an instance of the engine as the interpreter draws its own state.
func picture(in *engine.Instance) []string {
	lines := []string{"state " + string(in.State)}
	if in.State != engine.StateActive {
		return lines
	}
	lines = append(lines, "variables "+show(in.Scopes[0].Variables))
	for _, sub := range in.Subscriptions {
		if sub.Token == 0 {
			lines = append(lines, path(in, sub.Scope)+"door "+subscriptionLine(in, sub))
		}
	}
	for _, i := range in.Incidents {
		if i.Token == 0 {
			lines = append(lines, path(in, i.Scope)+"blocked "+blocked(i.Element, string(i.Kind)))
		}
	}
	for _, t := range in.Tokens {
		if t.Flow != "" {
			lines = append(lines, path(in, t.Scope)+"flow "+t.Flow)
			continue
		}
		lines = append(lines, path(in, t.Scope)+tokenLine(in, &t))
	}
	slices.Sort(lines)
	return lines
}

func path(in *engine.Instance, scope engine.ID) string {
	s := in.Scope(scope)
	if s == nil || s.Token == 0 {
		return ""
	}
	t := in.Token(s.Token)
	return path(in, t.Scope) + tokenName(in, t) + "/"
}

func tokenName(in *engine.Instance, t *engine.Token) string {
	if t.Inner != 0 && in.Scope(t.Inner).Index > 0 {
		return fmt.Sprintf("%s#%d", t.Node, in.Scope(t.Inner).Index)
	}
	return t.Node
}

func tokenLine(in *engine.Instance, t *engine.Token) string {
	var waits []string
	seen, fault := "", ""
	for _, sub := range in.Subscriptions {
		if sub.Token != t.ID {
			continue
		}
		waits = append(waits, subscriptionLine(in, sub))
		if sub.Kind == engine.SubscriptionJob {
			seen = show(in.Variables(max(t.Scope, t.Inner)))
		}
	}
	for _, i := range in.Incidents {
		if sub := in.Subscription(i.Subscription); sub != nil && sub.Kind == engine.SubscriptionJob {
			continue // it is with its job
		}
		if i.Token == t.ID && i.Element == t.Node {
			fault = string(i.Kind)
		} else if i.Token == t.ID {
			waits = append(waits, blocked(i.Element, string(i.Kind)))
		}
	}
	slices.Sort(waits)
	return tokenName(in, t) + " " + fault + " [" + strings.Join(waits, ", ") + "] " + seen
}
