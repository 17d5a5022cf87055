package engine

import (
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
)

// tick counts a turn of a loop by the size of the loop's body.
func tick(r *evaluation, args []any) (any, error) { return nil, r.charge(args[0].(int)) }

// itself gives its argument, whose type is known no more.
func itself(_ *evaluation, args []any) (any, error) { return args[0], nil }

func equalValues(r *evaluation, args []any) (any, error) { return r.equal(args[0], args[1], 0) }

// equal compares values at every depth; numbers are equal if their values are.
func (r *evaluation) equal(a, b any, depth int) (bool, error) {
	if err := r.charge(1 + extent(a)); err != nil {
		return false, err
	}
	if depth > 1000 {
		return false, errorf("the values are nested too deep to be compared")
	}
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if same, err := r.equal(x[i], y[i], depth+1); !same {
				return false, err
			}
		}
		return true, nil
	case map[string]any:
		return r.equalObjects(x, b, depth)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false, nil
	case nil:
		return a == nil, nil
	}
	comparison, err := order(a, b)
	return err == nil && comparison == 0 || a == b, nil
}

func (r *evaluation) equalObjects(x map[string]any, b any, depth int) (bool, error) {
	y, ok := b.(map[string]any)
	if !ok || len(x) != len(y) {
		return false, nil
	}
	for _, key := range slices.Sorted(maps.Keys(x)) { // so that a limit is met at the same place each time
		other, found := y[key]
		if !found {
			return false, nil
		}
		if same, err := r.equal(x[key], other, depth+1); !same {
			return false, err
		}
	}
	return true, nil
}

// isIn says whether a list holds a value, or an object has a field. Nothing holds nothing.
func isIn(r *evaluation, args []any) (any, error) {
	switch container := args[1].(type) {
	case nil:
		return false, nil
	case []any:
		for _, element := range container {
			if same, err := r.equal(element, args[0], 0); same || err != nil {
				return same, err
			}
		}
		return false, nil
	case map[string]any:
		key, ok := args[0].(string)
		_, found := container[key]
		return ok && found, r.charge(extent(key))
	}
	return nil, errorf("in needs a list or an object on its right side, not %s", kindOf(args[1]))
}

// makeRange gives the whole numbers from one to another, with both.
func makeRange(_ *evaluation, args []any) (any, error) {
	from, okFrom := integer(args[0])
	to, okTo := integer(args[1])
	switch {
	case !okFrom || !okTo:
		return nil, notWhole(args[0], args[1])
	case from > to:
		return []any{}, nil
	case uint64(to)-uint64(from) >= maxList:
		return nil, errorf("the range has more than %d numbers", maxList)
	}
	list := make([]any, 0, to-from+1)
	for n := from; len(list) < cap(list); n++ {
		list = append(list, n)
	}
	return list, nil
}

// within says whether makeRange would give a list with the value.
func within(_ *evaluation, args []any) (any, error) {
	from, okFrom := integer(args[1])
	to, okTo := integer(args[2])
	if !okFrom || !okTo {
		return nil, notWhole(args[1], args[2])
	}
	n, whole := integer(args[0])
	return whole && from <= n && n <= to, nil
}

func notWhole(from, to any) error {
	return errorf("a range goes between whole numbers, not between %s and %s", kindOf(from), kindOf(to))
}

func fieldOf(_ *evaluation, args []any) (any, error) { return field(args[0], args[1].([]string)) }

// field follows a path through the fields of objects. What is missing, and every field of it, is null.
func field(value any, path []string) (any, error) {
	for _, name := range path {
		switch v := value.(type) {
		case nil:
			return nil, nil
		case map[string]any:
			value = v[name]
		case time.Time:
			part, ok := partOf(v, name)
			if !ok {
				return nil, errorf("a time has no field %q, only year, month, day, weekday, hour, minute and second", name)
			}
			value = part
		default:
			return nil, errorf("the field %q is read of %s, not of an object", name, kindOf(value))
		}
	}
	return value, nil
}

// partOf gives a part of a time as FEEL names it. Monday is weekday 1.
func partOf(t time.Time, name string) (int64, bool) {
	part, ok := map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(), "weekday": (int(t.Weekday())+6)%7 + 1,
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second(),
	}[name]
	return int64(part), ok
}

// indexOf gives an element, from 0, a negative index from the end; or the field of an object whose name is computed.
func indexOf(r *evaluation, args []any) (any, error) {
	switch container := args[0].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if key, ok := args[1].(string); ok {
			return container[key], r.charge(extent(key))
		}
		return nil, errorf("the name of a field is a text, not %s", kindOf(args[1]))
	case []any:
		i, ok := integer(args[1])
		if !ok {
			return nil, errorf("the index of a list is a whole number, not %s", kindOf(args[1]))
		}
		if i < 0 {
			i += int64(len(container))
		}
		if i < 0 || i >= int64(len(container)) {
			return nil, errorf("the list has no element with that index; get(list, index) would give null")
		}
		return container[i], nil
	}
	return nil, errorf("%s has no elements", kindOf(args[0]))
}

// slice gives part of a list or, in characters, of a text. Ends that lie outside are moved inside.
func slice(_ *evaluation, args []any) (any, error) {
	from, to, err := sliceEnds(args[1], args[2])
	if err != nil {
		return nil, err
	}
	switch v := args[0].(type) {
	case nil:
		return nil, nil
	case []any:
		i, j := inside(from, to, len(v))
		return v[i:j:j], nil
	case string:
		runes := []rune(v)
		i, j := inside(from, to, len(runes))
		return string(runes[i:j]), nil
	}
	return nil, errorf("%s has no parts", kindOf(args[0]))
}

func sliceEnds(a, b any) (from int64, to int64, err error) {
	from, to = 0, 1<<62
	ok := true
	if a != nil {
		from, ok = integer(a)
	}
	if b != nil && ok {
		to, ok = integer(b)
	}
	if !ok {
		return 0, 0, errorf("the ends of a slice are whole numbers")
	}
	return from, to, nil
}

func inside(from, to int64, length int) (int, int) {
	n := int64(length)
	if from < 0 {
		from = max(0, from+n)
	}
	if to < 0 {
		to = max(0, to+n)
	}
	to = min(to, n)
	return int(min(from, to)), int(to)
}

// pattern is a compiled regular expression and how many steps of it one byte of text takes at most.
type pattern struct {
	*regexp.Regexp
	size int
}

// compilePattern compiles a regular expression that is small enough for its time, which is its size times the text's,
// to be bounded.
func compilePattern(text string) (*pattern, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, errorf("the pattern is no regular expression of the RE2 syntax")
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > 500 {
		return nil, errorf("the pattern is too large")
	}
	compiled, err := regexp.Compile(text)
	return &pattern{compiled, len(program.Inst)}, err
}

func matches(r *evaluation, args []any) (any, error) {
	if args[0] == nil {
		return false, nil
	}
	text, err := textArg("matches", args[0])
	if err != nil {
		return nil, err
	}
	p := args[1].(*pattern)
	if err := r.charge(1 + len(text)*p.size/16); err != nil {
		return nil, err
	}
	return p.MatchString(text), nil
}

func toList(_ *evaluation, args []any) (any, error) {
	if list, ok := args[0].([]any); ok {
		return list, nil
	}
	return nil, errorf("a list is needed here, not %s", kindOf(args[0]))
}

// keyOf checks the computed name of a field.
func keyOf(_ *evaluation, args []any) (any, error) {
	if key, ok := args[0].(string); ok {
		return key, nil
	}
	return nil, errorf("the name of a field is a text, not %s", kindOf(args[0]))
}

func joined(function string, texts ...string) (any, error) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	if size > maxText {
		return nil, tooLong(function)
	}
	return strings.Join(texts, ""), nil
}

func tooLong(function string) error {
	return errorf("%s would make a text of more than %d bytes", function, maxText)
}
