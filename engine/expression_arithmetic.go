package engine

import (
	"cmp"
	"math"
	"math/bits"
	"strings"
	"time"
)

// Arithmetic on int64 and float64. Whole numbers stay whole but for "/"; what does not fit is an error, and never wraps
// around. Texts join with "+", times and durations add up.

const errTooLarge = evalError("the number does not fit into 64 bits")

// integer gives the whole number that a value is. Literals and counters of the library are int.
func integer(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		if v == math.Trunc(v) && v >= math.MinInt64 && v < math.MaxInt64 {
			return int64(v), true
		}
	}
	return 0, false
}

func float(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// integers gives both numbers if neither was ever anything but whole.
func integers(a, b any) (x, y int64, ok bool) {
	_, aFloat := a.(float64)
	_, bFloat := b.(float64)
	x, aOK := integer(a)
	y, bOK := integer(b)
	return x, y, aOK && bOK && !aFloat && !bFloat
}

// floats applies an operation to two numbers.
func floats(operator string, a, b any, operation func(x, y float64) float64) (any, error) {
	x, okX := float(a)
	y, okY := float(b)
	if !okX || !okY {
		return nil, errorf("%s does not work between %s and %s", operator, kindOf(a), kindOf(b))
	}
	result := operation(x, y)
	if math.IsNaN(result) || math.IsInf(result, 0) {
		return nil, errorf("%s gives no finite number here", operator)
	}
	return result, nil
}

func add(_ *evaluation, args []any) (any, error) {
	a, b := args[0], args[1]
	if x, y, ok := integers(a, b); ok {
		if sum := x + y; (sum > x) == (y > 0) {
			return sum, nil
		}
		return nil, errTooLarge
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return joined("+", x, y)
		}
	case time.Time:
		if d, ok := b.(time.Duration); ok {
			return inYears(x.Add(d))
		}
	case time.Duration:
		switch y := b.(type) {
		case time.Time:
			return inYears(y.Add(x))
		case time.Duration:
			sum, err := add(nil, []any{int64(x), int64(y)})
			return asDuration(sum, err)
		}
	}
	return floats("+", a, b, func(x, y float64) float64 { return x + y })
}

func subtract(_ *evaluation, args []any) (any, error) {
	a, b := args[0], args[1]
	if x, y, ok := integers(a, b); ok {
		if difference := x - y; (difference < x) == (y > 0) {
			return difference, nil
		}
		return nil, errTooLarge
	}
	switch x := a.(type) {
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return x.Sub(y), nil
		case time.Duration:
			return inYears(x.Add(-y))
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			difference, err := subtract(nil, []any{int64(x), int64(y)})
			return asDuration(difference, err)
		}
	}
	return floats("-", a, b, func(x, y float64) float64 { return x - y })
}

func multiply(_ *evaluation, args []any) (any, error) {
	a, b := args[0], args[1]
	if x, y, ok := integers(a, b); ok {
		high, low := bits.Mul64(magnitude(x), magnitude(y))
		if high != 0 || low > math.MaxInt64 {
			return nil, errTooLarge
		}
		return x * y, nil
	}
	if d, ok := b.(time.Duration); ok {
		a, b = d, a
	}
	if d, ok := a.(time.Duration); ok {
		if n, whole := integer(b); whole {
			product, err := multiply(nil, []any{int64(d), n})
			return asDuration(product, err)
		}
	}
	return floats("*", a, b, func(x, y float64) float64 { return x * y })
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func divide(_ *evaluation, args []any) (any, error) {
	if y, ok := float(args[1]); ok && y == 0 {
		return nil, errorf("a division by zero")
	}
	return floats("/", args[0], args[1], func(x, y float64) float64 { return x / y })
}

func modulo(_ *evaluation, args []any) (any, error) {
	x, y, ok := integers(args[0], args[1])
	switch {
	case !ok:
		return nil, errorf("%% works between whole numbers, not between %s and %s", kindOf(args[0]), kindOf(args[1]))
	case y == 0:
		return nil, errorf("a division by zero")
	case y == -1:
		return int64(0), nil
	}
	return x % y, nil
}

func power(_ *evaluation, args []any) (any, error) { return floats("**", args[0], args[1], math.Pow) }

func asDuration(value any, err error) (any, error) {
	if err != nil {
		return nil, errorf("the duration is longer than 292 years")
	}
	return time.Duration(value.(int64)), nil
}

func inYears(t time.Time) (any, error) {
	if year := t.UTC().Year(); year < 0 || year > maxYear {
		return nil, errorf("the time is not between the years 0 and %d", maxYear)
	}
	return t, nil
}

// order compares two numbers, texts, times or durations.
func order(a, b any) (int, error) {
	if x, y, ok := integers(a, b); ok {
		return cmp.Compare(x, y), nil
	}
	if x, ok := float(a); ok {
		if y, ok := float(b); ok {
			return cmp.Compare(x, y), nil
		}
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), nil
		}
	}
	return 0, errorf("%s cannot be compared with %s", kindOf(a), kindOf(b))
}

// ordered makes a comparison.
func ordered(holds func(comparison int) bool) functionBody {
	return func(_ *evaluation, args []any) (any, error) {
		comparison, err := order(args[0], args[1])
		return err == nil && holds(comparison), err
	}
}
