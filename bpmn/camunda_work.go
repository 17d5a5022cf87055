package bpmn

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// camundaTask reads who does the work: an external task's worker, or an expression.
func (r *reader) camundaTask(n *node, f *FlowNode) {
	resultVariable, _ := camundaAttr(n, "resultVariable")
	older, _ := camundaAttr(n, "resultVariableName")
	if text, ok := r.peek(n, "expression"); ok {
		f.Script = r.template(n, text)
		f.Script.Literal = false
		if !isTemplate(text) { // a constant
			f.Script.Text, f.Script.Language = textLiteral(text), "expr"
		}
		f.ResultVariable = cmp.Or(resultVariable, older)
		camundaAttr(n, "expression")
		return
	}
	r.externalTask(n, n, f)
}

// peek gives an attribute of the family without marking it as read, if it is not empty.
func (r *reader) peek(n *node, key string) (string, bool) {
	for _, a := range n.attrs {
		if a.key == key && (a.space == namespaceCamunda || a.space == namespaceActiviti || a.space == namespaceFlowable) && strings.TrimSpace(a.value) != "" {
			return a.value, true
		}
	}
	return "", false
}

// externalTask reads the topic of an external task, which is the type of its job. at is the task or the message event
// definition that has the attributes.
func (r *reader) externalTask(at, n *node, f *FlowNode) {
	kind, _ := r.peek(at, "type")
	if kind != "external" && kind != "external-worker" {
		return // any other type names code, and is reported as unread
	}
	camundaAttr(at, "type")
	topic := r.camundaValue(at, "topic")
	if topic == nil {
		r.fail(at, codeMissing, "name the topic, which is the job type", "the external task has no topic")
		return
	}
	if f.TaskDefinition == nil {
		f.TaskDefinition = &TaskDefinition{Type: *topic, Retries: Expression{Text: r.camundaRetries(n), Literal: true, Pos: at.pos}, Pos: at.pos}
	}
}

var retryCycle = regexp.MustCompile(`^R(\d+)/P`)

// camundaRetries reads how often failed work is tried. The pauses between are left to the worker.
func (r *reader) camundaRetries(n *node) string {
	retries := "3"
	for _, c := range r.camundaElements(n, "failedJobRetryTimeCycle") {
		text := c.body()
		match := retryCycle.FindStringSubmatch(text)
		switch {
		case match != nil:
			retries = match[1]
		case strings.HasPrefix(text, "P"):
			retries = strconv.Itoa(strings.Count(text, ",") + 2) // the first attempt, and one after each pause
		default:
			r.fail(c, codeValue, "write it like R3/PT10M", "the retries are %s", quote(text))
		}
	}
	return retries
}

// camundaForm reads what people and task lists need to know.
func (r *reader) camundaForm(n *node, f *FlowNode) {
	key, _ := camundaAttr(n, "formKey")
	ref, _ := camundaAttr(n, "formRef")
	if f.Form == nil && key+ref != "" {
		f.Form = &Form{ID: ref, Key: key, BindingType: "latest"}
	}
	if f.Kind == "startEvent" {
		return
	}
	a := Assignment{
		Assignee: r.camundaValue(n, "assignee"), CandidateUsers: r.camundaValue(n, "candidateUsers"),
		CandidateGroups: r.camundaValue(n, "candidateGroups"), DueDate: r.camundaValue(n, "dueDate"),
		FollowUpDate: r.camundaValue(n, "followUpDate"), Priority: r.camundaValue(n, "priority"),
	}
	if a != (Assignment{}) && f.Assignment == nil {
		f.Assignment = &a
	}
}

// camundaEvent reads what stands at the event definitions of an event.
func (r *reader) camundaEvent(n *node, f *FlowNode) {
	for c := range n.all("messageEventDefinition") {
		r.externalTask(c, n, f)
	}
	for c := range n.all("signalEventDefinition") {
		for _, in := range r.camundaElements(c, "in") {
			if variables, all := camundaAttr(in, "variables"); all || in.attr("variables") != "" {
				r.fail(in, codeExtensionRequired, "name the variables, each with a source and a target", "a signal with the variables %s is not thrown", quote(cmp.Or(variables, in.attr("variables"))))
				continue
			}
			if m, ok := r.binding7(in); ok {
				f.Inputs = append(f.Inputs, m)
			}
		}
	}
}

// camundaLoop reads what a multi-instance activity runs over.
func (r *reader) camundaLoop(n *node, l *LoopCharacteristics) {
	l.ZeroBased = r.profile == profileCamunda7
	if text, _ := camundaAttr(n, "collection"); text != "" {
		collection := reads(strings.TrimSpace(text), n.pos)
		if isTemplate(text) {
			collection = *r.template(n, text)
		}
		l.InputCollection = &collection
	}
	if name, _ := camundaAttr(n, "elementVariable"); name != "" {
		l.InputElement = name
	}
	r.camundaElements(n, "failedJobRetryTimeCycle")
}
