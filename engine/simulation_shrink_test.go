package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// failure is a broken promise, and how it came about.
type failure struct {
	err        error
	seed       uint64
	texts      []string
	structured bool
	log        []string
}

// structuredMark begins the file of a structured process.
const structuredMark = "# structured"

// report looks for a smaller model that fails in the same way, and says how to see either failure again.
func (f *failure) report() string {
	small := f.shrink()
	file := filepath.Join(os.TempDir(), fmt.Sprintf("sonata-simulation-%d.txt", f.seed))
	text := strings.Join(small.texts, "\n") + "\n"
	if small.structured {
		text = structuredMark + "\n" + text
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		file = err.Error()
	}
	return fmt.Sprintf("%v\n\n%s\nCommands:\n  %s\n\nAgain, as it was found:\n  SONATA_SEED=%d go test ./engine -run TestSimulation\n"+
		"Again, with this model:\n  SONATA_MODEL=%s SONATA_SEED=%d go test ./engine -run TestSimulation",
		small.err, text, strings.Join(small.log, "\n  "), f.seed, file, small.seed)
}

var (
	numbers   = regexp.MustCompile(`[0-9a-fx]*[0-9][0-9a-fx]*`)
	functions = regexp.MustCompile(`sonata/engine\.[\w.]*(\(\*?\w+\))?[\w.]*`)
)

// kind is what failures of one cause have in common.
func (f *failure) kind() string {
	lines := strings.Split(f.err.Error(), "\n")
	kind := lines[0]
	if strings.Contains(kind, "disagrees") {
		for _, line := range lines[1:] {
			if !strings.Contains(line, "variables") {
				kind += " " + line
			}
		}
	}
	if strings.Contains(kind, "panic") {
		kind = strings.Join(functions.FindAllString(f.err.Error(), 3), " ")
	}
	return numbers.ReplaceAllString(kind, "N")
}

// shrink leaves out lines, blocks and attributes as long as the model fails in the same way on some path, for 20 seconds.
func (f *failure) shrink() *failure {
	if errors.Is(f.err, enginetest.ErrStuck) {
		return f // a process that lacks a part does not come to its end either
	}
	until := time.Now().Add(20 * time.Second)
	if g := f.again(f.texts); g != nil {
		f = g
	}
	for smaller := true; smaller; {
		smaller = false
		for i := range f.texts {
			for from := 1; from < strings.Count(f.texts[i], "\n")+1; from++ {
				for _, less := range without(strings.Split(f.texts[i], "\n"), from) {
					if time.Now().After(until) {
						return f
					}
					texts := slices.Clone(f.texts)
					texts[i] = strings.Join(less, "\n")
					if g := f.again(texts); g != nil {
						f, smaller = g, true
						from--
						break
					}
				}
			}
		}
	}
	return f
}

// again tries whether a model fails in the same way on one of some paths.
func (f *failure) again(texts []string) (g *failure) {
	defer func() {
		if recover() != nil {
			g = nil // what is left is no model
		}
	}()
	if _, err := enginetest.NewWorld(texts...); err != nil {
		return nil
	}
	for seed := range uint64(25) {
		if g := newSimulation().paths(enginetest.NewRandom(seed), texts, f.structured, true); g != nil && g.kind() == f.kind() {
			g.seed = seed
			return g
		}
	}
	return nil
}

var attribute = regexp.MustCompile(` (in|out|each|each-sequential|times|until|into|done|sequential|loopWhile|loopMax|nonInterrupting|keepRemaining|parallel|timeDuration|testBefore|behavior)(:\w+)?(=("[^"]*"|\S+))?`)

// without gives the lines without the block that begins at one of them, without the node there, without that line alone, and
// with an attribute of it left out.
func without(lines []string, i int) [][]string {
	var all [][]string
	line := lines[i]
	if end := blockEnd(lines, i); end > i {
		all = append(all, slices.Concat(lines[:i], lines[end+1:]))
	} else if words := strings.Fields(line); len(words) > 1 && !strings.Contains(line, "->") {
		all = append(all, withoutNode(lines, words[1])...)
	}
	all = append(all, slices.Concat(lines[:i], lines[i+1:]))
	for _, m := range attribute.FindAllStringIndex(line, -1) {
		less := slices.Clone(lines)
		less[i] = line[:m[0]] + line[m[1]:]
		all = append(all, less)
	}
	return all
}

// blockEnd is the line that closes the block which begins at a line.
func blockEnd(lines []string, i int) int {
	if !strings.HasSuffix(lines[i], "{") {
		return -1
	}
	depth := strings.Count(lines[i], "\t")
	for end := i + 1; end < len(lines); end++ {
		if strings.Count(lines[end], "\t") == depth && strings.TrimSpace(lines[end]) == "}" {
			return end
		}
	}
	return -1
}

// withoutNode leaves a node out with its flows, or leads a flow around it.
func withoutNode(lines []string, id string) [][]string {
	names := func(l string) bool { return slices.Contains(strings.Fields(l), id) }
	all := [][]string{slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return names(l) || strings.Contains(l, "on="+id+" ") })}
	for _, in := range lines {
		for _, out := range lines {
			a, b := strings.Fields(in), strings.Fields(out)
			if len(a) < 3 || len(b) < 3 || a[1] != "->" || b[1] != "->" || a[2] != id || b[0] != id {
				continue
			}
			around := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l == out || names(l) && l != in })
			if j := slices.Index(around, in); j >= 0 {
				around[j] = strings.Replace(in, "-> "+id, "-> "+b[2], 1)
				all = append(all, around)
			}
		}
	}
	return all
}
