package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// portable writes the part of FEEL that expr spells differently in expr's way: one "=" compares, and
// "if a then b else c" chooses. What else the two have in common means the same in both; what looks alike and does not is
// refused (see guard.feel), and what expr does not know does not parse.
func (s source) portable() (source, *expressionError) {
	tokens, err := lexer.Lex(file.NewSource(s.body))
	if err != nil {
		return s, s.modelFault(err).hinted(s.hint())
	}
	w := portableWriter{tokens: tokens, runes: []rune(s.body), start: s.from[0].text}
	for i := range tokens {
		w.choices = w.choices || w.isThen(i)
	}
	for i := range tokens {
		w.token(i)
	}
	s.body, s.from = w.out.String(), w.marks
	return s, nil
}

// portableWriter copies an expression token by token.
type portableWriter struct {
	tokens  []lexer.Token
	runes   []rune
	start   int      // of the body in the text
	choices bool     // "if" is FEEL's, not expr's "if a { b } else { c }"
	open    []choice // every "if" that has not ended yet
	depth   int      // of brackets
	copied  int      // runes of the body
	written int      // runes of out
	out     strings.Builder
	marks   []mark
}

type choice struct {
	depth  int
	inElse bool
}

func (w *portableWriter) token(i int) {
	t := w.tokens[i]
	if t.Is(lexer.EOF) {
		w.keep(len(w.runes))
		w.endChoices(0)
		return
	}
	w.keep(t.From)
	switch {
	case t.Is(lexer.Operator, "=") && !w.declares(i):
		w.replace(t, "==")
	case w.choices && t.Is(lexer.Operator, "if"):
		w.open = append(w.open, choice{depth: w.depth})
		w.replace(t, "((")
	case w.isThen(i):
		w.endInner()
		w.replace(t, ") == true ? (")
	case w.choices && t.Is(lexer.Operator, "else"):
		w.endInner()
		if len(w.open) > 0 {
			w.open[len(w.open)-1].inElse = true
		}
		w.replace(t, ") : (")
	case t.Is(lexer.Bracket, "(") || t.Is(lexer.Bracket, "[") || t.Is(lexer.Bracket, "{"):
		w.depth++
	case t.Is(lexer.Bracket):
		w.endChoices(w.depth)
		w.depth--
	case t.Is(lexer.Operator, ",") || t.Is(lexer.Operator, ";"):
		w.endChoices(w.depth)
	}
	w.keep(t.To)
}

// declares says whether the "=" at i belongs to "let name =".
func (w *portableWriter) declares(i int) bool {
	return i >= 2 && w.tokens[i-2].Is(lexer.Operator, "let") && w.tokens[i-1].Is(lexer.Identifier)
}

// isThen says whether the token at i is FEEL's "then", and not a field of that name.
func (w *portableWriter) isThen(i int) bool {
	field := i > 0 && (w.tokens[i-1].Is(lexer.Operator, ".") || w.tokens[i-1].Is(lexer.Operator, "?."))
	return w.tokens[i].Is(lexer.Identifier, "then") && !field
}

// endInner ends what stands in the condition or the "then" part of another "if".
func (w *portableWriter) endInner() {
	for n := len(w.open); n > 1 && w.open[n-1] == (choice{w.depth, true}); n-- {
		w.endChoice()
	}
}

// endChoices ends every "if" that is as deep in brackets: its "else" part goes no further.
func (w *portableWriter) endChoices(depth int) {
	for len(w.open) > 0 && w.open[len(w.open)-1].depth >= depth {
		w.endChoice()
	}
}

func (w *portableWriter) endChoice() {
	w.open = w.open[:len(w.open)-1]
	w.insert("))")
}

// keep copies the body up to a place.
func (w *portableWriter) keep(to int) {
	if to > w.copied {
		w.insert(string(w.runes[w.copied:to]))
		w.copied = to
	}
}

func (w *portableWriter) replace(t lexer.Token, text string) {
	w.insert(text)
	w.copied = t.To
}

func (w *portableWriter) insert(text string) {
	w.marks = append(w.marks, mark{w.written, w.start + w.copied})
	w.out.WriteString(text)
	w.written += utf8.RuneCountInString(text)
}
