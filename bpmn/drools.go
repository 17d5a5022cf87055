package bpmn

// The dialect of jBPM and Kogito. Elements and attributes that are not in the table are refused: they name code, rules or
// work items, or change how a call or a job behaves.

const namespaceDrools = "http://www.jboss.org/drools"

var drools = dialect{
	prefix: "drools",
	verdicts: map[string]verdict{
		"@dtype":             {},
		"@packageName":       {},
		"@version":           {},
		"@selectable":        {},
		"@bgcolor":           {},
		"@fgcolor":           {},
		"@bordercolor":       {},
		"@fontsize":          {},
		"@color_background":  {},
		"@boundaryca":        {},
		"@dockerinfo":        {},
		"@msgref":            {},
		"@erefname":          {},
		"@esccode":           {},
		"@docks":             {},
		"import":             {SeverityWarning, ""},
		"global":             {SeverityWarning, ""},
		"metaData":           {SeverityWarning, "if it sets behaviour (custom… names), draw that in BPMN"},
		"@taskName":          {SeverityError, "use a service task with a task definition (zeebe:taskDefinition)"},
		"@ruleFlowGroup":     {SeverityError, "use a task definition (zeebe:taskDefinition) or a script"},
		"@waitForCompletion": {SeverityError, `use the extension property waitForCompletion (zeebe:property)`},
		"@independent":       {SeverityError, "delete it: a called instance ends with its caller unless nobody waits for it"},
		"@serviceinterface":  {SeverityError, "let a worker do it: name a task type in zeebe:taskDefinition"},
		"@serviceoperation":  {SeverityError, "let a worker do it: name a task type in zeebe:taskDefinition"},
		"onEntry-script":     {SeverityError, "draw it as a script task"},
		"onExit-script":      {SeverityError, "draw it as a script task"},
	},
	hint:             camunda8Hint,
	unknownAttribute: SeverityError,
	unknownElement:   SeverityError,
}
