package bpmn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// node reads a document and gives one of its flow nodes.
func nodeOf(t *testing.T, body, id string) *bpmn.FlowNode {
	t.Helper()
	d, err := bpmn.Parse("file.bpmn", process(body))
	require.NoError(t, err)
	n := nodes(&d.Processes[0].Container)[id]
	require.NotNil(t, n)
	return n
}

func mappings(list []bpmn.Mapping) map[string]string {
	all := map[string]string{}
	for _, m := range list {
		text := m.Source.Text
		if m.Source.Literal {
			text = "'" + text + "'"
		}
		all[m.Target] = text
	}
	return all
}

const orderData = `
	<dataObject id="do1" /><dataObjectReference id="ref1" name="Big order" dataObjectRef="do1" />
	<property id="p1" name="total" />
	<dataObject id="price" name="price" />`

// §10.4.2: associations copy from and to the data inputs and outputs of an activity; nothing else leaves it.
func TestDataAssociations(t *testing.T) {
	n := nodeOf(t, orderData+`
	<serviceTask id="t">
		<ioSpecification>
			<dataInput id="i1" name="order" /><dataInput id="i2" name="rate" /><dataInput id="i3" />
			<dataOutput id="o1" name="result" />
			<inputSet><dataInputRefs>i1</dataInputRefs></inputSet><outputSet><dataOutputRefs>o1</dataOutputRefs></outputSet>
		</ioSpecification>
		<dataInputAssociation><sourceRef>ref1</sourceRef><targetRef>i1</targetRef></dataInputAssociation>
		<dataInputAssociation><sourceRef>p1</sourceRef><sourceRef>price</sourceRef><targetRef>i2</targetRef><transformation>total / price</transformation></dataInputAssociation>
		<dataInputAssociation><targetRef>i3</targetRef>
			<assignment><from>1 + 1</from><to>i3</to></assignment>
			<assignment><from>price</from><to>i3.of.it</to></assignment>
			<assignment><from>ref1</from><to>inner</to></assignment>
		</dataInputAssociation>
		<dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>p1</targetRef></dataOutputAssociation>
	</serviceTask>`, "t")
	require.Equal(t, map[string]string{
		"order": "Big_order", "rate": "total / price", "i3": "1 + 1", "i3.of.it": "price", "i3.inner": "Big_order",
	}, mappings(n.Inputs))
	require.Equal(t, map[string]string{"total": "result"}, mappings(n.Outputs))
	require.Equal(t, bpmn.ResultsMapped, n.Results)
}
