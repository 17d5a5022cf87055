package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

// find writes what a search of the REST API finds, as a table of the given members or as JSON.
func (c *cli) find(ctx context.Context, remote *client, path string, filter map[string]any, columns ...string) error {
	for name, value := range filter {
		if value == "" {
			delete(filter, name)
		}
	}
	var answer struct{ Items []json.RawMessage }
	if err := remote.post(ctx, path, map[string]any{"filter": filter, "page": map[string]int{"limit": 1000}}, &answer); err != nil {
		return err
	}
	if remote.output == "json" {
		return writeJSON(c.out, answer.Items)
	}
	heading := make([]string, len(columns))
	rows := [][]string{heading}
	for i, column := range columns {
		heading[i] = headings[column]
	}
	for _, item := range answer.Items {
		values := members(item)
		row := make([]string, len(columns))
		for i, column := range columns {
			if row[i] = values[column]; row[i] == "null" {
				row[i] = ""
			}
		}
		rows = append(rows, row)
	}
	return writeTable(c.out, rows)
}

var headings = map[string]string{
	"incidentKey": "KEY", "deadLetterKey": "KEY", "processInstanceKey": "INSTANCE", "processDefinitionId": "PROCESS", "elementId": "ELEMENT",
	"errorType": "TYPE", "errorMessage": "WHAT", "topic": "TOPIC", "partition": "PARTITION", "offset": "OFFSET", "cause": "CAUSE", "reason": "WHY",
}

// each does something with every key, although it may fail with some, and says what was done.
func (c *cli) each(keys []string, do func(key string) (string, error)) error {
	var failed error
	for _, key := range keys {
		done, err := do(key)
		if _, refused := errors.AsType[*problemError](err); err != nil && !refused {
			return errors.Join(failed, err)
		}
		if failed = errors.Join(failed, err); err == nil {
			fmt.Fprintln(c.out, done)
		}
	}
	return failed
}

func (c *cli) releaseCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "release KEY…",
		Short: "Let instances go on that were set aside because Sonata crashed at them",
		Long: `Release lets instances go on: those that Sonata crashed at, and those whose timers rest because one of
them made Sonata fail. If it happens again, they are set aside again.
'sonata instances get' says why an instance rests.`,
		Example: `  sonata instances release 4`,
		Args:    keys(ofInstance, 1, -1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.each(args, func(key string) (string, error) {
			return "instance " + key + " goes on", remote.post(ctx, "/v2/process-instances/"+key+"/release", struct{}{}, nil)
		})
	})
}

func (c *cli) incidentsCommand() *cobra.Command {
	cmd := group("incidents", "List and resolve incidents: faults of data or workers")
	cmd.Aliases = []string{"incident"}
	cmd.AddCommand(c.listIncidentsCommand(), c.resolveIncidentsCommand())
	return cmd
}

// incidentFilter is what incidents can be narrowed to.
type incidentFilter struct{ instance, process, element, errorType string }

func (f *incidentFilter) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.instance, "instance", "", "only those of this instance (`KEY`)")
	cmd.Flags().StringVar(&f.process, "process", "", "only those of the process with this `ID`")
	cmd.Flags().StringVar(&f.element, "element", "", "only those at the element with this `ID`")
	cmd.Flags().StringVar(&f.errorType, "type", "", "only those of this `TYPE`, such as JOB_NO_RETRIES")
}

func (f *incidentFilter) filter() map[string]any {
	return map[string]any{"processInstanceKey": f.instance, "processDefinitionId": f.process, "elementId": f.element, "errorType": f.errorType}
}

func (c *cli) listIncidentsCommand() *cobra.Command {
	remote, filter := &client{}, &incidentFilter{}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List incidents, oldest first",
		Example: `  sonata incidents list --process serviceOrderProcess`,
		Args:    noArguments,
	}
	filter.flags(cmd)
	return c.clientCommand(cmd, remote, func(ctx context.Context, _ []string) error {
		return c.find(ctx, remote, "/v2/incidents/search", filter.filter(),
			"incidentKey", "processInstanceKey", "processDefinitionId", "elementId", "errorType", "errorMessage")
	})
}

func (c *cli) resolveIncidentsCommand() *cobra.Command {
	var (
		remote, filter = &client{}, &incidentFilter{}
		vars           string
		retries        int
	)
	cmd := &cobra.Command{
		Use:   "resolve [KEY…]",
		Short: "Run failed steps again, with variables changed or not",
		Long: `Resolve runs what failed again: the incidents with these keys or, without keys, all that the flags
select. Variables are written first, as seen from the element.`,
		Example: `  sonata incidents resolve 1882542363576893449 --vars '{"amount":3}'
  sonata incidents resolve --element charge --retries 3`,
		Args: keys(ofIncident, 0, -1),
	}
	filter.flags(cmd)
	cmd.Flags().StringVar(&vars, "vars", "", "write these variables first (`JSON|@FILE`)")
	cmd.Flags().IntVar(&retries, "retries", 0, "give a job this `NUMBER` of retries (0: what it has, but at least one)")
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		how := map[string]any{"retries": retries}
		if vars != "" {
			value, err := jsonArgument(vars)
			if err != nil {
				return err
			}
			how["variables"] = value
		}
		if len(args) > 0 {
			return c.each(args, func(key string) (string, error) {
				return "incident " + key + " is resolved", remote.post(ctx, "/v2/incidents/"+key+"/resolution", how, nil)
			})
		}
		return c.resolveMany(ctx, remote, filter.filter(), how)
	})
}

func (c *cli) resolveMany(ctx context.Context, remote *client, filter, how map[string]any) error {
	for name, value := range filter {
		if value == "" {
			delete(filter, name)
		}
	}
	if len(filter) == 0 {
		return usagef("say which incidents: give their KEYs, or one of --instance, --process, --element and --type")
	}
	how["filter"] = filter
	var answer struct {
		Resolved int              `json:"resolved"`
		Refused  []map[string]any `json:"refused"`
		More     bool             `json:"more"`
	}
	if err := remote.post(ctx, "/v2/incidents/resolution", how, &answer); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d incidents are resolved\n", answer.Resolved)
	if answer.More {
		fmt.Fprintln(c.err, "there are more; say it again")
	}
	if len(answer.Refused) > 0 {
		return fmt.Errorf("%d incidents could not be resolved, the first of them because: %v", len(answer.Refused), answer.Refused[0]["reason"])
	}
	return nil
}

// jsonArgument reads JSON from the command line, or from the file that @ names.
func jsonArgument(text string) (json.RawMessage, error) {
	data := []byte(text)
	if len(text) > 0 && text[0] == '@' {
		var err error
		if data, err = os.ReadFile(text[1:]); err != nil {
			return nil, err
		}
	}
	if !json.Valid(data) {
		return nil, usagef("%.40q is no JSON", text)
	}
	return data, nil
}

func (c *cli) deadLettersCommand() *cobra.Command {
	cmd := group("dead-letters", "List, show, replay and drop messages that could not be used")
	cmd.Aliases = []string{"dead-letter"}
	cmd.AddCommand(c.listLettersCommand(), c.getLetterCommand(), c.replayLetterCommand(), c.dropLetterCommand())
	return cmd
}

func (c *cli) listLettersCommand() *cobra.Command {
	var topic, cause string
	remote := &client{}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List messages that could not be used, oldest first",
		Example: `  sonata dead-letters list --topic orders`,
		Args:    noArguments,
	}
	cmd.Flags().StringVar(&topic, "topic", "", "only those of this `TOPIC`")
	cmd.Flags().StringVar(&cause, "cause", "", "only those of this `CAUSE`: UNREADABLE, UNMATCHED, REFUSED, FAILED, UNSENT")
	return c.clientCommand(cmd, remote, func(ctx context.Context, _ []string) error {
		return c.find(ctx, remote, "/v2/dead-letters/search", map[string]any{"topic": topic, "cause": cause},
			"deadLetterKey", "topic", "partition", "offset", "cause", "reason")
	})
}

func (c *cli) getLetterCommand() *cobra.Command {
	var raw bool
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "get KEY",
		Short: "Show a message that could not be used, and who nearly took it",
		Example: `  sonata dead-letters get 1882542363576893441
  sonata dead-letters get 1882542363576893441 --raw > message.json`,
		Args: keys(ofDeadLetter, 1, 1),
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "write the bytes as they came; secrets are not masked")
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		path := "/v2/dead-letters/" + args[0]
		if !raw {
			var letter json.RawMessage
			if err := remote.get(ctx, path, &letter); err != nil {
				return err
			}
			return writeJSON(c.out, letter)
		}
		response, err := remote.send(ctx, http.MethodGet, path+"/value", payload{})
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(c.out, response.Body)
		return err
	})
}

func (c *cli) replayLetterCommand() *cobra.Command {
	var correction = map[string]*string{"topic": new(""), "correlationKey": new(""), "referenceId": new(""), "businessId": new("")}
	var data string
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "replay KEY…",
		Short: "Try messages again, as they are or corrected",
		Example: `  sonata dead-letters replay 1882542363576893441
  sonata dead-letters replay 1882542363576893441 --correlation-key 4711 --vars @message.json`,
		Args: keys(ofDeadLetter, 1, -1),
	}
	names := map[string]string{"topic": "topic", "correlationKey": "correlation-key", "referenceId": "reference", "businessId": "business-key"}
	cmd.Flags().StringVar(correction["topic"], "topic", "", "make it a message of this `TOPIC`")
	cmd.Flags().StringVar(correction["correlationKey"], "correlation-key", "", "give it this correlation `KEY`")
	cmd.Flags().StringVar(correction["referenceId"], "reference", "", "make it an answer to this instance (`KEY`; empty: to none)")
	cmd.Flags().StringVar(correction["businessId"], "business-key", "", "give it this business `KEY`")
	cmd.Flags().StringVar(&data, "vars", "", "give it these data (`JSON|@FILE`)")
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		body := map[string]any{}
		for member, flag := range names {
			if cmd.Flags().Changed(flag) {
				body[member] = *correction[member]
			}
		}
		if data != "" {
			value, err := jsonArgument(data)
			if err != nil {
				return err
			}
			body["data"] = value
		}
		return c.each(args, func(key string) (string, error) {
			var answer struct{ State, ProcessInstanceKey string }
			err := remote.post(ctx, "/v2/dead-letters/"+key+"/replay", body, &answer)
			return fmt.Sprintf("message %s: %s %s", key, fates[answer.State], answer.ProcessInstanceKey), err
		})
	})
}

var fates = map[string]string{
	"TAKEN": "taken by instance", "KEPT": "kept until somebody waits for it", "DEAD": "still nobody can use it", "SENT": "is published again",
}

func (c *cli) dropLetterCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:     "drop KEY…",
		Short:   "Forget messages that could not be used",
		Example: `  sonata dead-letters drop 1882542363576893441`,
		Args:    keys(ofDeadLetter, 1, -1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.each(args, func(key string) (string, error) {
			return "message " + key + " is forgotten", remote.post(ctx, "/v2/dead-letters/"+key+"/deletion", struct{}{}, nil)
		})
	})
}
