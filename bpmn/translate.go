package bpmn

import (
	"slices"
	"strconv"
)

// Camunda 7 and jBPM write conditions and values in languages of the Java world. What of them is plain logic is rewritten in
// expr here, with their rules: a missing value counts as false in a logical operation. Everything else needs Java, and is
// refused with what to do instead.

type foreignLanguage string

const (
	juel foreignLanguage = "JUEL"
	java foreignLanguage = "Java"
	mvel foreignLanguage = "MVEL"
)

// foreignLanguages are what language attributes say, in small letters.
var foreignLanguages = map[string]foreignLanguage{
	"juel": juel, "http://www.java.com/java": java, "java": java, "http://www.mvel.org/2.0": mvel, "mvel": mvel,
}

// Limits of what is translated; the engine reads no longer expressions.
const (
	maxForeign      = 4 << 10 // bytes
	maxForeignDepth = 60
)

// term is a part of the translation. level says how tightly it binds.
type term struct {
	text  string
	level int
	root  string // of a path: the variable that it begins with
}

// Levels of terms, those that bind tighter being higher.
const (
	levelChoice = iota
	levelOr
	levelAnd
	levelCompare
	levelSum
	levelProduct
	levelUnary
	levelPlain
)

// translator parses an expression and writes expr as it goes. It goes on after a fault, whose first is kept.
type translator struct {
	language foreignLanguage
	tokens   []foreignToken
	depth    int
	fault    string // what cannot be translated
	hint     string
}

// translate rewrites an expression. If it cannot, fault says what is in the way, and hint what to do.
func translate(text string, language foreignLanguage) (expr, fault, hint string) {
	if len(text) > maxForeign {
		return "", "it is too long", ""
	}
	tokens, ok := lexForeign(text)
	if !ok {
		return "", "it cannot be read", ""
	}
	t := &translator{language: language, tokens: tokens}
	if language != juel {
		t.takeWord("return")
	}
	result := t.choice()
	for language != juel && t.take(";") {
	}
	if t.peek().kind != 0 {
		t.refuse(quote(t.peek().text)+" is more than a condition", "")
	}
	return result.text, t.fault, t.hint
}

func (t *translator) peek() foreignToken { return t.tokens[0] }

func (t *translator) next() foreignToken {
	token := t.tokens[0]
	if token.kind != 0 {
		t.tokens = t.tokens[1:]
	}
	return token
}

// take takes an operator if it comes next.
func (t *translator) take(operator string) bool {
	if t.peek() != (foreignToken{'o', operator}) {
		return false
	}
	t.next()
	return true
}

func (t *translator) takeWord(word string) bool {
	if t.peek() != (foreignToken{'a', word}) {
		return false
	}
	t.next()
	return true
}

func (t *translator) refuse(fault, hint string) term {
	if t.fault == "" {
		t.fault, t.hint = fault, hint
	}
	t.tokens = t.tokens[len(t.tokens)-1:]
	return term{text: "nil", level: levelPlain}
}

// at puts a part into parentheses if it binds more loosely than its place needs.
func (x term) at(level int) string {
	if x.level < level {
		return "(" + x.text + ")"
	}
	return x.text
}

// logical is the part as an operand of a logical operation, in which a missing value is false.
func (x term) logical() term {
	if x.root != "" {
		return term{text: x.text + " == true", level: levelCompare}
	}
	return x
}

func (t *translator) choice() term {
	if t.depth++; t.depth > maxForeignDepth {
		return t.refuse("it is nested too deep", "")
	}
	defer func() { t.depth-- }()
	condition := t.or()
	if !t.take("?") {
		return condition
	}
	yes := t.choice()
	if !t.take(":") {
		return t.refuse("its ? has no :", "")
	}
	no := t.choice()
	return term{text: condition.logical().at(levelOr) + " ? " + yes.at(levelOr) + " : " + no.at(levelOr), level: levelChoice}
}

func (t *translator) or() term {
	left := t.and()
	for t.operator("||", "or") != "" {
		left = term{text: left.logical().at(levelOr) + " || " + t.and().logical().at(levelAnd), level: levelOr}
	}
	return left
}

func (t *translator) and() term {
	left := t.comparison()
	for t.operator("&&", "and") != "" {
		left = term{text: left.logical().at(levelAnd) + " && " + t.comparison().logical().at(levelCompare), level: levelAnd}
	}
	return left
}

// comparisons are the operators that compare, by how they are written.
var comparisons = map[string]string{
	"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
	"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
}

func (t *translator) comparison() term {
	left := t.sum()
	for {
		written := t.operator("==", "!=", "<", ">", "<=", ">=", "eq", "ne", "lt", "gt", "le", "ge")
		if written == "" {
			return left
		}
		left = term{text: left.at(levelSum) + " " + comparisons[written] + " " + t.sum().at(levelSum), level: levelCompare}
	}
}

func (t *translator) sum() term {
	left := t.product()
	for {
		operator := t.operator("+", "-")
		if operator == "" {
			return left
		}
		left = term{text: left.at(levelSum) + " " + operator + " " + t.product().at(levelProduct), level: levelSum}
	}
}

var products = map[string]string{"*": "*", "/": "/", "%": "%", "div": "/", "mod": "%"}

func (t *translator) product() term {
	left := t.unary()
	for {
		written := t.operator("*", "/", "%", "div", "mod")
		switch {
		case written == "":
			return left
		case written == "/" && t.language == java:
			return t.refuse("it divides, and Java drops what is left over of whole numbers", `write it in expr, such as floor(a / b), with language="expr"`)
		}
		left = term{text: left.at(levelProduct) + " " + products[written] + " " + t.unary().at(levelUnary), level: levelProduct}
	}
}

// operator takes one of the operators if it comes next. Operators that are words exist in JUEL alone.
func (t *translator) operator(operators ...string) string {
	token := t.peek()
	if token.kind == 'a' && t.language != juel || token.kind == '"' || token.kind == '0' || !slices.Contains(operators, token.text) {
		return ""
	}
	return t.next().text
}

func (t *translator) unary() term {
	if t.depth++; t.depth > maxForeignDepth {
		return t.refuse("it is nested too deep", "")
	}
	defer func() { t.depth-- }()
	switch {
	case t.take("!"), t.language == juel && t.takeWord("not"):
		x := t.unary()
		if x.root != "" {
			return term{text: x.text + " != true", level: levelCompare}
		}
		return term{text: "!" + x.at(levelPlain), level: levelUnary}
	case t.take("-"):
		return term{text: "-" + t.unary().at(levelPlain), level: levelUnary}
	case t.language == juel && t.takeWord("empty"):
		return t.emptiness(t.unary())
	}
	return t.path()
}

// emptiness is true for null, an empty text, list and object (Jakarta Expression Language §1.12).
func (t *translator) emptiness(x term) term {
	of := x.at(levelPlain)
	if len(of) > maxForeign/4 {
		return t.refuse("it is too long", "")
	}
	return term{text: of + ` == nil || ` + of + ` == "" || ` + of + ` == [] || ` + of + ` == {}`, level: levelOr}
}

// literalWords are names with a fixed meaning.
var literalWords = map[string]string{"true": "true", "false": "false", "null": "nil"}

// primary reads a literal, a variable or something in parentheses.
func (t *translator) primary() term {
	token := t.next()
	switch token.kind {
	case '0':
		return term{text: token.text, level: levelPlain}
	case '"':
		return term{text: strconv.Quote(token.text), level: levelPlain}
	case 'a':
		if word, ok := literalWords[token.text]; ok {
			return term{text: word, level: levelPlain}
		}
		return t.name(token.text)
	}
	if token.text != "(" {
		return t.refuse("it cannot be read at "+quote(token.text), "")
	}
	if t.cast() {
		return t.unary()
	}
	inner := t.choice()
	if !t.take(")") {
		return t.refuse("a parenthesis is not closed", "")
	}
	if inner.level < levelPlain {
		inner = term{text: "(" + inner.text + ")", level: levelPlain}
	}
	return inner
}

// cast takes the rest of a cast such as (String), whose parenthesis is open, if it is one: values have the type that they
// have.
func (t *translator) cast() bool {
	if t.language == juel || t.peek().kind != 'a' || len(t.tokens) < 3 || t.tokens[1] != (foreignToken{'o', ")"}) {
		return false
	}
	name, after := t.peek().text, t.tokens[2]
	if name[0] < 'A' || name[0] > 'Z' || after.kind != 'a' && after.kind != '"' && after.text != "(" {
		return false
	}
	t.tokens = t.tokens[2:]
	return true
}

// exprWords are the words of expr, which cannot be variables.
var exprWords = words("in not and or let if else matches contains startsWith endsWith nil")

// name reads a variable, or something that the engine has under another name.
func (t *translator) name(name string) term {
	switch {
	case t.peek().text == "(" && t.peek().kind == 'o':
		if name == "now" {
			return t.call(term{}, name)
		}
		return t.refuse("it calls "+quote(name+"()"), codeHint)
	case exprWords[name]:
		return t.refuse("its variable "+quote(name)+" has the name of an operator", "rename the variable")
	case name == "execution" && t.language == juel, name == "kcontext" && t.language != juel:
		return term{text: name, level: levelPlain, root: name}
	case name == "Boolean" || name == "Objects" || name == "String":
		return term{text: name, level: levelPlain, root: name}
	case slices.Contains([]string{"new", "this", "task", "variableScope"}, name):
		return t.refuse("it uses "+quote(name), codeHint)
	}
	return term{text: name, level: levelPlain, root: name}
}

const codeHint = "keep to variables, comparisons, && || !, and getters; let a worker do what needs code"
