package tosca

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// primitive checks a value of a plain type and gives what it is compared by: int64, float64, string, bool, time.Time, a version or a
// quantity. A type whose values have no order gives nil.
type primitive func(*node) (any, error)

// primitives are the plain types: YAML's (TOSCA 1.3 §3.3.1), TOSCA's own (§3.3.2 to §3.3.6) and those that ONAP's templates use beside them.
var primitives = map[string]primitive{
	"string": readString, "integer": readInteger, "float": readFloat, "boolean": readBoolean, "timestamp": readTimestamp, "null": readNull,
	"version": readVersion, "range": readRange, "list": readList, "map": readMap,
	"scalar-unit.size": quantity("a size", sizes), "scalar-unit.time": quantity("a time", times),
	"scalar-unit.frequency": quantity("a frequency", frequencies), "scalar-unit.bitrate": quantity("a bit rate", bitrates),
	"any": readAny, "object": readMap, "json": readAny, "xml": readString,
	"tosca.datatypes.json": readAny, "tosca.datatypes.xml": readString, "tosca:json": readAny, "tosca:xml": readString,
}

// ordered are the plain types whose values can be compared.
var ordered = []string{"string", "integer", "float", "timestamp", "version", "scalar-unit.size", "scalar-unit.time", "scalar-unit.frequency", "scalar-unit.bitrate"}

var primitiveNames = slices.Sorted(maps.Keys(primitives))

func readAny(*node) (any, error) { return nil, nil }

func readString(n *node) (any, error) {
	if text, ok := n.value.(string); ok && n.kind == scalar {
		return text, nil
	}
	if n.kind == scalar && n.value != nil && !n.isHidden() {
		return nil, fmt.Errorf("this must be a text, and %s is %s; put it into quotes", n.text, article(n))
	}
	return nil, wrong(n, "a text")
}

func readInteger(n *node) (any, error) {
	if whole, ok := n.value.(int64); ok {
		return whole, nil
	}
	return nil, wrong(n, "a whole number")
}

func readFloat(n *node) (any, error) {
	switch value := n.value.(type) {
	case int64:
		return value, nil
	case float64:
		return value, nil
	}
	return nil, wrong(n, "a number")
}

func readBoolean(n *node) (any, error) {
	if value, ok := n.value.(bool); ok {
		return value, nil
	}
	return nil, wrong(n, "true or false")
}

func readNull(n *node) (any, error) {
	if n.isNull() {
		return nil, nil
	}
	return nil, wrong(n, "null")
}

func readList(n *node) (any, error) {
	if n.kind == list {
		return nil, nil
	}
	return nil, wrong(n, "a list")
}

func readMap(n *node) (any, error) {
	if n.kind == object {
		return nil, nil
	}
	return nil, wrong(n, "names with values")
}

// readTimestamp takes what YAML 1.1 takes for one (https://yaml.org/type/timestamp.html).
func readTimestamp(n *node) (any, error) {
	if text, ok := n.value.(string); ok {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05", time.DateOnly} {
			if at, err := time.Parse(layout, text); err == nil {
				return at, nil
			}
		}
	}
	return nil, wrong(n, "a time, such as 2021-09-28T14:52:10Z")
}

// version is what TOSCA 1.3 §3.3.2 compares: major, minor and fix version, then the build.
type version struct {
	parts     [3]int64
	qualifier string
	build     int64
}

var versionPattern = regexp.MustCompile(`^(\d+)\.(\d+)(?:\.(\d+)(?:\.([A-Za-z][A-Za-z0-9]*)(?:-(\d+))?)?)?$`)

func readVersion(n *node) (any, error) {
	if v, ok := parseVersion(n.text); ok && n.kind == scalar {
		return v, nil
	}
	return nil, wrong(n, "a version, such as 1.0.0")
}

func parseVersion(text string) (version, bool) {
	found := versionPattern.FindStringSubmatch(text)
	if found == nil {
		return version{}, false
	}
	v := version{qualifier: found[4]}
	for i := range v.parts {
		v.parts[i], _ = strconv.ParseInt("0"+found[i+1], 10, 64)
	}
	v.build, _ = strconv.ParseInt("0"+found[5], 10, 64)
	return v, true
}

func (v version) compare(w version) int {
	return cmp.Or(slices.Compare(v.parts[:], w.parts[:]), strings.Compare(v.qualifier, w.qualifier), cmp.Compare(v.build, w.build))
}

// CompareVersions orders versions as TOSCA 1.3 §3.3.2 does; those that are written otherwise go first, by their text.
func CompareVersions(a, b string) int {
	v, vok := parseVersion(a)
	w, wok := parseVersion(b)
	switch {
	case vok && wok:
		return v.compare(w)
	case vok != wok:
		return cmp.Compare(btoi(vok), btoi(wok))
	}
	return strings.Compare(a, b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// readRange takes [lower, upper], where the upper bound may be UNBOUNDED (TOSCA 1.3 §3.3.3).
func readRange(n *node) (any, error) {
	if n.kind != list || len(n.items) != 2 {
		return nil, wrong(n, "a range, such as [1, 4] or [0, UNBOUNDED]")
	}
	lower, ok := n.items[0].value.(int64)
	if !ok {
		return nil, wrong(n.items[0], "the lower bound, a whole number")
	}
	upper, ok := n.items[1].value.(int64)
	switch {
	case n.items[1].text == "UNBOUNDED":
	case !ok:
		return nil, wrong(n.items[1], "the upper bound, a whole number or UNBOUNDED")
	case upper < lower:
		return nil, errors.New("the upper bound is below the lower one")
	}
	return nil, nil
}

// wrong says what a value must be and what it is.
func wrong(n *node, must string) error {
	return fmt.Errorf("this must be %s, and it is %s", must, describe(n))
}

// describe says what a value is, briefly.
func describe(n *node) string {
	switch {
	case n.isNull():
		return "empty"
	case n.kind == list:
		return "a list"
	case n.kind == object:
		return "names with values"
	}
	if n.isHidden() {
		return "a sensitive value"
	}
	text := n.text
	if cut := []rune(text); len(cut) > 60 {
		text = string(cut[:60]) + "…"
	}
	if _, isText := n.value.(string); isText {
		return fmt.Sprintf("the text %q", text)
	}
	return text
}

func article(n *node) string {
	switch n.value.(type) {
	case bool:
		return "a boolean"
	default:
		return "a number"
	}
}

// boolean reads true and false, and the texts that the original takes for them.
func boolean(n *node) (value, ok bool) {
	if n == nil || n.kind != scalar {
		return false, false
	}
	value, err := strconv.ParseBool(strings.ToLower(n.text))
	return value, err == nil && len(n.text) > 1
}
