package engine

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// guarded stands before the names of the functions that programs call. No expression can name them.
const guarded = "."

// guard rewrites a checked expression so that it is bounded and total where the library is not: fields of nothing are
// nothing, arithmetic does not wrap around, 1 equals 1.0 at every depth, lists and texts do not grow beyond their limits,
// and each turn of a loop is counted.
type guard struct {
	done map[ast.Node]ast.Node // parts that are used twice get the same replacement
}

// Visit replaces a node whose children are replaced already.
func (g *guard) Visit(slot *ast.Node) {
	before := *slot
	after, ok := g.done[before]
	if !ok {
		after = before
		if replaced := replacement(before); replaced != nil {
			replaced.SetLocation(before.Location())
			after = replaced
		}
		g.done[before], g.done[after] = after, after
	}
	*slot = after
}

// replacement gives nil for what stays as it is.
func replacement(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.BinaryNode:
		return binaryReplacement(n)
	case *ast.UnaryNode:
		if n.Operator == "-" && !isLiteral(n.Node) {
			return call(n, "-", &ast.IntegerNode{}, n.Node)
		}
	case *ast.ChainNode:
		return n.Node
	case *ast.MemberNode:
		return memberReplacement(n)
	case *ast.SliceNode:
		return call(n, "slice", n.Node, orNil(n.From), orNil(n.To))
	case *ast.CallNode:
		function := n.Callee.(*ast.IdentifierNode).Value
		if strings.HasPrefix(function, guarded) {
			return nil
		}
		if text, ok := constantTime(function, n.Arguments); ok {
			value, _ := functions[function].call(nil, []any{text})
			return &ast.ConstantNode{Value: value}
		}
		return call(n, function, n.Arguments...)
	case *ast.BuiltinNode:
		return builtinReplacement(n)
	case *ast.PredicateNode:
		tick := call(n, "tick", &ast.ConstantNode{Value: 1 + countNodes(n.Node)/8})
		body := &ast.SequenceNode{Nodes: []ast.Node{tick, n.Node}}
		body.SetLocation(n.Location())
		return &ast.PredicateNode{Node: body}
	case *ast.PairNode:
		if !isLiteral(n.Key) {
			return &ast.PairNode{Key: call(n, "key", n.Key), Value: n.Value}
		}
	case *ast.ArrayNode:
		if list, ok := constantList(n); ok {
			return &ast.ConstantNode{Value: list}
		}
	}
	return nil
}

func binaryReplacement(n *ast.BinaryNode) ast.Node {
	switch n.Operator {
	case "+", "-", "*", "/", "%", "**":
		return call(n, n.Operator, n.Left, n.Right)
	case "^":
		return call(n, "**", n.Left, n.Right)
	case "==", "!=":
		if isLiteral(n.Left) || isLiteral(n.Right) {
			return nil
		}
		equal := call(n, "equal", n.Left, n.Right)
		if n.Operator == "==" {
			return equal
		}
		return &ast.UnaryNode{Operator: "not", Node: equal}
	case "<", "<=", ">", ">=":
		if !isLiteral(n.Left) && !isLiteral(n.Right) {
			return call(n, n.Operator, n.Left, n.Right)
		}
	case "in":
		if bounds, ok := callOf(n.Right, "range"); ok {
			return call(n, "within", n.Left, bounds.Arguments[1], bounds.Arguments[2])
		}
		return call(n, "in", n.Left, n.Right)
	case "..":
		return call(n, "range", n.Left, n.Right)
	case "contains":
		return call(n, "includes", n.Left, n.Right)
	case "startsWith":
		return call(n, "hasPrefix", n.Left, n.Right)
	case "endsWith":
		return call(n, "hasSuffix", n.Left, n.Right)
	case "matches":
		pattern, _ := compilePattern(n.Right.(*ast.StringNode).Value)
		return call(n, "matches", n.Left, &ast.ConstantNode{Value: pattern})
	}
	return nil
}

// memberReplacement joins the fields of a path, such as order.item.id, into one step.
func memberReplacement(n *ast.MemberNode) ast.Node {
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return call(n, "index", n.Node, n.Property)
	}
	object, path := n.Node, []string{}
	if inner, ok := callOf(object, "field"); ok {
		object, path = inner.Arguments[1], inner.Arguments[2].(*ast.ConstantNode).Value.([]string)
	}
	path = append(slices.Clip(path), name.Value)
	return call(n, "field", object, &ast.ConstantNode{Value: path})
}

// builtinReplacement checks the list that a loop goes over. Adding, ordering and grouping are our own: the loop gives them
// their values, or pairs of element and value.
func builtinReplacement(n *ast.BuiltinNode) ast.Node {
	arguments := append([]ast.Node{call(n, "list", n.Arguments[0])}, n.Arguments[1:]...)
	loop := &ast.BuiltinNode{Name: n.Name, Arguments: arguments}
	loop.SetLocation(n.Location())
	switch {
	case n.Name == "count" && len(arguments) == 1: // FEEL's count
		return call(n, "len", arguments[0])
	case n.Name == "sum" && len(arguments) == 1:
		return call(n, "sum", arguments[0])
	case n.Name == "sum":
		loop.Name = "map"
		return call(n, "sum", loop)
	case n.Name == "groupBy":
		return call(n, "groupBy", pairs(loop))
	case n.Name == "sortBy":
		return call(n, "sortBy", append([]ast.Node{pairs(loop)}, arguments[2:]...)...)
	}
	return loop
}

// pairs makes a loop give [element, value] for each element.
func pairs(loop *ast.BuiltinNode) ast.Node {
	element := &ast.PointerNode{}
	pair := &ast.ArrayNode{Nodes: []ast.Node{element, loop.Arguments[1].(*ast.PredicateNode).Node}}
	body := &ast.PredicateNode{Node: pair}
	for _, n := range []ast.Node{element, pair, body} {
		n.SetLocation(loop.Location())
	}
	loop.Name, loop.Arguments = "map", []ast.Node{loop.Arguments[0], body}
	return loop
}

// nodeCounter counts the parts of an expression.
type nodeCounter int

// Visit counts one part.
func (c *nodeCounter) Visit(*ast.Node) { *c++ }

func countNodes(node ast.Node) int {
	var c nodeCounter
	ast.Walk(&node, &c)
	return int(c)
}

// call makes the call of one of our functions. The evaluation is its first argument.
func call(at ast.Node, function string, args ...ast.Node) ast.Node {
	callee, run := &ast.IdentifierNode{Value: guarded + function}, &ast.IdentifierNode{Value: evaluationKey}
	node := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{run}, args...)}
	for _, n := range []ast.Node{callee, run, node} {
		n.SetLocation(at.Location())
	}
	return node
}

// callOf recognizes a call that call has made.
func callOf(node ast.Node, function string) (*ast.CallNode, bool) {
	n, ok := node.(*ast.CallNode)
	return n, ok && n.Callee.(*ast.IdentifierNode).Value == guarded+function
}

func orNil(node ast.Node) ast.Node {
	if node == nil {
		return &ast.NilNode{}
	}
	return node
}

func isLiteral(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.UnaryNode:
		return n.Operator == "-" && isLiteral(n.Node)
	}
	return false
}

// constantList gives the value of a list of literals, so that it is not made anew at each evaluation.
func constantList(n *ast.ArrayNode) ([]any, bool) {
	list := make([]any, len(n.Nodes))
	for i, element := range n.Nodes {
		switch e := element.(type) {
		case *ast.NilNode:
		case *ast.BoolNode:
			list[i] = e.Value
		case *ast.StringNode:
			list[i] = e.Value
		case *ast.IntegerNode:
			list[i] = int64(e.Value)
		case *ast.FloatNode:
			list[i] = e.Value
		default:
			return nil, false
		}
	}
	return list, true
}
