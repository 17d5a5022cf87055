package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// resultKind says what an expression must give.
type resultKind int

const (
	anyResult resultKind = iota
	boolResult
)

// lookup gives the value of a visible variable, nil when there is none.
type lookup func(name string) any

// expression is a compiled expression. It is immutable and safe for concurrent use.
type expression struct {
	text    string
	want    resultKind
	names   []string // the variables that it reads, sorted
	program *vm.Program
	value   any
}

// compileExpression compiles an expression of the model. The caller fills in the problem's code and element.
func compileExpression(x bpmn.Expression, want resultKind) (*expression, *bpmn.Problem) {
	if x.Literal {
		return &expression{text: x.Text, want: want, value: x.Text}, nil
	}
	text := strings.TrimPrefix(strings.TrimSpace(x.Text), "=")
	program, err := expr.Compile(text, expr.Env(map[string]any{}), expr.AllowUndefinedVariables())
	if err != nil {
		return nil, &bpmn.Problem{Pos: x.Pos, Severity: bpmn.SeverityError, Text: err.Error()}
	}
	return &expression{text: text, want: want, program: program}, nil
}

// eval gives the expression's value: a JSON value of the engine (see normalize), for boolResult a bool.
func (e *expression) eval(now time.Time, look lookup) (any, error) {
	if e.program == nil {
		return e.value, nil
	}
	env := map[string]any{}
	for _, name := range e.names {
		env[name] = look(name)
	}
	v, err := vm.Run(e.program, env)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(bool); !ok && e.want == boolResult {
		return nil, fmt.Errorf("the condition gave no boolean")
	}
	return normalize(v)
}
