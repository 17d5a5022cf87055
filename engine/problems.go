package engine

// Codes of the problems that Compile reports; docs/errors.md explains each.
const (
	CodeUnsupported  = "ENG001" // the element cannot be executed
	CodeNoStart      = "ENG002" // nothing starts the process
	CodeExpression   = "ENG003" // an expression does not compile
	CodeMapping      = "ENG004" // a mapping's target is no path
	CodeTrigger      = "ENG005" // the event definition may not stand here
	CodeMessage      = "ENG006" // a message event or task without message, name or correlation key
	CodeTimer        = "ENG007" // a timer that cannot be read
	CodeWork         = "ENG008" // nobody is named to do the work
	CodeCondition    = "ENG009" // a gateway's flow without condition
	CodeEventGateway = "ENG010" // an event-based gateway's targets
	CodeSubProcess   = "ENG011" // start events of a sub-process
	CodeCall         = "ENG012" // a call activity without called process
	CodeScript       = "ENG013" // a script that is not an expression
	CodeLink         = "ENG014" // link events that do not pair
	CodeCompensation = "ENG015" // compensation without handler, or out of its scope
	CodeTransaction  = "ENG016" // cancel events outside of transactions
	CodeLoop         = "ENG017" // a loop that has no end, or no size
	CodeQuantity     = "ENG018" // more tokens or instances than may begin at once
	CodeNear         = "ENG019" // a name that nearly is one that Sonata knows; a warning
	CodeSameKey      = "ENG020" // a correlation key that is the same for every instance; a warning
)

// Codes of the problems that [Process.Soundness] finds.
const (
	CodeDead     = "LINT001" // an element that no token can reach
	CodeDeadlock = "LINT002" // a join that never gets all of its tokens
	CodeEndless  = "LINT003" // a loop that neither waits nor ends
	CodeNoWayOut = "LINT004" // a gateway that nothing leaves
)
