package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Construct is one thing that BPMN lets a process say and that Sonata executes: a kind of element with one of its markers or, of an
// event, at one of its positions with one of its triggers. The zero fields are those that do not apply.
type Construct struct {
	// Element is the XML local name of a flow node; "activity" for what every activity may have.
	Element string
	// Marker is that of an activity or gateway, such as [MarkerLoop].
	Marker string
	// Position of an event (Table 10.93), such as "boundary event".
	Position string
	// Trigger of an event, such as "message"; "none" without one, [TriggerMultiple] and [TriggerParallelMultiple] with several.
	Trigger string
	// NonInterrupting is for boundary events and start events of event sub-processes.
	NonInterrupting bool
}

// Markers of activities (§10.3, §10.3.8), and of what begins a process (§10.3.3, §10.6.6).
const (
	MarkerLoop                  = "loop"
	MarkerParallelInstances     = "parallel multi-instance"
	MarkerSequentialInstances   = "sequential multi-instance"
	MarkerCompensation          = "compensation"
	MarkerEvent                 = "triggered by event"
	MarkerInstantiate           = "instantiate"
	MarkerInstantiateInParallel = "instantiate in parallel"
	MarkerStartQuantity         = "startQuantity"
	MarkerCompletionQuantity    = "completionQuantity"
)

// Triggers of events that have several definitions (§10.5.5).
const (
	TriggerMultiple         = "multiple"
	TriggerParallelMultiple = "parallel multiple"
)

// Constructs lists everything that Sonata executes, as the tables of behaviors and of triggers have it.
func Constructs() []Construct {
	all := []Construct{{Element: "activity", Marker: MarkerStartQuantity}, {Element: "activity", Marker: MarkerCompletionQuantity}}
	for _, kind := range slices.Sorted(maps.Keys(behaviors)) {
		switch {
		case strings.HasSuffix(kind, "Event"):
		case strings.HasSuffix(kind, "Gateway"):
			all = append(all, Construct{Element: kind})
		default:
			for _, marker := range []string{"", MarkerLoop, MarkerParallelInstances, MarkerSequentialInstances, MarkerCompensation} {
				all = append(all, Construct{Element: kind, Marker: marker})
			}
		}
	}
	all = append(all,
		Construct{Element: "subProcess", Marker: MarkerEvent}, Construct{Element: "receiveTask", Marker: MarkerInstantiate},
		Construct{Element: "eventBasedGateway", Marker: MarkerInstantiate}, Construct{Element: "eventBasedGateway", Marker: MarkerInstantiateInParallel})
	for _, trigger := range slices.Sorted(maps.Keys(positions)) {
		for _, at := range positions[trigger] {
			all = append(all, constructsAt(at, triggerName(trigger))...)
		}
	}
	for _, at := range []position{positionStart, positionSubProcessStart, positionCatch, positionBoundary, positionThrow, positionEnd} {
		all = append(all, constructsAt(at, TriggerMultiple)...)
		if at != positionThrow && at != positionEnd {
			all = append(all, constructsAt(at, TriggerParallelMultiple)...)
		}
	}
	return all
}

// constructsAt are an event that interrupts and one that does not, where both may stand: errors, cancel events and compensation
// always interrupt, or have nothing to (§10.5.4, Table 10.90).
func constructsAt(at position, trigger string) []Construct {
	c := Construct{Element: elementAt[at], Position: string(at), Trigger: trigger}
	if at != positionSubProcessStart && at != positionBoundary || slices.Contains([]string{"error", "cancel", "compensate"}, trigger) {
		return []Construct{c}
	}
	aside := c
	aside.NonInterrupting = true
	return []Construct{c, aside}
}

var elementAt = map[position]string{
	positionStart: "startEvent", positionSubProcessStart: "startEvent", positionCatch: "intermediateCatchEvent",
	positionBoundary: "boundaryEvent", positionThrow: "intermediateThrowEvent", positionEnd: "endEvent",
}

func triggerName(definition string) string {
	return cmp.Or(strings.TrimSuffix(definition, "EventDefinition"), "none")
}

// ConstructsOf lists what a flow node of a model is an instance of.
func ConstructsOf(n *bpmn.FlowNode) []Construct {
	if strings.HasSuffix(n.Kind, "Event") {
		return []Construct{eventConstruct(n)}
	}
	c := Construct{Element: n.Kind}
	switch {
	case n.IsForCompensation:
		c.Marker = MarkerCompensation
	case n.TriggeredByEvent:
		c.Marker = MarkerEvent
	case n.Instantiate && n.EventGatewayType == "Parallel":
		c.Marker = MarkerInstantiateInParallel
	case n.Instantiate:
		c.Marker = MarkerInstantiate
	case n.Loop == nil:
	case n.Loop.Kind == "standardLoopCharacteristics":
		c.Marker = MarkerLoop
	case n.Loop.IsSequential:
		c.Marker = MarkerSequentialInstances
	default:
		c.Marker = MarkerParallelInstances
	}
	all := []Construct{c}
	if n.StartQuantity > 1 {
		all = append(all, Construct{Element: "activity", Marker: MarkerStartQuantity})
	}
	if n.CompletionQuantity > 1 {
		all = append(all, Construct{Element: "activity", Marker: MarkerCompletionQuantity})
	}
	return all
}

func eventConstruct(n *bpmn.FlowNode) Construct {
	at := positionOf(&node{source: n, container: &container{node: ownerOf(n)}})
	c := Construct{Element: n.Kind, Position: string(at), Trigger: "none"}
	switch len(n.EventDefinitions) {
	case 0:
	case 1:
		c.Trigger = triggerName(n.EventDefinitions[0].Kind)
	default:
		c.Trigger = TriggerMultiple
		if n.ParallelMultiple {
			c.Trigger = TriggerParallelMultiple
		}
	}
	always := slices.Contains([]string{"error", "cancel", "compensate"}, c.Trigger)
	c.NonInterrupting = !always && (at == positionBoundary && !n.CancelActivity || at == positionSubProcessStart && !n.IsInterrupting)
	return c
}

func ownerOf(n *bpmn.FlowNode) *node {
	if n.Parent == nil {
		return nil
	}
	return &node{source: n.Parent}
}
