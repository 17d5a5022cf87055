package engine

import (
	"errors"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Evaluator is an expression that belongs to no process: of a test, for one. It is immutable and safe for concurrent use.
type Evaluator struct{ x *expression }

// NewEvaluator compiles the text of an expression, as a process has it. The error says what is wrong and where.
func NewEvaluator(text string) (*Evaluator, error) {
	x, problem := compileExpression(bpmn.Expression{Text: text}, anyResult)
	if problem != nil {
		text := problem.Text
		if problem.Hint != "" {
			text += "; " + problem.Hint
		}
		return nil, errors.New(text)
	}
	return &Evaluator{x}, nil
}

// Eval gives the value, as a JSON value of an [Instance]. Names that values does not have are nil, and at is what now() gives. An
// evaluation has the limits of those in a process. The error shows no value.
func (e *Evaluator) Eval(at time.Time, values map[string]any) (any, error) {
	return e.x.eval(at, func(name string) any { return values[name] })
}

// PointInTime reads a date, such as 2026-03-31T09:00:00Z, or a duration from at on, such as PT15M or P1M, as a timer event reads
// them. The error says what would be right.
func PointInTime(text string, at time.Time) (time.Time, error) {
	kind := timerDate
	if looksLikeDuration(strings.TrimSpace(text)) {
		kind = timerDuration
	}
	due, _, err := firstDue(kind, text, at)
	return due, err
}
