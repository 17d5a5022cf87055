package engine

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// resolver tells variables from functions and local names, and refuses what expr has and the engine must not: anything
// that is not a function of the given values and time, or that would mean something else than it seems to.
type resolver struct {
	source    source
	variables map[string]bool
	usesNow   bool
	fault     *expressionError
	doubts    []*expressionError
	sizes     map[ast.Node]int // of the parts visited so far, with all that is in them
}

func (r *resolver) refuse(node ast.Node, text, hint string) {
	if r.fault == nil {
		r.fault = r.source.fault(node.Location().From, text).hinted(hint)
	}
}

// visit resolves a part of the expression in which the given names are local ("let").
func (r *resolver) visit(slot *ast.Node, locals []string) {
	if *slot == nil || r.sizes[*slot] > 0 { // the parser uses some parts twice: in 1 < x < 3 it is x
		return
	}
	switch n := (*slot).(type) {
	case *ast.IdentifierNode:
		r.identifier(slot, n, locals)
	case *ast.VariableDeclaratorNode:
		r.visit(&n.Value, locals)
		r.visit(&n.Expr, append(slices.Clone(locals), n.Name))
	case *ast.CallNode:
		r.call(slot, n, locals)
	case *ast.BytesNode:
		r.refuse(n, "bytes are no values here", "write a text")
	case *ast.MemberNode:
		_, named := n.Property.(*ast.StringNode)
		if r.source.feel && !named {
			r.refuse(n, "counting from 1 (FEEL) or from 0 (expr) is not clear here", "write first(list), last(list) or get(list, 0), or filter(list, # > 1)")
		}
		r.doubtMember(n, locals)
		r.children(n, locals)
	case *ast.BinaryNode:
		r.binary(slot, n, locals)
	case *ast.ArrayNode:
		if r.source.feel && rangeIn(n) != nil {
			r.refuse(n, "a range stands only after in", "write x in [a..b]")
		}
		r.children(n, locals)
	case *ast.BuiltinNode:
		if n.Name == "count" && len(n.Arguments) == 1 && !r.source.feel {
			r.refuse(n, "count needs a condition", "write len(list), or count(list, # > 1)")
		}
		r.children(n, locals)
	case *ast.ConditionalNode:
		n.SetLocation(n.Cond.Location()) // the library puts it at the end
		r.children(n, locals)
		r.untype(n)
	default:
		r.children(n, locals)
	}
	size := 1
	for _, child := range children(*slot) {
		size += r.sizes[*child]
	}
	r.sizes[*slot] = min(size, maxNodes*maxNodes)
}

// untype keeps the library from taking the type of one alternative for that of both: of "c ? 7 : n + n" and "c ? 7 : null" it would
// hold that they give an int, and compare them as such.
func (r *resolver) untype(n *ast.ConditionalNode) {
	if reflect.TypeOf(n.Exp1) == reflect.TypeOf(n.Exp2) && isLiteral(n.Exp1) {
		return
	}
	size := r.sizes[n.Exp1]
	n.Exp1 = call(n.Exp1, "itself", n.Exp1)
	r.sizes[n.Exp1] = size
}

func (r *resolver) children(node ast.Node, locals []string) {
	for _, child := range children(node) {
		r.visit(child, locals)
	}
}

func (r *resolver) identifier(slot *ast.Node, n *ast.IdentifierNode, locals []string) {
	switch {
	case slices.Contains(locals, n.Value):
	case n.Value == "null":
		ast.Patch(slot, &ast.NilNode{})
	case n.Value == "$env":
		r.refuse(n, "$env is not known", "name the variables")
	default:
		r.variables[n.Value] = true
		n.Value = variableKey + n.Value
	}
}

func (r *resolver) call(slot *ast.Node, n *ast.CallNode, locals []string) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.refuse(n, "values have no methods", "write function(value)")
		return
	}
	switch {
	case callee.Value == "now" && len(n.Arguments) == 0:
		r.usesNow = true
		ast.Patch(slot, &ast.IdentifierNode{Value: nowKey})
		return
	case libraryFunctions[callee.Value] == nil:
		r.refuse(n, "there is no function "+callee.Value, unknownFunctionHint(callee.Value))
	case r.source.feel && (callee.Value == "split" || callee.Value == "replace") && !plainText(n.Arguments):
		r.refuse(n, callee.Value+" takes a pattern in FEEL and a plain text here", "use a text without any of . * + ? ^ $ | \\ ( ) [ ] { }")
	}
	if text, ok := constantTime(callee.Value, n.Arguments); ok {
		if _, err := functions[callee.Value].call(nil, []any{text}); err != nil {
			r.refuse(n.Arguments[0], err.Error(), "")
		}
	}
	r.children(n, locals)
}

// constantTime gives the text of a date or duration that the expression itself has. It is read only once, at deployment.
func constantTime(function string, args []ast.Node) (string, bool) {
	if function != "date" && function != "duration" || len(args) != 1 {
		return "", false
	}
	text, ok := args[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return text.Value, true
}

// plainText says whether the second argument is a text that means the same as a pattern.
func plainText(args []ast.Node) bool {
	if len(args) < 2 {
		return false
	}
	text, ok := args[1].(*ast.StringNode)
	return ok && regexp.QuoteMeta(text.Value) == text.Value
}

func (r *resolver) binary(slot *ast.Node, n *ast.BinaryNode, locals []string) {
	switch bounds := rangeIn(n.Right); {
	case n.Operator == "in" && bounds != nil && r.source.feel:
		both := &ast.BinaryNode{Operator: "and", Left: compare(n, ">=", bounds.Left), Right: compare(n, "<=", bounds.Right)}
		ast.Patch(slot, both)
		r.children(both, locals)
		return
	case n.Operator == "in" && bounds != nil:
		r.refuse(n, "a list that holds a range holds none of its numbers", "write x in a..b, or x >= a and x <= b")
	case n.Operator == "in" && r.source.feel && isRange(n.Right):
		r.refuse(n, "whether this range includes its ends is not clear", "write x in [a..b], which includes a and b")
	case n.Operator == "matches":
		if pattern, ok := n.Right.(*ast.StringNode); !ok {
			r.refuse(n, "matches needs its pattern as a text in the expression itself", `write it like name matches "^a+$"`)
		} else if _, err := compilePattern(pattern.Value); err != nil {
			r.refuse(n, err.Error(), "")
		}
	}
	r.children(n, locals)
}

// compare makes a comparison of the left side of "in" with an end of the range.
func compare(in *ast.BinaryNode, operator string, end ast.Node) ast.Node {
	n := &ast.BinaryNode{Operator: operator, Left: in.Left, Right: end}
	n.SetLocation(in.Location())
	return n
}

func isRange(node ast.Node) bool {
	n, ok := node.(*ast.BinaryNode)
	return ok && n.Operator == ".."
}

// rangeIn gives the range if a list is [a..b].
func rangeIn(node ast.Node) *ast.BinaryNode {
	if list, ok := node.(*ast.ArrayNode); ok && len(list.Nodes) == 1 && isRange(list.Nodes[0]) {
		return list.Nodes[0].(*ast.BinaryNode)
	}
	return nil
}

func unknownFunctionHint(name string) string {
	switch strings.ToLower(name) {
	case "uuid", "random", "rand", "guid":
		return "an expression gives the same value each time; take an id from the message or the instance, such as instance.key"
	case "time":
		return `write date("2026-03-31T09:00:00Z")`
	case "today":
		return "write now()"
	case "ceiling":
		return "write ceil(x)"
	case "substring":
		return "write get(text, 0), or text[0:3] with language=\"expr\""
	}
	known := make([]string, 0, len(functions))
	for name, f := range functions {
		if len(f.types) > 0 {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	return "there are now, all, any, none, one, filter, map, count, find, findIndex, findLast, findLastIndex, groupBy, sortBy, reduce, " + strings.Join(known, ", ")
}

func children(node ast.Node) []*ast.Node {
	switch n := node.(type) {
	case *ast.UnaryNode:
		return []*ast.Node{&n.Node}
	case *ast.BinaryNode:
		return []*ast.Node{&n.Left, &n.Right}
	case *ast.ChainNode:
		return []*ast.Node{&n.Node}
	case *ast.MemberNode:
		return []*ast.Node{&n.Node, &n.Property}
	case *ast.SliceNode:
		return []*ast.Node{&n.Node, &n.From, &n.To}
	case *ast.VariableDeclaratorNode:
		return []*ast.Node{&n.Value, &n.Expr}
	case *ast.CallNode:
		return pointers(n.Arguments)
	case *ast.BuiltinNode:
		return pointers(n.Arguments)
	case *ast.PredicateNode:
		return []*ast.Node{&n.Node}
	case *ast.SequenceNode:
		return pointers(n.Nodes)
	case *ast.ConditionalNode:
		return []*ast.Node{&n.Cond, &n.Exp1, &n.Exp2}
	case *ast.ArrayNode:
		return pointers(n.Nodes)
	case *ast.MapNode:
		return pointers(n.Pairs)
	case *ast.PairNode:
		return []*ast.Node{&n.Key, &n.Value}
	}
	return nil
}

func pointers(nodes []ast.Node) []*ast.Node {
	list := make([]*ast.Node, len(nodes))
	for i := range nodes {
		list[i] = &nodes[i]
	}
	return list
}
