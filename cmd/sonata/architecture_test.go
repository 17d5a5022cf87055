package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/sonata-bpmn/sonata"

// mayImport says which packages of Sonata each package may import: arrows point down only, and packages beside each other do
// not know each other (docs/architecture.md). A package that is not listed may import none.
var mayImport = map[string][]string{
	"bpmn":                 {},
	"bpmn/draw":            {"bpmn"},
	"engine":               {"bpmn"},
	"engine/enginetest":    {"bpmn", "engine"},
	"engine/runner":        {"bpmn", "engine", "engine/runner/codec", "engine/runner/secret"},
	"engine/runner/codec":  {},
	"engine/runner/secret": {},
	"adapters/memory":      {"engine", "engine/runner"},
	"adapters/bolt":        {"engine", "engine/runner"},
	"adapters/postgres":    {"engine", "engine/runner"},
	"adapters/kafka":       {"engine", "engine/runner"},
	"adapters/broker":      {},
	"adapters/asyncapi":    {"bpmn"},
	"adapters/tosca":       {"engine", "engine/runner", "engine/runner/secret"},
	"adapters/storetest":   {"engine", "engine/runner"},
	"api/metrics":          {},
	"api":                  {"bpmn", "api/metrics", "engine", "engine/runner", "engine/runner/secret"},
	"api/controlloop":      {"api/metrics", "engine", "engine/runner", "engine/runner/secret", "adapters/tosca"}, // TOSCA is a language to it, as BPMN is to api
	"processes":            {},
	"cmd/sonata/play":      {"bpmn", "engine", "engine/runner", "adapters/memory"},
	"cmd/sonata/scenario":  {"bpmn", "engine", "engine/runner", "cmd/sonata/play"},
	"cmd/sonata/bench":     {"engine", "engine/runner", "adapters/bolt", "adapters/kafka", "adapters/broker", "processes"},
	"cmd/sonata": {
		"cmd/sonata", // what a command is made of may stand in packages below it
		"bpmn", "bpmn/draw", "engine", "engine/runner", "engine/runner/secret", "api", "api/controlloop", "processes", "cmd/sonata/play", "cmd/sonata/scenario",
		"adapters/memory", "adapters/bolt", "adapters/postgres", "adapters/kafka", "adapters/broker", "adapters/tosca",
		"adapters/asyncapi",
	},
}

// onlyIn says where a library that decides something may be imported; everywhere else the package that owns it is asked.
var onlyIn = map[string][]string{
	"github.com/beevik/etree":                          {"bpmn"},
	"github.com/expr-lang/expr":                        {"engine"},
	"github.com/confluentinc/confluent-kafka-go":       {"adapters/kafka", "adapters/kafka/kafkatest", "cmd/sonata"},
	"github.com/twmb/franz-go":                         {"adapters/broker"},
	"go.etcd.io/bbolt":                                 {"adapters/bolt"},
	"github.com/jackc/pgx":                             {"adapters/postgres"},
	"github.com/go-chi/chi":                            {"api", "api/controlloop"},
	"github.com/spf13/cobra":                           {"cmd/sonata"},
	"github.com/knadh/koanf":                           {"cmd/sonata"},
	"github.com/stretchr/testify":                      {"adapters/storetest", "adapters/kafka/kafkatest", "engine/enginetest"},
	"testing":                                          {"adapters/storetest", "adapters/kafka/kafkatest", "engine/enginetest", "bpmn/bpmntest"},
	"github.com/rogpeppe/go-internal/testscript":       {},
	"pgregory.net/rapid":                               {"engine/enginetest", "adapters/storetest"},
	"github.com/sonata-bpmn/sonata/adapters/storetest": {},
}

// impure are what the core may not use: the same input must give the same output.
var impure = []string{"context", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "sync/atomic", "syscall"}

// TestPackagesImportDownwards: who may import whom is decided once, in docs/architecture.md, and nothing that is compiled into
// the binary breaks it.
func TestPackagesImportDownwards(t *testing.T) {
	imports := importsOf(t, filepath.Join("..", ".."))
	require.NotEmpty(t, imports["engine"], "the packages were not found")
	for pkg, imported := range imports {
		for _, name := range slices.Sorted(maps.Keys(imported)) {
			if rest, ours := strings.CutPrefix(name, module+"/"); ours && !slices.Contains(mayImport[command(pkg)], command(rest)) {
				t.Errorf("%s imports %s, which is not below it", pkg, rest)
			}
			for library, owners := range onlyIn {
				if (name == library || strings.HasPrefix(name, library+"/")) && !slices.Contains(owners, command(pkg)) {
					t.Errorf("%s imports %s, which only %v may", pkg, name, owners)
				}
			}
			if pkg == "engine" && slices.Contains(impure, name) {
				t.Errorf("the core imports %s: it has no I/O, clock, goroutine or log", name)
			}
		}
	}
}

// command is the command that a package is a part of; else the package itself.
func command(pkg string) string {
	if strings.HasPrefix(pkg, "cmd/sonata/") {
		return "cmd/sonata"
	}
	return pkg
}

// TestTheCoreIsPure: time comes into the core as an argument of Step, and nothing in it runs beside anything else.
func TestTheCoreIsPure(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "engine", "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source := read(t, file)
		for _, call := range []string{"time.Now", "time.Since(", "time.Until(", "time.After", "time.NewTimer(", "time.NewTicker(", "time.Sleep("} {
			require.NotContains(t, source, call, file)
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		require.NoError(t, err)
		ast.Inspect(syntax, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType:
				t.Errorf("%s has a goroutine or a channel", file)
			}
			return true
		})
	}
}

// importsOf lists what the files of each package import, tests left out.
func importsOf(t *testing.T, root string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != root && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "hold") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		pkg := path.Clean(filepath.ToSlash(rel))
		if all[pkg] == nil {
			all[pkg] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[pkg][imported] = true
		}
		return err
	})
	require.NoError(t, err)
	return all
}
