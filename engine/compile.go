package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Compile makes a process executable: it links the flows, looks each flow node up in the table of behaviors and compiles
// every expression. What cannot be executed is refused here and never ignored later. The error is bpmn.Problems, with all
// of them, and the warnings. The process comes with it where they are only about what would do nothing: so one that an earlier version
// took runs on. Of a process that compiles, [Process.Warnings] has the warnings.
func Compile(source *bpmn.Process) (*Process, error) {
	p := &Process{
		ID: source.ID, Name: source.Name, VersionTag: source.VersionTag,
		nodes: map[string]*node{}, flows: map[string]*flow{}, keySources: map[string][]*keySource{}, lives: map[string]time.Duration{},
	}
	c := &compiler{process: p, correlations: source.Correlations}
	p.root = c.container(nil, &source.Container)
	c.link(p.root, &source.Container)
	if len(p.root.starts) == 0 && len(p.Starts()) == 0 {
		c.refuse(CodeNoStart, source.Element, "process %s has no start event", label(source.ID, source.Name)).Hint = "draw one, so that the process can be started"
	}
	p.businessKey = c.property(source.Element, "businessKey")
	c.settleDoubts()
	refused := c.problems.HasErrors()
	if c.problems = append(c.problems, c.idle...); len(c.idle) > 0 || refused {
		c.problems = append(c.problems, p.warnings...)
		c.problems.Sort()
	}
	if refused {
		return nil, c.problems
	}
	for _, n := range p.joins {
		n.reach = reachability(n)
	}
	if len(c.idle) > 0 {
		return p, c.problems
	}
	return p, nil
}

// compiler collects the problems of one process.
type compiler struct {
	process      *Process
	associations []*bpmn.Association // of the whole process
	correlations []*bpmn.Correlation
	problems     bpmn.Problems
	idle         bpmn.Problems // what would do nothing
	doubts       bpmn.Problems // what becomes warnings
	members      bpmn.Problems // the same about fields of the instance
}

// refuseIdle adds a problem about what would do nothing.
func (c *compiler) refuseIdle(code string, at bpmn.Element, format string, args ...any) *bpmn.Problem {
	c.idle = append(c.idle, bpmn.Problem{
		Pos: at.Pos, Severity: bpmn.SeverityError, Code: code, ElementID: at.ID, ElementName: at.Name, Text: fmt.Sprintf(format, args...),
	})
	return &c.idle[len(c.idle)-1]
}

// refuse adds a problem and returns it, so that a hint can be given.
func (c *compiler) refuse(code string, at bpmn.Element, format string, args ...any) *bpmn.Problem {
	c.problems = append(c.problems, bpmn.Problem{
		Pos: at.Pos, Severity: bpmn.SeverityError, Code: code, ElementID: at.ID, ElementName: at.Name,
		Text: fmt.Sprintf(format, args...),
	})
	return &c.problems[len(c.problems)-1]
}

// container creates the nodes of a process or sub-process, so that link can connect them.
func (c *compiler) container(owner *node, source *bpmn.Container) *container {
	c.associations = append(c.associations, source.Associations...)
	k := &container{node: owner}
	for _, fn := range source.FlowNodes {
		n := &node{source: fn, id: fn.ID, container: k, behavior: behaviors[fn.Kind]}
		c.process.nodes[n.id] = n
		k.nodes = append(k.nodes, n)
		if n.behavior == nil {
			c.refuse(CodeUnsupported, fn.Element, "a %s cannot be executed", fn.Kind)
			continue
		}
		if fn.Body != nil {
			n.body = c.container(n, fn.Body)
		}
		if _, ok := n.behavior.(settler); ok {
			c.process.joins = append(c.process.joins, n)
		}
	}
	return k
}

// link connects the nodes of a container and lets each read what it needs.
func (c *compiler) link(k *container, source *bpmn.Container) {
	for _, sf := range source.SequenceFlows {
		from, to := c.process.nodes[sf.Source.ID], c.process.nodes[sf.Target.ID]
		f := &flow{id: sf.ID, source: from, target: to}
		if sf.Condition != nil {
			f.condition = c.expression(*sf.Condition, sf.Element, boolResult)
		}
		c.process.flows[f.id] = f
		from.outgoing = append(from.outgoing, f)
		to.incoming = append(to.incoming, f)
		if from.source.Default == sf {
			from.defaultFlow = f
		}
	}
	for _, n := range k.nodes {
		if n.behavior != nil {
			c.linkNode(n)
		}
	}
	c.findStarts(k)
}

func (c *compiler) linkNode(n *node) {
	fn := n.source
	c.refuseMarkers(fn)
	for _, b := range fn.Boundary {
		attached := c.process.nodes[b.ID]
		attached.host = n
		n.boundary = append(n.boundary, attached)
	}
	n.inputs = c.mappings(fn, fn.Inputs, c.expression)
	n.outputs = c.mappings(fn, fn.Outputs, c.expressionOnData)
	if n.loop = c.loop(fn); n.loop != nil && !n.loop.standard {
		n.loop.behaviors = c.behaviors(n, fn.Loop)
	}
	n.businessKey = c.property(fn.Element, "businessKey")
	if l, ok := n.behavior.(linker); ok {
		l.link(c, n)
	}
	if n.body != nil {
		c.link(n.body, fn.Body)
	}
}

// refuseMarkers refuses what an activity may carry but is not executed.
func (c *compiler) refuseMarkers(fn *bpmn.FlowNode) {
	if fn.IsForCompensation && len(fn.Incoming)+len(fn.Outgoing) > 0 {
		c.refuse(CodeCompensation, fn.Element, "%s is a compensation handler, so no sequence flow may touch it", label(fn.ID, fn.Name))
	}
	if fn.CompletionQuantity > stepLimit {
		c.refuse(CodeQuantity, fn.Element, "%s has the completion quantity %d, but at most %d tokens begin at once", label(fn.ID, fn.Name), fn.CompletionQuantity, stepLimit)
	}
}

// findStarts collects where a token is produced when the container is entered: at its none start events or, if it has no
// start event at all, at every node without incoming flows (§10.5.2: implicit start).
func (c *compiler) findStarts(k *container) {
	explicit := false
	for _, n := range k.nodes {
		switch n.behavior.(type) {
		case startEvent:
			explicit = true
			if len(n.source.EventDefinitions) == 0 {
				k.starts = append(k.starts, n)
			}
		case subProcess:
			if n.source.TriggeredByEvent {
				k.eventSubProcesses = append(k.eventSubProcesses, n)
			}
		}
	}
	if explicit {
		return
	}
	for _, n := range k.nodes {
		if len(n.incoming) == 0 && n.kind() != "boundaryEvent" && !n.source.TriggeredByEvent && !n.source.IsForCompensation && !n.source.Instantiate && n.linkName() == "" {
			k.starts = append(k.starts, n)
		}
	}
}

// expression compiles an expression on the instance's variables; nil when that failed, with the problem kept.
func (c *compiler) expression(x bpmn.Expression, at bpmn.Element, want resultKind) *expression {
	compiled := c.expressionOnData(x, at, want)
	if compiled != nil {
		c.doubtMembers(compiled, x.Pos, at)
	}
	return compiled
}

// expressionOnData compiles an expression of an element that sees what a message or a worker brings, whose fields may have any name.
func (c *compiler) expressionOnData(x bpmn.Expression, at bpmn.Element, want resultKind) *expression {
	compiled, problem := compileExpression(x, want)
	if problem != nil {
		problem.Code = cmp.Or(problem.Code, CodeExpression)
		problem.Severity = bpmn.SeverityError
		if problem.Pos.Line == 0 {
			problem.Pos = at.Pos
		}
		problem.ElementID, problem.ElementName = at.ID, at.Name
		c.problems = append(c.problems, *problem)
		return nil
	}
	return compiled
}

func (c *compiler) mappings(fn *bpmn.FlowNode, sources []bpmn.Mapping, compile func(bpmn.Expression, bpmn.Element, resultKind) *expression) []mapping {
	var compiled []mapping
	for _, m := range sources {
		at := fn.Element
		at.Pos = m.Pos
		compiled = append(compiled, mapping{source: compile(m.Source, at, anyResult), target: m.Target, pos: m.Pos})
		if err := checkPath(m.Target); err != nil {
			c.refuse(CodeMapping, at, "the mapping target %q: %v", m.Target, err)
		}
	}
	return compiled
}

// property compiles the expression that an extension property holds; nil if there is none.
func (c *compiler) property(at bpmn.Element, name string) *expression {
	text, ok := at.Properties[name]
	if !ok {
		return nil
	}
	return c.expression(text2expression(text, at.Pos), at, anyResult)
}

// text2expression reads an attribute of the modelling tool: "=" begins an expression, all else is a constant text.
func text2expression(text string, pos bpmn.Position) bpmn.Expression {
	return bpmn.Expression{Text: text, Literal: len(text) == 0 || text[0] != '=', Pos: pos}
}
