package engine

// behavior is what a flow node does when a token is in it. A returned fault becomes an incident: the token stays, and
// resolving the incident enters the node again.
type behavior interface {
	enter(s *step, n *node, t Token) error
}

// The rest is optional; a behavior implements what means something for it.
type (
	// linker reads what the node needs from the model and checks it, at deployment.
	linker interface{ link(c *compiler, n *node) }
	// drainer goes on when the last token in the scope inside of its node is gone. Without it the node is left.
	drainer interface {
		drained(s *step, n *node, t Token)
	}
	// employer goes on when a worker has done a job of its node, which may have several. Without it the node is left.
	employer interface {
		jobDone(s *step, n *node, t Token, results map[string]any)
	}
	// decider is asked how to go on when an activity in the scope inside of its node has completed.
	decider interface {
		decide(s *step, n *node, t Token)
	}
	// joiner gathers tokens: it is asked when a token arrives on an incoming flow, and lets the token in or leaves it
	// on its flow.
	joiner interface {
		arrive(s *step, n *node, t Token)
	}
	// settler is asked whether its waiting tokens in a scope may go on now that no other token can move by itself.
	settler interface {
		settle(s *step, n *node, scope ID) bool
	}
)

// behaviors is the index of what Sonata executes: the flow nodes by their XML local name.
var behaviors = map[string]behavior{
	"task":                   task{},
	"manualTask":             task{},
	"serviceTask":            serviceTask{},
	"sendTask":               serviceTask{},
	"businessRuleTask":       serviceTask{},
	"userTask":               userTask{},
	"receiveTask":            receiveTask{},
	"scriptTask":             scriptTask{},
	"subProcess":             subProcess{},
	"transaction":            subProcess{},
	"adHocSubProcess":        adHocSubProcess{},
	"callActivity":           callActivity{},
	"exclusiveGateway":       exclusiveGateway{},
	"parallelGateway":        parallelGateway{},
	"inclusiveGateway":       inclusiveGateway{},
	"complexGateway":         complexGateway{},
	"eventBasedGateway":      eventBasedGateway{},
	"startEvent":             startEvent{},
	"intermediateCatchEvent": intermediateCatchEvent{},
	"intermediateThrowEvent": intermediateThrowEvent{},
	"boundaryEvent":          boundaryEvent{},
	"endEvent":               endEvent{},
}

// trigger is what an event waits for, or does.
type trigger interface {
	// link reads the event definition and checks it, at deployment.
	link(c *compiler, n *node, d *definition)
}

type (
	// catcher says what an event that waits subscribes to; the zero Subscription if it can never happen.
	catcher interface {
		subscribe(s *step, n *node, d *definition, w waiter) (Subscription, error)
	}
	// thrower evaluates what a throwing event needs, and gives what is left to do.
	thrower interface {
		throw(s *step, n *node, d *definition, t Token) (throwing, error)
	}
)

// throwing does what a throwing event does, and says whether the token may leave the event now. It cannot fail: all that can has been
// evaluated.
type throwing func() (leave bool)

// triggers is the index of event definitions by their XML local name.
var triggers = map[string]trigger{
	"messageEventDefinition":     messageTrigger{},
	"timerEventDefinition":       timerTrigger{},
	"signalEventDefinition":      signalTrigger{},
	"conditionalEventDefinition": conditionalTrigger{},
	"escalationEventDefinition":  escalationTrigger{},
	"linkEventDefinition":        linkTrigger{},
	"compensateEventDefinition":  compensateTrigger{},
	"cancelEventDefinition":      cancelTrigger{},
	"errorEventDefinition":       errorTrigger{},
	"terminateEventDefinition":   terminateTrigger{},
}

// position is where an event stands (Table 10.93).
type position string

const (
	positionStart           position = "start event"
	positionSubProcessStart position = "start event of an event sub-process"
	positionCatch           position = "intermediate catch event"
	positionBoundary        position = "boundary event"
	positionThrow           position = "intermediate throw event"
	positionEnd             position = "end event"
)

// positions says where each trigger may stand (§10.5.1 to §10.5.4; Table 10.93).
var positions = map[string][]position{
	"":                           {positionStart, positionThrow, positionEnd},
	"messageEventDefinition":     {positionStart, positionSubProcessStart, positionCatch, positionBoundary, positionThrow, positionEnd},
	"timerEventDefinition":       {positionStart, positionSubProcessStart, positionCatch, positionBoundary},
	"signalEventDefinition":      {positionStart, positionSubProcessStart, positionCatch, positionBoundary, positionThrow, positionEnd},
	"conditionalEventDefinition": {positionStart, positionSubProcessStart, positionCatch, positionBoundary},
	"escalationEventDefinition":  {positionSubProcessStart, positionBoundary, positionThrow, positionEnd},
	"linkEventDefinition":        {positionCatch, positionThrow},
	"compensateEventDefinition":  {positionSubProcessStart, positionBoundary, positionThrow, positionEnd},
	"cancelEventDefinition":      {positionBoundary, positionEnd},
	"errorEventDefinition":       {positionSubProcessStart, positionBoundary, positionEnd},
	"terminateEventDefinition":   {positionEnd},
}

func positionOf(n *node) position {
	switch n.kind() {
	case "startEvent":
		if n.container.node != nil && n.container.node.source.TriggeredByEvent {
			return positionSubProcessStart
		}
		return positionStart
	case "intermediateCatchEvent":
		return positionCatch
	case "boundaryEvent":
		return positionBoundary
	case "intermediateThrowEvent":
		return positionThrow
	default:
		return positionEnd
	}
}
