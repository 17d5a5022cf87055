package engine

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	bytecode "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// maxNodes is the number of parts that an expression may have.
const maxNodes = 500

// compile parses the body, finds the variables that it reads, checks types as far as they are known, puts the guard in and
// compiles. What needs no program, or no evaluation at all, gets none.
func (e *expression) compile() *expressionError {
	config := &conf.Config{MaxNodes: maxNodes, Functions: libraryFunctions, Disabled: disabledBuiltins, ShortCircuit: true}
	config.WithEnv(map[string]any{})
	config.Strict = false // variables are not declared
	tree, err := parser.ParseWithConfig(e.source.body, config)
	if err != nil {
		return e.source.modelFault(err).hinted(e.source.hint())
	}
	names := resolver{source: e.source, variables: map[string]bool{}, sizes: map[ast.Node]int{}}
	names.visit(&tree.Node, nil)
	if names.sizes[tree.Node] > maxNodes { // parts that are used twice, within each other, multiply
		names.refuse(tree.Node, "the expression is too long: it has more than 500 parts", "")
	}
	if names.fault != nil {
		return names.fault
	}
	e.usesNow, e.doubts = names.usesNow, names.doubts
	e.names = slices.Sorted(maps.Keys(names.variables))
	for _, name := range e.names {
		e.keys = append(e.keys, variableKey+name)
	}
	result, err := checker.Check(tree, config)
	if err != nil {
		return e.source.modelFault(err)
	}
	if e.want == boolResult && result.Kind() != reflect.Bool && result.Kind() != reflect.Interface {
		return e.source.fault(0, "a condition must give true or false, but this gives "+plainTypes.Replace(result.String()))
	}
	if e.path = pathOf(tree.Node); e.path != nil {
		e.offset = tree.Node.Location().From
		return nil
	}
	ast.Walk(&tree.Node, &guard{done: map[ast.Node]ast.Node{}})
	if _, err := checker.Check(tree, config); err != nil {
		return e.source.modelFault(err)
	}
	if e.program, err = bytecode.Compile(tree, config); err != nil {
		return e.source.modelFault(err)
	}
	e.cost = runSteps + len(e.program.Bytecode)
	return e.fold()
}

// fold evaluates an expression that reads nothing, once: its value is a constant, and its fault is the model's.
func (e *expression) fold() *expressionError {
	if len(e.names) > 0 || e.usesNow {
		return nil
	}
	steps := maxSteps
	value, fault := e.run(&steps, time.Time{}, nil)
	if _, ok := value.(bool); fault == nil && e.want == boolResult && !ok {
		fault = e.source.fault(0, "a condition must give true or false, but this gives "+kindOf(value))
	}
	e.value, e.program = value, nil
	return fault
}

// pathOf gives the variable and fields that an expression consists of, if it is nothing else.
func pathOf(node ast.Node) []string {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		if n.Value != nowKey {
			return []string{n.Value[len(variableKey):]}
		}
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		name, ok := n.Property.(*ast.StringNode)
		if path := pathOf(n.Node); ok && path != nil {
			return append(path, name.Value)
		}
	}
	return nil
}

// Names that programs use and no expression can contain.
const (
	variableKey   = "="  // stands before a variable's name, which may be a function's too
	evaluationKey = "#"  // the evaluation itself
	nowKey        = "()" // the time
)

var libraryFunctions = conf.FunctionsTable(makeFunctions())

// disabledBuiltins are the library's functions, but for those that its parser insists on: they take a condition.
var disabledBuiltins = func() map[string]bool {
	disabled := map[string]bool{}
	for _, name := range builtin.Names {
		disabled[name] = true
	}
	return disabled
}()

func makeFunctions() map[string]*builtin.Function {
	table := map[string]*builtin.Function{}
	for name, f := range functions {
		call := f.call
		if !f.cheap {
			call = charged(call)
		}
		run := func(args ...any) (any, error) { return call(args[0].(*evaluation), args[1:]) }
		table[guarded+name] = &builtin.Function{Name: guarded + name, Func: run}
		if len(f.types) > 0 {
			public := &builtin.Function{Name: name, Func: run}
			for _, t := range f.types {
				public.Types = append(public.Types, reflect.TypeOf(t))
			}
			table[name] = public
		}
	}
	return table
}
