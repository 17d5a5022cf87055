package engine

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

const caseVariables = `{"a": 3, "b": 5, "f": 2.5, "s": "text", "yes": true, "no": false, "count": 4, "len": 7, "type": "T", "first": "F", "null2": null,
	"list": [1, 2, 3], "texts": ["b", "a"], "nested": [1, [2, [3]]], "empty": [],
	"order": {"id": "o1", "@type": "Order", "then": 1, "items": [{"name": "x", "price": 2.5}, {"name": "y", "price": 3}, {"name": "x", "price": 1}]}}`

// expressionCases are expressions and their values as JSON. Those that begin with "=" are what FEEL editors write.
var expressionCases = []struct{ text, value string }{
	// Dialects.
	{`a == 3`, `true`}, {`=a == 3`, `true`}, {`=a = 3`, `true`}, {`=a=3`, `true`}, {`= a != 3`, `false`}, {`=a<=3 and a>=3`, `true`},
	{`${a == 3 && yes}`, `true`}, {`#{a == 3 || no}`, `true`}, {`${ {"x": "}"}.x }`, `"}"`}, {` = a `, `3`},
	{`="a = b"`, `"a = b"`}, {`='a=b' = "a=b"`, `true`}, {`=let x = 1; x = 1`, `true`}, {`=/* a = b */ 1`, `1`},
	{`=if a > 2 then "big" else "small"`, `"big"`}, {`=if null then 1 else 2`, `2`}, {`=if missing = 1 then 1 else 2`, `2`},
	{`=if a > 5 then 1 else if a > 2 then 2 else 3`, `2`}, {`=if yes then if no then 1 else 2 else 3`, `2`}, {`=if if yes then no else yes then 1 else 2`, `2`},
	{`=(if yes then 1 else 2) + 1`, `2`}, {`=if yes then 1 else 2 + 1`, `1`}, {`={x: if yes then [1, 2] else 3, y: 2}`, `{"x":[1,2],"y":2}`}, {`=order.then`, `1`},
	{`if a > 2 { "big" } else { "small" }`, `"big"`}, {`a > 2 ? "big" : "small"`, `"big"`},
	{`=a in [1..5]`, `true`}, {`=a in [4..5]`, `false`}, {`=f in [2.5..3]`, `true`}, {`=s in ["a".."z"]`, `true`}, {`=not(a in [1..5])`, `false`}, {`=a not in [1..5]`, `false`},
	{`=a in [1, 3]`, `true`}, {`a in 1..5`, `true`}, {`f in 1..5`, `false`}, {`a in 1..100000000`, `true`}, {`=not(yes)`, `false`}, {`=not(a = 3) or yes`, `true`}, {`=count(list)`, `3`},
	// Names.
	{`missing`, `null`}, {`missing.x.y`, `null`}, {`order.x.y == null`, `true`}, {`order.x.y != nil`, `false`}, {`order?.x?.y ?? "none"`, `"none"`}, {`missing ?? order.id`, `"o1"`},
	{`count > 3`, `true`}, {`len`, `7`}, {`len + len(list)`, `10`}, {`type`, `"T"`}, {`first == first(["F"])`, `true`}, {`order["@type"]`, `"Order"`}, {`order["i" + "d"]`, `"o1"`}, {`null == nil`, `true`},
	{`let a = 1; a`, `1`}, {`let x = a; x + b`, `8`}, {`let x = missing; x`, `null`}, {`let x = x; x`, `null`},
	// Numbers.
	{`1 + 2 * 3`, `7`}, {`4 / 2`, `2`}, {`1 / 4`, `0.25`}, {`7 % 3`, `1`}, {`-7 % 3`, `-1`}, {`2 ** 10`, `1024`}, {`2 ^ 0.5`, `1.4142135623730951`}, {`-a`, `-3`}, {`-(-a)`, `3`}, {`+a`, `3`}, {`a - 5.5`, `-2.5`},
	{`9223372036854775807`, `9223372036854775807`}, {`9223372036854775806 + 1`, `9223372036854775807`}, {`0xff`, `255`}, {`1_000`, `1000`}, {`1e3`, `1000`}, {`f * 2 == b`, `true`}, {`a == 3.0`, `true`}, {`1 < a < 5`, `true`}, {`1 < a < 3`, `false`},
	{`a < b`, `true`}, {`b <= a`, `false`}, {`s >= "te"`, `true`}, {`abs(-2.5)`, `2.5`}, {`abs(-a)`, `3`}, {`ceil(2.1)`, `3`}, {`floor(2.9)`, `2`}, {`round(2.5)`, `3`}, {`round(a)`, `3`},
	{`int("12")`, `12`}, {`int(2.9)`, `2`}, {`number("2.50")`, `2.5`}, {`float(a)`, `3`}, {`min(3, 1, 2)`, `1`}, {`max(list)`, `3`}, {`min(texts)`, `"a"`}, {`mean(list)`, `2`}, {`sum(list)`, `6`}, {`sum([])`, `0`}, {`sum(order.items, .price)`, `6.5`},
	// Texts.
	{`"x" + s`, `"xtext"`}, {`s contains "ex"`, `true`}, {`s startsWith "te"`, `true`}, {`s endsWith "xt"`, `true`}, {`missing contains "x"`, `false`}, {`s matches "^t.*t$"`, `true`}, {`missing matches "a"`, `false`}, {`s not matches "x{3}"`, `true`},
	{`includes(s, "ex")`, `true`}, {`includes(texts, "a")`, `true`}, {`hasPrefix(s, "te")`, `true`}, {`hasSuffix(s, "te")`, `false`}, {`upper(s)`, `"TEXT"`}, {`lower("ÄB")`, `"äb"`}, {`trim(" a ")`, `"a"`}, {`trim("xax", "x")`, `"a"`},
	{`split("a,b", ",")`, `["a","b"]`}, {`join(texts, "-")`, `"b-a"`}, {`join(texts)`, `"ba"`}, {`replace("aba", "a", "cc")`, `"ccbcc"`}, {`repeat("ab", 3)`, `"ababab"`}, {`len("äöü")`, `3`}, {`"äöü"[1:2]`, `"ö"`}, {`s[-2:]`, `"xt"`}, {`s[9:]`, `""`},
	{`toBase64("key")`, `"a2V5"`}, {`fromBase64("a2V5")`, `"key"`}, {`string(a) + string(f) + string(yes)`, `"32.5true"`}, {`string(list)`, `"[1,2,3]"`}, {`toJSON({b: 1, a: "<"}) == "{\"a\":\"<\",\"b\":1}"`, `true`}, {`fromJSON("{\"x\": [1.0, 2.5]}")`, `{"x":[1,2.5]}`},
	// Lists and objects.
	{`list[0]`, `1`}, {`list[-1]`, `3`}, {`get(list, 9)`, `null`}, {`get(order, "id")`, `"o1"`}, {`list[1:]`, `[2,3]`}, {`list[:-1]`, `[1,2]`}, {`missing[0]`, `null`}, {`first(list)`, `1`}, {`last(list)`, `3`}, {`first(empty)`, `null`}, {`last(missing)`, `null`}, {`order.items[0].price`, `2.5`}, {`order.items[0]?.x?.y`, `null`},
	{`len(list)`, `3`}, {`len(order)`, `4`}, {`a in list`, `true`}, {`3.0 in list`, `true`}, {`"id" in order`, `true`}, {`a in missing`, `false`}, {`"b" not in texts`, `false`}, {`{a: 1} in [{a: 1.0}]`, `true`},
	{`list == [1, 2, 3.0]`, `true`}, {`order.items[1] == {price: 3, name: "y"}`, `true`}, {`list != order`, `true`}, {`1..3`, `[1,2,3]`}, {`3..1`, `[]`}, {`[a, [b]]`, `[3,[5]]`}, {`{(s): a, "k": null}`, `{"k":null,"text":3}`},
	{`any(list, # > 2)`, `true`}, {`all(list, # > 2)`, `false`}, {`none(list, # > 3)`, `true`}, {`one(list, # == 1)`, `true`}, {`all(empty, # > 2)`, `true`}, {`filter(list, # > 1)`, `[2,3]`}, {`map(list, # * 2)`, `[2,4,6]`}, {`map(list, #index)`, `[0,1,2]`}, {`count(list, # > 1)`, `2`}, {`find(list, # > 1)`, `2`}, {`find(list, # > 9)`, `null`}, {`findIndex(list, # > 1)`, `1`}, {`findLast(list, # < 3)`, `2`}, {`findLastIndex(list, # < 3)`, `1`},
	{`filter(order.items, .price > 2)`, `[{"name":"x","price":2.5},{"name":"y","price":3}]`}, {`order.items | filter(.price > 2.7) | map(.name)`, `["y"]`}, {`map(order.items, {let p = .price; p * 2})`, `[5,6,2]`}, {`any(order.items, any(list, # == 3))`, `true`},
	{`sortBy(order.items, .price) | map(.price)`, `[1,2.5,3]`}, {`sortBy(order.items, .name, "desc") | map(.price)`, `[3,2.5,1]`}, {`groupBy(order.items, .name) | keys()`, `["x","y"]`}, {`groupBy(order.items, .name).x | map(.price)`, `[2.5,1]`}, {`reduce(list, #acc + #, 10)`, `16`}, {`reduce(list, #acc + #)`, `6`},
	{`sort([3, 1, 2])`, `[1,2,3]`}, {`sort(texts, "desc")`, `["b","a"]`}, {`reverse(list)`, `[3,2,1]`}, {`uniq([1, 1.0, "1", 2])`, `[1,"1",2]`}, {`flatten(nested)`, `[1,2,3]`}, {`concat(list, [4], [])`, `[1,2,3,4]`}, {`take(list, 2)`, `[1,2]`}, {`take(list, 9)`, `[1,2,3]`}, {`keys({b: 1, a: 2})`, `["a","b"]`}, {`values({b: 1, a: 2})`, `[2,1]`}, {`merge({b: 1, a: 2}, null, {b: 3})`, `{"a":2,"b":3}`}, {`merge()`, `{}`}, {`put({a: 1}, "b", [2])`, `{"a":1,"b":[2]}`}, {`put(null, "a", 1)`, `{"a":1}`},
	{`uuid("https://example.com/1")`, `"0adedf02-e466-573b-a3fe-6a7f799d7d3d"`},
	{`map([nil, true, 1, 1.5, "", [], {}, now(), duration("PT1H")], type(#))`, `["nil","bool","int","float","string","array","map","time","duration"]`},
	// Times.
	{`now()`, `"2026-03-31T09:00:00.000000001Z"`}, {`now() > date("2026-03-31")`, `true`}, {`now() < date("2026-03-31T11:00:00+02:00[Europe/Berlin]")`, `false`}, {`date("2026-03-31T09:00:00+02:00")`, `"2026-03-31T09:00:00+02:00"`}, {`now() + duration("PT1H")`, `"2026-03-31T10:00:00.000000001Z"`}, {`duration("P1D") + now() - now()`, `"PT24H"`}, {`date("2026-01-02") - date("2026-01-01")`, `"PT24H"`}, {`duration("PT1H30M") * 2`, `"PT3H"`}, {`duration("PT1H") - duration("PT90M")`, `"-PT30M"`}, {`sum([duration("PT1H"), duration("PT1M")])`, `"PT1H1M"`}, {`duration("PT0.25S")`, `"PT0.25S"`}, {`date("2026-03-31").weekday`, `2`}, {`now().year * 100 + now().month`, `202603`}, {`string(duration("PT1H"))`, `"PT1H"`}, {`max(now(), date("2020-01-01"))`, `"2026-03-31T09:00:00.000000001Z"`},
}

func TestExpressions(t *testing.T) {
	variables := jsonObject(t, caseVariables)
	for _, c := range expressionCases {
		t.Run(c.text, func(t *testing.T) {
			require.Equal(t, c.value, outcome(c.text, variables))
		})
	}
}

func jsonObject(t *testing.T, text string) map[string]any {
	value, err := DecodeJSON([]byte(text))
	require.NoError(t, err)
	return value.(map[string]any)
}

func TestRefusedExpressions(t *testing.T) {
	for _, c := range []struct{ text, fault, hint string }{
		{``, "is empty (column 1", ""}, {`=`, "is empty", ""}, {`${}`, "is empty", ""},
		{`a >`, "ends too early (column 3", "a >\n      ^"}, {`=a > ) and s`, `")" is not expected here (column 6`, "=a > ) and s\n         ^"}, {`a == "x`, "no closing quote", ""}, {"a\n  + + * b", `"*" is not expected here (line 2, column 7`, "  + + * b\n          ^"},
		{`=a = 1 and b = )`, "column 16", "=a = 1 and b = )\n                   ^"}, {`="ä" = a and )`, "column 14", ""}, {`=if a = 1 then ) else 2`, "column 16", ""},
		{`=a = `, "ends too early", ""}, {`a = 3`, `"=" is not expected`, "compare with =="}, {`a === 3`, "", "compare with =="}, {`a <> 3`, "", "write !="}, {`a eq 3`, "", "write ==, !="},
		{`=a between 1 and 3`, `"between" is not expected here (column 4`, "x in [a..b]"}, {`=some x in list satisfies x > 1`, "", "any(list, # > 1)"}, {`=every x in list satisfies x > 1`, "", "all(list, # > 1)"}, {`=for x in list return x`, "", "map(list, # + 1)"},
		{`=list contains(list, 1)`, "", "x in list"}, {`=string length(s)`, "", "len(text)"}, {`=starts with(s, "a")`, "", "hasPrefix"}, {`=ends with(s, "a")`, "", "hasSuffix"}, {`=upper case(s)`, "", "upper(text)"}, {`=contains(s, "a")`, "", "includes"}, {`=get or else(s, "a")`, "", "x ?? other"}, {`=x instance of string`, "", "type(x)"}, {`=date and time("2026-01-01T00:00:00Z")`, "", "write date("}, {`=@"2026-01-01"`, "", "write date("}, {`=is defined(x)`, "", "x != null"}, {`=if yes then 1`, "", "condition ? a : b"},
		{`=list[1]`, "counting from 1 (FEEL) or from 0 (expr)", "first(list)"}, {`=list[item > 1]`, "counting from 1", "filter(list, # > 1)"}, {`=a in (1..5)`, "includes its ends", "x in [a..b]"}, {`=a in ]1..5[`, "", "x in [a..b]"}, {`=[1..5]`, "only after in", ""}, {`a in [1..5]`, "holds none of its numbers", "x in a..b"},
		{`=split(s, ".")`, "takes a pattern in FEEL", ""}, {`=replace(s, s, "")`, "takes a pattern in FEEL", ""}, {`count(list)`, "count needs a condition", "len(list)"}, {`all(list)`, "expected at least 2 arguments", ""},
		{`uuid()`, "another number of arguments", ""}, {`random()`, "no function random", "same value each time"}, {`foo(1)`, "no function foo", "there are now, all"}, {`merge({}, [1])`, "merge needs objects, not a list", ""}, {`put(1, "a", 2)`, "merge needs objects, not a number", ""}, {`env("HOME")`, "no function env", ""}, {`s.upper()`, "values have no methods", ""}, {`${execution.getVariable("x")}`, "values have no methods", ""}, {`$env`, "$env is not known", ""}, {`b"x"`, "bytes are no values", ""}, {`s matches s`, "as a text in the expression itself", ""}, {`s matches "("`, "no regular expression", ""}, {`s matches "(a{100}|b{100}){6}"`, "pattern is too large", ""},
		{`1 == "1"`, "== does not work between a number and a text", ""}, {`1 + "a"`, "+ does not work between a number and a text", ""}, {`not 1`, "not does not work with a number", ""}, {`upper(1)`, "a number is not what upper takes", ""}, {`upper(lower(1))`, "a number is not what lower takes", ""}, {`upper()`, "another number of arguments", ""}, {`all(1, true)`, "takes a list, not a number", ""}, {`filter(list, 1)`, "not a boolean", ""}, {`let len = 1; 2`, "cannot redeclare function len", ""},
		{`1 / 0`, "a division by zero (column 3", ""}, {`9223372036854775807 + 1`, "does not fit into 64 bits", ""}, {`9223372036854775808`, "the number is too large", ""}, {`date("2026-02-30")`, "no such date", ""}, {`duration("5 minutes")`, "no duration of ISO 8601", ""}, {`duration("P1M")`, "no fixed length", ""},
		{`map(list, {a: #})`, `":" is not expected`, "into parentheses"}, {`${a} and ${b}`, "only one ${ }", "join texts with +"}, {`Hello ${a}`, "", "only one ${ }"}, {strings.Repeat("a", 4097), "longer than 4096 bytes", ""}, {"\xff", "not UTF-8", ""}, {strings.Repeat("1+", 300) + "1", "more than 500 parts", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			e, problem := compileExpression(bpmn.Expression{Text: c.text, Pos: bpmn.Position{File: "x.bpmn", Line: 3, Column: 4}}, anyResult)
			require.NotNil(t, problem)
			require.Nil(t, e)
			require.Contains(t, problem.Text, c.fault)
			require.Contains(t, problem.Hint, c.hint)
			require.NotContains(t, problem.Text, "\n")
			require.Equal(t, bpmn.SeverityError, problem.Severity)
			require.Equal(t, 3, problem.Pos.Line)
		})
	}
}

// Faults of data: the text says what and where, and never a value (quality: secrets are in variables).
func TestExpressionFaults(t *testing.T) {
	variables := jsonObject(t, `{"s": "S3CR3T", "n": 987654321, "list": ["S3CR3T"], "empty": [], "o": {"k": "S3CR3T"}, "big": 9223372036854775807, "zero": 0}`)
	for _, c := range []struct{ text, fault string }{
		{`missing < 3`, "null cannot be compared (<) with a number (column 9 of the expression)\n    missing < 3\n            ^"}, {`s > 3`, "a text cannot be compared (>) with a number"}, {`s > n`, "a text cannot be compared with a number"}, {`n < missing`, "a number cannot be compared with null"},
		{`s and true`, "there is a text where there must be a boolean"}, {`not missing`, "there is null where there must be a boolean"}, {`n ? 1 : 2`, "there is a number where there must be a boolean"}, {`filter(list, #)`, "there is a text where there must be a boolean"},
		{`s.x`, `the field "x" is read of a text, not of an object (column 3`}, {`list.name`, "is read of a list"}, {`s.x == 1`, "is read of a text"}, {`s[0]`, "a text has no elements"}, {`list[1]`, "no element with that index"}, {`list[s]`, "is a whole number, not a text"}, {`o[n]`, "is a text, not a number"}, {`n[1:]`, "a number has no parts"}, {`now().age`, `a time has no field "age"`},
		{`s + n`, "+ does not work between a text and a number"}, {`n - s`, "- does not work between a number and a text"}, {`missing * 2`, "* does not work between null and a number"}, {`n / zero`, "a division by zero"}, {`n % zero`, "a division by zero"}, {`missing % n`, "between whole numbers"}, {`-s`, "- does not work between a number and a text"}, {`big + n`, "does not fit into 64 bits"}, {`big * n`, "does not fit into 64 bits"}, {`-big - n`, "does not fit into 64 bits"}, {`n ** n`, "no finite number"}, {`zero ** -1`, "no finite number"},
		{`len(missing)`, "not null"}, {`not empty`, "there is a list where there must be a boolean"}, {`!o`, "there is an object where there must be a boolean"}, {`upper(n)`, "upper needs a text, not a number"}, {`int(s)`, "the text is not a number"}, {`date(s)`, "no date and time"}, {`duration(s)`, "no duration"}, {`fromJSON(s)`, "not a JSON document: wrong at byte 1"}, {`fromBase64(s)`, "not the Base64 form"}, {`string(missing)`, "not null"}, {`any(missing, true)`, "a list is needed here, not null"}, {`any(o, true)`, "a list is needed here, not an object"}, {`join([n])`, "join needs a text, not a number"}, {`s in s`, "in needs a list or an object"}, {`n contains "a"`, "includes needs a text or a list"}, {`s contains n`, "includes needs a text"}, {`max(empty)`, "not empty"}, {`max([s, n])`, "cannot be compared"}, {`sort([s, n])`, "cannot be compared"}, {`sortBy(list, #, "S3CR3T")`, `the order is "asc" or "desc"`}, {`groupBy([n], #)`, "groupBy needs texts"}, {`sum(list)`, "sum needs numbers"}, {`reduce(empty, #acc)`, "reduce of an empty list"}, {`{(n): 1}`, "the name of a field is a text"}, {`n..s`, "between whole numbers, not between a number and a text"}, {`n in 1..s`, "between whole numbers"}, {`1..n`, "more than 100000 numbers"}, {`repeat(s, -n)`, "not negative"},
	} {
		t.Run(c.text, func(t *testing.T) {
			e, problem := compileExpression(bpmn.Expression{Text: c.text}, anyResult)
			require.Nil(t, problem)
			value, err := e.eval(fuzzNow, func(name string) any { return variables[name] })
			require.ErrorContains(t, err, c.fault)
			require.Nil(t, value)
			shown := strings.ReplaceAll(err.Error(), c.text, "")
			require.NotContains(t, shown, secret)
			require.NotContains(t, shown, "987654321")
		})
	}
}

func TestConditionsAreBooleans(t *testing.T) {
	for _, text := range []string{`1 + 1`, `"true"`, `len(list)`, `null`, `[true]`, `upper(s)`, `date("2026-01-01")`} {
		_, problem := compileExpression(bpmn.Expression{Text: text}, boolResult)
		require.NotNil(t, problem, text)
		require.Contains(t, problem.Text, "a condition must give true or false", text)
	}
	_, problem := compileExpression(bpmn.Expression{Text: "true", Literal: true}, boolResult)
	require.Contains(t, problem.Text, "this is a text")
	for _, text := range []string{`x`, `x ?? y`, `first(x)`, `x.y`} {
		e, problem := compileExpression(bpmn.Expression{Text: text}, boolResult)
		require.Nil(t, problem, text)
		_, err := e.eval(fuzzNow, func(string) any { return nil })
		require.ErrorContains(t, err, "a condition must give true or false, but this gives null", text)
	}
	for _, text := range []string{`true`, `x == nil`, `any([1], # == 1)`, `not(x == 1)`, `x ?? true`, `"a" in ["a"]`} {
		e, problem := compileExpression(bpmn.Expression{Text: text}, boolResult)
		require.Nil(t, problem, text)
		value, err := e.eval(fuzzNow, func(string) any { return nil })
		require.NoError(t, err)
		require.Equal(t, true, value, text)
	}
}

func TestLanguages(t *testing.T) {
	for language, text := range map[string]string{
		"expr": `a == 3`, "https://expr-lang.org": `=a == 3`, "https://github.com/expr-lang/expr": `let x = 3; a == x`, "Expr": `a == 3`,
		"feel": `a = 3`, "https://www.omg.org/spec/DMN/20191111/FEEL/": `=a = 3`, "http://www.w3.org/1999/XPath": `${a == 3}`,
	} {
		e, problem := compileExpression(bpmn.Expression{Text: text, Language: language}, boolResult)
		require.Nil(t, problem, language)
		value, err := e.eval(fuzzNow, func(string) any { return int64(3) })
		require.NoError(t, err)
		require.Equal(t, true, value, language)
	}
	for _, language := range []string{"juel", "groovy", "javascript", "http://www.java.com/java", "http://www.mvel.org/2.0", "http://www.w3.org/1999/XPath"} {
		_, problem := compileExpression(bpmn.Expression{Text: `a == 3`, Language: language}, boolResult)
		require.NotNil(t, problem, language)
		require.Contains(t, problem.Text, language)
		require.Contains(t, problem.Hint, "expr")
	}
	_, problem := compileExpression(bpmn.Expression{Text: `=a = 3`, Language: "expr"}, boolResult)
	require.Contains(t, problem.Hint, "compare with ==", "with a language attribute, = is no comparison")
}

func TestLiteralsAreNotEvaluated(t *testing.T) {
	for _, text := range []string{`=a`, `${a}`, `a >`, ``} {
		e, problem := compileExpression(bpmn.Expression{Text: text, Literal: true, Language: "juel"}, anyResult)
		require.Nil(t, problem)
		value, err := e.eval(fuzzNow, nil)
		require.NoError(t, err)
		require.Equal(t, text, value)
	}
}

// Only what an expression names is looked up, each once.
func TestOnlyUsedNamesAreLookedUp(t *testing.T) {
	for text, want := range map[string][]string{
		`1 + 1`: nil, `now()`: nil, `a`: {"a"}, `a.b.c`: {"a"}, `let x = b; x + a + a`: {"a", "b"}, `map(list, #.x + #acc2)`: nil, `upper(upper)`: {"upper"}, `{a: b}`: {"b"}, `list | filter(.a > c)`: {"c", "list"}, `null`: nil,
	} {
		e, problem := compileExpression(bpmn.Expression{Text: text}, anyResult)
		if problem != nil {
			require.Contains(t, text, "#acc2")
			continue
		}
		require.Equal(t, want, e.names, text)
		var looked []string
		_, _ = e.eval(fuzzNow, func(name string) any { looked = append(looked, name); return nil })
		require.Equal(t, want, looked, text)
	}
}

func TestConstantsNeedNoProgram(t *testing.T) {
	for _, text := range []string{`="SUCCESS"`, `=30180`, `=[1, 2]`, `=duration("PT10S")`, `1 + 1`, `{a: [true]}`} {
		e, problem := compileExpression(bpmn.Expression{Text: text}, anyResult)
		require.Nil(t, problem)
		require.Nil(t, e.program, text)
		require.Empty(t, e.names, text)
	}
}

func TestExpressionsAreSafeForConcurrentUse(t *testing.T) {
	e, problem := compileExpression(bpmn.Expression{Text: `map(filter(list, # > n), string(# + n)) | join(",")`}, anyResult)
	require.Nil(t, problem)
	var group sync.WaitGroup
	for n := range int64(8) {
		group.Go(func() {
			want := fmt.Sprintf("%d,%d", 2*n+1, 2*n+2)
			for range 200 {
				value, err := e.eval(fuzzNow, func(name string) any {
					return map[string]any{"n": n, "list": []any{int64(0), n + 1, n + 2}}[name]
				})
				if err != nil || value != want {
					t.Errorf("got %v, %v, not %s", value, err, want)
				}
			}
		})
	}
	group.Wait()
}

// No evaluation changes a variable: others share it.
func TestVariablesStayAsTheyAre(t *testing.T) {
	for _, c := range expressionCases {
		variables := jsonObject(t, caseVariables)
		outcome(c.text, variables)
		require.Equal(t, jsonObject(t, caseVariables), variables, c.text)
	}
}

func TestMessagesOfAnExpressionAreOneLineAndASnippet(t *testing.T) {
	long := strings.Repeat("a + ", 40) + ") + " + strings.Repeat("b + ", 40) + "b"
	_, problem := compileExpression(bpmn.Expression{Text: long}, anyResult)
	require.Contains(t, problem.Text, "(column 161 of the expression)")
	lines := strings.Split(problem.Hint, "\n")
	require.Len(t, lines, 3)
	require.Less(t, len([]rune(lines[1])), 120)
	require.Equal(t, ")", string([]rune(lines[1])[len([]rune(lines[2]))-1]), "the caret is below the place")
}
