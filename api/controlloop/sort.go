package controlloop

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// comparison compares two instances of a list.
type comparison func(a, b found) int

func byText(name string) comparison {
	return func(a, b found) int { return cmp.Compare(a.text(name), b.text(name)) }
}

// byTime compares times, which as texts have no order: their fractions have no zeros at the end. What is no time goes first.
func byTime(name string) comparison {
	return func(a, b found) int {
		at, _ := time.Parse(time.RFC3339Nano, a.text(name))
		other, _ := time.Parse(time.RFC3339Nano, b.text(name))
		return at.Compare(other)
	}
}

func byName(a, b found) int { return cmp.Compare(a.id.Name, b.id.Name) }

func byVersion(a, b found) int { return tosca.CompareVersions(a.id.Version, b.id.Version) }

// What lists can be sorted by, under the names that their items have.
var (
	loopOrders = map[string]comparison{
		"name": byName, "version": byVersion, "state": byText("state"), "orderedState": byText("orderedState"), "stateChangeResult": byText("stateChangeResult"),
	}
	participantOrders = map[string]comparison{
		"name": byName, "version": byVersion, "participantState": byText("state"), "healthStatus": byText("healthStatus"), "lastMessage": byTime("lastMessage"),
	}
)

// listed reads the instances of a process that the query selects, sorted, of them the page that it asks for.
func (h *handlers) listed(r *http.Request, process string, orders map[string]comparison) ([]found, error) {
	all, err := h.selected(r, process)
	if err == nil {
		err = sorted(r, all, orders)
	}
	if err != nil {
		return nil, err
	}
	return paged(r, all)
}

// sorted sorts a list by the query parameters sort and sortOrder (ASC or DESC), as in CLAMP's later releases; what is equal stays in the order in
// which it was created. Without sort that is the order of all.
func sorted(r *http.Request, list []found, orders map[string]comparison) error {
	query := r.URL.Query()
	direction := strings.ToUpper(cmp.Or(query.Get("sortOrder"), "ASC"))
	field := query.Get("sort")
	compare := orders[field]
	switch {
	case direction != "ASC" && direction != "DESC":
		return faultf(http.StatusBadRequest, "sortOrder is ASC or DESC, not %q", query.Get("sortOrder"))
	case !query.Has("sort") && query.Has("sortOrder"):
		return faultf(http.StatusBadRequest, "sortOrder needs sort: one of %s", strings.Join(slices.Sorted(maps.Keys(orders)), ", "))
	case !query.Has("sort"):
		return nil
	case compare == nil:
		return faultf(http.StatusBadRequest, "this cannot be sorted by %q, but by %s", field, strings.Join(slices.Sorted(maps.Keys(orders)), ", "))
	}
	slices.SortStableFunc(list, func(a, b found) int {
		if direction == "DESC" {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return nil
}
