package engine_test

import (
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

var errFault = errors.New("this cannot be evaluated")

// lookup finds a variable from inside of an activity outwards (§10.5.7).
func (v *visit) lookup(name string) any {
	if value, ok := v.vars[name]; ok {
		return value
	}
	return v.in.lookup(name)
}

// innermost looks from inside of a sub-process or loop, where its boundary events are evaluated too.
func (v *visit) innermost(name string) any {
	if v.inside != nil {
		return v.inside.lookup(name)
	}
	return v.lookup(name)
}

func (a *area) lookup(name string) any {
	if value, ok := a.vars[name]; ok {
		return value
	}
	if a.around == nil {
		return nil
	}
	return a.around.lookup(name)
}

func (v *visit) visible() map[string]any {
	vars := v.in.visible()
	maps.Copy(vars, v.vars)
	return vars
}

func (a *area) visible() map[string]any {
	vars := map[string]any{}
	if a.around != nil {
		vars = a.around.visible()
	}
	maps.Copy(vars, a.vars)
	return vars
}

// write sets variables where they are, from inside outwards; what is nowhere becomes a variable of the process.
func (n *naive) write(v *visit, a *area, vars map[string]any) {
	for name, value := range vars {
		*n.home(v, a, name) = set(*n.home(v, a, name), name, value)
	}
}

func (n *naive) home(v *visit, a *area, name string) *map[string]any {
	for {
		if v != nil {
			if _, ok := v.vars[name]; ok {
				return &v.vars
			}
		}
		if _, ok := a.vars[name]; ok || a.around == nil {
			return &a.vars
		}
		v, a = a.around, a.around.in
	}
}

func set(vars map[string]any, name string, value any) map[string]any {
	if vars == nil {
		vars = map[string]any{}
	}
	vars[name] = value
	return vars
}

// mapped evaluates mappings in order; each sees what the ones before it set.
func mapped(mappings []bpmn.Mapping, lookup func(string) any) (map[string]any, error) {
	vars := map[string]any{}
	for _, m := range mappings {
		value, err := evaluate(m.Source, func(name string) any {
			if value, ok := vars[name]; ok {
				return value
			}
			return lookup(name)
		})
		if err != nil {
			return nil, err
		}
		vars[m.Target] = value
	}
	return vars, nil
}

// with puts some names before what is visible.
func with(vars map[string]any, lookup func(string) any) func(string) any {
	return func(name string) any {
		if value, ok := vars[name]; ok {
			return value
		}
		return lookup(name)
	}
}

// holds evaluates a condition.
func holds(x *bpmn.Expression, lookup func(string) any) (bool, error) {
	value, err := evaluate(*x, lookup)
	if err != nil {
		return false, err
	}
	b, ok := value.(bool)
	if !ok {
		return false, errFault
	}
	return b, nil
}

// evaluate knows the small language in which random models are written: words between spaces, "and" last.
func evaluate(x bpmn.Expression, lookup func(string) any) (any, error) {
	if x.Literal {
		return x.Text, nil
	}
	text := strings.TrimSpace(strings.TrimPrefix(x.Text, "="))
	if left, right, ok := strings.Cut(text, " and "); ok {
		a, err := evaluateSimple(strings.Fields(left), lookup)
		if err != nil || a == false {
			return false, err
		}
		b, err := evaluateSimple(strings.Fields(right), lookup)
		if _, ok := b.(bool); a != true || !ok {
			return false, errFault
		}
		return b, err
	}
	return evaluateSimple(strings.Fields(text), lookup)
}

func evaluateSimple(words []string, lookup func(string) any) (any, error) {
	switch {
	case len(words) == 2 && words[0] == "not":
		b, ok := operand(words[1], lookup).(bool)
		if !ok {
			return nil, errFault
		}
		return !b, nil
	case len(words) == 3:
		return operate(operand(words[0], lookup), words[1], operand(words[2], lookup))
	case len(words) == 1:
		return operand(words[0], lookup), nil
	}
	panic("naive: the interpreter does not know the expression " + strings.Join(words, " "))
}

func operand(word string, lookup func(string) any) any {
	switch {
	case word == "true" || word == "false":
		return word == "true"
	case word[0] == '\'':
		return strings.Trim(word, "'")
	case word[0] == '[':
		list := []any{}
		for item := range strings.SplitSeq(strings.Trim(word, "[]"), ",") {
			if item != "" {
				list = append(list, operand(item, lookup))
			}
		}
		return list
	}
	if i, err := strconv.ParseInt(word, 10, 64); err == nil {
		return i
	}
	return lookup(word)
}

func operate(a any, operator string, b any) (any, error) {
	switch operator {
	case "==":
		return a == b, nil
	case "!=":
		return a != b, nil
	}
	x, okX := a.(int64)
	y, okY := b.(int64)
	if !okX || !okY {
		return nil, errFault
	}
	switch operator {
	case "+":
		return x + y, nil
	case ">":
		return x > y, nil
	case ">=":
		return x >= y, nil
	case "<":
		return x < y, nil
	}
	panic("naive: the interpreter does not know the operator " + operator)
}
