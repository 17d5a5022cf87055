package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// A doubt is about what can be executed and hardly is what was meant: a name that nearly is one of Sonata's and means something else, or
// a key that is the same for everybody. It is a warning, as somebody may mean just that.

// Warnings lists what can be executed and hardly is what was meant, sorted by place. All of it are warnings.
func (p *Process) Warnings() bpmn.Problems { return p.warnings }

func (c *compiler) doubt(code string, at bpmn.Element, text, hint string) {
	c.doubts = append(c.doubts, bpmn.Problem{
		Pos: at.Pos, Severity: bpmn.SeverityWarning, Code: code, ElementID: at.ID, ElementName: at.Name, Text: text, Hint: hint,
	})
}

// settleDoubts makes warnings of the doubts, each once. What is said about fields of the instance does not hold where a variable of that
// name hides it.
func (c *compiler) settleDoubts() {
	doubts := c.doubts
	if !slices.ContainsFunc(slices.Collect(maps.Values(c.process.nodes)), (*node).hides) {
		doubts = append(doubts, c.members...)
	}
	for _, d := range doubts {
		if !slices.Contains(c.process.warnings, d) {
			c.process.warnings = append(c.process.warnings, d)
		}
	}
	c.process.warnings.Sort()
}

// doubtType warns of a job type that nearly is the type that publishes, or is it as the value of an expression.
func (c *compiler) doubtType(n *node, def *bpmn.TaskDefinition, jobType *expression) {
	value, constant := jobType.constant()
	name, _ := value.(string)
	if !constant || Nearest(strings.TrimSpace(name), publishType) == "" {
		return
	}
	at := n.source.Element
	at.Pos = def.Pos
	c.doubt(CodeNear, at, `the task definition type "`+name+`" is a job for a worker, so `+n.String()+" publishes nothing", `did you mean "`+publishType+`"?`)
}

// publishHeaders are the task headers of a publication that are no headers of the record.
var publishHeaders = []string{"topic", "key", "data", "secrets", "kogitoprocrefid"}

// doubtHeader warns of a header of the record that nearly is one of them, if that is not there. "date" is a name that people give.
func (c *compiler) doubtHeader(n *node, def *bpmn.TaskDefinition, name string) {
	meant := Nearest(name, publishHeaders...)
	if _, there := def.Headers[meant]; meant == "" || there || name == "date" {
		return
	}
	at := n.source.Element
	at.Pos = def.Pos
	c.doubt(CodeNear, at, `the task header "`+name+`" of `+n.String()+" becomes a header of the record", `did you mean "`+meant+`"?`)
}

// doubtKey warns of a correlation key that is a plain text, as it is easily written without the "=" of an expression.
func (c *compiler) doubtKey(m *bpmn.Message) {
	text := m.CorrelationKey.Text
	if !m.CorrelationKey.Literal || text == "" {
		return
	}
	at := m.Element
	if m.CorrelationKey.Pos.Line > 0 {
		at.Pos = m.CorrelationKey.Pos
	}
	c.doubt(CodeSameKey, at, "the correlation key is the text "+quoteShort(text)+", so every instance waits for the same key",
		"write ="+strings.Trim(quoteShort(text), `"`)+" for the value of a variable, or ="+quoteShort(text)+" if that text is meant")
}

// instanceMembers are the fields of what expressions see as `instance`.
var instanceMembers = slices.Sorted(maps.Keys(describe(&Header{})))

// doubtMember keeps a field that the instance does not have: it is null, unless a variable hides the instance.
func (r *resolver) doubtMember(n *ast.MemberNode, locals []string) {
	name, named := n.Property.(*ast.StringNode)
	of, direct := n.Node.(*ast.IdentifierNode)
	if !named || !direct || !namesInstance(of.Value) || slices.Contains(locals, of.Value) || slices.Contains(instanceMembers, name.Value) {
		return
	}
	hint := "there are " + strings.Join(instanceMembers, ", ")
	if meant := Nearest(name.Value, instanceMembers...); meant != "" {
		hint = "did you mean " + of.Value + "." + meant + "?"
	}
	r.doubts = append(r.doubts, r.source.fault(name.Location().From, `an instance has no "`+name.Value+`", so this is null unless a variable is called `+of.Value).hinted(hint))
}

// doubtMembers keeps what is in doubt in an expression on the instance's variables.
func (c *compiler) doubtMembers(x *expression, pos bpmn.Position, at bpmn.Element) {
	for _, d := range x.doubts {
		p := d.problem(pos)
		if p.Pos.Line == 0 {
			p.Pos = at.Pos
		}
		p.Severity, p.Code, p.ElementID, p.ElementName = bpmn.SeverityWarning, CodeNear, at.ID, at.Name
		c.members = append(c.members, *p)
	}
}

// hides says whether a node writes a variable that expressions then see in place of the instance.
func (n *node) hides() bool {
	written := slices.Clone(n.source.Payloads)
	for _, m := range slices.Concat(n.inputs, n.outputs) {
		written = append(written, rootOf(m.target))
	}
	if n.loop != nil {
		written = append(written, n.loop.inputElement, n.loop.outputCollection)
	}
	if n.script != nil {
		written = append(written, n.script.resultVariable)
	}
	return slices.ContainsFunc(written, namesInstance)
}
