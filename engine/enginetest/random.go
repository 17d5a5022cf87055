package enginetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Random makes up processes, as the text that [Model] reads, and decides about them: one seed, always the same processes
// and decisions.
//
// The processes read these variables: b0 to b3 and again0, again1 (booleans), n0 to n2 (numbers; n2 may hold a text, which is
// a fault), c0, c1 (booleans that conditional events look at), items (a list), k (a text), wait (a duration); what is no such value is a fault.
type Random struct {
	*rand.Rand
	lines  []string
	indent int
	last   int
	calls  []string
	// Size limits how large a process becomes.
	size int
}

// NewRandom starts a random sequence.
func NewRandom(seed uint64) *Random {
	return &Random{Rand: rand.New(rand.NewPCG(seed, 0x50a7a)), size: 8}
}

// Structured makes up processes of well-nested blocks, each of which comes to its end whatever happens, if only everything
// that waits goes on in the end. The first one calls the others.
func (r *Random) Structured() []string { return r.processes(r.structuredProcess) }

// Unstructured makes up processes whose flows lead anywhere; only loops in which nothing waits are left out.
func (r *Random) Unstructured() []string { return r.processes(r.graphProcess) }

func (r *Random) processes(write func(id string)) []string {
	r.calls, r.last = nil, 0
	var texts []string
	for i := r.IntN(3); i >= 0; i-- {
		id := "main"
		if i > 0 {
			id = fmt.Sprintf("called%d", i)
		}
		r.lines, r.size = nil, 2+r.IntN(4)
		if id == "main" {
			r.size = 3 + r.IntN(8)
		}
		write(id)
		if id == "main" && r.one(3) {
			r.triggerToStart()
		}
		texts = append([]string{strings.Join(r.lines, "\n")}, texts...)
		r.calls = append(r.calls, id)
	}
	return texts
}

// triggerToStart lets a process begin with something that comes, if it has a start event: with one trigger, when several have come, at a
// receive task, or at the events after a gateway.
func (r *Random) triggerToStart() {
	i := slices.IndexFunc(r.lines, func(line string) bool { return strings.HasPrefix(line, "startEvent ") })
	if i < 0 {
		return
	}
	start := strings.Fields(r.lines[i])[1]
	switch r.IntN(6) {
	case 0:
		r.lines[i] = "receiveTask " + start + ` message=g0 key="= k" instantiate` + r.mapsOut()
	case 1:
		r.lines = slices.Insert(r.lines, i, r.startGateway(start)...)
		r.lines = slices.DeleteFunc(r.lines, func(line string) bool { return line == "startEvent "+start })
	case 2:
		r.lines[i] += pick(r, " message=g0", " signal=g1", " timeDuration=PT5S", " message=g0 signal=g1") + r.mapsOut()
	default:
		r.lines[i] += ` message=g0 key="= k" signal=g1 ` + pick(r, "", "timeDuration=PT5S ", "condition=c0 ") + "parallel" + r.mapsOut()
	}
}

// startGateway are the lines of a gateway that instantiates, with the events after it, in place of a start event. It takes one of
// them, or waits for all.
func (r *Random) startGateway(start string) []string {
	gate, parallel := r.name("gate"), r.one(2)
	kind, attributes := "task", " instantiate"
	if parallel {
		kind, attributes = "parallelGateway", " instantiate parallel"
	}
	lines := []string{"eventBasedGateway " + gate + attributes, kind + " " + start}
	for i := range 2 + r.IntN(2) {
		event := r.name("first")
		lines = append(lines, fmt.Sprintf(`%s %s message=g%d key="= k"%s`, pick(r, "intermediateCatchEvent", "receiveTask"), event, i, r.mapsOut()),
			gate+" -> "+event, event+" -> "+start)
	}
	return lines
}

// Variables are values for the variables that random processes read.
func (r *Random) Variables() map[string]any {
	vars := map[string]any{"k": "key", "items": r.list(), "wait": fmt.Sprintf("PT%dS", 1+r.IntN(60))}
	for _, name := range []string{"b0", "b1", "b2", "b3", "again0", "again1", "c0", "c1"} {
		vars[name] = r.IntN(2) == 0
	}
	for _, name := range []string{"n0", "n1", "n2"} {
		vars[name] = int64(r.IntN(10))
	}
	if r.one(6) {
		vars["n2"] = "broken"
	}
	if r.one(12) {
		vars["items"] = "broken"
	}
	if r.one(12) {
		vars["k"] = nil
	}
	if r.one(12) {
		vars["wait"] = "broken"
	}
	return vars
}

// Some are values for a few of the variables.
func (r *Random) Some() map[string]any {
	vars := map[string]any{}
	maps.Copy(vars, r.Variables())
	for _, name := range allVariables {
		if !r.one(4) {
			delete(vars, name)
		}
	}
	return vars
}

var allVariables = []string{"b0", "b1", "b2", "b3", "again0", "again1", "c0", "c1", "n0", "n1", "n2", "items", "k", "wait"}

// Ending are the variables with which structured processes come to their end: no loop goes on, every condition of a gateway
// without default flow holds, nothing is broken.
func Ending() map[string]any {
	vars := map[string]any{"k": "key", "items": []any{"x"}, "wait": "PT1S", "n0": int64(10), "n1": int64(10), "n2": int64(10)}
	for _, name := range []string{"b0", "b1", "b2", "b3", "c0", "c1"} {
		vars[name] = true
	}
	vars["again0"], vars["again1"] = false, false
	return vars
}

func (r *Random) list() []any {
	return slices.Clone([]any{"x", "y", "z"}[:r.IntN(4)])
}

func (r *Random) one(of int) bool { return r.IntN(of) == 0 }

func pick[T any](r *Random, items ...T) T { return items[r.IntN(len(items))] }

func (r *Random) line(format string, args ...any) {
	r.lines = append(r.lines, strings.Repeat("\t", r.indent)+fmt.Sprintf(format, args...))
}

func (r *Random) name(prefix string) string {
	r.last++
	return fmt.Sprintf("%s%d", prefix, r.last)
}

// node writes a node and returns its ID.
func (r *Random) node(kind, prefix, attributes string, args ...any) string {
	id := r.name(prefix)
	r.line("%s", strings.TrimSpace(kind+" "+id+" "+fmt.Sprintf(strings.ReplaceAll(attributes, "ID", id), args...)))
	return id
}

func (r *Random) flow(from, to string) { r.line("%s -> %s", from, to) }

func (r *Random) flowIf(from, to, condition string) { r.line("%s -> %s : %s", from, to, condition) }

// condition is one that holds with the variables of [Ending].
func (r *Random) condition() string {
	if r.one(8) {
		return fmt.Sprintf("n2 > %d", r.IntN(8))
	}
	return pick(r, "b0", "b1", "b2", "b3", "n0 > 3", "n1 > 5", "b0 and b1", "n0 >= 2", "b2 and n1 > 1")
}

func (r *Random) seconds() int { return 1 + r.IntN(60) }
