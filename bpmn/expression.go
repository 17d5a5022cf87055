package bpmn

import (
	"slices"
	"strings"
)

// exprLanguages are the names of the engine's language. A document's expressionLanguage counts only if it is one of them:
// most tools write a default there (XPath, as the specification has it) that nobody meant.
var exprLanguages = []string{"expr", "https://expr-lang.org", "https://github.com/expr-lang/expr"}

// expression reads the body of an element that is an expression (§8.4.6); nil if n is nil or, which is reported, empty.
func (r *reader) expression(n *node) *Expression {
	if n == nil {
		return nil
	}
	r.expressionElement(n)
	text := n.body()
	if text == "" {
		r.fail(n, codeIncomplete, "write one, or delete the element", "the %s has no expression", n.tag)
		return nil
	}
	return r.translated(n, &Expression{Text: text, Language: r.language(n), Pos: n.pos}, r.foreign(n.attr("language"), text))
}

// expressionElement reads what an expression has beside its text.
func (r *reader) expressionElement(n *node) {
	r.element(n)
	n.information("evaluatesToTypeRef")
	r.expressionType(n)
}

// timerText is an expression that people write as a constant: PT1H rather than "PT1H".
func (r *reader) timerText(n *node) *Expression {
	text, language := n.body(), n.attr("language")
	switch {
	case text == "" || language != "" && language != "cron": // jBPM says what kind of timer it is
		return r.expression(n)
	case (r.profile == profileCamunda7 || r.profile == profileKogito) && !strings.HasPrefix(text, "="):
		r.expressionElement(n)
		if r.profile == profileKogito {
			text = modern(text, n.tag)
		}
		return r.template(n, text)
	case !isTemplate(text):
		r.expressionElement(n)
		return &Expression{Text: text, Language: r.defaultLanguage(), Literal: true, Pos: n.pos}
	}
	return r.expression(n)
}

func isTemplate(text string) bool {
	return strings.HasPrefix(text, "=") || strings.Contains(text, "${") || strings.Contains(text, "#{")
}

func (r *reader) language(n *node) string {
	if language := n.attr("language"); language != "" {
		return language
	}
	return r.defaultLanguage()
}

func (r *reader) defaultLanguage() string {
	if language := r.definitions.ExpressionLanguage; slices.Contains(exprLanguages, strings.TrimSuffix(language, "/")) {
		return language
	}
	return ""
}

// expressionType checks xsi:type, which says whether the text is meant for a machine (§8.4.6).
func (r *reader) expressionType(n *node) {
	value, ok := n.lookupIn(NamespaceXSI, "type")
	if !ok {
		return
	}
	_, name, prefixed := strings.Cut(value, ":")
	if !prefixed {
		name = value
	}
	if name := strings.TrimSpace(name); name != "tFormalExpression" && name != "tExpression" {
		r.badValue(n, "xsi:type", value, "write bpmn:tFormalExpression")
	}
}

// attributeExpression reads an attribute of an extension element: a constant unless it starts with "=". nil if it is
// not there or empty.
func (r *reader) attributeExpression(n *node, key string) *Expression {
	value := n.attr(key)
	if value == "" {
		return nil
	}
	return &Expression{Text: value, Language: r.defaultLanguage(), Literal: !strings.HasPrefix(value, "="), Pos: n.pos}
}
