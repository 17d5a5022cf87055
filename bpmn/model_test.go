package bpmn_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

const validDir = "../testdata/bpmn"

func read(t *testing.T, name string) (*bpmn.Definitions, string) {
	t.Helper()
	data, err := os.ReadFile(validDir + "/" + name)
	require.NoError(t, err)
	d, err := bpmn.Parse(name, data)
	require.NoError(t, err)
	require.Empty(t, d.Warnings)
	return d, string(data)
}

// nodes gives all flow nodes of a container and of the sub-processes in it, by id.
func nodes(c *bpmn.Container) map[string]*bpmn.FlowNode {
	all := map[string]*bpmn.FlowNode{}
	for _, f := range c.FlowNodes {
		all[f.ID] = f
		if f.Body != nil {
			maps.Copy(all, nodes(f.Body))
		}
	}
	return all
}

func flows(c *bpmn.Container) map[string]*bpmn.SequenceFlow {
	all := map[string]*bpmn.SequenceFlow{}
	for _, f := range c.SequenceFlows {
		all[f.ID] = f
	}
	return all
}

func literal(e *bpmn.Expression) string { return text(e, true) }
func formula(e *bpmn.Expression) string { return text(e, false) }

func text(e *bpmn.Expression, literal bool) string {
	switch {
	case e == nil:
		return "none"
	case e.Literal != literal:
		return "not that sort: " + e.Text
	}
	return e.Text
}

func TestDefinitions(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	require.Equal(t, "everything", d.ID)
	require.Equal(t, "Everything", d.Name)
	require.Equal(t, "http://example.com/everything", d.TargetNamespace)
	require.Equal(t, "https://expr-lang.org", d.ExpressionLanguage)
	require.Equal(t, "Camunda Modeler", d.Exporter)
	require.Equal(t, "Camunda Cloud", d.ExecutionPlatform)

	require.Equal(t, "Item", d.ItemDefinitions[0].StructureRef)
	require.True(t, d.ItemDefinitions[0].IsCollection)
	order, answer := d.Messages[0], d.Messages[1]
	require.Equal(t, "orders", order.Name)
	require.Equal(t, "shop.orders", order.Topic())
	require.Equal(t, "=order.id", formula(order.CorrelationKey))
	require.Equal(t, "answers", answer.Topic())
	require.Nil(t, answer.CorrelationKey)
	require.Equal(t, "closing", d.Signals[0].Name)
	require.Equal(t, "BROKEN", d.Errors[0].Code)
	require.Equal(t, "LATE", d.Escalations[0].Code)

	kinds := []string{}
	for _, task := range d.GlobalTasks {
		kinds = append(kinds, task.Kind)
	}
	require.Equal(t, []string{"globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask"}, kinds)
	require.Equal(t, bpmn.Expression{Text: "1 + 1", Language: "expr", Pos: d.GlobalTasks[3].Script.Pos}, *d.GlobalTasks[3].Script)
	require.Equal(t, "rules", literal(&d.GlobalTasks[4].TaskDefinition.Type))

	pools := d.Collaborations[0]
	require.Equal(t, "shop", pools.Participants[0].ProcessRef)
	require.Empty(t, pools.Participants[1].ProcessRef)
	require.Equal(t, "customer_pool", pools.MessageFlows[0].SourceRef)
	require.Equal(t, "message_start", pools.MessageFlows[0].TargetRef)
	require.Equal(t, "order_message", pools.MessageFlows[0].MessageRef)
	require.Equal(t, "Orders come in here.", pools.TextAnnotations[0].Text)
	require.Equal(t, "pools_note", pools.Associations[0].TargetRef)
}

func TestProcess(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	p := d.Processes[0]
	require.Same(t, d, p.Definitions)
	require.True(t, p.IsExecutable)
	require.Equal(t, "2.1", p.VersionTag)
	require.Equal(t, "First.\n\nSecond.", p.Documentation)
	require.Equal(t, map[string]string{"owner": "shop team"}, p.Properties)

	var data []string
	for _, o := range p.DataObjects {
		data = append(data, strings.Join([]string{o.Kind, o.ID, o.Ref, o.ItemSubjectRef}, " "))
	}
	require.Equal(t, []string{
		"property total  item_type", "dataObject item  item_type", "dataObjectReference item_reference item ",
		"dataStoreReference warehouse_reference warehouse ",
	}, data)
	require.True(t, p.DataObjects[1].IsCollection)

	require.Equal(t, "Mind the gap & smile.", p.TextAnnotations[0].Text)
	require.Equal(t, "One", p.Associations[0].Direction)
	require.Equal(t, []string{"none_start", "undefined_task"}, p.Lanes[0].FlowNodeRefs)
	require.Equal(t, "Desk", p.Lanes[0].Lanes[0].Name)
	require.Equal(t, []string{"user_task"}, p.Lanes[0].Lanes[0].FlowNodeRefs)
}

func TestActivities(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	p := d.Processes[0]
	n, f := nodes(&p.Container), flows(&p.Container)

	undefined := n["undefined_task"]
	require.Equal(t, "task", undefined.Kind)
	require.Equal(t, 2, undefined.StartQuantity)
	require.Equal(t, 3, undefined.CompletionQuantity)
	require.Same(t, f["f2"], undefined.Default)
	require.Equal(t, "standardLoopCharacteristics", undefined.Loop.Kind)
	require.True(t, undefined.Loop.TestBefore)
	require.Equal(t, 7, undefined.Loop.LoopMaximum)
	require.Equal(t, "=count < 5", formula(undefined.Loop.LoopCondition))
	require.Equal(t, 1, n["manual_task"].StartQuantity)
	require.Equal(t, 1, n["manual_task"].CompletionQuantity)
	require.True(t, n["refund"].IsForCompensation)

	service := n["service_task"]
	require.Equal(t, "pack", literal(&service.TaskDefinition.Type))
	require.Equal(t, "=tries", formula(&service.TaskDefinition.Retries))
	require.Equal(t, map[string]string{"box": "large", "fragile": ""}, service.TaskDefinition.Headers)
	require.Len(t, service.Inputs, 2)
	require.Equal(t, "=item", formula(&service.Inputs[0].Source))
	require.Equal(t, "content", service.Inputs[0].Target)
	require.Empty(t, literal(&service.Inputs[1].Source))
	require.Equal(t, "parcel.label", service.Outputs[0].Target)
	require.True(t, service.Loop.IsSequential)
	require.Equal(t, "One", service.Loop.Behavior)
	require.Equal(t, "shared_signal", service.Loop.OneBehavior.ID)
	require.Equal(t, "shared_signal", service.Loop.NoneBehavior.ID)
	require.Equal(t, "=items", formula(service.Loop.InputCollection))
	require.Equal(t, "item", service.Loop.InputElement)
	require.Equal(t, "labels", service.Loop.OutputCollection)
	require.Equal(t, "=label", formula(service.Loop.OutputElement))
	require.Equal(t, "=full", formula(service.Loop.Completion))

	send := n["send_task"]
	require.Equal(t, "answers", send.Message.Name)
	require.Equal(t, `="kafka:" + verb`, formula(&send.TaskDefinition.Type))
	require.Equal(t, "3", literal(&send.TaskDefinition.Retries))
	require.Equal(t, "5", formula(send.Loop.Cardinality))
	require.Equal(t, "=numberOfCompletedInstances = 2", formula(send.Loop.ComplexBehaviors[0].Condition))
	require.Equal(t, "closing", send.Loop.ComplexBehaviors[0].Event.EventDefinitions[0].Signal.Name)

	require.True(t, n["receive_task"].Instantiate)
	require.Same(t, send.Message, n["receive_task"].Message)
	require.Equal(t, "a < b", formula(n["script_task"].Script))
	require.Equal(t, "expr", n["script_task"].ScriptFormat)
	require.Equal(t, "expr", n["script_task"].Script.Language)
	require.Equal(t, "=price * 2", formula(n["zeebe_script_task"].Script))
	require.Equal(t, "double", n["zeebe_script_task"].ResultVariable)
	require.Equal(t, "decide", literal(&n["rule_task"].TaskDefinition.Type))
}

func TestPeople(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	n := nodes(&d.Processes[0].Container)
	require.Equal(t, &bpmn.Form{ID: "start_form", BindingType: "latest"}, n["none_start"].Form)
	user := n["user_task"]
	require.Equal(t, &bpmn.Form{ID: "check", BindingType: "versionTag", VersionTag: "3"}, user.Form)
	require.Equal(t, "anna", literal(user.Assignment.Assignee))
	require.Equal(t, "bert, carl", literal(user.Assignment.CandidateUsers))
	require.Equal(t, "=groups", formula(user.Assignment.CandidateGroups))
	require.Equal(t, "=due", formula(user.Assignment.DueDate))
	require.Equal(t, "2030-01-01T00:00:00Z", literal(user.Assignment.FollowUpDate))
	require.Equal(t, "50", literal(user.Assignment.Priority))
}

func TestCallActivities(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	n := nodes(&d.Processes[0].Container)
	plain := n["plain_call"].CalledElement
	require.Equal(t, "payment", literal(&plain.ProcessID))
	require.Equal(t, "latest", plain.BindingType)
	require.True(t, plain.PropagateAllParentVariables && plain.PropagateAllChildVariables && plain.WaitForCompletion)
	require.Nil(t, plain.BusinessKey)

	call := n["call_activity"].CalledElement
	require.Equal(t, "=target", formula(&call.ProcessID))
	require.Equal(t, "versionTag", call.BindingType)
	require.Equal(t, "1.0", call.VersionTag)
	require.Equal(t, "=order.id", formula(call.BusinessKey))
	require.False(t, call.PropagateAllParentVariables || call.PropagateAllChildVariables || call.WaitForCompletion)
}

func TestSubProcesses(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	n := nodes(&d.Processes[0].Container)
	sub := n["sub_process"]
	require.Nil(t, sub.Parent)
	require.Same(t, sub, n["sub_start"].Parent)
	require.Same(t, n["sub_end"], n["sub_start"].Outgoing[0].Target)
	require.Len(t, sub.Body.SequenceFlows, 1)
	require.True(t, n["event_sub_process"].TriggeredByEvent)
	require.Same(t, sub, n["event_sub_process"].Parent)
	require.Same(t, n["event_sub_process"], n["event_sub_start"].Parent)
	require.False(t, n["event_sub_start"].IsInterrupting)
	require.Equal(t, "LATE", n["event_sub_start"].EventDefinitions[0].Escalation.Code)
	require.Equal(t, "transaction", n["transaction"].Kind)
	require.Equal(t, "cancelEventDefinition", n["cancel_end"].EventDefinitions[0].Kind)
	adHoc := n["ad_hoc"]
	require.Equal(t, "Sequential", adHoc.Ordering)
	require.False(t, adHoc.CancelRemainingInstances)
	require.Equal(t, "=done", formula(adHoc.CompletionCondition))
	require.Equal(t, "=chosen", formula(adHoc.ActiveElements))
	require.Contains(t, n, "ad_hoc_task")
}

func TestEvents(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	n := nodes(&d.Processes[0].Container)
	require.Empty(t, n["none_start"].EventDefinitions)
	require.True(t, n["none_start"].IsInterrupting)
	require.Same(t, d.Messages[0], n["message_start"].EventDefinitions[0].Message, "tns: is the target namespace")
	require.Equal(t, "orderId", n["message_start"].Outputs[0].Target)
	require.Equal(t, "timeCycle", n["timer_start"].EventDefinitions[0].Timer.Kind)
	require.Equal(t, "R3/PT10M", literal(&n["timer_start"].EventDefinitions[0].Timer.Value))
	require.Same(t, d.Signals[0], n["signal_start"].EventDefinitions[0].Signal, "an event definition of the root")
	require.Equal(t, "stock < 10", formula(n["conditional_start"].EventDefinitions[0].Condition))

	user := n["user_task"]
	require.Equal(t, []*bpmn.FlowNode{n["timer_boundary"], n["error_boundary"]}, user.Boundary)
	require.Same(t, user, n["timer_boundary"].AttachedTo)
	require.False(t, n["timer_boundary"].CancelActivity)
	require.True(t, n["error_boundary"].CancelActivity)
	require.Equal(t, "=patience", formula(&n["timer_boundary"].EventDefinitions[0].Timer.Value))
	require.Equal(t, "timeDuration", n["timer_boundary"].EventDefinitions[0].Timer.Kind)
	require.Same(t, d.Errors[0], n["error_boundary"].EventDefinitions[0].Error)
	require.Equal(t, "compensateEventDefinition", n["compensation_boundary"].EventDefinitions[0].Kind)
	require.True(t, n["compensation_boundary"].EventDefinitions[0].WaitForCompletion)

	multiple := n["parallel_multiple_catch"]
	require.True(t, multiple.ParallelMultiple)
	require.Len(t, multiple.EventDefinitions, 2)
	require.Equal(t, "timeDate", multiple.EventDefinitions[1].Timer.Kind)
	require.Equal(t, "here", n["link_catch"].EventDefinitions[0].Link)
	require.Equal(t, "here", n["link_throw"].EventDefinitions[0].Link)
	require.Equal(t, "service_task", n["compensation_throw"].EventDefinitions[0].ActivityRef)
	require.False(t, n["compensation_throw"].EventDefinitions[0].WaitForCompletion)
	require.Equal(t, "kafka:publish", literal(&n["message_throw"].TaskDefinition.Type))
	require.Equal(t, "answers", n["message_throw"].TaskDefinition.Headers["topic"])
	require.Equal(t, "terminateEventDefinition", n["terminate_end"].EventDefinitions[0].Kind)
	require.Contains(t, n, "implicit_throw")
}

func TestGatewaysAndFlows(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	p := d.Processes[0]
	n, f := nodes(&p.Container), flows(&p.Container)
	require.Equal(t, []*bpmn.SequenceFlow{f["g2"], f["g1"]}, n["exclusive"].Outgoing, "in the order of the sequence flows")
	require.Same(t, f["g2"], n["exclusive"].Default)
	require.Equal(t, "Diverging", n["exclusive"].GatewayDirection)
	require.Equal(t, "=paid", formula(f["g1"].Condition))
	require.Nil(t, f["g2"].Condition)
	require.Equal(t, []*bpmn.SequenceFlow{f["g1"]}, n["parallel"].Incoming)
	require.True(t, n["event_based"].Instantiate)
	require.Equal(t, "Parallel", n["event_based"].EventGatewayType)
	require.Equal(t, "=arrived >= 2", formula(n["complex_gateway"].ActivationCondition))

	require.Equal(t, "go", f["f1"].Name)
	require.Same(t, n["none_start"], f["f1"].Source)
	require.Same(t, n["undefined_task"], f["f1"].Target)
	require.Equal(t, []string{"amount", ">", "100"}, strings.Fields(f["f3"].Condition.Text))
	require.Equal(t, "feel", f["f3"].Condition.Language, "its own language comes before the document's")
	require.Equal(t, "https://expr-lang.org", f["g1"].Condition.Language)
}

func TestDiagram(t *testing.T) {
	d, _ := read(t, "everything.bpmn")
	diagram := d.Diagrams[0]
	require.Equal(t, "Shop", diagram.Name)
	require.Equal(t, "pools", diagram.PlaneElement)
	for _, s := range diagram.Shapes {
		require.Equal(t, "everything.bpmn", s.Pos.File)
		s.Pos = bpmn.Position{}
	}
	diagram.Edges[0].Pos = bpmn.Position{}
	require.Equal(t, []*bpmn.Shape{
		{Drawn: bpmn.Drawn{ElementRef: "shop_pool", Kind: "participant", Text: "Shop"}, Bounds: bpmn.Bounds{X: 100, Y: -20.5, Width: 800, Height: 400}},
		{
			Drawn: bpmn.Drawn{ElementRef: "sub_process", Kind: "subProcess", Text: "Sub-process"}, Bounds: bpmn.Bounds{X: 200, Y: 80, Width: 350, Height: 200}, IsExpanded: true,
			Label: &bpmn.Bounds{X: 210, Y: 90, Width: 60, Height: 14},
		},
	}, diagram.Shapes)
	require.Equal(t, []*bpmn.Edge{{
		Drawn: bpmn.Drawn{ElementRef: "f1", Kind: "sequenceFlow", Text: "go"}, Waypoints: []bpmn.Point{{X: 136, Y: 98}, {X: 200, Y: 98.25}},
		Label: &bpmn.Bounds{X: 160, Y: 80, Width: 16, Height: 14},
	}}, diagram.Edges)
}

// Every element knows the line and column of its start tag.
func TestPositions(t *testing.T) {
	d, source := read(t, "everything.bpmn")
	lines := strings.Split(source, "\n")
	checked := 0
	visit(reflect.ValueOf(d), map[uintptr]bool{}, func(e bpmn.Element) {
		require.Equal(t, "everything.bpmn", e.Pos.File, e.ID)
		at := lines[e.Pos.Line-1][e.Pos.Column-1:]
		require.True(t, strings.HasPrefix(at, "<bpmn"), "%s is at %q", e.ID, at)
		if e.ID != "" {
			require.Contains(t, at, `id="`+e.ID+`"`)
			checked++
		}
	})
	require.Greater(t, checked, 90)
}

// visit calls f with every Element that can be reached.
func visit(v reflect.Value, seen map[uintptr]bool, f func(bpmn.Element)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			visit(v.Elem(), seen, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), seen, f)
		}
	case reflect.Struct:
		if e, ok := reflect.TypeAssert[bpmn.Element](v); ok {
			f(e)
			return
		}
		for _, field := range v.Fields() {
			visit(field, seen, f)
		}
	}
}

// A prefix is only a name for a namespace: whatever it is, the model is the same.
func TestPrefixes(t *testing.T) {
	original, source := read(t, "everything.bpmn")
	for _, prefix := range []string{"bpmn2:", "semantic:", "ns0:", ""} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			other := strings.NewReplacer("xmlns:bpmn=", "xmlns"+strings.TrimSuffix(":"+prefix, ":")+"=",
				"<bpmn:", "<"+prefix, "</bpmn:", "</"+prefix).Replace(source)
			other = strings.NewReplacer("xmlns:zeebe=", "xmlns:z=", "<zeebe:", "<z:", "</zeebe:", "</z:",
				"xmlns:bpmndi=", "xmlns:d=", "<bpmndi:", "<d:", "</bpmndi:", "</d:").Replace(other)
			d, err := bpmn.Parse("everything.bpmn", []byte(other))
			require.NoError(t, err)
			require.Empty(t, d.Warnings)
			require.Equal(t, dump(original), dump(d))
		})
	}
}

// dump writes everything in a model but the positions, which prefixes move.
func dump(d *bpmn.Definitions) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(d), map[uintptr]bool{})
	return b.String()
}

func write(b *strings.Builder, v reflect.Value, seen map[uintptr]bool) {
	if v.Type() == reflect.TypeFor[bpmn.Position]() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			fmt.Fprintf(b, " (%t)", v.IsNil())
			return
		}
		seen[v.Pointer()] = true
		write(b, v.Elem(), seen)
	case reflect.Slice:
		fmt.Fprintf(b, "\n%d:", v.Len())
		for i := range v.Len() {
			write(b, v.Index(i), seen)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			write(b, field, seen)
		}
	default:
		fmt.Fprintf(b, " %v", v.Interface())
	}
}
