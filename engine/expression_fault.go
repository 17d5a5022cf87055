package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// expressionError is what is wrong with an expression, or with the data that it met, and where.
type expressionError struct {
	text    string
	hint    string
	line    int // from 1, of the expression's text
	column  int // from 1, in characters
	snippet string
}

// Error gives the fault with the line of the expression and a caret below the place.
func (f *expressionError) Error() string { return f.message() + f.snippet }

func (f *expressionError) message() string {
	if f.line > 1 {
		return fmt.Sprintf("%s (line %d, column %d of the expression)", f.text, f.line, f.column)
	}
	return fmt.Sprintf("%s (column %d of the expression)", f.text, f.column)
}

// hinted adds a hint if the fault has none.
func (f *expressionError) hinted(hint string) *expressionError {
	if f.hint == "" {
		f.hint = hint
	}
	return f
}

// problem is the fault as a problem of the document. The snippet goes into the hint, which is printed last.
func (f *expressionError) problem(pos bpmn.Position) *bpmn.Problem {
	hint := f.hint
	if hint == "" {
		hint = "it is here:"
	}
	return &bpmn.Problem{Pos: pos, Severity: bpmn.SeverityError, Text: f.message(), Hint: hint + f.snippet}
}

// fault makes a fault at an offset, in characters, of what is compiled.
func (s source) fault(offset int, text string) *expressionError {
	offset = min(s.original(offset), utf8.RuneCountInString(s.text))
	before := string([]rune(s.text)[:offset])
	lineStart := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(s.text[lineStart:], "\n")
	f := &expressionError{text: text, line: 1 + strings.Count(before, "\n"), column: 1 + utf8.RuneCountInString(before[lineStart:])}
	f.snippet = snippet(strings.TrimRight(line, "\r"), f.column-1)
	return f
}

// snippet shows a line, or the part of a long line that matters, and a caret below the place.
func snippet(line string, column int) string {
	const before, after = 60, 40
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	if len(runes) == 0 {
		return ""
	}
	prefix, suffix := "", ""
	if len(runes) > column+after {
		runes, suffix = runes[:column+after], "…"
	}
	if column > before {
		runes, prefix, column = runes[column-before:], "…", before+1
	}
	return "\n    " + prefix + string(runes) + suffix + "\n    " + strings.Repeat(" ", column) + "^"
}

// modelFault puts an error that the library found without any data into our words, or shows the library's.
func (s source) modelFault(err error) *expressionError {
	e := located(err)
	if f := s.known(e); f != nil {
		return f
	}
	return s.fault(e.From, e.Message)
}

// dataFault puts an error of an evaluation into our words. Of the library's texts none is shown but those that are known
// to show no value: data may be secret.
func (s source) dataFault(err error) *expressionError {
	e := located(err)
	if f := s.known(e); f != nil {
		return f
	}
	return s.fault(e.From, "this cannot be evaluated with the values it meets")
}

// located gives the library's error with its place.
func located(err error) *file.Error {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return e
	}
	return &file.Error{Prev: err}
}

// known finds our words for an error.
func (s source) known(e *file.Error) *expressionError {
	if own, ok := errors.AsType[evalError](e.Prev); ok {
		return s.fault(e.From, string(own))
	}
	if e.Prev != nil {
		e.Message = e.Prev.Error()
	}
	for _, p := range libraryMessages {
		if m := p.message.FindStringSubmatch(e.Message); m != nil {
			for i := range m[1:] {
				m[i+1] = plainTypes.Replace(m[i+1])
			}
			return s.fault(e.From, fmt.Sprintf(p.text, anys(m[1:p.groups+1])...))
		}
	}
	return nil
}

// evalError is an error of our own functions, fit to be shown.
type evalError string

func (e evalError) Error() string { return string(e) }

func errorf(format string, args ...any) error { return evalError(fmt.Sprintf(format, args...)) }

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// libraryMessages are the messages of the library that show tokens of the expression or types, never values.
var libraryMessages = []struct {
	message *regexp.Regexp
	groups  int
	text    string
}{
	{regexp.MustCompile(`^unexpected token EOF|^unexpected end of expression`), 0, "the expression ends too early"},
	{regexp.MustCompile(`^unexpected token (?:\w+)\((".*")\)`), 1, "%s is not expected here"},
	{regexp.MustCompile(`^literal not terminated`), 0, "a text has no closing quote"},
	{regexp.MustCompile(`^unclosed comment`), 0, "a comment is not closed"},
	{regexp.MustCompile(`^unrecognized character: \S+ (.*)`), 1, "the character %s is not expected here"},
	{regexp.MustCompile(`^bad number syntax: (.*)`), 1, "%s is no number"},
	{regexp.MustCompile(`^invalid (?:integer|float|hex|binary|octal) literal|literal is too large`), 0, "the number is too large"},
	{regexp.MustCompile(`exceeds maximum allowed nodes`), 0, "the expression is too long: it has more than 500 parts"},
	{regexp.MustCompile(`^(expected at least \d+ arguments|invalid char escape|expected name|wrap predicate with brackets { and }|cannot redeclare .*|cannot use pointer accessor outside predicate|unknown pointer #\w*|a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses)`), 1, "%s"},
	{regexp.MustCompile(`^Operator \((.*)\) and coalesce expressions`), 1, "put ?? and its two sides in parentheses beside %s"},
	{regexp.MustCompile(`^(?:too many|not enough) arguments to call (\w+)`), 1, "%s takes another number of arguments"},
	{regexp.MustCompile(`^cannot use (.+) as argument \(type .+\) to call (\w+)`), 2, "%s is not what %s takes here"},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)`), 3, "%s does not work between %s and %s"},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)`), 2, "%s does not work with %s"},
	{regexp.MustCompile(`^invalid operation: (\S+) ([<>]=?) (\S+)$`), 3, "%s cannot be compared (%s) with %s"},
	{regexp.MustCompile(`^interface conversion: interface {} is (.+), not (\S+)$`), 2, "there is %s where there must be %s"},
	{regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition`), 1, "the condition is %s, not a boolean"},
	{regexp.MustCompile(`^predicate should return boolean \(got (.+)\)`), 1, "the condition is %s, not a boolean"},
	{regexp.MustCompile(`^builtin (\w+) takes only array \(got (.+)\)`), 2, "%s takes a list, not %s"},
	{regexp.MustCompile(`^memory budget exceeded`), 0, "the lists that this makes have too many elements"},
	{regexp.MustCompile(`^reduce of empty array`), 0, "reduce of an empty list needs a third argument to begin with"},
}

// plainTypes names Go's types as a designer knows them.
var plainTypes = strings.NewReplacer(
	"map[string]interface {}", "an object", "[]interface {}", "a list", "<nil>", "null", "interface {}", "a value",
	"time.Duration", "a duration", "time.Time", "a time", "unknown", "a value",
	"string", "a text", "float64", "a number", "int64", "a number", "int", "a number", "bool", "a boolean", "nil", "null",
)
