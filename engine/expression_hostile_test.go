package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostileExpressions would each take minutes or gigabytes in the library alone, or once did in some engine.
var hostileExpressions = []string{
	`reduce(1..30, #acc + #acc, "abcdefgh")`,
	`reduce(1..60, #acc + #acc, 1.5) > 0 and reduce(1..70, #acc * 2, 1) > 0`,
	`reduce(1..40, [#acc, #acc], 1)`,
	`reduce(1..40, [#acc, #acc], 1) == reduce(1..40, [#acc, #acc], 1)`,
	`toJSON(reduce(1..40, [#acc, #acc], 1))`,
	`flatten(reduce(1..40, [#acc, #acc], 1))`,
	`reduce(1..40, concat(#acc, #acc), [1])`,
	`reduce(1..100000, [#acc], 1)`,
	`reduce(1..100000, [#acc], 1) == reduce(1..100000, [#acc], 1)`,
	`repeat(repeat("a", 100000), 100000)`,
	`join(map(1..100000, big), "")`,
	`replace(big, "a", big)`,
	`map(1..100000, repeat("a", 60000))`,
	`map(1..100000, upper(big))`,
	`all(1..100000, len(big) > 0)`,
	`all(1..100000, big <= big)`,
	`all(1..100000, big contains "b")`,
	`all(1..100000, big matches "(a|aa)+b")`,
	`sortBy(1..100000, big)`,
	`sort(map(1..100000, big))`,
	`groupBy(1..100000, big)`,
	`map(1..100000, ({(big): 1}))`,
	`all(1..100000, big not in {a: 1})`,
	`max(map(1..100000, big))`,
	`uniq(1..100000)`,
	strings.Repeat(`all(items, `, 3) + `true)))`,
	strings.Repeat(`count(items, `, 3) + `# > 1) > 1) > 1)`,
	strings.Repeat(`sum(map(items, `, 3) + `#))))))`,
	`items | filter(` + strings.Repeat(`any(items, `, 2) + `# < 0))) | map(#)`,
	strings.Repeat(`map(1..1000, `, 2) + `({a: #, b: 2})))`,
	`map(1..100000, 1..100000)`,
	`1..1000000000`,
	`any(1..100000, ` + strings.Repeat(`any(items, `, 2) + strings.Repeat("# == 0 or ", 60) + `# == 0)))`,
	`let a = big; let b = a + a; let c = b + b; let d = c + c; d`,
	strings.Repeat("-", 4000) + "1",
	strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000),
	strings.Repeat("[", 4090),
	strings.Repeat("not ", 1000) + "true",
	strings.Repeat("a.", 2000) + "a",
	strings.Repeat("a?.b ?? ", 500) + "a",
	strings.Repeat("1 < (", 60) + "1" + strings.Repeat(") < 2", 60),
	"=" + strings.Repeat("(", 60) + "1" + strings.Repeat(" in [0..2] ? 1 : 2)", 60),
	"=" + strings.Repeat("if true then ", 250) + "1" + strings.Repeat(" else 2", 250),
	strings.Repeat("sortBy(", 60) + "items" + strings.Repeat(", #)", 60),
	`"` + strings.Repeat(`\u0041`, 680) + `"`,
	`s matches "` + strings.Repeat("(a*)*", 80) + `$"`,
	`s matches "` + strings.Repeat("(", 1200) + `"`,
}

// Each stops soon, at one of the limits or with a small value (design §6; quality: expressions).
func TestHostileExpressions(t *testing.T) {
	items := make([]any, 2000)
	for i := range items {
		items[i] = int64(i)
	}
	variables := map[string]any{"items": items, "big": strings.Repeat("a", MaxDocument), "s": strings.Repeat("a", 1000)}
	for _, text := range hostileExpressions {
		name := text[:min(len(text), 60)]
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			result := outcome(text, variables)
			took := time.Since(begun)
			t.Logf("%v: %.100s", took, result)
			require.Less(t, took, time.Minute, "without the limits it takes hours, or all memory; a loaded machine takes seconds")
			require.Less(t, len(result), maxResult)
		})
	}
}

func TestLimitsOfAnEvaluation(t *testing.T) {
	items := make([]any, 5000)
	for i := range items {
		items[i] = int64(i)
	}
	variables := map[string]any{"items": items, "text": strings.Repeat("a", maxText)}
	for text, want := range map[string]string{
		strings.Repeat(`all(items, `, 3) + `true)))`: "the evaluation takes more than 1000000 steps",
		`text + "a"`:                    "+ would make a text of more than 65536 bytes",
		`len(text + "")`:                "65536",
		`join([text, "a"], "")`:         "join would make a text of more than 65536 bytes",
		`replace(text, "a", "bb")`:      "replace would make a text",
		`toBase64(text)`:                "toBase64 would make a text",
		`concat(1..60000, 1..60000)`:    "concat would make a list of more than 100000 elements",
		`map(1..18, text)`:              "the value is too large",
		`reduce(1..70, [#acc], 1)`:      "nested deeper than 64 levels",
		`len(map(1..70000, [#, 2, 3]))`: "too many elements",
		`len(filter(items, # >= 0))`:    "5000",
	} {
		require.Contains(t, outcome(text, variables), want, text)
	}
}
