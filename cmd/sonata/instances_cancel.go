package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func (c *cli) cancelCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "cancel KEY…",
		Short: "Cancel process instances and everything that they called",
		Long: `Cancel ends instances, with their timers, message subscriptions and jobs, and the instances that
they called. What has been published stays published. With several keys every one is tried;
the exit status is 1 if any could not be cancelled.`,
		Example: `  sonata instances cancel 4
  sonata instances cancel 4 7 9`,
		Args: keys(ofInstance, 1, -1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.cancel(ctx, remote, args)
	})
}

// cancelled is one line of the output.
type cancelled struct {
	Key       string `json:"processInstanceKey"`
	Cancelled bool   `json:"cancelled"`
	Reason    string `json:"reason,omitempty"`
}

func (c *cli) cancel(ctx context.Context, remote *client, keys []string) error {
	var (
		results []cancelled
		failed  error
	)
	for _, key := range keys {
		err := remote.post(ctx, "/v2/process-instances/"+key+"/cancellation", struct{}{}, nil)
		result := cancelled{Key: key, Cancelled: err == nil}
		problem, refused := errors.AsType[*problemError](err)
		switch {
		case refused:
			result.Reason = problem.Error()
			failed = errors.Join(failed, err)
		case err != nil:
			return errors.Join(failed, err)
		}
		results = append(results, result)
		if err == nil && remote.output == "table" {
			fmt.Fprintf(c.out, "instance %s is cancelled\n", key)
		}
	}
	if remote.output == "json" {
		return errors.Join(writeJSON(c.out, results), failed)
	}
	return failed
}

// What keys are of.
const (
	ofInstance   = "of an instance, as `sonata instances list` shows it"
	ofIncident   = "of an incident, as `sonata incidents list` shows it"
	ofDeadLetter = "of a dead letter, as `sonata dead-letters list` shows it"
)

// keys demands that the arguments are keys, at least and at most so many (-1: any number).
func keys(of string, least, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return errors.New("expected the KEY " + of)
		}
		for _, arg := range args {
			if n, err := strconv.ParseInt(arg, 10, 64); err != nil || n <= 0 {
				return fmt.Errorf("%q is no KEY %s", arg, of)
			}
		}
		return nil
	}
}
