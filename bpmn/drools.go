package bpmn

// The dialect of jBPM and Kogito. What of it does not name Java code is read into the neutral fields of the model (kogito.go).
// The table says of the rest whether the process runs the same without it; what is not in it is refused.

const namespaceDrools = "http://www.jboss.org/drools"

const codeTaskHint = `let a worker do it: use a task with drools:taskName, which is the job type`

var drools = dialect{
	prefix: "drools",
	verdicts: map[string]verdict{
		"@dtype":                 {},
		"@packageName":           {},
		"@selectable":            {},
		"@bgcolor":               {},
		"@fgcolor":               {},
		"@bordercolor":           {},
		"@fontsize":              {},
		"@color_background":      {},
		"@boundaryca":            {},
		"@dockerinfo":            {},
		"@docks":                 {},
		"@msgref":                {}, // these repeat what the references say
		"@erefname":              {},
		"@esccode":               {},
		"@signalType":            {},
		"@serviceimplementation": {},
		"import":                 {}, // values have no classes
		"global":                 {SeverityWarning, "code uses it; an expression has the variables of the process alone"},
		"@taskName":              {SeverityError, "use a task (bpmn:task) with drools:taskName, which is the job type"},
		"@ruleFlowGroup":         {SeverityError, "use it on a business rule task"},
		"@adHoc":                 {SeverityError, "put what may start in any order into an ad-hoc sub-process"},
		"@scope":                 {SeverityError, "let an error or signal leave the sub-process"},
		"@waitForCompletion":     {SeverityError, "use it on a call activity"},
		"@independent":           {SeverityError, "use it on a call activity"},
		"@serviceinterface":      {SeverityError, codeTaskHint},
		"@serviceoperation":      {SeverityError, codeTaskHint},
		"onEntry-script":         {SeverityError, "draw it as a script task"},
		"onExit-script":          {SeverityError, "draw it as a script task"},
	},
	hint:             "draw it with the elements of BPMN",
	unknownAttribute: SeverityError,
	unknownElement:   SeverityError,
}

// metaVerdicts are the names of drools:metaData. Those that are not here are information for people and tools, of which
// nobody knows whether they were meant to do something.
var metaVerdicts = map[string]verdict{
	"elementname":               {},
	"customDescription":         {},
	"customTags":                {},
	"customAsync":               {}, // every step is durable
	"customAutoStart":           {},
	"customScope":               {},
	"customCaseIdPrefix":        {},
	"customCaseRoles":           {},
	"isAutoConnection.source":   {},
	"isAutoConnection.target":   {},
	"customSLADueDate":          {SeverityWarning, "draw a boundary timer, if something is to happen then"},
	"customAbortParent":         {SeverityWarning, "set drools:independent, which says whether the two end each other"},
	"customActivationCondition": {SeverityError, "draw a conditional event before it"},
	"compensateIfAborted":       {SeverityError, "draw an error boundary event that leads to a compensation event"},
}

// metaData reads the name/value pairs of jBPM's tools into the properties of an element.
func (r *reader) metaData(n *node, properties map[string]string) map[string]string {
	extensions := r.child(n, "extensionElements")
	if extensions == nil {
		return properties
	}
	for c := range extensions.allIn(namespaceDrools, "metaData") {
		name, value := r.required(c, "name"), ""
		if v := r.childIn(c, namespaceDrools, "metaValue"); v != nil {
			value = v.body()
		}
		v, known := metaVerdicts[name]
		switch {
		case !known:
			r.warn(c, codeExtensionIgnored, "if it sets behaviour, draw that in BPMN", "the metadata %s is not executed", quote(name))
		case v.severity == SeverityWarning:
			r.warn(c, codeExtensionIgnored, v.hint, "the metadata %s is not executed", quote(name))
		case v.severity == SeverityError:
			r.fail(c, codeExtensionRequired, v.hint, "the metadata %s is not executed, and the process would run differently without it", quote(name))
		}
		if properties == nil {
			properties = map[string]string{}
		}
		properties[name] = value
	}
	return properties
}
