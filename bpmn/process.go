package bpmn

import "slices"

// process reads a process (§10.2).
func (r *reader) process(n *node) *Process {
	p := &Process{Element: r.element(n), IsExecutable: r.bool(n, "isExecutable", false), Definitions: r.definitions}
	n.information("processType", "isClosed", "definitionalCollaborationRef")
	p.VersionTag = r.versionTag(n)
	r.kogitoProcess(n, p)
	r.register(n, p)
	r.callable(n)
	for c := range n.all("correlationSubscription") {
		r.correlationSubscription(c, p)
	}
	r.container(n, &p.Container, nil)
	return p
}

// container reads the flow elements, artifacts and lanes of a process or sub-process into c, in document order.
func (r *reader) container(n *node, c *Container, parent *FlowNode) {
	priorities := map[*SequenceFlow]int{} // jBPM's
	for _, child := range n.children {
		if child.space != NamespaceBPMN {
			continue
		}
		switch child.tag {
		case "sequenceFlow":
			flow := r.sequenceFlow(child, c)
			c.SequenceFlows = append(c.SequenceFlows, flow)
			if priority := r.flowPriority(child); priority != 0 {
				priorities[flow] = priority
			}
		case "dataObject", "dataObjectReference", "dataStoreReference", "property":
			c.DataObjects = append(c.DataObjects, r.dataObject(child))
		case "textAnnotation":
			c.TextAnnotations = append(c.TextAnnotations, r.textAnnotation(child))
		case "association":
			c.Associations = append(c.Associations, r.association(child))
		case "laneSet":
			c.Lanes = append(c.Lanes, r.laneSet(child)...)
		default:
			if flowNodeClasses[child.tag] != "" {
				f := r.flowNode(child, c)
				f.Parent = parent
				c.FlowNodes = append(c.FlowNodes, f)
			}
		}
	}
	if len(priorities) > 0 {
		slices.SortStableFunc(c.SequenceFlows, func(a, b *SequenceFlow) int { return priorities[a] - priorities[b] })
	}
}

// class is the sort of a flow node.
type class string

const (
	activity class = "activity"
	event    class = "event"
	gateway  class = "gateway"
)

// flowNodeClasses has every kind of flow node that a process can hold (§10).
var flowNodeClasses = map[string]class{
	"task": activity, "serviceTask": activity, "sendTask": activity, "receiveTask": activity, "userTask": activity,
	"manualTask": activity, "scriptTask": activity, "businessRuleTask": activity, "callActivity": activity,
	"subProcess": activity, "transaction": activity, "adHocSubProcess": activity,
	"startEvent": event, "endEvent": event, "intermediateCatchEvent": event, "intermediateThrowEvent": event,
	"boundaryEvent": event, "implicitThrowEvent": event,
	"exclusiveGateway": gateway, "inclusiveGateway": gateway, "parallelGateway": gateway, "eventBasedGateway": gateway,
	"complexGateway": gateway,
}

// flowNode reads an activity, event or gateway (§8.4.13).
func (r *reader) flowNode(n *node, c *Container) *FlowNode {
	f := &FlowNode{Element: r.element(n), Kind: n.tag}
	r.register(n, f)
	r.places[f] = c
	r.flowNodes = append(r.flowNodes, placedNode{f, n, c})
	switch flowNodeClasses[n.tag] {
	case activity:
		r.activity(n, f)
	case event:
		r.event(n, f)
	case gateway:
		r.gateway(n, f)
	}
	return f
}

func (r *reader) dataObject(n *node) *DataObject {
	d := &DataObject{Element: r.element(n), Kind: n.tag, ItemSubjectRef: n.attr("itemSubjectRef")}
	switch n.tag {
	case "dataObject":
		d.IsCollection = r.bool(n, "isCollection", false)
	case "dataObjectReference":
		d.Ref = n.attr("dataObjectRef")
		if object := localPart(d.Ref); r.referenceNames[object] == "" {
			r.referenceNames[object] = d.Name
		}
		r.exists(n, d.Ref, "a dataObject", "dataObject")
	case "dataStoreReference":
		d.Ref = n.kept("dataStoreRef")
		r.exists(n, d.Ref, "a dataStore", "dataStore")
	}
	for c := range n.all("dataState") {
		r.element(c)
	}
	r.exists(n, d.ItemSubjectRef, "an itemDefinition", "itemDefinition")
	r.register(n, d)
	return d
}

func (r *reader) textAnnotation(n *node) *TextAnnotation {
	a := &TextAnnotation{Element: r.element(n)}
	n.information("textFormat")
	if text := r.child(n, "text"); text != nil {
		a.Text = text.body()
	}
	return a
}

func (r *reader) association(n *node) *Association {
	a := &Association{
		Element:   r.element(n),
		SourceRef: r.required(n, "sourceRef"),
		TargetRef: r.required(n, "targetRef"),
		Direction: r.oneOf(n, "associationDirection", n.kept("associationDirection"), "None", "One", "Both"),
	}
	r.exists(n, a.SourceRef, "an element")
	r.exists(n, a.TargetRef, "an element")
	return a
}

func (r *reader) laneSet(n *node) []*Lane {
	r.element(n)
	var lanes []*Lane
	for c := range n.all("lane") {
		lanes = append(lanes, r.lane(c))
	}
	return lanes
}

func (r *reader) lane(n *node) *Lane {
	l := &Lane{Element: r.element(n)}
	n.information("partitionElementRef")
	for c := range n.all("flowNodeRef") {
		ref := c.body()
		l.FlowNodeRefs = append(l.FlowNodeRefs, ref)
		r.exists(c, ref, "a flow node") // or, as some tools write, any other element of the lane
	}
	if c := r.child(n, "childLaneSet"); c != nil {
		l.Lanes = r.laneSet(c)
	}
	return l
}
