package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

var doubtful = map[string]struct{ model, element, code, text, hint string }{
	"a type in capitals": {
		"sendTask a type=Kafka:Publish header:topic=x", "a", engine.CodeNear,
		`the task definition type "Kafka:Publish" is a job for a worker, so "a" (a) publishes nothing`, `did you mean "kafka:publish"?`,
	},
	"a misspelt type":              {"serviceTask a type=kafka:publsh", "a", engine.CodeNear, "is a job for a worker", "kafka:publish"},
	"another sign":                 {"endEvent a message=m type=kafka-publish", "a", engine.CodeNear, "is a job for a worker", "kafka:publish"},
	"swapped letters, one missing": {"serviceTask a type=kakfa:publis", "a", engine.CodeNear, "is a job for a worker", "kafka:publish"},
	"the type as an expression":    {`serviceTask a type="= 'kafka:publish'"`, "a", engine.CodeNear, "is a job for a worker", "kafka:publish"},
	"a misspelt topic":             {"sendTask a message=m type=kafka:publish header:topc=x", "a", engine.CodeNear, `the task header "topc" of "a" (a) becomes a header of the record`, `did you mean "topic"?`},
	"a topic in capitals":          {"sendTask a message=m type=kafka:publish header:Topic=x", "a", engine.CodeNear, `"Topic"`, `"topic"`},
	"a misspelt key":               {"sendTask a type=kafka:publish header:topic=x header:kye=y", "a", engine.CodeNear, `"kye"`, `"key"`},
	"a misspelt data":              {"sendTask a type=kafka:publish header:topic=x header:Data=y", "a", engine.CodeNear, `"Data"`, `"data"`},
	"a secret that would be sent":  {"sendTask a type=kafka:publish header:topic=x header:secret=y", "a", engine.CodeNear, `"secret"`, `"secrets"`},
	"a key without =": {
		"receiveTask a message=m key=orderId", "Message_m", engine.CodeSameKey,
		`the correlation key is the text "orderId", so every instance waits for the same key`, `write =orderId for the value of a variable`,
	},
	"a key without = at an event": {"intermediateCatchEvent a message=m key=order.id", "Message_m", engine.CodeSameKey, `"order.id"`, "write =order.id"},
	"a misspelt field":            {`task a in:x="= instance.keyy"`, "a", engine.CodeNear, `an instance has no "keyy", so this is null unless a variable is called instance`, "did you mean instance.key?\n"},
	"a field in capitals":         {`task a in:x="= len(processInstance.BusinessKey)"`, "a", engine.CodeNear, `"BusinessKey"`, "did you mean processInstance.businessKey?\n"},
	"another field":               {`task a in:x="= instance?.id"`, "a", engine.CodeNear, `"id"`, "there are businessKey, key, parentKey, processId, rootKey, version\n"},
}

// What can be executed and hardly is what was meant is a warning, with what may be meant.
func TestDoubts(t *testing.T) {
	for name, c := range doubtful {
		t.Run(name, func(t *testing.T) {
			found := enginetest.Compile(t, c.model).Warnings()
			require.Len(t, found, 1)
			require.Equal(t, bpmn.SeverityWarning, found[0].Severity)
			require.Equal(t, c.code, found[0].Code)
			require.Equal(t, c.element, found[0].ElementID)
			require.Contains(t, found[0].Text, c.text)
			require.Contains(t, found[0].Hint, c.hint)
		})
	}
}

// What is just that, or is far from it, is in no doubt.
func TestWhatIsInNoDoubt(t *testing.T) {
	for _, model := range []string{
		"sendTask a type=kafka:publish header:topic=x header:key=k header:data=d header:secrets=s header:kogitoprocrefid=r header:contentMode=binary",
		"sendTask a type=kafka:publish header:topic=x header:date=y",
		"sendTask a type=kafka:publish header:topic=x header:topics=all", // it is given, so another is meant
		"serviceTask a type=publish\nserviceTask b type=kafka:consume\nserviceTask c type=charge header:topc=x",
		"receiveTask a message=m key=\"= orderId\"\nreceiveTask b message=m key=\"= 'all'\"\nreceiveTask c message=n",
		"startEvent s message=m key=orderId", // nobody looks at it
		`task a in:x="= instance.key" in:y="= processInstance.rootKey" in:z="= order.keyy"`,
		`task a in:instance="= order" in:x="= instance.keyy"`,
		`receiveTask a message=m out:x="= instance.keyy"`, // what the message brings
		`task a each:instance="= list" in:x="= instance.keyy"`,
		`scriptTask a script="= order" result=instance` + "\n" + `task b in:x="= instance.keyy"`,
		`task a in:x="= let instance = order; instance.keyy"`,
		`receiveTask a message=m key="= id" property:correlationKeyExpression="= instance.keyy"`, // of the message
	} {
		require.Empty(t, enginetest.Compile(t, model).Warnings(), model)
	}
}

// A file that is refused is told its warnings too; so whoever draws mends everything in one go. Two elements that await one message have one key.
func TestDoubtsBesideFaults(t *testing.T) {
	_, err := engine.Compile(enginetest.Model("receiveTask a message=m key=orderId\nreceiveTask b message=m key=orderId\nserviceTask c"))
	require.ErrorContains(t, err, engine.CodeWork)
	require.ErrorContains(t, err, engine.CodeSameKey)
	require.Len(t, err, 2)
}

func TestNearest(t *testing.T) {
	for written, want := range map[string]string{
		"variables": "variables", "Variables": "variables", "variabels": "variables", "varables": "variables", "variablen2": "variables",
		"kye": "key", "ke": "key", "k": "", "keyyy": "", "": "", "vars": "", "other": "", "variables and more": "",
	} {
		require.Equal(t, want, engine.Nearest(written, "key", "variables"), written)
	}
	require.Equal(t, "date", engine.Nearest("date", "data", "date"), "a word itself is nearest")
}
