package engine

import (
	"github.com/sonata-bpmn/sonata/bpmn"
)

// A looping activity has one token for the activity as a whole, with a scope inside, and in that scope one token for
// each of its instances, in the same flow node (§10.3.8). Boundary events belong to the whole.

// loopSpec is an activity's loop or multi-instance marker.
type loopSpec struct {
	sequential       bool
	collection       *expression
	cardinality      *expression
	completion       *expression
	inputElement     string
	outputCollection string
	outputElement    *expression
	outputVariable   string // that the output element reads, or a part of it
	first            int    // the loopCounter of the first instance
	behaviors        []*loopBehavior

	standard   bool
	testBefore bool
	maximum    int
	condition  *expression
}

// Loop is how far a looping activity has come. It belongs to the scope inside of the activity.
type Loop struct {
	Items      []any `json:"items,omitempty"` // what the instances get, in their order
	Total      int   `json:"total"`           // instances to run; -1: until the loop condition is false
	Started    int   `json:"started"`
	Completed  int   `json:"completed"`
	Terminated int   `json:"terminated,omitempty"`
	Output     []any `json:"output,omitempty"` // what the instances gave, at the place of their input
	// Finishing: no further activity of an ad-hoc sub-process begins.
	Finishing bool `json:"finishing,omitempty"`
}

func (c *compiler) loop(fn *bpmn.FlowNode) *loopSpec {
	l := fn.Loop
	if l == nil {
		return nil
	}
	optional := func(x *bpmn.Expression, want resultKind) *expression {
		if x == nil {
			return nil
		}
		return c.expression(*x, l.Element, want)
	}
	spec := &loopSpec{
		sequential: l.IsSequential, collection: optional(l.InputCollection, anyResult), cardinality: optional(l.Cardinality, anyResult),
		completion: optional(l.Completion, boolResult), inputElement: l.InputElement, outputCollection: l.OutputCollection,
		outputElement: optional(l.OutputElement, anyResult), testBefore: l.TestBefore, maximum: l.LoopMaximum,
		condition: optional(l.LoopCondition, boolResult), first: 1,
	}
	if l.ZeroBased {
		spec.first = 0
	}
	spec.outputVariable = spec.ownVariable()
	if spec.standard = l.Kind == "standardLoopCharacteristics"; spec.standard {
		if spec.condition == nil && spec.maximum == 0 {
			c.refuse(CodeLoop, l.Element, "the loop of %s has neither a condition nor a maximum, so it would never end", label(fn.ID, fn.Name))
		}
		return spec
	}
	switch {
	case l.InputCollection != nil && l.Cardinality != nil:
		c.refuseIdle(CodeLoop, l.Element, "%s says twice how many instances it has", label(fn.ID, fn.Name)).Hint = "keep the input collection or the loop cardinality"
	case l.OutputCollection == "" && l.OutputElement != nil:
		c.refuseIdle(CodeLoop, l.Element, "%s says what each of its instances gives, but no output collection takes it", label(fn.ID, fn.Name)).Hint = "name the output collection"
	case l.OutputCollection != "" && l.OutputElement == nil:
		c.refuseIdle(CodeLoop, l.Element, "%s has an output collection, but does not say what each of its instances puts into it", label(fn.ID, fn.Name)).Hint = "add an output element"
	}
	if l.InputCollection == nil && l.Cardinality == nil {
		c.refuse(CodeLoop, l.Element, "%s does not say how many instances it has", label(fn.ID, fn.Name)).Hint = "give it an input collection or a loop cardinality"
	}
	if value, constant := spec.cardinality.constant(); constant {
		if _, ok := cardinality(value); !ok {
			c.refuse(CodeQuantity, l.Element, "the loop cardinality of %s is no whole number from 0 to %d", label(fn.ID, fn.Name), stepLimit)
		}
	}
	return spec
}

// ownVariable is the variable that the output element names. Each instance has one of its own, as in Camunda 8, so that those beside each other
// do not overwrite what the others give (camunda/camunda#4860).
func (l *loopSpec) ownVariable() string {
	if l.outputElement == nil || len(l.outputElement.path) == 0 {
		return ""
	}
	name := l.outputElement.path[0]
	if _, shown := lookupLoop(&Loop{}, name); shown || name == l.inputElement || name == l.outputCollection || namesInstance(name) {
		return ""
	}
	return name
}

// cardinality reads how many instances there are to be.
func cardinality(value any) (total int, ok bool) {
	n, ok := value.(int64)
	return int(n), ok && n >= 0 && n <= stepLimit
}

// enterLoop begins a looping activity as a whole.
func (s *step) enterLoop(n *node, t Token) error {
	loop, err := s.loopOf(n, t)
	if err != nil {
		return err
	}
	parallel := !n.loop.sequential && !n.loop.standard
	if parallel {
		if loop.Total > stepLimit {
			return faultf(IncidentStepLimit, "the input collection of %s has %d items, but at most %d are done beside each other; do them in turn, or in parts", n, loop.Total, stepLimit)
		}
		if err := s.multiply(n, loop.Total); err != nil {
			return err
		}
		s.allow(loop.Total)
	}
	if t.Inner != 0 {
		s.emit(ScopeClosed{Scope: t.Inner})
	}
	body := Scope{ID: s.newID(), Parent: t.Scope, Token: t.ID, Node: n.id, Loop: &loop}
	s.emit(ScopeOpened{body})
	if err := s.subscribeBoundary(n, t); err != nil {
		return err
	}
	t = *s.in.Token(t.ID)
	if !parallel || loop.Total == 0 {
		s.continueLoop(n, t)
		return nil
	}
	for range loop.Total {
		s.spawn(n, t)
	}
	return nil
}

// loopOf finds out how many instances there are.
func (s *step) loopOf(n *node, t Token) (Loop, error) {
	spec := n.loop
	switch {
	case spec.standard:
		return Loop{Total: -1}, nil
	case spec.collection != nil:
		value, err := s.eval(spec.collection, t.Scope)
		if err != nil {
			return Loop{}, faultf(IncidentExpression, "the input collection of %s: %w", n, err)
		}
		items, ok := value.([]any)
		if !ok {
			return Loop{}, faultf(IncidentExpression, "the input collection of %s is %s, not a list", n, kindOf(value))
		}
		return Loop{Items: items, Total: len(items), Output: make([]any, len(items))}, nil
	default:
		value, err := s.eval(spec.cardinality, t.Scope)
		if err != nil {
			return Loop{}, faultf(IncidentExpression, "the loop cardinality of %s: %w", n, err)
		}
		total, ok := cardinality(value)
		if !ok {
			return Loop{}, faultf(IncidentExpression, "the loop cardinality of %s is no whole number from 0 to %d", n, stepLimit)
		}
		return Loop{Total: total, Output: make([]any, total)}, nil
	}
}

// spawn starts the next instance of a looping activity. It sees loopCounter, from 1 on (in Camunda 7's dialect from 0 on), and
// its item, and has the variable of the output element.
func (s *step) spawn(n *node, whole Token) {
	loop := s.in.Scope(whole.Inner).Loop
	variables := map[string]any{"loopCounter": int64(loop.Started + n.loop.first)}
	if n.loop.outputVariable != "" {
		variables[n.loop.outputVariable] = nil
	}
	if n.loop.inputElement != "" && loop.Started < len(loop.Items) {
		variables[n.loop.inputElement] = loop.Items[loop.Started]
	}
	s.emit(LoopAdvanced{Scope: whole.Inner, Started: 1})
	t := s.place(whole.Inner, n)
	s.emit(ScopeOpened{Scope{ID: s.newID(), Parent: whole.Inner, Token: t.ID, Node: n.id, Index: loop.Started + 1, Variables: variables}})
	s.queue = append(s.queue, t.ID)
}

// leaveInstance ends one instance of a looping activity.
func (s *step) leaveInstance(n *node, t Token, results map[string]any) {
	if n.loop.outputCollection != "" && len(n.outputs) == 0 {
		s.set(t.Inner, results) // instances beside each other must not overwrite each other's results
	} else if err := s.closeOutputs(n, t, results); err != nil {
		s.raise(t, n, leaving, err)
		return
	}
	s.depart(n, t)
}

// completeInstance throws what the activity throws as an instance completes, and keeps what it gives for the activity.
func (s *step) completeInstance(n *node, t Token) {
	whole := s.in.Scope(t.Scope).Token
	advanced := LoopAdvanced{Scope: t.Scope, Completed: 1}
	var err error
	if n.loop.outputElement != nil {
		advanced.Index = s.in.Scope(t.Inner).Index
		if advanced.Output, err = s.eval(n.loop.outputElement, t.Inner); err != nil {
			err = faultf(IncidentMapping, "the output element of %s: %w", n, err)
		}
	}
	var throws []throwing
	if err == nil {
		throws, err = s.completing(n, *s.in.Token(t.ID))
	}
	if err != nil {
		s.raise(t, n, settled, err)
		return
	}
	s.throwAll(t, throws)
	if s.in.Token(t.ID) == nil { // a boundary event caught what was thrown, and interrupts
		return
	}
	s.recordCompletion(n, *s.in.Token(t.ID))
	s.emit(advanced)
	s.consume(t.ID, false)
	s.continueLoop(n, *s.in.Token(whole))
}

// continueLoop decides, when a looping activity begins and whenever an instance has ended, whether it is finished, and
// starts the next instance if its instances come one after the other. While it waits for an operator, it decides nothing.
func (s *step) continueLoop(n *node, whole Token) {
	if s.fails(whole.ID, n) {
		return
	}
	loop := *s.in.Scope(whole.Inner).Loop
	finished, err := s.loopFinished(n, whole, loop)
	switch {
	case err != nil:
		s.raise(whole, n, leaving, err)
	case finished:
		s.finishLoop(n, whole)
	case (n.loop.sequential || n.loop.standard) && s.in.Scope(whole.Inner).Live == 0:
		s.spawn(n, whole)
	}
}

func (s *step) loopFinished(n *node, whole Token, loop Loop) (bool, error) {
	spec := n.loop
	if spec.standard {
		if spec.maximum > 0 && loop.Completed >= spec.maximum {
			return true, nil
		}
		if spec.condition == nil || loop.Completed == 0 && !spec.testBefore {
			return false, nil
		}
		again, err := s.condition(spec.condition, whole.Inner, "the loop condition of", n)
		return !again, err
	}
	if loop.Completed+loop.Terminated >= loop.Total {
		return true, nil
	}
	if spec.completion == nil || loop.Completed == 0 {
		return false, nil
	}
	return s.condition(spec.completion, whole.Inner, "the completion condition of", n)
}

// finishLoop leaves a looping activity as a whole, with what its instances gave.
func (s *step) finishLoop(n *node, whole Token) {
	body := s.in.Scope(whole.Inner)
	if body.Live > 0 {
		s.emit(LoopAdvanced{Scope: body.ID, Terminated: body.Live})
		s.withdrawScope(body.ID)
		body = s.in.Scope(whole.Inner)
	}
	if n.loop.outputCollection != "" {
		output := body.Loop.Output
		if output == nil {
			output = []any{}
		}
		s.propagate(whole.Scope, map[string]any{n.loop.outputCollection: output})
	}
	s.exit(n, whole)
}

// lookupLoop are the names that a looping activity shows to its expressions: the specification's (Table 10.30), and
// Camunda 7's.
func lookupLoop(l *Loop, name string) (any, bool) {
	active := l.Started - l.Completed - l.Terminated
	switch name {
	case "numberOfInstances", "nrOfInstances":
		return int64(max(l.Total, l.Started)), true
	case "numberOfActiveInstances", "nrOfActiveInstances":
		return int64(active), true
	case "numberOfCompletedInstances", "nrOfCompletedInstances":
		return int64(l.Completed), true
	case "numberOfTerminatedInstances":
		return int64(l.Terminated), true
	case "loopCounter":
		return int64(l.Completed), true
	}
	return nil, false
}
