package engine

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// maxSource is the size in bytes of the longest expression.
const maxSource = 4 << 10

// source is an expression as the designer wrote it, and as it is compiled.
type source struct {
	text string // without white space around it
	body string
	feel bool   // an expression that a FEEL editor wrote: it begins with "="
	from []mark // where the parts of body come from, ascending
}

// mark says that the body's characters from one offset on are the text's from another on.
type mark struct{ body, text int }

// original is the place in the text of a place in the body.
func (s source) original(body int) int {
	offset := body
	for i, m := range s.from {
		if m.body > body {
			break
		}
		offset = m.text + body - m.body
		if i+1 < len(s.from) {
			offset = min(offset, s.from[i+1].text)
		}
	}
	return offset
}

// languages are the values of a language attribute, in small letters, that are read; the value says which are FEEL.
var languages = map[string]bool{
	"": false, "expr": false, "https://expr-lang.org": false, "https://github.com/expr-lang/expr": false,
	"feel": true, "http://www.omg.org/spec/feel/20140401": true, "https://www.omg.org/spec/dmn/20191111/feel": true,
	"https://www.omg.org/spec/dmn/20211108/feel": true, "https://www.omg.org/spec/dmn/20230324/feel": true,
}

// xpath is BPMN's default expression language (§8.2.1), which tools write and hardly anyone means.
const xpath = "http://www.w3.org/1999/xpath"

// readSource finds the expression in the text. An expression begins with "=" as Camunda 8 writes it, or stands in ${ } or
// #{ } as Camunda 7 writes it, or has neither.
func readSource(x bpmn.Expression) (source, *expressionError) {
	s := source{text: strings.TrimSpace(x.Text)}
	if len(s.text) > maxSource {
		return s, (source{text: "…"}).fault(0, "the expression is longer than 4096 bytes")
	}
	if !utf8.ValidString(s.text) {
		return s, (source{text: "…"}).fault(0, "the expression is not UTF-8")
	}
	language := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(x.Language)), "/")
	equals := strings.HasPrefix(s.text, "=") && !strings.HasPrefix(s.text, "==")
	braces := strings.HasPrefix(s.text, "${") || strings.HasPrefix(s.text, "#{")
	if language == xpath && (equals || braces) {
		language = ""
	}
	feel, known := languages[language]
	if !known {
		return s, s.fault(0, "expressions in the language "+quoteShort(x.Language)+" are not run here").hinted(`write it in expr (https://expr-lang.org) and say so with language="expr", or begin it with "="`)
	}
	s.feel = feel || equals && language == ""
	switch {
	case equals:
		s = s.take(1, len(s.text))
	case braces && closing(s.text, 1) == len(s.text)-1:
		s = s.take(2, len(s.text)-1)
	case braces:
		return s, s.fault(0, "only one ${ } around the whole expression is read").hinted(`join texts with +, such as ${"Order " + id}`)
	default:
		s = s.take(0, len(s.text))
	}
	if strings.TrimSpace(s.body) == "" {
		return s, s.fault(0, "the expression is empty")
	}
	if s.feel {
		return s.portable()
	}
	return s, nil
}

// take makes a part of the text, which begins with ASCII, the body.
func (s source) take(from, to int) source {
	s.body, s.from = s.text[from:to], []mark{{0, from}}
	return s
}

// closing finds the brace that closes the one at open; braces in quotes do not count.
func closing(text string, open int) int {
	depth, quote := 0, byte(0)
	for i := open; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func quoteShort(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return `"` + text + `"`
}

// hints say what to write instead of what other languages have. The first that matches is given when an expression does
// not compile.
var hints = []struct {
	when *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`\bbetween\b`), "write x >= a and x <= b, or x in [a..b]"},
	{regexp.MustCompile(`\bsome\b.*\bsatisfies\b`), "write any(list, # > 1)"},
	{regexp.MustCompile(`\bevery\b.*\bsatisfies\b`), "write all(list, # > 1)"},
	{regexp.MustCompile(`\bfor\b.*\breturn\b`), "write map(list, # + 1)"},
	{regexp.MustCompile(`\blist contains\b`), "write x in list"},
	{regexp.MustCompile(`\bstring length\b`), "write len(text)"},
	{regexp.MustCompile(`\bstring join\b`), `write join(list, ", ")`},
	{regexp.MustCompile(`\bstarts with\b`), `write hasPrefix(text, "a")`},
	{regexp.MustCompile(`\bends with\b`), `write hasSuffix(text, "a")`},
	{regexp.MustCompile(`\bupper case\b`), "write upper(text)"},
	{regexp.MustCompile(`\blower case\b`), "write lower(text)"},
	{regexp.MustCompile(`\bis defined\b|\bempty\b`), "write x != null"},
	{regexp.MustCompile(`\bget or else\b`), "write x ?? other"},
	{regexp.MustCompile(`\bget value\b`), `write object["key"]`},
	{regexp.MustCompile(`\binstance of\b`), `write type(x) == "string"`},
	{regexp.MustCompile(`\bdate and time\b|@"`), `write date("2026-03-31T09:00:00Z") or duration("PT1H")`},
	{regexp.MustCompile(`\b(contains|startsWith|endsWith|matches)\s*\(`), `write includes(text, "a"), hasPrefix(text, "a"), hasSuffix(text, "a") or text matches "a+"`},
	{regexp.MustCompile(`\bif\b|\bthen\b`), "write condition ? a : b"},
	{regexp.MustCompile(`[^=!<>]=[^=]`), "compare with =="},
	{regexp.MustCompile(`===|!==`), "compare with == and !="},
	{regexp.MustCompile(`<>`), "write !="},
	{regexp.MustCompile(`[$#]{`), "only one ${ } around the whole expression is read"},
	{regexp.MustCompile(`\s(eq|ne|gt|ge|lt|le)\s`), "write ==, !=, >, >=, <, <="},
	{regexp.MustCompile(`\bin\s*[\](]|\.\.[^,\]]*\[`), "write x in [a..b], which includes a and b"},
	{regexp.MustCompile(`,\s*{[^{}]*:`), "put an object that a function takes into parentheses, such as map(list, ({id: #}))"},
}

func (s source) hint() string {
	for _, h := range hints {
		if h.when.MatchString(s.text) {
			return h.hint
		}
	}
	return ""
}
