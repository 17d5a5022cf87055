package engine

import (
	"maps"
	"math"
	"slices"
)

func listArg(function string, value any) ([]any, error) {
	if list, ok := value.([]any); ok {
		return list, nil
	}
	return nil, errorf("%s needs a list, not %s", function, kindOf(value))
}

// onList makes a function of one list.
func onList(function string, body func(r *evaluation, list []any) (any, error)) functionBody {
	return func(r *evaluation, args []any) (any, error) {
		list, err := listArg(function, args[0])
		if err != nil {
			return nil, err
		}
		return body(r, list)
	}
}

var (
	reverse = onList("reverse", func(_ *evaluation, list []any) (any, error) {
		list = slices.Clone(list)
		slices.Reverse(list)
		return list, nil
	})
	flatten = onList("flatten", func(r *evaluation, list []any) (any, error) { return r.flat(nil, list, 0) })
	sum     = onList("sum", func(r *evaluation, list []any) (any, error) {
		var total any = int64(0)
		for i, element := range list {
			if i == 0 && kindOf(element) == "a duration" {
				total = element
				continue
			}
			if kindOf(element) == "a text" {
				return nil, errorf("sum needs numbers, not texts")
			}
			var err error
			if total, err = add(r, []any{total, element}); err != nil {
				return nil, err
			}
		}
		return total, nil
	})
	mean = onList("mean", func(r *evaluation, list []any) (any, error) {
		if len(list) == 0 {
			return nil, errorf("mean needs a list that is not empty")
		}
		total, err := sum(r, []any{list})
		if err != nil {
			return nil, err
		}
		return divide(r, []any{total, int64(len(list))})
	})
	unique = onList("uniq", func(r *evaluation, list []any) (any, error) {
		result := []any{}
		for _, element := range list {
			known, err := isIn(r, []any{element, result})
			if err != nil {
				return nil, err
			}
			if known == false {
				result = append(result, element)
			}
		}
		return result, nil
	})
)

func (r *evaluation) flat(result, list []any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, errorf("the list is nested deeper than %d levels", maxDepth)
	}
	if err := r.charge(len(list)); err != nil {
		return nil, err
	}
	var err error
	for _, element := range list {
		if inner, ok := element.([]any); ok {
			if result, err = r.flat(result, inner, depth+1); err != nil {
				return nil, err
			}
		} else {
			result = append(result, element)
		}
	}
	return result, nil
}

// first and last give null if there is no element, or no list.
func first(r *evaluation, args []any) (any, error) { return get(r, []any{args[0], int64(0)}) }
func last(r *evaluation, args []any) (any, error)  { return get(r, []any{args[0], int64(-1)}) }

// get gives an element or a field, null if there is none.
func get(r *evaluation, args []any) (any, error) {
	if list, ok := args[0].([]any); ok {
		if i, whole := integer(args[1]); whole && (i >= int64(len(list)) || i < -int64(len(list))) {
			return nil, nil
		}
	}
	return indexOf(r, args)
}

func take(_ *evaluation, args []any) (any, error) {
	list, err := listArg("take", args[0])
	if err != nil {
		return nil, err
	}
	n, ok := integer(args[1])
	if !ok || n < 0 {
		return nil, errorf("take needs a whole number that is not negative")
	}
	n = min(n, int64(len(list)))
	return list[:n:n], nil
}

func concat(_ *evaluation, args []any) (any, error) {
	result := []any{}
	for _, arg := range args {
		list, err := listArg("concat", arg)
		if err != nil {
			return nil, err
		}
		if len(result)+len(list) > maxList {
			return nil, errorf("concat would make a list of more than %d elements", maxList)
		}
		result = append(result, list...)
	}
	return result, nil
}

func sortList(r *evaluation, args []any) (any, error) {
	list, err := listArg("sort", args[0])
	if err != nil {
		return nil, err
	}
	descending, err := isDescending(args)
	if err != nil {
		return nil, err
	}
	return r.sorted(list, descending, func(element any) any { return element })
}

// sortPairs and groupPairs take [element, value] pairs.
func sortPairs(r *evaluation, args []any) (any, error) {
	descending, err := isDescending(args)
	if err != nil {
		return nil, err
	}
	list, err := r.sorted(args[0].([]any), descending, func(pair any) any { return pair.([]any)[1] })
	for i, pair := range list {
		list[i] = pair.([]any)[0]
	}
	return list, err
}

func groupPairs(r *evaluation, args []any) (any, error) {
	groups := map[string]any{}
	for _, pair := range args[0].([]any) {
		element, value := pair.([]any)[0], pair.([]any)[1]
		key, ok := value.(string)
		if !ok {
			return nil, errorf("groupBy needs texts to group by, not %s; write string(x)", kindOf(value))
		}
		if err := r.charge(extent(key)); err != nil {
			return nil, err
		}
		group, _ := groups[key].([]any)
		groups[key] = append(group, element)
	}
	return groups, nil
}

func isDescending(args []any) (bool, error) {
	if len(args) < 2 || args[1] == "asc" {
		return false, nil
	}
	if args[1] != "desc" {
		return false, errorf(`the order is "asc" or "desc"`)
	}
	return true, nil
}

// sorted gives a sorted copy; equal elements keep their order.
func (r *evaluation) sorted(list []any, descending bool, by func(element any) any) ([]any, error) {
	list = slices.Clone(list)
	var fault error
	slices.SortStableFunc(list, func(a, b any) int {
		if fault != nil {
			return 0
		}
		comparison, err := order(by(a), by(b))
		if fault = r.charge(1 + extent(by(a))); fault == nil {
			fault = err
		}
		if descending {
			return -comparison
		}
		return comparison
	})
	return list, fault
}

func keysOf(_ *evaluation, args []any) (any, error) {
	object, ok := args[0].(map[string]any)
	if !ok {
		return nil, errorf("keys needs an object, not %s", kindOf(args[0]))
	}
	return anys(slices.Sorted(maps.Keys(object))), nil
}

// valuesOf gives the values in the order of their keys.
func valuesOf(_ *evaluation, args []any) (any, error) {
	object, ok := args[0].(map[string]any)
	if !ok {
		return nil, errorf("values needs an object, not %s", kindOf(args[0]))
	}
	list := make([]any, 0, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		list = append(list, object[key])
	}
	return list, nil
}

// mergeObjects gives an object with the members of all; of two with the same name the later one. null has no members.
func mergeObjects(_ *evaluation, args []any) (any, error) {
	merged := map[string]any{}
	for _, arg := range args {
		object, ok := arg.(map[string]any)
		if !ok && arg != nil {
			return nil, errorf("merge needs objects, not %s", kindOf(arg))
		}
		if len(merged)+len(object) > maxList {
			return nil, errorf("merge would make an object of more than %d members", maxList)
		}
		maps.Copy(merged, object)
	}
	return merged, nil
}

// put gives the object with one member set.
func put(r *evaluation, args []any) (any, error) {
	name, err := textArg("put", args[1])
	if err != nil {
		return nil, err
	}
	return mergeObjects(r, []any{args[0], map[string]any{name: args[2]}})
}

func minimum(r *evaluation, args []any) (any, error) { return extreme(r, "min", args, -1) }
func maximum(r *evaluation, args []any) (any, error) { return extreme(r, "max", args, 1) }

// extreme gives the least or greatest of its arguments, or of the one list that is its argument.
func extreme(r *evaluation, function string, args []any, sign int) (any, error) {
	if len(args) == 1 {
		list, err := listArg(function, args[0])
		if err != nil {
			return nil, err
		}
		args = list
	}
	if len(args) == 0 {
		return nil, errorf("%s needs a list that is not empty", function)
	}
	best := args[0]
	for _, value := range args[1:] {
		comparison, err := order(value, best)
		if err == nil {
			err = r.charge(extent(value))
		}
		if err != nil {
			return nil, err
		}
		if comparison*sign > 0 {
			best = value
		}
	}
	return best, nil
}

func absolute(r *evaluation, args []any) (any, error) {
	if f, ok := args[0].(float64); ok {
		return math.Abs(f), nil
	}
	n, ok := integer(args[0])
	if !ok {
		return nil, errorf("abs needs a number, not %s", kindOf(args[0]))
	}
	if n < 0 {
		return subtract(r, []any{int64(0), n})
	}
	return n, nil
}

// rounded makes ceil, floor or round; whole numbers stay as they are.
func rounded(function string, round func(float64) float64) functionBody {
	return func(_ *evaluation, args []any) (any, error) {
		if f, ok := args[0].(float64); ok {
			return canonical(round(f))
		}
		if n, ok := integer(args[0]); ok {
			return n, nil
		}
		return nil, errorf("%s needs a number, not %s", function, kindOf(args[0]))
	}
}
