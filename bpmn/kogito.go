package bpmn

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kogito reads what jBPM's vocabulary says about an activity or event. In its files only data associations carry data, and a
// called process goes on without its caller unless the file says otherwise.
func (r *reader) kogito(n *node, f *FlowNode) {
	taskName, _ := r.droolsAttr(n, "taskName", "task", "userTask", "serviceTask", "sendTask", "receiveTask", "manualTask", "businessRuleTask")
	switch f.Kind {
	case "task":
		if taskName == "Milestone" {
			r.fail(n, codeExtensionRequired, "draw a conditional catch event", "a milestone is not executed")
		} else if taskName != "" {
			f.TaskDefinition = r.jobType(n, taskName)
		}
	case "serviceTask":
		r.javaService(n, f)
	case "businessRuleTask":
		r.ruleTask(n, f)
	case "callActivity":
		r.kogitoCall(n, f)
	case "adHocSubProcess":
		r.kogitoAdHoc(n, f)
	case "intermediateThrowEvent", "endEvent", "implicitThrowEvent":
		r.signalScope(n, f)
	}
	if r.profile == profileKogito && f.ResultVariable == "" {
		f.Results = ResultsMapped
	}
}

// droolsAttr gives an attribute of jBPM if the element may have it, so that it is reported elsewhere.
func (r *reader) droolsAttr(n *node, key string, tags ...string) (string, bool) {
	if !slices.Contains(tags, n.tag) {
		return "", false
	}
	return n.lookupIn(namespaceDrools, key)
}

// jobType makes a job of work that is named.
func (r *reader) jobType(n *node, name string) *TaskDefinition {
	return &TaskDefinition{
		Type: Expression{Text: name, Literal: true, Pos: n.pos}, Retries: Expression{Text: "3", Literal: true, Pos: n.pos}, Pos: n.pos,
	}
}

// javaService reads the interface and operation of a Java service: they name the type of a job.
func (r *reader) javaService(n *node, f *FlowNode) {
	name, named := r.droolsAttr(n, "serviceinterface", "serviceTask")
	operation, _ := r.droolsAttr(n, "serviceoperation", "serviceTask")
	if named && f.TaskDefinition == nil {
		f.TaskDefinition = r.jobType(n, serviceName(name, operation))
	}
}

func serviceName(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ".")
}

// ruleTask makes a job of the rules of a group, whose worker knows them.
func (r *reader) ruleTask(n *node, f *FlowNode) {
	group, ok := r.droolsAttr(n, "ruleFlowGroup", "businessRuleTask")
	switch {
	case f.TaskDefinition != nil:
	case strings.HasSuffix(n.kept("implementation"), "/dmn"):
		r.fail(n, codeExtensionRequired, "name a rule flow group, which is the type of a job, and let its worker decide", "a decision table (DMN) is not run")
	case ok && group != "":
		f.TaskDefinition = r.jobType(n, group)
	}
}

func (r *reader) kogitoCall(n *node, f *FlowNode) {
	wait, waits := n.lookupIn(namespaceDrools, "waitForCompletion")
	independent, says := n.lookupIn(namespaceDrools, "independent")
	called := f.CalledElement
	if called == nil || r.profile != profileKogito && !waits && !says {
		return
	}
	if waits {
		called.WaitForCompletion = wait == "true"
	}
	called.Independent = independent == "true" || !says && r.profile == profileKogito
	if !called.Independent && !called.WaitForCompletion {
		r.fail(n, codeValue, "set one of them to true", "the call neither waits for the called process nor leaves it alone")
	}
	if r.profile == profileKogito {
		called.PropagateAllParentVariables, called.PropagateAllChildVariables = false, false
		called.BusinessKey = &Expression{Literal: true, Pos: n.pos}
	}
}

// kogitoAdHoc reads which activities of an ad-hoc sub-process start by themselves.
func (r *reader) kogitoAdHoc(n *node, f *FlowNode) {
	if r.profile != profileKogito || f.ActiveElements != nil {
		return
	}
	r.later(func() {
		var ids []string
		for _, inner := range f.Body.FlowNodes {
			if len(inner.Incoming) == 0 && inner.Properties["customAutoStart"] == "true" {
				ids = append(ids, strconv.Quote(inner.ID))
			}
		}
		if len(ids) == 0 && len(f.Body.FlowNodes) > 0 {
			r.fail(n, codeExtensionRequired, "set customAutoStart on what is to start; nothing is started by hand", "nothing in the ad-hoc sub-process starts by itself")
		}
		f.ActiveElements = &Expression{Text: "[" + strings.Join(ids, ", ") + "]", Language: "expr", Pos: n.pos}
	})
}

// adHocCompletion reads the condition that ends an ad-hoc sub-process. jBPM has a word for "when all is done", which is the rule
// without a condition.
func (r *reader) adHocCompletion(n *node) *Expression {
	if n != nil && r.profile == profileKogito && n.body() == "autocomplete" {
		r.expressionElement(n)
		n.information("language")
		return nil
	}
	return r.expression(n)
}

// signalScope: a signal reaches every instance (§10.5.5).
func (r *reader) signalScope(n *node, f *FlowNode) {
	switch scope := f.Properties["customScope"]; scope {
	case "", "default", "project", "runtimeManager":
	case "external":
		r.fail(n, codeExtensionRequired, "throw a message", "a signal is not sent to other systems")
	default:
		r.fail(n, codeExtensionRequired, "use an escalation, or a message with a correlation key", "a signal reaches all instances, and not those of the scope %s alone", quote(scope))
	}
}

// kogitoProcess reads what jBPM says about a process.
func (r *reader) kogitoProcess(n *node, p *Process) {
	if version, ok := n.lookupIn(namespaceDrools, "version"); ok && p.VersionTag == "" {
		p.VersionTag = version
	}
	for i := range n.attrs {
		if a := &n.attrs[i]; a.space == namespaceDrools && a.key == "adHoc" && a.value == "false" {
			a.use = kept
		}
	}
}

// terminateScope reads how far a terminate event of jBPM reaches: its scope is what Sonata ends.
func (r *reader) terminateScope(n *node) {
	for i := range n.attrs {
		a := &n.attrs[i]
		direct := n.parent != nil && n.parent.parent != nil && n.parent.parent.is("process")
		if a.space == namespaceDrools && a.key == "scope" && (a.value != "process" || direct) {
			a.use = kept
		}
	}
}

// flowPriority is jBPM's order of the flows out of a gateway: the lower first.
func (r *reader) flowPriority(n *node) int {
	text, ok := n.lookupIn(namespaceDrools, "priority")
	if !ok || text == "" {
		return 0
	}
	priority, err := strconv.Atoi(text)
	if err != nil {
		r.badValue(n, "drools:priority", text, "write a whole number")
	}
	return priority
}

// assignPeople keeps what a user task of jBPM says about people, which are data inputs there.
func (d *dataReader) assignPeople() {
	if d.profile != profileKogito || d.f.Kind != "userTask" {
		return
	}
	var a Assignment
	if d.f.Assignment != nil {
		a = *d.f.Assignment
	}
	for _, m := range d.f.Inputs {
		switch m.Target {
		case "ActorId":
			a.Assignee = &m.Source
		case "GroupId":
			a.CandidateGroups = &m.Source
		case "Priority":
			a.Priority = &m.Source
		}
	}
	if a != (Assignment{}) {
		d.f.Assignment = &a
	}
}

// gathered lets the completion condition of a multi-instance activity see the results that are there: in jBPM the collection
// grows, while here it has a place for each instance from the beginning.
func (d *dataReader) gathered() {
	l := d.f.Loop
	if d.profile != profileKogito || l.Completion == nil || l.OutputCollection == "" {
		return
	}
	name := regexp.MustCompile(`\b` + regexp.QuoteMeta(l.OutputCollection) + `\b`)
	l.Completion.Text = name.ReplaceAllLiteralString(l.Completion.Text, "filter("+l.OutputCollection+", # != nil)")
}
