package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

// An event that EventTypes leaves out could be written into history, but never read again.
func TestEventTypesIsComplete(t *testing.T) {
	listed := map[string]bool{}
	for _, e := range engine.EventTypes() {
		listed[reflect.TypeOf(e).Name()] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "apply.go", nil, 0)
	require.NoError(t, err)
	found := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "apply" {
			continue
		}
		found++
		name := f.Recv.List[0].Type.(*ast.Ident).Name
		require.True(t, listed[name], "EventTypes lacks %s", name)
	}
	require.Equal(t, len(listed), found)
}
