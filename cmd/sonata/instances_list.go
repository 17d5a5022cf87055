package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// listFilter is what `instances list` can be narrowed to.
type listFilter struct {
	state, process, businessKey, parent string
	incident                            bool
	limit                               int
}

func (c *cli) listCommand() *cobra.Command {
	remote, filter := &client{}, &listFilter{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List process instances, newest first",
		Example: `  sonata instances list --state active
  sonata instances list --process serviceOrderProcess --limit 5 -o json`,
		Args: noArguments,
	}
	flags := cmd.Flags()
	choiceVar(flags, &filter.state, "state", "only instances in this state", "any", "active", "completed", "terminated")
	flags.StringVar(&filter.process, "process", "", "only instances of the process with this `ID`")
	flags.StringVar(&filter.businessKey, "business-key", "", "only instances with this business `KEY`")
	flags.StringVar(&filter.parent, "parent", "", "only instances that this instance called (`KEY`)")
	flags.BoolVar(&filter.incident, "incident", false, "only instances that need an operator")
	flags.IntVar(&filter.limit, "limit", 50, "show at most this `NUMBER`, 1 to 10000")
	return c.clientCommand(cmd, remote, func(ctx context.Context, _ []string) error {
		if filter.limit < 1 || filter.limit > 10000 {
			return usagef("--limit must be 1 to 10000")
		}
		return c.list(ctx, remote, filter)
	})
}

// search is the body of POST /v2/process-instances/search.
func (f *listFilter) search() map[string]any {
	filter := map[string]any{}
	if f.state != "any" {
		filter["state"] = strings.ToUpper(f.state)
	}
	for name, value := range map[string]string{
		"processDefinitionId": f.process, "businessId": f.businessKey, "parentProcessInstanceKey": f.parent,
	} {
		if value != "" {
			filter[name] = value
		}
	}
	if f.incident {
		filter["hasIncident"] = true
	}
	return map[string]any{
		"filter": filter,
		"sort":   []map[string]string{{"field": "processInstanceKey", "order": "DESC"}},
		"page":   map[string]int{"limit": f.limit},
	}
}

func (c *cli) list(ctx context.Context, remote *client, filter *listFilter) error {
	var answer struct {
		Items []json.RawMessage `json:"items"`
		Page  struct {
			TotalItems int  `json:"totalItems"`
			HasMore    bool `json:"hasMoreTotalItems"`
		} `json:"page"`
	}
	if err := remote.post(ctx, "/v2/process-instances/search", filter.search(), &answer); err != nil {
		return err
	}
	if remote.output == "json" {
		return writeJSON(c.out, answer.Items)
	}
	rows := [][]string{{"KEY", "PROCESS", "VERSION", "STATE", "STARTED", "ENDED", "PARENT", "BUSINESS KEY"}}
	for _, item := range answer.Items {
		var i instance
		if err := json.Unmarshal(item, &i); err != nil {
			return fmt.Errorf("the answer of %s cannot be read: %w", remote.url, err)
		}
		rows = append(rows, []string{i.Key, i.ProcessID, strconv.Itoa(i.Version), i.status(),
			shortTime(i.Start), shortTime(i.End), i.ParentKey, i.BusinessKey})
	}
	if err := writeTable(c.out, rows); err != nil {
		return err
	}
	if more := answer.Page.TotalItems - len(answer.Items); more > 0 {
		atLeast := map[bool]string{true: "at least "}[answer.Page.HasMore]
		fmt.Fprintf(c.err, "%s%d more; --limit shows more of them\n", atLeast, more)
	}
	return nil
}
