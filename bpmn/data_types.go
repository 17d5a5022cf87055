package bpmn

import (
	"math"
	"strconv"
	"strings"
)

// Types are checked loosely: only a constant that can never be of the type of what it is assigned to is reported, at
// deployment. At run time every value is a JSON value.

// valueSort is a sort of values, as far as it can be told from the name of a type.
type valueSort string

const (
	sortAny     valueSort = ""
	sortText    valueSort = "a text"
	sortWhole   valueSort = "a whole number"
	sortNumber  valueSort = "a number"
	sortBoolean valueSort = "true or false"
)

// sorts are the types of Java and of XML Schema, in small letters and without package or prefix.
var sorts = map[string]valueSort{
	"string": sortText, "char": sortText, "character": sortText, "normalizedstring": sortText, "token": sortText,
	"integer": sortWhole, "int": sortWhole, "long": sortWhole, "short": sortWhole, "byte": sortWhole, "biginteger": sortWhole,
	"nonnegativeinteger": sortWhole, "positiveinteger": sortWhole, "unsignedint": sortWhole, "unsignedlong": sortWhole,
	"float": sortNumber, "double": sortNumber, "decimal": sortNumber, "bigdecimal": sortNumber, "number": sortNumber,
	"boolean": sortBoolean, "bool": sortBoolean,
}

// typeOf is the name and the sort of an item of data: its item definition's structure, or jBPM's own attribute.
func (r *reader) typeOf(n *node) (name string, s valueSort, collection bool) {
	name, _ = n.lookupIn(namespaceDrools, "dtype")
	collection = n.attr("isCollection") == "true"
	if definition := r.nodes[localPart(n.attr("itemSubjectRef"))]; definition != nil && definition.is("itemDefinition") {
		if structure := definition.attr("structureRef"); structure != "" {
			name = structure
		}
		collection = collection || definition.attr("isCollection") == "true"
	}
	short := strings.ToLower(name[strings.LastIndexAny(name, ".:")+1:])
	return name, sorts[short], collection
}

// checkType warns of a constant that does not fit.
func (r *reader) checkType(at, target *node, x Expression) {
	value, ok := constant(x)
	if !ok {
		return
	}
	name, s, collection := r.typeOf(target)
	switch {
	case collection:
		r.warn(at, codeTypeMismatch, "", "a constant is assigned to %s, which is a collection", quote(r.variable(target)))
	case !s.fits(value):
		r.warn(at, codeTypeMismatch, "correct the value or the type; Sonata takes it as it is",
			"%s is of the type %s, which a value such as this cannot be: it needs %s", quote(r.variable(target)), quote(name), string(s))
	}
}

// constant gives the value of an expression that is a plain constant, as text.
func constant(x Expression) (value string, ok bool) {
	text := strings.TrimSpace(x.Text)
	if x.Literal {
		return text, true
	}
	if text == "true" || text == "false" {
		return text, true
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && !isName(text) {
		return text, true
	}
	if unquoted, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		return unquoted, true
	}
	return "", false
}

func (s valueSort) fits(value string) bool {
	_, ok := s.write(value)
	return ok
}

// write gives a value of this sort as expr writes it; ok is false if it is none.
func (s valueSort) write(value string) (text string, ok bool) {
	switch s {
	case sortWhole:
		i, err := strconv.ParseInt(value, 10, 64)
		return strconv.FormatInt(i, 10), err == nil
	case sortNumber:
		f, err := strconv.ParseFloat(value, 64)
		return strconv.FormatFloat(f, 'f', -1, 64), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case sortBoolean:
		b := strings.EqualFold(value, "true")
		return strconv.FormatBool(b), b || strings.EqualFold(value, "false")
	}
	return value, true
}

// typed makes a constant text the number or truth value that the type of its target asks for.
func (r *reader) typed(x *Expression, target *node) *Expression {
	if target == nil || !x.Literal {
		return x
	}
	_, s, collection := r.typeOf(target)
	text, ok := s.write(strings.TrimSpace(x.Text))
	if collection || s == sortAny || s == sortText || !ok {
		return x
	}
	return &Expression{Text: text, Language: "expr", Pos: x.Pos}
}
