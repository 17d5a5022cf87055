package bpmn

import (
	"slices"
	"strings"
)

// camundaParameters reads inputOutput. An input parameter is a variable of the activity; output parameters are evaluated
// after the results have gone where they go.
func (r *reader) camundaParameters(n *node, f *FlowNode) {
	for _, list := range r.camundaElements(n, "inputOutput") {
		for c := range list.allIn(list.space, "inputParameter") {
			f.Inputs = append(f.Inputs, r.parameter(c))
		}
		for c := range list.allIn(list.space, "outputParameter") {
			f.Outputs = append(f.Outputs, r.parameter(c))
		}
	}
}

func (r *reader) parameter(n *node) Mapping {
	return Mapping{Source: *r.parameterValue(n), Target: r.required(n, "name"), Pos: n.pos}
}

// parameterValue reads a text with expressions in it, a script, a list or a map.
func (r *reader) parameterValue(n *node) *Expression {
	for _, c := range n.children {
		if c.space != n.space {
			continue
		}
		c.read = true
		switch c.tag {
		case "list":
			items := make([]string, 0, len(c.children))
			for _, item := range c.children {
				items = append(items, r.nested(item))
			}
			return &Expression{Text: "[" + strings.Join(items, ", ") + "]", Language: "expr", Pos: c.pos}
		case "map":
			entries := make([]string, 0, len(c.children))
			for entry := range c.allIn(c.space, "entry") {
				entries = append(entries, textLiteral(r.required(entry, "key"))+": "+asOperand(r.parameterValue(entry)))
			}
			return &Expression{Text: "{" + strings.Join(entries, ", ") + "}", Language: "expr", Pos: c.pos}
		case "script":
			return r.parameterScript(c)
		}
		c.read = false
	}
	text := n.body()
	if text == "" {
		x := reads("nil", n.pos)
		return &x
	}
	return r.template(n, text)
}

// nested reads an item of a list, which is a value, a script, a list or a map.
func (r *reader) nested(item *node) string {
	item.read = true
	switch item.tag {
	case "value":
		item.information("id", "name")
		return asOperand(r.template(item, item.body()))
	case "script":
		return asOperand(r.parameterScript(item))
	}
	wrapper := &node{space: item.space, children: []*node{item}, pos: item.pos}
	return asOperand(r.parameterValue(wrapper))
}

// asOperand writes an expression as a part of a larger one.
func asOperand(x *Expression) string {
	if x.Literal {
		return textLiteral(x.Text)
	}
	return "(" + x.Text + ")"
}

// parameterScript reads a script, which must be an expression.
func (r *reader) parameterScript(n *node) *Expression {
	text := n.body()
	switch format := strings.ToLower(n.attr("scriptFormat")); {
	case format == "juel":
		return r.translated(n, &Expression{Text: text, Pos: n.pos}, juel)
	case slices.Contains(exprLanguages, format):
		return &Expression{Text: text, Language: "expr", Pos: n.pos}
	default:
		r.fail(n, codeForeignExpression, `write it as an expression, with scriptFormat="expr"`, "a script in %s is not run", quote(n.attr("scriptFormat")))
		return &Expression{Text: "nil", Language: "expr", Pos: n.pos}
	}
}

// camundaCall reads which process a call activity calls, and with which variables: in Camunda 7 nothing passes that is not
// named.
func (r *reader) camundaCall(n *node, f *FlowNode) {
	called := f.CalledElement
	if called == nil {
		return
	}
	r.camundaBinding(n, called)
	ins, outs := r.camundaElements(n, "in"), r.camundaElements(n, "out")
	if r.profile != profileCamunda7 && len(ins)+len(outs) == 0 {
		return
	}
	called.PropagateAllParentVariables = r.inherits(n, "inheritVariables")
	called.PropagateAllChildVariables = false
	called.Arguments = []Mapping{}
	called.BusinessKey = &Expression{Literal: true, Pos: n.pos}
	if r.inherits(n, "inheritBusinessKey") {
		called.BusinessKey = nil
	}
	for _, c := range ins {
		switch key := c.attr("businessKey"); {
		case key != "":
			called.BusinessKey = r.template(c, key)
		case r.allVariables(c):
			called.PropagateAllParentVariables = true
		default:
			if m, ok := r.binding7(c); ok {
				called.Arguments = append(called.Arguments, m)
			}
		}
	}
	f.Results = ResultsMapped
	for _, c := range outs {
		if r.allVariables(c) {
			called.PropagateAllChildVariables, f.Results = true, ResultsAll
		} else if m, ok := r.binding7(c); ok {
			f.Outputs = append(f.Outputs, m)
		}
	}
}

// inherits reads a flag of Flowable's call activity.
func (r *reader) inherits(n *node, key string) bool {
	value, _ := camundaAttr(n, key)
	return value == "true"
}

func (r *reader) allVariables(n *node) bool {
	switch value := n.attr("variables"); value {
	case "":
		return false
	case "all":
		if n.attr("local") == "true" {
			r.fail(n, codeExtensionRequired, "name the variables, each with a source and a target", "only local variables are to be passed, which is not executed")
		}
	default:
		r.badValue(n, "variables", value, "write all")
	}
	return true
}

// binding7 reads an in or out with a source and a target.
func (r *reader) binding7(n *node) (Mapping, bool) {
	m := Mapping{Target: r.required(n, "target"), Pos: n.pos}
	source, expression := n.attr("source"), n.attr("sourceExpression")
	n.information("local")
	switch {
	case expression != "":
		m.Source = *r.template(n, expression)
	case source != "":
		m.Source = reads(source, n.pos)
	default:
		r.fail(n, codeMissing, "", "%s has neither a source nor a sourceExpression", describe(n))
		return m, false
	}
	return m, m.Target != ""
}

// camundaBinding reads which version is called.
func (r *reader) camundaBinding(n *node, called *CalledElement) {
	binding, ok := camundaAttr(n, "calledElementBinding")
	version := r.camundaValue(n, "calledElementVersion")
	tag, _ := camundaAttr(n, "calledElementVersionTag")
	if same, _ := camundaAttr(n, "sameDeployment"); same == "true" && !ok { // Flowable
		binding, ok = "deployment", true
	}
	if !ok {
		return
	}
	called.BindingType, called.VersionTag = binding, tag
	switch binding {
	case "latest", "deployment":
	case "version":
		if called.Version = version; version == nil {
			r.fail(n, codeMissing, "name the version in calledElementVersion", "the call is bound to a version, but names none")
		}
	case "versionTag":
		if tag == "" {
			r.fail(n, codeMissing, "name the tag in calledElementVersionTag", "the call is bound to a version tag, but names none")
		}
	default:
		r.badValue(n, "calledElementBinding", binding, "write one of: latest, deployment, version, versionTag")
		called.BindingType = "latest"
	}
}
