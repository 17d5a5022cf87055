package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// feelCase is an expression as a FEEL editor and as expr has it, and its value by a third way: plain Go.
type feelCase struct {
	feel, expr string
	value      any
}

var feelVariables = map[string]any{"n": int64(2), "m": int64(5), "t": "b", "o": map[string]any{"n": int64(3)}}

func feelNumber(t *rapid.T, depth int) feelCase {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return rapid.SampledFrom([]feelCase{{"n", "n", int64(2)}, {"m", "m", int64(5)}, {"o.n", "o?.n", int64(3)}, {"7", "7", int64(7)}}).Draw(t, "number")
	}
	if rapid.Bool().Draw(t, "choose") {
		c, a, b := feelCondition(t, depth-1), feelNumber(t, depth-1), feelNumber(t, depth-1)
		value := a.value
		if c.value == false {
			value = b.value
		}
		// An "if" stands in brackets when it is part of something: its "else" would go on.
		return feelCase{fmt.Sprintf("(if %s then %s else %s)", c.feel, a.feel, b.feel), fmt.Sprintf("((%s) ? (%s) : (%s))", c.expr, a.expr, b.expr), value}
	}
	a, b := feelNumber(t, depth-1), feelNumber(t, depth-1)
	return feelCase{a.feel + " + " + b.feel, a.expr + " + " + b.expr, a.value.(int64) + b.value.(int64)}
}

func feelCondition(t *rapid.T, depth int) feelCase {
	if depth == 0 {
		return rapid.SampledFrom([]feelCase{{`t = "b"`, `t == "b"`, true}, {`t="="`, `t == "="`, false}, {"gone.x = null", "gone?.x == nil", true}, {"gone != null", "gone != nil", false}}).Draw(t, "condition")
	}
	a, b := feelNumber(t, depth-1), feelNumber(t, depth-1)
	x, y := a.value.(int64), b.value.(int64)
	switch rapid.SampledFrom([]string{"=", "<=", "in range", "in list", "and", "or", "not"}).Draw(t, "operator") {
	case "=":
		return feelCase{a.feel + " = " + b.feel, a.expr + " == " + b.expr, x == y}
	case "<=":
		return feelCase{a.feel + "<=" + b.feel, a.expr + " <= " + b.expr, x <= y}
	case "in range":
		return feelCase{fmt.Sprintf("%s in [1..%s]", a.feel, b.feel), fmt.Sprintf("(%s >= 1 && %s <= %s)", a.expr, a.expr, b.expr), 1 <= x && x <= y}
	case "in list":
		return feelCase{fmt.Sprintf("%s in [1, %s]", a.feel, b.feel), fmt.Sprintf("%s in [1, %s]", a.expr, b.expr), x == 1 || x == y}
	case "not":
		c := feelCondition(t, depth-1)
		return feelCase{"not(" + c.feel + ")", "!(" + c.expr + ")", !c.value.(bool)}
	case "and":
		c, d := feelCondition(t, depth-1), feelCondition(t, depth-1)
		return feelCase{"(" + c.feel + ") and (" + d.feel + ")", "(" + c.expr + ") && (" + d.expr + ")", c.value.(bool) && d.value.(bool)}
	}
	c, d := feelCondition(t, depth-1), feelCondition(t, depth-1)
	return feelCase{c.feel + " or (" + d.feel + ")", "(" + c.expr + ") || (" + d.expr + ")", c.value.(bool) || d.value.(bool)}
}

// What both languages have means the same in both (design §6).
func TestPortableExpressionsMeanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := feelCondition(t, 3)
		want, err := json.Marshal(c.value)
		require.NoError(t, err)
		for _, text := range []string{"=" + c.feel, c.expr} {
			got := outcome(text, feelVariables)
			if !strings.Contains(got, "more than 500 parts") {
				require.Equal(t, string(want), got, text)
			}
		}
	})
}

// Of two alternatives, one has a type that is known at deployment and the other has not: what they give has none.
func TestAlternativesOfDifferentTypes(t *testing.T) {
	for text, want := range map[string]string{
		"=(if n = m then 7 else n + n) = 7":          "false",
		"=(if n != m then 7 else n + n) = 7":         "true",
		"(n == m ? 7 : get([4], 0)) == 4":            "true",
		"(n == m ? 7 : null) == 7":                   "false",
		"(n == m ? null : 7) == 7":                   "true",
		"(n == m ? 7 : get([\"a\"], 0)) + \"b\"":     `"ab"`,
		"(n == m ? \"a\" : get([true], 0)) and true": "true",
	} {
		require.Equal(t, want, outcome(text, feelVariables), text)
	}
}
