package engine

import (
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// resultKind says what an expression must give.
type resultKind int

const (
	anyResult resultKind = iota
	boolResult
)

// lookup gives the value of a visible variable, a JSON value of the engine (see normalize); nil when there is none.
type lookup func(name string) any

// expression is a compiled expression: a constant, the path to a variable's value, or a program. It is immutable and safe
// for concurrent use.
type expression struct {
	source  source
	want    resultKind
	value   any      // of a constant
	path    []string // of a path such as order.id: the variable and the fields that lead to the value
	offset  int      // of the path's last field
	program *vm.Program
	names   []string // the variables that are read; no other is looked up
	keys    []string // what the program calls them
	usesNow bool
	cost    int                // steps that a run of the program takes besides those that it counts itself
	doubts  []*expressionError // about fields that an instance does not have
}

// compileExpression compiles an expression of the model, which must give a boolean if want says so. The result is nil if
// there is a problem; the caller adds to it the code and the element.
func compileExpression(x bpmn.Expression, want resultKind) (*expression, *bpmn.Problem) {
	if x.Literal {
		e := &expression{source: source{text: x.Text}, want: want, value: x.Text}
		if want == boolResult {
			return nil, e.source.fault(0, "this is a text, but a condition must give true or false").hinted(`write it as an expression, such as =amount > 3`).problem(x.Pos)
		}
		return e, nil
	}
	src, fault := readSource(x)
	if fault != nil {
		return nil, fault.problem(x.Pos)
	}
	e := &expression{source: src, want: want}
	if fault := e.compile(); fault != nil {
		return nil, fault.problem(x.Pos)
	}
	return e, nil
}

// eval gives the expression's value, a JSON value of the engine (see normalize); for boolResult it is a bool. now is what
// now() gives. The error says what is wrong with the data, where in the expression, and shows no variable's value.
// The same now and the same variables give the same value or the same error.
func (e *expression) eval(now time.Time, look lookup) (any, error) {
	steps := maxSteps
	return e.evalWithin(&steps, now, look)
}

// evalWithin takes what it needs from the steps that are left to it and to others. They are less than 0 when they were too few.
func (e *expression) evalWithin(steps *int, now time.Time, look lookup) (any, error) {
	value := e.value
	var fault *expressionError
	switch {
	case e.program != nil:
		value, fault = e.run(steps, now, look)
	case e.path != nil:
		*steps--
		value, fault = e.walk(look(e.path[0]))
	}
	if fault != nil {
		return nil, fault
	}
	if e.want == boolResult {
		if _, ok := value.(bool); !ok {
			return nil, e.source.fault(0, "a condition must give true or false, but this gives "+kindOf(value))
		}
	}
	return value, nil
}

// walk follows the path through the fields of objects.
func (e *expression) walk(value any) (any, *expressionError) {
	value, err := field(value, e.path[1:])
	if err != nil {
		return nil, e.source.fault(e.offset, err.Error())
	}
	return value, nil
}
