package bpmn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// reader turns the tree of one document into the model. It reads everything first and follows references afterwards, since
// an element may be named before it is defined.
type reader struct {
	file        string
	definitions *Definitions
	profile     profile
	nodes       map[string]*node // every element with an id
	objects     map[string]any   // what was read from it: *FlowNode, *Message, …
	pending     []func()         // references to follow, in document order
	flowNodes   []placedNode     // all flow nodes, in document order
	places      map[*FlowNode]*Container
	flows       []placedFlow

	referenceNames map[string]string // by data object: the name of its first reference
	moved          map[*node]bool    // items of data that associations fill or read
	loops          map[*LoopCharacteristics]*loopData

	subscriptions []*correlationSubscription
	keys          map[*Collaboration][]*correlationKey
	correlated    int // see maxCorrelations

	unbound  map[string]bool // prefixes without a namespace that have been reported
	problems Problems
	counts   map[Severity]int
}

// placedNode is a flow node with the element that it was read from and the container that holds it.
type placedNode struct {
	*FlowNode
	n         *node
	container *Container
}

type placedFlow struct {
	*SequenceFlow
	n         *node
	container *Container
}

func newReader(file string) *reader {
	return &reader{
		file:    file,
		nodes:   map[string]*node{},
		objects: map[string]any{},
		places:  map[*FlowNode]*Container{},
		unbound: map[string]bool{},

		referenceNames: map[string]string{},
		moved:          map[*node]bool{},
		loops:          map[*LoopCharacteristics]*loopData{},
		keys:           map[*Collaboration][]*correlationKey{},
		counts:         map[Severity]int{},
	}
}

// element reads what every BPMN element has (§8.3.1).
func (r *reader) element(n *node) Element {
	n.read = true
	name, _ := n.use("", "name", kept)
	return Element{ID: n.id(), Name: name, Pos: n.pos, Documentation: r.documentation(n), Properties: r.properties(n)}
}

func (r *reader) documentation(n *node) string {
	var texts []string
	for c := range n.all("documentation") {
		c.information("id", "textFormat")
		texts = append(texts, c.body())
	}
	return strings.Join(texts, "\n\n")
}

// register makes an object known to references by its element's id.
func (r *reader) register(n *node, object any) {
	if id := n.id(); id != "" && r.nodes[id] == n {
		r.objects[id] = object
	}
}

// child gives the only child of this name, nil if there is none.
func (r *reader) child(n *node, tag string) *node { return r.childIn(n, NamespaceBPMN, tag) }

func (r *reader) childIn(n *node, space, tag string) *node {
	var first *node
	for _, c := range n.children {
		switch {
		case c.tag != tag || c.space != space:
			continue
		case first == nil:
			first = c
		case !c.read:
			r.fail(c, codeRepeated, "keep one of them", "%s has more than one %s", describe(n.owner()), describe(c))
			c.dismiss()
		}
		c.read = true
	}
	return first
}

func (r *reader) bool(n *node, key string, otherwise bool) bool {
	switch value := n.attr(key); value {
	case "true", "1":
		return true
	case "false", "0":
		return false
	case "":
		return otherwise
	default:
		r.badValue(n, key, value, "write true or false")
		return otherwise
	}
}

// int reads a whole number that is at least 1.
func (r *reader) int(n *node, key string, otherwise int) int {
	text := n.attr(key)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil || value < 1 {
		r.badValue(n, key, text, "write a whole number, 1 or more")
		return otherwise
	}
	return int(value)
}

// enum reads one of a few values, the first of which is the default.
func (r *reader) enum(n *node, key string, values ...string) string {
	return r.oneOf(n, key, n.attr(key), values...)
}

func (r *reader) oneOf(n *node, key, value string, values ...string) string {
	if value == "" {
		return values[0]
	}
	if !slices.Contains(values, value) {
		r.badValue(n, key, value, "write one of: "+strings.Join(values, ", "))
		return values[0]
	}
	return value
}

func (r *reader) badValue(n *node, key, value, hint string) {
	r.fail(n, codeValue, hint, "the attribute %s has the value %s", quote(key), quote(value))
}

// required reads an attribute that must be there.
func (r *reader) required(n *node, key string) string { return r.needed(n, key, n.attr(key)) }

func (r *reader) needed(n *node, key, value string) string {
	if value == "" {
		r.fail(n, codeMissing, "", "%s has no %s", describe(n), quote(key))
	}
	return value
}

// incomplete are the faults that matter only to a process that is run: a pool that merely shows how a partner works may
// lack what an engine needs.
var incomplete = map[string]bool{
	codeIncomplete: true, codeNotExecutable: true, codeDefaultCondition: true, codeConditionPlace: true,
	codeFlowForbidden: true, codeTimer: true, codeExtensionRequired: true, codeForeignExpression: true,
}

// fail reports an error at n.
func (r *reader) fail(n *node, code, hint, format string, args ...any) {
	if !r.full(SeverityError) {
		r.report(SeverityError, n, Problem{Code: code, Hint: hint, Text: fmt.Sprintf(format, args...)})
	}
}

// warn reports a warning at n.
func (r *reader) warn(n *node, code, hint, format string, args ...any) {
	if !r.full(SeverityWarning) {
		r.report(SeverityWarning, n, Problem{Code: code, Hint: hint, Text: fmt.Sprintf(format, args...)})
	}
}

// full says whether the list has all problems of a severity that it can hold, and the note that there are more.
func (r *reader) full(severity Severity) bool { return r.counts[severity] > maxListedProblems+1 }

// report adds a problem at n. It names n or, if that has no id, the element around it. A hostile file can have a fault in
// every byte, so each severity has a limit.
func (r *reader) report(severity Severity, n *node, p Problem) {
	if incomplete[p.Code] && !n.executable() {
		severity = SeverityWarning
	}
	r.counts[severity]++
	if r.full(severity) {
		return
	}
	if r.counts[severity] == maxListedProblems+1 {
		p = Problem{Code: codeMoreProblems, Text: fmt.Sprintf("there are more %ss than the %d that are listed", severity, maxListedProblems),
			Hint: "correct these first"}
	}
	p.Severity, p.Pos = severity, n.pos
	for owner := n; owner != nil && p.ElementID == "" && !owner.is("definitions"); owner = owner.parent {
		p.ElementID, p.ElementName = owner.id(), owner.kept("name")
	}
	r.problems = append(r.problems, p)
}

func (r *reader) sorted() Problems {
	r.problems.Sort()
	return r.problems
}

// quote prints what a file says in one short line, whatever it says.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}

// article puts the indefinite article before the name of an element.
func article(name string) string {
	if strings.ContainsRune("aeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// describe names an element as a designer knows it: by its kind.
func describe(n *node) string {
	switch n.space {
	case NamespaceBPMN, "":
		return n.tag
	}
	if d, ok := dialects[n.space]; ok {
		return d.prefix + ":" + n.tag
	}
	return n.tag
}
