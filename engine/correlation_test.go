package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

const correlated = `
	<message id="order" name="orders" /><message id="bill" name="bills" /><message id="ad" name="ads" />
	<correlationProperty id="number"><correlationPropertyRetrievalExpression messageRef="order"><messagePath>order.id</messagePath></correlationPropertyRetrievalExpression>
		<correlationPropertyRetrievalExpression messageRef="bill"><messagePath>orderId</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
	<correlationProperty id="shop"><correlationPropertyRetrievalExpression messageRef="order"><messagePath>order.shop</messagePath></correlationPropertyRetrievalExpression>
		<correlationPropertyRetrievalExpression messageRef="bill"><messagePath>record.headers.shop</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
	<collaboration id="pools"><participant id="us" processRef="p" />
		<correlationKey id="byNumber"><correlationPropertyRef>number</correlationPropertyRef><correlationPropertyRef>shop</correlationPropertyRef></correlationKey></collaboration>`

var bill = engine.Message{Name: "bills", Data: variables("orderId", int64(7)), Record: variables("headers", variables("shop", "Rome"))}

// §8.4.2, key-based correlation: the first message of a conversation gives the key its value, whether it was received or sent.
func TestConversationBegins(t *testing.T) {
	t.Run("by a message that starts the instance", func(t *testing.T) {
		k := start(t, drawn(t, `<startEvent id="s"><messageEventDefinition messageRef="order" /></startEvent>
			<intermediateCatchEvent id="c"><messageEventDefinition messageRef="bill" /></intermediateCatchEvent>`+chain("s", "c"), correlated),
			engine.StartInstance{Element: "s", Message: &engine.Message{Name: "orders", Data: variables("order", variables("id", int64(7), "shop", "Rome"))}})
		sub := k.Subscription("c")
		require.Equal(t, `["7","Rome"]`, sub.Key)
		require.Equal(t, []engine.MessageKey{{Source: sub.KeySource, Key: sub.Key}}, k.Process.MessageKeys(bill, enginetest.Epoch))
		require.Equal(t, []string{"bills", "orders"}, k.Process.KeyedTopics())
		require.Empty(t, k.Process.MessageKeys(engine.Message{Name: "bills", Data: variables("orderId", int64(7))}, enginetest.Epoch), "a property is missing")
		require.Empty(t, k.Process.MessageKeys(engine.Message{Name: "ads", Data: variables("orderId", int64(7))}, enginetest.Epoch))
	})
	t.Run("by a message that it sends", func(t *testing.T) {
		k := start(t, drawn(t, `
			<intermediateThrowEvent id="a"><extensionElements><zeebe:ioMapping><zeebe:input source="={id: 7, shop: place}" target="order" /></zeebe:ioMapping></extensionElements>
				<messageEventDefinition messageRef="order" /></intermediateThrowEvent>
			<receiveTask id="c" messageRef="bill" />`+chain("a", "c"), correlated), engine.StartInstance{Variables: variables("place", "Rome")})
		require.Equal(t, `["7","Rome"]`, k.Subscription("c").Key)
	})
	t.Run("while something waits already", func(t *testing.T) {
		k := start(t, drawn(t, `<startEvent id="s" /><receiveTask id="c" messageRef="bill" /><receiveTask id="d" messageRef="order" />
			<receiveTask id="e" messageRef="ad" />`+chain("s", "c")+chain("s", "d")+chain("s", "e"), correlated), engine.StartInstance{})
		require.Empty(t, k.Subscription("c").Key)
		k.Message("d", variables("order", variables("id", int64(7), "shop", "Rome")))
		require.Equal(t, `["7","Rome"]`, k.Subscription("c").Key)
		require.Empty(t, k.Subscription("e").Key, "another conversation")
		k.Do(engine.CorrelateMessage{Subscription: k.Subscription("c").ID, Message: bill})
	})
}

// §8.4.2, context-based correlation: a subscription of the process says by its variables which messages it waits for.
func TestCorrelationSubscription(t *testing.T) {
	k := start(t, drawn(t, `<correlationSubscription id="cs" correlationKeyRef="byNumber">
			<correlationPropertyBinding correlationPropertyRef="shop"><dataPath>place</dataPath></correlationPropertyBinding>
			<correlationPropertyBinding correlationPropertyRef="number"><dataPath>first + 4</dataPath></correlationPropertyBinding>
		</correlationSubscription><receiveTask id="c" messageRef="bill" />`, correlated), engine.StartInstance{Variables: variables("first", int64(3))})
	require.Len(t, k.In.Incidents, 1, "a property has no value")
	k.Do(engine.SetVariables{Variables: variables("place", "Rome")})
	k.Resolve()
	require.Equal(t, `["7","Rome"]`, k.Subscription("c").Key)
	require.Equal(t, k.Process.MessageKeys(bill, enginetest.Epoch)[0].Key, k.Subscription("c").Key)
}

// The extension property correlationKeyExpression of an event, task or message says what the key of a message is.
func TestCorrelationKeyExpression(t *testing.T) {
	const property = `<zeebe:properties><zeebe:property name="correlationKeyExpression" value="=order.id" /></zeebe:properties>`
	for name, d := range map[string][2]string{
		"of the message": {`<receiveTask id="c" messageRef="m" />`, `<message id="m" name="m"><extensionElements><zeebe:subscription correlationKey="=wanted" />` + property + `</extensionElements></message>`},
		"of the task":    {`<receiveTask id="c" messageRef="m"><extensionElements>` + property + `</extensionElements></receiveTask>`, `<message id="m" name="m"><extensionElements><zeebe:subscription correlationKey="=wanted" /></extensionElements></message>`},
		"of the event":   {`<intermediateCatchEvent id="c"><extensionElements>` + property + `</extensionElements><messageEventDefinition messageRef="m" /></intermediateCatchEvent>`, `<message id="m" name="m"><extensionElements><zeebe:subscription correlationKey="=wanted" /></extensionElements></message>`},
	} {
		t.Run(name, func(t *testing.T) {
			k := start(t, drawn(t, d[0], d[1]), engine.StartInstance{Variables: variables("wanted", "7")})
			require.Equal(t, "7", k.Subscription("c").Key)
			require.Equal(t, "=order.id", k.Subscription("c").KeySource)
			keys := k.Process.MessageKeys(engine.Message{Name: "m", Data: variables("order", variables("id", int64(7)))}, enginetest.Epoch)
			require.Equal(t, []engine.MessageKey{{Source: "=order.id", Key: "7"}}, keys)
			require.Empty(t, k.Process.MessageKeys(engine.Message{Name: "m", Data: variables("order", "text")}, enginetest.Epoch), "a message that does not fit has no key")
		})
	}
	_, err := engine.Compile(drawn(t, `<receiveTask id="c" messageRef="m"><extensionElements>`+property+`</extensionElements></receiveTask>`, `<message id="m" name="m" />`).Processes[0])
	require.ErrorContains(t, err, "nothing says which it must be")
	_, err = engine.Compile(drawn(t, `<startEvent id="c"><extensionElements>`+property+`</extensionElements><messageEventDefinition messageRef="m" /></startEvent>`, `<message id="m" name="m" />`).Processes[0])
	require.ErrorContains(t, err, "starts an instance for each message")
}

// Where two keys correlate a message, a subscription of the process goes before a key of the collaboration, and the first key
// before the others.
func TestFirstCorrelationKey(t *testing.T) {
	const two = `<message id="m" name="m" />
		<correlationProperty id="a"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
		<correlationProperty id="b"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>y</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
		<collaboration id="pools"><participant id="us" processRef="p" /><participant id="usToo" processRef="p" />
			<conversation id="talk"><correlationKey id="byA"><correlationPropertyRef>a</correlationPropertyRef></correlationKey></conversation>
			<correlationKey id="byB"><correlationPropertyRef>b</correlationPropertyRef></correlationKey></collaboration>`
	message := engine.Message{Name: "m", Data: variables("x", "1", "y", "2")}
	k := start(t, drawn(t, `<startEvent id="s" /><receiveTask id="c" messageRef="m" />`+chain("s", "c"), two), engine.StartInstance{})
	require.Equal(t, []engine.MessageKey{{Source: "x", Key: "1"}}, k.Process.MessageKeys(message, enginetest.Epoch))
	k = start(t, drawn(t, `<correlationSubscription id="cs" correlationKeyRef="byB"><correlationPropertyBinding correlationPropertyRef="b"><dataPath>"2"</dataPath></correlationPropertyBinding></correlationSubscription>
		<startEvent id="s" /><receiveTask id="c" messageRef="m" />`+chain("s", "c"), two), engine.StartInstance{})
	require.Equal(t, []engine.MessageKey{{Source: "y", Key: "2"}}, k.Process.MessageKeys(message, enginetest.Epoch))
	require.Equal(t, "2", k.Subscription("c").Key)
}
