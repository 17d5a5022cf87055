package enginetest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Model reads a process from text, one element or chain of flows a line:
//
//	startEvent start
//	serviceTask a type=work in:x="= y" out:z="= result"
//	exclusiveGateway g
//	boundaryEvent late on=a timeDuration=PT5S nonInterrupting
//	subProcess s {
//	  startEvent inner …
//	}
//	start -> a -> g
//	g -> b : amount > 10
//	g -> c : default
//
// A first line "process ID" gives the process an ID. A value with spaces stands in double quotes. The flow from a to b has the ID "a-b". Values that begin with "=" are
// expressions, all others are literals. It panics on text that it cannot read.
func Model(text string) *bpmn.Process {
	p := &bpmn.Process{Element: bpmn.Element{ID: "process"}, IsExecutable: true}
	m := &modelReader{nodes: map[string]*bpmn.FlowNode{}, attached: map[*bpmn.FlowNode]string{}, lines: strings.Split(text, "\n")}
	if id, ok := strings.CutPrefix(strings.TrimSpace(m.lines[0]), "process "); ok {
		p.ID, m.at = id, 1
	}
	m.container(&p.Container, nil)
	m.resolve(&p.Container)
	p.Associations = m.associations
	return p
}

type modelReader struct {
	lines        []string
	at           int
	nodes        map[string]*bpmn.FlowNode
	attached     map[*bpmn.FlowNode]string
	associations []*bpmn.Association
}

func (m *modelReader) container(k *bpmn.Container, owner *bpmn.FlowNode) {
	for m.at < len(m.lines) {
		line := strings.TrimSpace(m.lines[m.at])
		m.at++
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case line == "}":
			return
		case strings.Contains(line, " -> "):
			m.flows(k, line)
		default:
			m.node(k, owner, line)
		}
	}
}

func (m *modelReader) flows(k *bpmn.Container, line string) {
	chain, condition, conditional := strings.Cut(line, " : ")
	ids := strings.Split(chain, " -> ")
	for i := 1; i < len(ids); i++ {
		from, to := m.must(ids[i-1]), m.must(ids[i])
		f := &bpmn.SequenceFlow{Element: bpmn.Element{ID: from.ID + "-" + to.ID}, Source: from, Target: to}
		for n := 2; m.taken(k, f.ID); n++ {
			f.ID = fmt.Sprintf("%s-%s-%d", from.ID, to.ID, n)
		}
		if conditional && condition == "default" {
			from.Default = f
		} else if conditional {
			f.Condition = &bpmn.Expression{Text: "=" + condition}
		}
		from.Outgoing, to.Incoming = append(from.Outgoing, f), append(to.Incoming, f)
		k.SequenceFlows = append(k.SequenceFlows, f)
	}
}

func (m *modelReader) taken(k *bpmn.Container, id string) bool {
	for _, f := range k.SequenceFlows {
		if f.ID == id {
			return true
		}
	}
	return false
}

func (m *modelReader) must(id string) *bpmn.FlowNode {
	n := m.nodes[strings.TrimSpace(id)]
	if n == nil {
		panic(fmt.Sprintf("enginetest: line %d: no element %q", m.at, id))
	}
	return n
}

func (m *modelReader) node(k *bpmn.Container, owner *bpmn.FlowNode, line string) {
	line, nested := strings.CutSuffix(line, "{")
	words := fields(line)
	n := &bpmn.FlowNode{
		Element: bpmn.Element{ID: words[1], Name: words[1], Properties: map[string]string{}}, Kind: words[0], Parent: owner,
		CancelActivity: true, IsInterrupting: true, StartQuantity: 1, CompletionQuantity: 1, CancelRemainingInstances: true,
	}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		m.attribute(n, name, value)
	}
	m.nodes[n.ID] = n
	k.FlowNodes = append(k.FlowNodes, n)
	if nested {
		n.Body = &bpmn.Container{}
		m.container(n.Body, n)
	}
}

func (m *modelReader) attribute(n *bpmn.FlowNode, name, value string) {
	head, tail, _ := strings.Cut(name, ":")
	switch head {
	case "type":
		n.TaskDefinition = &bpmn.TaskDefinition{Type: expression(value), Headers: map[string]string{}}
	case "header":
		n.TaskDefinition.Headers[tail] = value
	case "in":
		n.Inputs = append(n.Inputs, bpmn.Mapping{Source: expression(value), Target: tail})
	case "out":
		n.Outputs = append(n.Outputs, bpmn.Mapping{Source: expression(value), Target: tail})
	case "property":
		n.Properties[tail] = value
	case "script":
		x := expression(value)
		n.Script = &x
	case "result":
		n.ResultVariable = value
	case "calls":
		n.CalledElement = &bpmn.CalledElement{ProcessID: expression(value), PropagateAllParentVariables: true, PropagateAllChildVariables: true, WaitForCompletion: true}
	case "detached":
		n.CalledElement.WaitForCompletion = false
	case "on":
		m.attached[n] = value
	case "condition":
		x := expression("=" + value)
		n.EventDefinitions = append(n.EventDefinitions, &bpmn.EventDefinition{Element: bpmn.Element{ID: n.ID + "_condition"}, Kind: "conditionalEventDefinition", Condition: &x})
	case "activation":
		x := expression("=" + value)
		n.ActivationCondition = &x
	case "instantiate":
		n.Instantiate = true
	case "parallel":
		n.ParallelMultiple, n.EventGatewayType = true, "Parallel"
	case "startQuantity":
		n.StartQuantity, _ = strconv.Atoi(value)
	case "completionQuantity":
		n.CompletionQuantity, _ = strconv.Atoi(value)
	case "compensation":
		n.IsForCompensation = true
	case "handler": // of a compensation boundary event
		n.EventDefinitions = append(n.EventDefinitions, &bpmn.EventDefinition{Element: bpmn.Element{ID: n.ID + "_compensate"}, Kind: "compensateEventDefinition", WaitForCompletion: true})
		m.associations = append(m.associations, &bpmn.Association{SourceRef: n.ID, TargetRef: value})
	case "compensate":
		n.EventDefinitions = append(n.EventDefinitions, &bpmn.EventDefinition{Element: bpmn.Element{ID: n.ID + "_compensate"}, Kind: "compensateEventDefinition", WaitForCompletion: true, ActivityRef: value})
	case "goOn": // does not wait for the compensation
		n.EventDefinitions[len(n.EventDefinitions)-1].WaitForCompletion = false
	case "each", "each-sequential", "times", "times-sequential", "until", "into", "loopWhile", "loopMax", "testBefore", "behavior":
		m.loop(n, head, tail, value)
	case "done":
		x := expression("=" + value)
		n.CompletionCondition = &x
	case "active":
		x := expression(value)
		n.ActiveElements = &x
	case "sequential":
		n.Ordering = "Sequential"
	case "keepRemaining":
		n.CancelRemainingInstances = false
	case "nonInterrupting":
		n.CancelActivity, n.IsInterrupting = false, false
	case "event":
		n.TriggeredByEvent = true
	default:
		m.trigger(n, head, value)
	}
}

func (m *modelReader) trigger(n *bpmn.FlowNode, name, value string) {
	d := &bpmn.EventDefinition{Element: bpmn.Element{ID: n.ID + "_" + name}}
	switch name {
	case "message":
		d.Kind = "messageEventDefinition"
		d.Message = &bpmn.Message{Element: bpmn.Element{ID: "Message_" + value, Name: value}}
		if n.Kind == "receiveTask" || n.Kind == "sendTask" {
			n.Message = d.Message
			return
		}
	case "key":
		x := expression(value)
		if n.Message != nil {
			n.Message.CorrelationKey = &x
		} else {
			n.EventDefinitions[len(n.EventDefinitions)-1].Message.CorrelationKey = &x
		}
		return
	case "timeDate", "timeDuration", "timeCycle":
		d.Kind = "timerEventDefinition"
		d.Timer = &bpmn.Timer{Kind: name, Value: expression(value)}
	case "error":
		d.Kind = "errorEventDefinition"
		if value != "" {
			d.Error = &bpmn.Error{Element: bpmn.Element{ID: "Error_" + value}, Code: value}
		}
	case "signal":
		d.Kind = "signalEventDefinition"
		d.Signal = &bpmn.Signal{Element: bpmn.Element{ID: "Signal_" + value, Name: value}}
	case "escalation":
		d.Kind = "escalationEventDefinition"
		if value != "" {
			d.Escalation = &bpmn.Escalation{Element: bpmn.Element{ID: "Escalation_" + value}, Code: value}
		}
	case "link":
		d.Kind, d.Link = "linkEventDefinition", value
	case "cancel":
		d.Kind = "cancelEventDefinition"
	case "terminate":
		d.Kind = "terminateEventDefinition"
	default:
		panic(fmt.Sprintf("enginetest: line %d: unknown attribute %q", m.at, name))
	}
	n.EventDefinitions = append(n.EventDefinitions, d)
}

// resolve attaches the boundary events, which may stand before their activity.
func (m *modelReader) resolve(k *bpmn.Container) {
	for _, n := range k.FlowNodes {
		if id, ok := m.attached[n]; ok {
			n.AttachedTo = m.must(id)
			n.AttachedTo.Boundary = append(n.AttachedTo.Boundary, n)
		}
		if n.Body != nil {
			m.resolve(n.Body)
		}
	}
}

// loop reads the marker of a looping activity: each:item="= list", times="= n", until="condition", into:list="= value", and what it throws:
// behavior:One=signal=s, behavior:None=error=E, behavior:Complex="condition => escalation=U".
func (m *modelReader) loop(n *bpmn.FlowNode, head, tail, value string) {
	if n.Loop == nil {
		n.Loop = &bpmn.LoopCharacteristics{Kind: "multiInstanceLoopCharacteristics"}
	}
	x := expression(value)
	condition := expression("=" + value)
	kind, sequential := strings.CutSuffix(head, "-sequential")
	n.Loop.IsSequential = n.Loop.IsSequential || sequential
	switch kind {
	case "each":
		n.Loop.InputCollection, n.Loop.InputElement = &x, tail
	case "times":
		n.Loop.Cardinality = &x
	case "until":
		n.Loop.Completion = &condition
	case "into":
		n.Loop.OutputCollection, n.Loop.OutputElement = tail, &x
	case "loopWhile":
		n.Loop.Kind, n.Loop.LoopCondition = "standardLoopCharacteristics", &condition
	case "loopMax":
		n.Loop.Kind = "standardLoopCharacteristics"
		n.Loop.LoopMaximum, _ = strconv.Atoi(value)
	case "testBefore":
		n.Loop.TestBefore = true
	case "behavior":
		m.behavior(n, tail, value)
	}
}

// behavior reads what a multi-instance activity throws.
func (m *modelReader) behavior(n *bpmn.FlowNode, kind, value string) {
	condition, thrown, conditional := strings.Cut(value, " => ")
	if !conditional {
		thrown = value
	}
	e := &bpmn.FlowNode{Element: bpmn.Element{ID: n.ID + "_" + kind}, Kind: "implicitThrowEvent"}
	trigger, name, _ := strings.Cut(thrown, "=")
	m.trigger(e, trigger, name)
	switch n.Loop.Behavior = kind; kind {
	case "One":
		n.Loop.OneBehavior = e.EventDefinitions[0]
	case "None":
		n.Loop.NoneBehavior = e.EventDefinitions[0]
	case "Complex":
		n.Loop.ComplexBehaviors = append(n.Loop.ComplexBehaviors, &bpmn.ComplexBehavior{Condition: &bpmn.Expression{Text: "=" + condition}, Event: e})
	}
}

func expression(value string) bpmn.Expression {
	return bpmn.Expression{Text: value, Literal: !strings.HasPrefix(value, "=")}
}

// fields splits a line at spaces outside of double quotes, and drops the quotes.
func fields(line string) []string {
	var words []string
	var word strings.Builder
	quoted := false
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
		default:
			word.WriteRune(r)
		}
	}
	return words
}
