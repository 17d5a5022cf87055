package api

import (
	"context"
	"iter"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// scanLimit is how many instances are asked for at once when a list is made of them.
const scanLimit = 500

// each is the source of a collection that is made of instances: list gives what one instance adds to it, in the order of
// the collection's key. That key must be the instance's, or a subKey, which has the instance's order.
func each[T any](a *api, f runner.Filter, list func(runner.InstanceInfo) ([]T, error)) source[T] {
	return func(ctx context.Context, from any, descending bool) iter.Seq2[T, error] {
		first := instanceOf(from)
		return func(yield func(T, error) bool) {
			for info, err := range a.instances(ctx, f, first, descending) {
				var items []T
				if err == nil {
					items, err = list(info)
				}
				if err != nil {
					var none T
					yield(none, err)
					return
				}
				for item, err := range slice(items)(ctx, nil, descending) {
					if !yield(item, err) {
						return
					}
				}
			}
		}
	}
}

// instances yields the instances that a filter selects, beginning with the given one (0: the first).
func (a *api) instances(ctx context.Context, f runner.Filter, from engine.Key, descending bool) iter.Seq2[runner.InstanceInfo, error] {
	return func(yield func(runner.InstanceInfo, error) bool) {
		page := runner.Page{Limit: scanLimit, Descending: descending}
		switch {
		case from > 0 && descending:
			page.After = from + 1
		case from > 0:
			page.After = from - 1
		}
		for more := true; more; {
			items, further, err := a.engine.Search(f, page)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(runner.InstanceInfo{}, err)
				return
			}
			for _, info := range items {
				if !yield(info, nil) {
					return
				}
			}
			more = further && len(items) > 0
			if more {
				page.After = items[len(items)-1].Key
			}
		}
	}
}

// nowhere is a key that no instance has.
const nowhere = engine.Key(-1)

// instanceOf is the instance that a key belongs to, 0 for none.
func instanceOf(key any) engine.Key {
	switch key := key.(type) {
	case engine.Key:
		return key
	case subKey:
		return key.instance
	}
	return 0
}

// narrow says which instances the conditions of a search can be met in, so that not all need to be looked at. It may leave
// too many: the collection tests each item.
func narrow(conditions []condition) (f runner.Filter) {
	for _, c := range conditions {
		operands := c.operands // of $in
		switch {
		case c.operator == "$eq":
			operands = []any{c.operand}
		case c.operator != "$in":
			continue
		}
		if tellInstances(c.field, operands) {
			f.Keys = []engine.Key{nowhere} // so that none does not mean all
			for _, operand := range operands {
				f.Keys = append(f.Keys, instanceOf(operand))
			}
			slices.Sort(f.Keys)
			f.Keys = slices.Compact(f.Keys)
		} else if len(operands) == 1 {
			narrowTo(&f, c.field, operands[0])
		}
	}
	return f
}

// tellInstances says whether what a field is compared with tells the instance: its own key, or any subKey.
func tellInstances(field string, operands []any) bool {
	return field == "processInstanceKey" || slices.ContainsFunc(operands, func(operand any) bool {
		_, is := operand.(subKey)
		return is
	})
}

func narrowTo(f *runner.Filter, field string, operand any) {
	switch field {
	case "processDefinitionKey":
		f.DefinitionKey = operand.(engine.Key)
	case "parentProcessInstanceKey":
		f.ParentKey = operand.(engine.Key)
	case "processDefinitionId":
		f.ProcessID = operand.(string)
	case "processDefinitionVersion":
		f.Version = int(operand.(int64))
	case "businessId":
		f.BusinessKey = operand.(string)
	}
}
