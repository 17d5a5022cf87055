package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) getCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Show one process instance: where it is, what is wrong, its variables",
		Long: `Get shows an instance, the elements that it is in, its incidents and its variables. Values of
variables that look like secrets are masked.`,
		Example: `  sonata instances get 4
  sonata instances get 4 -o json`,
		Args: keys(ofInstance, 1, 1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.get(ctx, remote, args[0])
	})
}

// details is everything that `instances get` shows, as the REST API has it.
type details struct {
	Instance  json.RawMessage   `json:"processInstance"`
	Elements  []json.RawMessage `json:"elementInstances"`
	Incidents []json.RawMessage `json:"incidents"`
	Variables []json.RawMessage `json:"variables"`
}

func (c *cli) get(ctx context.Context, remote *client, key string) error {
	var found details
	if err := remote.get(ctx, "/v2/process-instances/"+key, &found.Instance); err != nil {
		return err
	}
	of := map[string]any{"processInstanceKey": key}
	for _, search := range []struct {
		path   string
		filter map[string]any
		items  *[]json.RawMessage
	}{
		{"element-instances", map[string]any{"processInstanceKey": key, "state": "ACTIVE"}, &found.Elements},
		{"incidents", of, &found.Incidents},
		{"variables", of, &found.Variables},
	} {
		var answer struct{ Items []json.RawMessage }
		body := map[string]any{"filter": search.filter, "page": map[string]int{"limit": 1000}}
		if err := remote.post(ctx, "/v2/"+search.path+"/search", body, &answer); err != nil {
			return err
		}
		*search.items = answer.Items
	}
	if remote.output == "json" {
		return writeJSON(c.out, found)
	}
	return found.write(c.out)
}

// write shows the details for people.
func (d *details) write(w io.Writer) error {
	var i instance
	if err := json.Unmarshal(d.Instance, &i); err != nil {
		return err
	}
	rows := [][]string{
		{"instance", i.Key},
		{"process", fmt.Sprintf("%s, version %d", i.ProcessID, i.Version)},
		{"state", i.status()},
		{"rests", i.Resting},
		{"business key", i.BusinessKey},
		{"called by", i.ParentKey},
		{"started", shortTime(i.Start)},
		{"ended", shortTime(i.End)},
	}
	for _, raw := range d.Elements {
		e := members(raw)
		rows = append(rows, []string{"is in", element(e)})
	}
	for _, raw := range d.Incidents {
		e := members(raw)
		rows = append(rows, []string{"incident", fmt.Sprintf("%s at %s: %s", e["errorType"], e["elementId"], e["errorMessage"])})
	}
	for _, raw := range d.Variables {
		e := members(raw)
		value := e["value"]
		if e["isTruncated"] == "true" {
			value += "…"
		}
		rows = append(rows, []string{"variable", e["name"] + " = " + value})
	}
	rows = dropEmpty(rows)
	return writeTable(w, rows)
}

// members are the members of an object as text: strings as they are, everything else as JSON.
func members(raw json.RawMessage) map[string]string {
	var object map[string]json.RawMessage
	// What is no object has no members.
	_ = json.Unmarshal(raw, &object)
	texts := make(map[string]string, len(object))
	for name, value := range object {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(bytes.TrimSpace(value))
		}
		texts[name] = text
	}
	return texts
}

// dropEmpty leaves out the rows that have a heading and nothing else.
func dropEmpty(rows [][]string) [][]string {
	var kept [][]string
	for _, row := range rows {
		if strings.TrimSpace(row[1]) != "" {
			kept = append(kept, row)
		}
	}
	return kept
}

// element names an element in which an instance is; many have no name.
func element(e map[string]string) string {
	shown := e["type"] + " " + e["elementId"]
	if name := e["elementName"]; name != "" {
		shown += " (" + name + ")"
	}
	return shown
}
