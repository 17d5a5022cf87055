package engine_test

import (
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

var world = variables(
	"a", int64(7), "b", int64(2), "s", "gold", "yes", true, "no", false, "list", []any{"x", "y"}, "none", []any{}, "blank", "",
	"order", variables("total", 12.5, "paid", true, "customer", variables("name", "Anna", "VIP", false)),
)

// What of Camunda 7's JUEL and of jBPM's Java and MVEL is plain logic means here what it means there.
func TestForeignExpressions(t *testing.T) {
	const juel, java, mvel = "juel", "http://www.java.com/java", "http://www.mvel.org/2.0"
	for _, c := range []struct {
		language, text string
		want           any
	}{
		{juel, `${a == 7 && s == 'gold'}`, true},
		{juel, `#{a > 3 and b le 2 or no}`, true},
		{juel, `${a ne 7 || not yes}`, false},
		{juel, `${!no}`, true},
		{juel, `${!missing}`, true},
		{juel, `${missing || yes}`, true},
		{juel, `${missing && yes}`, false},
		{juel, `${missing ? 1 : 2}`, int64(2)},
		{juel, `${empty missing && empty none && empty blank && not empty list && !empty s}`, true},
		{juel, `${order.customer.name}`, "Anna"},
		{juel, `${order.getCustomer().getName() eq "Anna"}`, true},
		{juel, `${order['total'] * 2 - 1}`, int64(24)},
		{juel, `${a div b}`, 3.5},
		{juel, `${a mod b}`, int64(1)},
		{juel, `${-a + (b + 1) * 2}`, int64(-1)},
		{juel, `${execution.getVariable("a") == a}`, true},
		{juel, `${execution.getVariable("missing") == null}`, true},
		{juel, `${execution.hasVariable("missing")}`, false},
		{juel, `${execution.processInstanceId}`, "1"},
		{juel, `${execution.getProcessBusinessKey()}`, "key"},
		{juel, `${list.size() > 1 && list.contains("x") && list[0] == "x" && list.get(1) == "y"}`, true},
		{juel, `${s.toUpperCase().startsWith("GO")}`, true},
		{juel, `${none.isEmpty()}`, true},
		{juel, `${order.prop("customer").prop("name").stringValue()}`, "Anna"},
		{juel, `${(a > 3 ? "big" : "small")}`, "big"},
		{juel, `${a > 3 == true}`, true},
		{juel, `${'it\'s'}`, "it's"},
		{juel, `${now() != null}`, true},
		{java, `return s == "gold";`, true},
		{java, `return order.getTotal() > 3;`, true},
		{java, `return order.isPaid();`, true},
		{java, `return !order.getCustomer().isVIP();`, true},
		{java, `return "gold".equals(s) && !s.isEmpty();`, true},
		{java, `return Objects.equals(s, "gold") || Boolean.TRUE.equals(no);`, true},
		{java, `kcontext.getVariable("a") != null`, true},
		{java, `return ((String) kcontext.getVariable("s")).length() == 4;`, true},
		{java, `return (Integer) a % 2 == 1L;`, true},
		{java, `return s.equalsIgnoreCase("GOLD");`, true},
		{java, `return kcontext.getProcessInstance().getId();`, "1"},
		{java, `return list.size() >= 2 ? 'x' : 'y';`, "x"},
		{java, `return order.containsKey("total") && 1_000 > a;`, true},
		{mvel, `order.customer.name == "Anna" && list.size() == 2`, true},
		{mvel, `a / b`, 3.5},
	} {
		body := `<scriptTask id="t" scriptFormat="juel" camunda:resultVariable="r"><script>` + html.EscapeString(c.text) + `</script></scriptTask>`
		if c.language != juel { // these may be conditions, not scripts
			body = `<serviceTask id="t" camunda:type="external" camunda:topic="t"><ioSpecification><dataInput id="r" /></ioSpecification>
				<dataInputAssociation><targetRef>r</targetRef><transformation language="` + c.language + `">` + html.EscapeString(c.text) + `</transformation></dataInputAssociation></serviceTask>`
		}
		k := start(t, drawn(t, body), engine.StartInstance{BusinessKey: "key", Variables: world})
		got := k.Variables()["r"]
		if c.language != juel {
			got = k.In.Scopes[1].Variables["r"]
		}
		require.Empty(t, k.In.Incidents, c.text)
		require.Equal(t, c.want, got, c.text)
	}
}

// A constant text has expressions among it in Camunda 7.
func TestForeignTemplates(t *testing.T) {
	k := start(t, drawn(t, `<serviceTask id="t" camunda:type="external" camunda:topic="work-${s}-#{a + b}-${missing}">
		<extensionElements><camunda:inputOutput>
			<camunda:inputParameter name="text">costs $5 or #6, ${order.customer.name} {says}</camunda:inputParameter>
			<camunda:inputParameter name="braces">${s == '}' ? "}" : '{'}!</camunda:inputParameter>
			<camunda:inputParameter name="open">${s</camunda:inputParameter>
		</camunda:inputOutput></extensionElements></serviceTask>`), engine.StartInstance{Variables: world})
	require.Equal(t, "work-gold-9-", k.Subscription("t").Name)
	require.Equal(t, variables("text", "costs $5 or #6, Anna {says}", "braces", "{!", "open", "${s"), k.In.Scopes[1].Variables)
}

// What needs more than data is refused with what is in the way, at its place; so is what would be too large or too deep.
func TestForeignExpressionsThatAreRefused(t *testing.T) {
	for text, fault := range map[string]string{
		`${bean.charge(order, a)}`:                 `it calls "charge()"`,
		`${currentUser()}`:                         `it calls "currentUser()"`,
		`${execution.setVariable("a", 1)}`:         `it calls "setVariable()"`,
		`${execution.getVariable(name)}`:           `it calls "getVariable()"`,
		`${execution}`:                             `it uses "execution"`,
		`${execution.currentActivityId}`:           `it uses "execution.currentActivityId"`,
		`${a = 3}`:                                 `"=" is more than a condition`,
		`${new Order()}`:                           `it uses "new"`,
		`${a ? b}`:                                 "its ? has no :",
		`${(a}`:                                    "a parenthesis is not closed",
		`${list[0}`:                                "a bracket is not closed",
		`${a == "x}`:                               "it cannot be read",
		`${a @ b}`:                                 "it cannot be read",
		`${let > 3}`:                               "has the name of an operator",
		"${" + strings.Repeat("(", 70) + "a}":      "it is nested too deep",
		"${" + strings.Repeat("!", 70) + "a}":      "it is nested too deep",
		"${" + strings.Repeat("empty ", 50) + "a}": "it is too long",
		"${a" + strings.Repeat(".isEmpty()", 50) + "}": "it is too long",
		"${" + strings.Repeat("a + ", 2000) + "a}":     "it is too long",
		`${a.b()(c)}`: `it calls "b()"`,
		`${order.}`:   "it cannot be read at",
		`${1 2}`:      `"2" is more than a condition`,
	} {
		_, err := bpmn.Parse("test.bpmn", []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
			<process id="p" isExecutable="true"><intermediateCatchEvent id="e"><conditionalEventDefinition>
			<condition>`+html.EscapeString(text)+`</condition></conditionalEventDefinition></intermediateCatchEvent></process></definitions>`))
		require.ErrorContains(t, err, fault, text)
		require.ErrorContains(t, err, "test.bpmn:3:4: error[BPMN042]", text)
	}
	_, err := bpmn.Parse("test.bpmn", []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
		<process id="p" isExecutable="true"><exclusiveGateway id="g"/><task id="t"/><sequenceFlow id="f" sourceRef="g" targetRef="t">
		<conditionExpression language="http://www.java.com/java">return a / b == 2;</conditionExpression></sequenceFlow></process></definitions>`))
	require.ErrorContains(t, err, "Java drops what is left over")
}
