package bpmn

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// path reads a value with the fields, elements and methods that are taken from it.
func (t *translator) path() term {
	x := t.primary()
	for {
		switch {
		case t.take("."):
			token := t.next()
			switch {
			case token.kind != 'a':
				return t.refuse("it cannot be read at "+quote(token.text), "")
			case t.peek() == (foreignToken{'o', "("}):
				x = t.call(x, token.text)
			default:
				x = t.property(x, token.text)
			}
		case t.take("["):
			index := t.choice()
			if !t.take("]") {
				return t.refuse("a bracket is not closed", "")
			}
			x = term{text: x.at(levelPlain) + "[" + index.text + "]", level: levelPlain, root: x.root}
		default:
			return t.whole(x)
		}
	}
}

// whole refuses what is no value by itself.
func (t *translator) whole(x term) term {
	switch x.text {
	case "execution", "kcontext", "Boolean", "Objects", "String", "kcontext.processInstance":
		return t.refuse("it uses "+quote(x.text), codeHint)
	}
	return x
}

// engineNames are what the engines of the dialects show of an instance.
var engineNames = map[string]string{
	"execution.processInstanceId":                      "instance.key",
	"execution.id":                                     "instance.key",
	"execution.businessKey":                            "instance.businessKey",
	"execution.processBusinessKey":                     "instance.businessKey",
	"kcontext.processInstance":                         "kcontext.processInstance",
	"kcontext.processInstance.id":                      "instance.key",
	"kcontext.processInstance.stringId":                "instance.key",
	"kcontext.processInstance.processId":               "instance.processId",
	"kcontext.processInstance.businessKey":             "instance.businessKey",
	"kcontext.processInstance.correlationKey":          "instance.businessKey",
	"kcontext.processInstance.parentProcessInstanceId": "instance.parentKey",
	"kcontext.processInstance.rootProcessInstanceId":   "instance.rootKey",
	"Boolean.TRUE":                                     "true",
	"Boolean.FALSE":                                    "false",
}

func (t *translator) property(x term, name string) term {
	switch x.text {
	case "execution", "kcontext", "kcontext.processInstance", "Boolean", "Objects", "String":
		known, ok := engineNames[x.text+"."+name]
		switch {
		case !ok:
			return t.refuse("it uses "+quote(x.text+"."+name), codeHint)
		case known == "true" || known == "false":
			return term{text: known, level: levelPlain}
		}
		return term{text: known, level: levelPlain, root: known}
	}
	if exprWords[name] {
		return term{text: x.at(levelPlain) + "[" + strconv.Quote(name) + "]", level: levelPlain, root: x.root}
	}
	return term{text: x.at(levelPlain) + "." + name, level: levelPlain, root: x.root}
}

// call reads the arguments of a method or function and writes what it does.
func (t *translator) call(x term, method string) term {
	t.next()
	var args []term
	for !t.take(")") {
		if len(args) > 0 && !t.take(",") || t.peek().kind == 0 {
			return t.refuse("a parenthesis is not closed", "")
		}
		args = append(args, t.choice())
	}
	var result term
	var ok bool
	switch x.text {
	case "":
		result, ok = term{text: "now()", level: levelPlain}, len(args) == 0
	case "execution", "kcontext", "kcontext.processInstance":
		result, ok = t.engineCall(x, method, args)
	case "Objects", "String":
		result, ok = staticCall(x.text+"."+method, args)
	default:
		result, ok = t.method(x, method, args)
	}
	if !ok {
		return t.refuse("it calls "+quote(method+"()"), codeHint)
	}
	return result
}

// engineCall reads what a condition asks the engine for, most of all variables.
func (t *translator) engineCall(x term, method string, args []term) (term, bool) {
	if field, ok := getter(method); ok && len(args) == 0 {
		known, ok := engineNames[x.text+"."+field]
		return term{text: known, level: levelPlain, root: known}, ok
	}
	if len(args) != 1 {
		return term{}, false
	}
	name, err := strconv.Unquote(args[0].text)
	if err != nil || !isName(name) {
		return term{}, false
	}
	switch method {
	case "getVariable", "getVariableLocal":
		return term{text: name, level: levelPlain, root: name}, true
	case "hasVariable":
		return term{text: name + " != nil", level: levelCompare}, true
	}
	return term{}, false
}

// isName says whether a name can be a variable of an expression.
func isName(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return isNameStart(first) && strings.TrimLeftFunc(name, isNamePart) == "" && !exprWords[name] && literalWords[name] == ""
}

func staticCall(function string, args []term) (term, bool) {
	switch {
	case function == "Objects.equals" && len(args) == 2:
		return term{text: args[0].at(levelSum) + " == " + args[1].at(levelSum), level: levelCompare}, true
	case function == "Objects.isNull" && len(args) == 1:
		return term{text: args[0].at(levelSum) + " == nil", level: levelCompare}, true
	case function == "Objects.nonNull" && len(args) == 1:
		return term{text: args[0].at(levelSum) + " != nil", level: levelCompare}, true
	case function == "String.valueOf" && len(args) == 1:
		return function1("string", args[0]), true
	}
	return term{}, false
}

func function1(name string, x term) term {
	return term{text: name + "(" + x.text + ")", level: levelPlain}
}

// The methods of Java's texts, numbers, lists and maps, and of Camunda's JSON values, that read a value and nothing else.
var (
	functionsOf = map[string]string{
		"size": "len", "length": "len", "toString": "string", "trim": "trim", "strip": "trim", "toUpperCase": "upper", "toLowerCase": "lower",
	}
	functionsWith = map[string]string{"contains": "includes", "startsWith": "hasPrefix", "endsWith": "hasSuffix", "get": "get"}
	itself        = words("intValue longValue doubleValue floatValue booleanValue value stringValue numberValue boolValue")
)

func (t *translator) method(x term, method string, args []term) (term, bool) {
	switch len(args) {
	case 0:
		return t.plainMethod(x, method)
	case 1:
		return methodWith(x, method, args[0])
	}
	return term{}, false
}

func (t *translator) plainMethod(x term, method string) (term, bool) {
	field, isGetter := getter(method)
	switch {
	case functionsOf[method] != "":
		return function1(functionsOf[method], x), true
	case method == "isEmpty" || method == "isBlank":
		return t.emptiness(x), true
	case itself[method]:
		return x, true
	case isGetter:
		return term{text: x.at(levelPlain) + "." + field, level: levelPlain, root: x.root}, !exprWords[field]
	}
	return term{}, false
}

func methodWith(x term, method string, arg term) (term, bool) {
	switch {
	case functionsWith[method] != "":
		return term{text: functionsWith[method] + "(" + x.text + ", " + arg.text + ")", level: levelPlain, root: pathRoot(method, x)}, true
	case method == "equals":
		return term{text: x.at(levelSum) + " == " + arg.at(levelSum), level: levelCompare}, true
	case method == "equalsIgnoreCase":
		return term{text: "lower(" + x.text + ") == lower(" + arg.text + ")", level: levelCompare}, true
	case method == "containsKey":
		return term{text: "get(" + x.text + ", " + arg.text + ") != nil", level: levelCompare}, true
	case method == "prop":
		if name, err := strconv.Unquote(arg.text); err == nil && isName(name) {
			return term{text: x.at(levelPlain) + "." + name, level: levelPlain, root: x.root}, true
		}
	}
	return term{}, false
}

// pathRoot: an element may be missing, as a variable may.
func pathRoot(method string, x term) string {
	if method == "get" {
		return x.root
	}
	return ""
}

// getter gives the field that a Java getter reads: getName() reads name, isPaid() reads paid.
func getter(method string) (field string, ok bool) {
	rest, ok := strings.CutPrefix(method, "get")
	if !ok {
		rest, ok = strings.CutPrefix(method, "is")
	}
	first, size := utf8.DecodeRuneInString(rest)
	if !ok || !unicode.IsUpper(first) {
		return "", false
	}
	if second, _ := utf8.DecodeRuneInString(rest[size:]); unicode.IsUpper(second) { // getURL() reads URL (JavaBeans §8.8)
		return rest, true
	}
	return string(unicode.ToLower(first)) + rest[size:], true
}

// textLiteral writes a text as expr does.
func textLiteral(text string) string { return strconv.Quote(strings.ToValidUTF8(text, "\uFFFD")) }
