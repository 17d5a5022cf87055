package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// answerLimit is the most that a client command reads of one answer.
const answerLimit = 64 << 20

// client speaks to a running Sonata by REST.
type client struct {
	url    string
	output string // "table" or "json"
	http   http.Client
}

// flags are those of every command that speaks to a running Sonata.
func (c *client) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("client", pflag.ContinueOnError)
	f.StringVar(&c.url, "url", "http://127.0.0.1:8080", "speak to the Sonata at this `URL`")
	outputFlag(f, &c.output)
	return f
}

func outputFlag(f *pflag.FlagSet, output *string) {
	choiceVar(f, output, "output,o", "form of the output", "table", "json")
}

// clientCommand completes a command that speaks to a running Sonata.
func (c *cli) clientCommand(cmd *cobra.Command, remote *client, run func(ctx context.Context, args []string) error) *cobra.Command {
	flags := remote.flags()
	cmd.Flags().AddFlagSet(flags)
	completeChoices(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := resolve(flags, c.environ); err != nil {
			return err
		}
		if u, err := url.Parse(remote.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usagef("--url %q is no http:// or https:// URL", remote.url)
		}
		return run(cmd.Context(), args)
	}
	return cmd
}

// problemError is the body of an error answer (RFC 9457), as package api writes it.
type problemError struct {
	Title    string            `json:"title"`
	Status   int               `json:"status"`
	Detail   string            `json:"detail"`
	Problems []json.RawMessage `json:"problems"`
}

func (p *problemError) Error() string {
	if p.Detail == "" {
		return fmt.Sprintf("Sonata answered %d %s", p.Status, http.StatusText(p.Status))
	}
	return p.Detail
}

// post sends a JSON body and reads the answer into answer, unless that is nil.
func (c *client) post(ctx context.Context, path string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, path, payload{"application/json", bytes.NewReader(data)}, answer)
}

// get reads one resource.
func (c *client) get(ctx context.Context, path string, answer any) error {
	return c.call(ctx, http.MethodGet, path, payload{}, answer)
}

// payload is the body of a request.
type payload struct {
	contentType string
	body        io.Reader
}

func (c *client) call(ctx context.Context, method, path string, send payload, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	response, err := c.send(ctx, method, path, send)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer == nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err == nil {
		err = json.Unmarshal(data, answer)
	}
	if err != nil {
		return fmt.Errorf("the answer of %s cannot be read: %w", c.url, err)
	}
	return nil
}

// send makes one request; an answer that is an error becomes an [*problemError].
func (c *client) send(ctx context.Context, method, path string, send payload) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.url, "/")+path, send.body)
	if err != nil {
		return nil, err
	}
	if send.contentType != "" {
		request.Header.Set("Content-Type", send.contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	problem := &problemError{}
	// A body that is no problem document, a proxy's page say, leaves the status to speak.
	_ = json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(problem)
	problem.Status = response.StatusCode
	return nil, problem
}

// unreachable says in one line why there is no answer, and what to do.
func (c *client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	if network, ok := errors.AsType[*net.OpError](err); ok && network.Op == "dial" {
		return fmt.Errorf("no Sonata at %s (%w); start one with `sonata serve`, or name another with --url or SONATA_URL", c.url, network.Err)
	}
	return err
}
