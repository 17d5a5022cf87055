// Command results reads what `go test -json` writes and says it short: a line for each package, everything that a failed test
// printed, every test that was left out with its reason, and how many there were. It exits with 1 when anything failed.
//
// Usage: go test -json ./... | go run ./.ci/results
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// results counts tests; a test that has subtests counts beside them.
type results struct {
	passed, failed, skipped int
	output                  map[string]*strings.Builder // of what has not ended, by package and test
	leftOut                 []string
	broken                  bool // a package failed
}

func main() {
	r := results{output: map[string]*strings.Builder{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // a fault of the go command itself
			continue
		}
		r.take(e)
	}
	if len(r.leftOut) > 0 {
		fmt.Printf("\nLEFT OUT, with the reason:\n%s\n", strings.Join(r.leftOut, "\n"))
	}
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if err := lines.Err(); err != nil || r.failed > 0 || r.broken || r.passed == 0 {
		os.Exit(1)
	}
}

func (r *results) take(e event) {
	id := e.Package + e.ImportPath + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		if r.output[id] == nil {
			r.output[id] = &strings.Builder{}
		}
		r.output[id].WriteString(e.Output)
		return
	case "pass":
		r.count(e, &r.passed)
	case "fail", "build-fail":
		r.count(e, &r.failed)
		r.broken = true
		r.print(id)
	case "skip":
		r.count(e, &r.skipped)
		if e.Test != "" {
			r.leftOut = append(r.leftOut, reason(e, r.output[id]))
		}
	default:
		return
	}
	if e.Test == "" && e.Action != "build-fail" {
		fmt.Printf("%-5s %-60s %6.1fs\n", e.Action, e.Package, e.Elapsed)
	}
	delete(r.output, id)
}

func (r *results) count(e event, n *int) {
	if e.Test != "" {
		*n++
	}
}

func (r *results) print(id string) {
	if r.output[id] != nil {
		fmt.Printf("\n--- %s\n%s", id, r.output[id])
	}
}

// reason is what a skipped test printed, without the lines that only say that it was skipped.
func reason(e event, output *strings.Builder) string {
	text := "no reason given"
	if output != nil {
		for line := range strings.Lines(output.String()) {
			if !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(strings.TrimSpace(line), "--- ") {
				text = strings.TrimSpace(line)
			}
		}
	}
	return fmt.Sprintf("  %s %s: %s", e.Package, e.Test, text)
}
