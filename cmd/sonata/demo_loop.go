package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

// loopScenario is the scenario that is played over REST, as CLAMP's clients do; the others are files.
const (
	loopScenario     = "control-loop"
	loopScenarioText = "A control loop is commissioned, instantiated and run; a participant falls silent, and supervision says so."
)

// loopDemo is what the scenario needs.
type loopDemo struct {
	out    *lines
	up     running
	client http.Client
	policy engine.Key // the simulated participant that falls silent
}

// demoLoop shows the life of a control loop: a Sonata with simulated participants, spoken to over REST only.
func (c *cli) demoLoop(ctx context.Context, s *settings, o *demoOptions) (err error) {
	if s.data == "" {
		if s.data, err = os.MkdirTemp("", "sonata-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.data)) }()
	}
	flows, err := embeddedFlows(processes.ControlLoop(), processes.Simulator())
	if err != nil {
		return err
	}
	server := &server{settings: *s, log: newLogger(c.err, s.logLevel, s.logFormat), builtin: flows}
	return server.run(ctx, func(ctx context.Context, up running) error {
		d := &loopDemo{out: &lines{out: c.out, coloured: c.coloured()}, up: up}
		playing, stop := context.WithTimeout(ctx, o.timeout)
		defer stop()
		if err := d.play(playing); err != nil || o.once {
			return err
		}
		d.say(plain, "Sonata stays up: %s%s/instantiation. Stop it with Ctrl-C.", up.url, controlloop.Prefix)
		<-ctx.Done()
		return nil
	})
}

func (d *loopDemo) say(c colour, format string, args ...any) { d.out.notef(c, format, args...) }

// play goes through the scenario.
func (d *loopDemo) play(ctx context.Context) error {
	template, err := fs.ReadFile(processes.Files(), "samples/pmsh.yaml")
	if err != nil {
		return err
	}
	d.say(bold, "Three participants register over Kafka: DCAE, policy and CDS, each simulated by a process")
	for _, p := range [][3]string{
		{"DCAEParticipant0", "org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4"},
		{"CDSParticipant0", "org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "2.2.1"},
		{"PolicyParticipant0", "org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1"},
	} {
		if d.policy, err = d.simulate(ctx, p); err != nil {
			return err
		}
	}
	if err := d.until(ctx, "/participants", func(body string) bool { return strings.Count(body, `"HEALTHY"`) == 3 }); err != nil {
		return err
	}
	steps := []func(context.Context) error{
		d.call("The PMSH service template is commissioned", http.MethodPost, "/commission", string(template)),
		d.call("A control loop of it is brought up: the answer comes when all participants have done their part", http.MethodPost,
			"/runtime-inventory/instantiate", `{"id":"org.onap.domain.pmsh.PMSHControlLoopDefinition"}`),
		d.show,
		d.order("It is ordered to run", "RUNNING"), d.await("RUNNING", "NO_ERROR"), d.show,
		d.behave("The policy participant falls silent", true),
		d.order("The control loop is ordered PASSIVE. Supervision asks again, until the time limit of the elements is over", "PASSIVE"),
		d.await("RUNNING2PASSIVE", "TIMEOUT"), d.show,
		d.behave("The participant is back, and the same order is given again", false),
		d.order("", "PASSIVE"), d.await("PASSIVE", "NO_ERROR"),
		d.order("It is taken down", "UNINITIALISED"), d.await("UNINITIALISED", "NO_ERROR"), d.show,
		d.call("and deleted", http.MethodDelete, "/instantiation?name="+loopName+"&version=1.2.3", ""),
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say(green, "done")
	return nil
}

// loopName is the name of the definition, and of its only control loop.
const loopName = "org.onap.domain.pmsh.PMSHControlLoopDefinition"

func (d *loopDemo) simulate(ctx context.Context, p [3]string) (engine.Key, error) {
	info, err := d.up.runner.Start(ctx, runner.Start{ProcessID: "participantSimulator", Variables: map[string]any{
		"participantId": map[string]any{"name": p[0], "version": "1.0.0"}, "participantType": map[string]any{"name": p[1], "version": p[2]}, "behaviour": map[string]any{},
	}})
	return info.Key, err
}

// request speaks to Sonata as any client does.
func (d *loopDemo) request(ctx context.Context, method, path, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, d.up.url+controlloop.Prefix+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	return string(text), err
}

func (d *loopDemo) call(what, method, path, body string) func(context.Context) error {
	return func(ctx context.Context) error {
		if what != "" {
			d.say(bold, "%s", what)
		}
		d.say(plain, "  %s %s%s", method, controlloop.Prefix, path)
		_, err := d.request(ctx, method, path, body)
		return err
	}
}

func (d *loopDemo) order(what, state string) func(context.Context) error {
	return d.call(what, http.MethodPut, "/instantiation/command",
		fmt.Sprintf(`{"orderedState":%q,"controlLoopIdentifierList":[{"name":%q,"version":"1.2.3"}]}`, state, loopName))
}

// behave changes what the policy participant does.
func (d *loopDemo) behave(what string, silent bool) func(context.Context) error {
	return func(ctx context.Context) error {
		d.say(bold, "%s", what)
		return d.up.runner.SetVariables(ctx, d.policy, engine.SetVariables{Variables: map[string]any{
			"behaviour": map[string]any{"delay": "PT0.1S", "silent": silent, "fail": false},
		}})
	}
}

func (d *loopDemo) await(state, result string) func(context.Context) error {
	return func(ctx context.Context) error {
		return d.until(ctx, "/instantiation", func(body string) bool {
			loops := loopsIn(body)
			return len(loops) == 1 && loops[0].State == state && loops[0].StateChangeResult == result
		})
	}
}

// until asks whenever something has happened, until the answer is right.
func (d *loopDemo) until(ctx context.Context, path string, right func(string) bool) error {
	entries := d.up.runner.Watch(ctx, 0)
	for {
		body, err := d.request(ctx, http.MethodGet, path, "")
		if err != nil || right(body) {
			return err
		}
		select {
		case _, open := <-entries:
			if !open {
				entries = d.up.runner.Watch(ctx, 0)
			}
		case <-ctx.Done():
			return fmt.Errorf("this did not happen in time; %s says %s", path, bytes.TrimSpace([]byte(body)))
		}
	}
}

// shownLoop is what of a control loop is shown.
type shownLoop struct {
	State, OrderedState, StateChangeResult, Message string
	Elements                                        map[string]struct {
		State         string
		Definition    struct{ Name string }
		ParticipantID struct{ Name string } `json:"participantId"`
	}
}

func loopsIn(body string) []shownLoop {
	var answer struct {
		ControlLoopList []shownLoop
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil
	}
	return answer.ControlLoopList
}

// show prints the control loop with its elements.
func (d *loopDemo) show(ctx context.Context) error {
	body, err := d.request(ctx, http.MethodGet, "/instantiation", "")
	if err != nil {
		return err
	}
	for _, loop := range loopsIn(body) {
		c := green
		if loop.StateChangeResult != "NO_ERROR" {
			c = red
		}
		d.say(c, "  %s (ordered: %s) %s %s", loop.State, loop.OrderedState, loop.StateChangeResult, loop.Message)
		var rows []string
		for _, e := range loop.Elements {
			rows = append(rows, fmt.Sprintf("    %-62s %-20s %s", e.Definition.Name, e.ParticipantID.Name, e.State))
		}
		slices.Sort(rows)
		for _, row := range rows {
			d.say(plain, "%s", row)
		}
	}
	return nil
}
