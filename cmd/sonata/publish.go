package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// documentLimit is the largest message that is read.
const documentLimit = 4 << 20

// publication is one message to publish, by REST or to Kafka.
type publication struct {
	topic, correlationKey, id, key, kafka string
	options                               pairs
	attributes                            []string
	ttl                                   time.Duration
}

func (c *cli) publishCommand() *cobra.Command {
	remote, p := &client{}, &publication{}
	cmd := &cobra.Command{
		Use:   "publish TOPIC [FILE|-]",
		Short: "Publish a message, by REST or to Kafka",
		Long: `Publish sends a message to the processes that await it, or that it starts.

FILE (- is standard input) holds JSON: the data of the message, or a whole CloudEvent. Without
FILE the data is empty. By REST the message reaches the Sonata at --url and no other system; with
--kafka it becomes a CloudEvent on a topic, as other systems send it.`,
		Example: `  sonata publish sonata-register-kubernetes cluster.json
  echo '{"status":"SUCCESS"}' | sonata publish fabric-api-connection-result - --correlation-key 4
  sonata publish sonata-service-order order.json --kafka 127.0.0.1:9092`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 || args[0] == "" {
				return errors.New("expected TOPIC and at most one FILE")
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.correlationKey, "correlation-key", "", "the `KEY` that a waiting instance correlates by")
	flags.StringVar(&p.id, "id", "", "the message's own `ID`: a message with an ID that was seen before is dropped")
	flags.DurationVar(&p.ttl, "ttl", time.Hour, "by REST: how long the message waits for somebody to await it (`TIME`)")
	flags.StringVar(&p.kafka, "kafka", "", "publish to this Kafka instead (`HOST:PORT,…`)")
	flags.Var(&p.options, "kafka-option", "with --kafka: a setting of librdkafka, such as security.protocol=ssl (repeatable)")
	flags.StringVar(&p.key, "key", "", "with --kafka: the record's `KEY`")
	flags.StringArrayVar(&p.attributes, "attribute", nil, "with --kafka: a CloudEvent attribute (`NAME=VALUE`, repeatable)")
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		p.topic = args[0]
		if p.kafka == "" && (p.key != "" || p.attributes != nil || p.options != nil) {
			return usagef("--key, --attribute and --kafka-option need --kafka")
		}
		document, err := c.document(args[1:])
		if err != nil {
			return err
		}
		if p.kafka != "" {
			return c.publishToKafka(ctx, remote.output, p, document)
		}
		return c.publishByREST(ctx, remote, p, document)
	})
}

// document reads the JSON document that the argument names.
func (c *cli) document(args []string) (any, error) {
	if len(args) == 0 {
		return map[string]any{}, nil
	}
	var (
		name = args[0]
		in   = c.in
	)
	if name == "-" {
		name = "standard input"
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, documentLimit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > documentLimit {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, documentLimit>>20)
	}
	return parseDocument(name, text)
}

// parseDocument reads one JSON document and keeps its numbers as they are written.
func parseDocument(name string, text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		line := 1 + bytes.Count(text[:min(int(decoder.InputOffset()), len(text))], []byte("\n"))
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line = 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		}
		return nil, fmt.Errorf("%s:%d: this is no JSON: %w", name, line, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: expected one JSON document, found more", name)
	}
	return document, nil
}

// cloudEvent returns the document if it is a whole CloudEvent in JSON.
func cloudEvent(document any) (map[string]any, bool) {
	event, ok := document.(map[string]any)
	return event, ok && text(event, "specversion") != "" && text(event, "type") != ""
}

// text is a member of an object that is a string, else "".
func text(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

func (c *cli) publishByREST(ctx context.Context, remote *client, p *publication, document any) error {
	if event, ok := cloudEvent(document); ok {
		document = event["data"]
		p.id = cmp.Or(p.id, text(event, "id"))
		p.correlationKey = cmp.Or(p.correlationKey, text(event, "correlationkey"), text(event, "kogitoprocrefid"))
	}
	variables, ok := document.(map[string]any)
	if !ok && document != nil {
		return errors.New("the data of a message must be a JSON object; --kafka takes any JSON")
	}
	body := map[string]any{
		"name": p.topic, "correlationKey": p.correlationKey, "timeToLive": p.ttl.Milliseconds(), "variables": variables,
	}
	if p.id != "" {
		body["messageId"] = p.id
	}
	var answer json.RawMessage
	if err := remote.post(ctx, "/v2/messages/publication", body, &answer); err != nil {
		return err
	}
	if remote.output == "json" {
		return writeJSON(c.out, answer)
	}
	var became fate
	if err := json.Unmarshal(answer, &became); err != nil {
		return err
	}
	fmt.Fprintln(c.out, became.of(p))
	return nil
}

// fate is what became of a message that was published by REST.
type fate struct {
	State    runner.Fate `json:"state"`
	Instance string      `json:"processInstanceKey"`
}

func (f fate) of(p *publication) string {
	switch f.State {
	case runner.FateRepeated:
		return fmt.Sprintf("dropped: a message with the id %q was seen before", p.id)
	case runner.FateDropped:
		return fmt.Sprintf("dropped: nobody awaits %s; with --ttl it waits for somebody", p.topic)
	case runner.FateKept:
		return fmt.Sprintf("published on %s; nobody awaits it yet, so it is kept for %s", p.topic, p.ttl)
	case runner.FateDead:
		return fmt.Sprintf("published on %s; no process could begin with it: see 'sonata dead-letters list'", p.topic)
	case runner.FateTaken:
		if f.Instance != "" {
			return fmt.Sprintf("published on %s; instance %s has it", p.topic, f.Instance)
		}
	}
	return "published on " + p.topic
}

func (c *cli) publishToKafka(ctx context.Context, output string, p *publication, document any) error {
	event, err := p.event(document)
	if err != nil {
		return err
	}
	value, err := json.Marshal(event)
	if err != nil {
		return err
	}
	kafka, err := openProducer(p.kafka, p.options)
	if err != nil {
		return err
	}
	defer kafka.close()
	if err := kafka.checkTopic(ctx, p.topic); err != nil {
		return err
	}
	var key []byte
	if p.key != "" {
		key = []byte(p.key)
	}
	at, err := kafka.publish(ctx, p.topic, key, value)
	if err != nil {
		return err
	}
	if output == "json" {
		return writeJSON(c.out, map[string]any{
			"topic": p.topic, "partition": at.Partition, "offset": int64(at.Offset), "id": event["id"],
		})
	}
	fmt.Fprintf(c.out, "published on %s, partition %d, offset %d\n", p.topic, at.Partition, int64(at.Offset))
	return nil
}

// event is the CloudEvent to publish: the document itself if it is one, else one around it.
func (p *publication) event(document any) (map[string]any, error) {
	event, whole := cloudEvent(document)
	if !whole {
		event = map[string]any{
			"specversion": "1.0", "id": uuid.NewString(), "source": "/sonata/publish", "type": p.topic,
			"time": time.Now().UTC().Format(time.RFC3339Nano), "datacontenttype": "application/json", "data": document,
		}
	}
	if p.id != "" {
		event["id"] = p.id
	}
	if p.correlationKey != "" {
		event["correlationkey"] = p.correlationKey
	}
	for _, attribute := range p.attributes {
		name, value, found := strings.Cut(attribute, "=")
		if !found || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || name == "data" {
			return nil, usagef("--attribute %q is no NAME=VALUE with a name of the letters a-z and digits", attribute)
		}
		event[name] = value
	}
	return event, nil
}
