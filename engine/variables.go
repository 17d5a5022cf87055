package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// eval evaluates an expression with the variables that are visible in a scope.
func (s *step) eval(x *expression, scope ID) (any, error) {
	return s.evalWith(x, func(name string) any { return s.lookup(scope, name) })
}

// errWork says that the expressions of a step took all the work that it may do.
var errWork = errors.New("the expressions of this step take more than 40,000,000 steps together; look for large lists that many elements go through")

// evalWith evaluates an expression with names of its own, out of the work that is left to the step.
func (s *step) evalWith(x *expression, look lookup) (any, error) {
	if value, ok := x.constant(); ok {
		return value, nil
	}
	if s.work < 0 {
		return nil, errWork
	}
	value, err := x.evalWithin(&s.work, s.at, look)
	if s.work < 0 {
		return nil, errWork
	}
	return value, err
}

// lookup finds a name in a scope or the scopes around it; `instance` describes the instance itself.
func (s *step) lookup(scope ID, name string) any { return s.lookupWith(nil, scope, name) }

// lookupWith does so where some variables are about to be written.
func (s *step) lookupWith(writes []VariablesSet, scope ID, name string) any {
	for sc := s.in.Scope(scope); sc != nil; sc = s.in.Scope(sc.Parent) {
		if value, ok := written(writes, sc.ID, name); ok {
			return value
		}
		if value, ok := sc.Variables[name]; ok {
			return value
		}
		if sc.Loop != nil {
			if value, ok := lookupLoop(sc.Loop, name); ok {
				return value
			}
			if l := s.p.nodes[sc.Node].loop; l != nil && l.outputCollection == name && name != "" {
				return sc.Loop.Output
			}
		}
	}
	if namesInstance(name) {
		return describe(&s.in.Header)
	}
	return nil
}

// namesInstance says whether expressions mean the instance by a name that is no variable. FEEL has `instance` as a word of its
// grammar, so a modeler that checks FEEL refuses `=instance.key`; there `processInstance` is written.
func namesInstance(name string) bool { return name == "instance" || name == "processInstance" }

// describe is what expressions see as `instance`. Keys are texts: a number of 64 bits does not survive JSON everywhere.
func describe(h *Header) map[string]any {
	d := map[string]any{
		"key": h.Key.String(), "processId": h.ProcessID, "version": int64(h.Version), "businessKey": h.BusinessKey,
		"rootKey": h.RootKey.String(), "parentKey": nil,
	}
	if h.Parent != nil {
		d["parentKey"] = h.Parent.Key.String()
	}
	return d
}

// inside is the scope in which a node's own expressions are evaluated.
func (t *Token) inside() ID {
	if t.Inner != 0 {
		return t.Inner
	}
	return t.Scope
}

// openInputs evaluates the input mappings, in their order, into a scope of the node's own. A later mapping sees the
// targets of the earlier ones. A sub-process always gets a scope.
func (s *step) openInputs(n *node, t Token) error {
	if len(n.inputs) == 0 && n.body == nil {
		return nil
	}
	t.Inner = s.ownScope(t)
	return s.assign(n, n.inputs, t.Inner, func(string) ID { return t.Inner })
}

// ownScope is the scope of the token's flow node itself; it opens it if there is none yet.
func (s *step) ownScope(t Token) ID {
	if t.Inner != 0 {
		return t.Inner
	}
	id := s.newID()
	s.emit(ScopeOpened{Scope{ID: id, Parent: t.Scope, Token: t.ID, Node: t.Node}})
	return id
}

// closeOutputs takes over what a node produced. With output mappings the results stay inside of the node and only the
// targets leave it; without, the results themselves do (Camunda 8's variable propagation), unless the file's dialect has
// another rule (see bpmn.Results; §10.4.2).
func (s *step) closeOutputs(n *node, t Token, results map[string]any) error {
	s.takeOver(n, t, results)
	if len(n.outputs) == 0 {
		return nil
	}
	own := s.ownScope(*s.in.Token(t.ID))
	return s.assign(n, n.outputs, own, func(name string) ID {
		if n.loop != nil && name == n.loop.outputVariable && s.isInstance(t) {
			return own
		}
		return s.owner(t.Scope, name)
	})
}

// takeOver puts results where they belong before any output mapping is evaluated.
func (s *step) takeOver(n *node, t Token, results map[string]any) {
	switch {
	case len(results) == 0:
	case n.source.Results == bpmn.ResultsAll:
		s.propagate(t.inside(), results)
	case len(n.outputs) > 0:
		s.set(s.ownScope(t), results)
	case n.source.Results != bpmn.ResultsMapped:
		s.propagate(t.Scope, results)
	}
}

// assign evaluates mappings in the scope from and writes their targets, each variable into the scope that is its place. If one of them fails nothing is written, as resolving the incident evaluates all of them again, be it that one counts.
func (s *step) assign(n *node, mappings []mapping, from ID, place func(name string) ID) error {
	writes := make([]VariablesSet, 0, len(mappings))
	look := func(name string) any { return s.lookupWith(writes, from, name) }
	for _, m := range mappings {
		value, err := s.evalWith(m.source, look)
		if err != nil {
			return faultf(IncidentMapping, "the mapping to %q of %s: %w", m.target, n, err)
		}
		name := rootOf(m.target)
		scope := place(name)
		old, ok := written(writes, scope, name)
		if !ok {
			old = s.in.Scope(scope).Variables[name]
		}
		writes = append(writes, VariablesSet{Scope: scope, Variables: setPath(map[string]any{name: old}, m.target, value)})
	}
	for _, w := range writes {
		s.set(w.Scope, w.Variables)
	}
	return nil
}

// written finds what is last written to a variable.
func written(writes []VariablesSet, scope ID, name string) (any, bool) {
	for _, w := range slices.Backward(writes) {
		if value, ok := w.Variables[name]; ok && w.Scope == scope {
			return value, true
		}
	}
	return nil, false
}

// evaluate evaluates mappings in their order into an object of their own. A later mapping sees the targets of the earlier ones.
func (s *step) evaluate(n *node, mappings []mapping, look lookup) (map[string]any, error) {
	values := map[string]any{}
	for _, m := range mappings {
		value, err := s.evalWith(m.source, func(name string) any {
			if value, ok := values[name]; ok {
				return value
			}
			return look(name)
		})
		if err != nil {
			return nil, faultf(IncidentMapping, "the mapping to %q of %s: %w", m.target, n, err)
		}
		values = setPath(values, m.target, value)
	}
	return values, nil
}

// owner is the scope that holds the variable, as seen from a scope: the nearest that has it, else the outermost.
func (s *step) owner(scope ID, name string) ID {
	for sc := s.in.Scope(scope); sc != nil; sc = s.in.Scope(sc.Parent) {
		if _, ok := sc.Variables[name]; ok || sc.Parent == 0 {
			return sc.ID
		}
	}
	panic(fmt.Sprintf("engine: scope %d does not lead to the process", scope))
}

// propagate writes each variable into the scope that holds it, as seen from a scope.
func (s *step) propagate(scope ID, values map[string]any) {
	if len(values) == 0 {
		return
	}
	byOwner := map[ID]map[string]any{}
	for name, value := range values {
		to := s.owner(scope, name)
		if byOwner[to] == nil {
			byOwner[to] = map[string]any{}
		}
		byOwner[to][name] = value
	}
	owners := make([]ID, 0, len(byOwner))
	for id := range byOwner {
		owners = append(owners, id)
	}
	slices.Sort(owners)
	for _, id := range owners {
		s.set(id, byOwner[id])
	}
}

// set writes variables of exactly this scope.
func (s *step) set(scope ID, values map[string]any) {
	if len(values) > 0 {
		s.changed, s.asked = true, 0
		s.emit(VariablesSet{Scope: scope, Variables: values})
	}
}

func (c SetVariables) handle(s *step) error {
	if err := s.mustBeActive(); err != nil {
		return err
	}
	scope := c.Scope
	if scope == 0 {
		scope = s.in.Scopes[0].ID
	}
	if s.in.Scope(scope) == nil {
		return reject(CodeNotFound, "instance %s has no scope %d", s.in.Key, scope)
	}
	if c.Local {
		s.set(scope, c.Variables)
	} else {
		s.propagate(scope, c.Variables)
	}
	return nil
}
