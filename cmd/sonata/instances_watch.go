package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) watchCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "watch [KEY]",
		Short: "Print what happens to process instances, as it happens",
		Long: `Watch follows an instance and those that it calls, from their beginning until it ends; without
KEY, all instances from now on. With -o json every event is one line of JSON.`,
		Example: `  sonata instances watch
  sonata instances watch 4 -o json`,
		Args: keys(ofInstance, 0, 1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.watch(ctx, remote, args)
	})
}

// streamEvent is one event of the stream, with those of its members that a line shows.
type streamEvent struct {
	Date      time.Time `json:"date"`
	Instance  string    `json:"processInstanceKey"`
	ProcessID string    `json:"processDefinitionId"`
	Type      string    `json:"type"`
	Event     struct {
		Node, Element, Name, Kind, Topic, State, Text string
		Due                                           time.Time
		Data                                          any
	} `json:"event"`
}

func (c *cli) watch(ctx context.Context, remote *client, args []string) error {
	path, key := "/v2/events", ""
	if len(args) == 1 {
		key = args[0]
		path = "/v2/process-instances/" + key + "/events"
	}
	response, err := remote.send(ctx, http.MethodGet, path, payload{})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	out := &lines{out: c.out, coloured: c.coloured(), process: 34, subject: 36}
	if remote.output == "table" {
		out.heading()
	}
	events := bufio.NewScanner(response.Body)
	events.Buffer(nil, answerLimit)
	for events.Scan() {
		data, ok := bytes.CutPrefix(events.Bytes(), []byte("data: "))
		if !ok {
			continue // ids, comments and the lines between events
		}
		var e streamEvent
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("the stream of %s cannot be read: %w", remote.url, err)
		}
		if remote.output == "json" {
			fmt.Fprintf(c.out, "%s\n", data)
		} else if n, ok := e.line(); ok {
			out.print(n)
		}
		if key == e.Instance && e.Type == "InstanceEnded" {
			return nil
		}
	}
	if ctx.Err() != nil {
		return nil // the user has seen enough
	}
	return errors.Join(fmt.Errorf("%s ended the stream; watch again to go on", remote.url), events.Err())
}

// line is what a person wants to know of an event; ok is false for those that are the engine's bookkeeping.
func (e streamEvent) line() (n line, ok bool) {
	v := e.Event
	n = line{at: e.Date, instance: e.Instance, process: e.ProcessID, subject: v.Element, state: v.Name}
	switch e.Type {
	case "InstanceStarted":
		n.what, n.state = "started", ""
	case "InstanceEnded":
		n.what, n.state, n.colour = "ended", v.State, bold
	case "TokenEntered", "TokenProduced": // a start or boundary event gets its token without a flow
		if v.Node == "" {
			return n, false
		}
		n.what, n.subject, n.colour = "entered", v.Node, dim
	case "SubscriptionOpened":
		n.what, n.state = "waits", v.Kind+" "+v.Name
		if !v.Due.IsZero() {
			n.state, n.colour = v.Kind+" "+longTime(v.Due), yellow
		}
	case "SubscriptionFired":
		n.what, n.state, n.colour = "happened", v.Kind+" "+v.Name, green
	case "MessageThrown":
		n.what, n.subject, n.state, n.colour = "published", v.Topic, find(v.Data, "state"), blue
	case "SignalThrown":
		n.what, n.colour = "broadcast", blue
	case "IncidentRaised":
		n.what, n.state, n.colour = "INCIDENT", v.Text, red
	case "IncidentResolved":
		n.what = "resolved"
	default:
		return n, false
	}
	return n, true
}
