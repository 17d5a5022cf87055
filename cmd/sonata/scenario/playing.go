package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
)

// Result is what playing a scenario came to.
type Result struct {
	*Scenario
	Failure *Failure // nil: it passed
	Took    time.Duration
	Left    int          // steps that were not played
	Events  []play.Event // what happened
	Stage   *play.Stage
}

// Failure says where and why a scenario failed.
type Failure struct {
	Place
	Step  int      // from 1 on
	What  string   // what the step does
	Texts []string // each one thing that is not as it should be
}

// String gives the failure as lines, without the place.
func (f *Failure) String() string {
	return fmt.Sprintf("step %d (%s): %s", f.Step, f.What, strings.Join(f.Texts, "\n"))
}

// Play plays one scenario of the suite. The error is that of ctx, or a mistake of ours.
func (s *Suite) Play(ctx context.Context, sc *Scenario) (r Result, err error) {
	began := time.Now()
	w, err := s.stages[sc].Open(ctx)
	if err != nil {
		return Result{Scenario: sc, Stage: s.stages[sc]}, err
	}
	r, err = s.PlayOn(w, sc)
	r.Took = time.Since(began)
	return r, errors.Join(err, w.Close())
}

// Stage is what a scenario is played on.
func (s *Suite) Stage(sc *Scenario) *play.Stage { return s.stages[sc] }

// PlayOn plays one scenario of the suite in a world of its stage in which nothing has happened yet.
func (s *Suite) PlayOn(w *play.World, sc *Scenario) (Result, error) {
	return s.playOn(w, sc, func(int, string) {})
}

// PlayLive plays one scenario of the suite on a Sonata that works and on which what it deploys is deployed, and tells each step before
// it is done. What lies too far in the future ends it: then Left says how many steps are left.
func (s *Suite) PlayLive(ctx context.Context, sc *Scenario, live play.Live, tell func(step int, what string)) (Result, error) {
	return s.playOn(s.stages[sc].Attach(ctx, live), sc, tell)
}

func (s *Suite) playOn(w *play.World, sc *Scenario, tell func(int, string)) (r Result, err error) {
	r = Result{Scenario: sc, Stage: w.Stage}
	p := &playing{World: w, suite: s, scenario: sc, expected: map[incidentID]bool{}, answered: map[int]bool{}, ids: map[string]bool{}}
	for i, step := range sc.Steps {
		tell(i+1, step.what())
		r.Failure, err = p.step(step)
		if err == nil && r.Failure == nil && (!w.Live() || i == len(sc.Steps)-1) {
			r.Failure = p.unexpected(step) // where time is real, the incident may come before it is expected
		}
		if r.Failure != nil {
			r.Failure.Step = i + 1
		}
		if errors.Is(err, play.ErrHorizon) {
			r.Left, err = len(sc.Steps)-i, nil
			break
		}
		if r.Failure != nil || err != nil {
			break
		}
	}
	r.Events = w.Events()
	return r, err
}

// kind names what a step does.
func (s *Step) kind() string {
	if actions := s.actions(); len(actions) > 0 {
		return actions[0]
	}
	return "expect"
}

// what tells what a step does.
func (s *Step) what() string {
	switch {
	case s.Advance.Text != "":
		return "advance " + s.Advance.Text
	case s.Publish != nil:
		return "publish on " + s.Publish.Topic.Text
	case s.Restart != "":
		return "restart (" + string(s.Restart) + ")"
	}
	return s.kind()
}

// playing is a scenario under way.
type playing struct {
	*play.World
	suite    *Suite
	scenario *Scenario
	// responded counts the published messages that responders have seen; answered are those that have a reply.
	responded int
	answered  map[int]bool
	expected  map[incidentID]bool // incidents that were expected once
	ids       map[string]bool     // of messages that were published
}

type incidentID struct {
	instance int
	id       engine.ID
}

// failed is an error that is a failure of the scenario, and not of ours.
type failed struct{ texts []string }

func (f *failed) Error() string { return strings.Join(f.texts, "\n") }

func failf(format string, args ...any) error { return &failed{[]string{fmt.Sprintf(format, args...)}} }

// step does what a step says and checks what it expects.
func (p *playing) step(s *Step) (*Failure, error) {
	what := s.kind()
	err := p.act(s)
	if err == nil {
		err = p.respond()
	}
	if f, err := asFailure(err, s.Place, what); f != nil || err != nil {
		return f, err
	}
	place, texts := p.compareAll(s)
	for end := time.Now().Add(p.Patience()); len(texts) > 0 && time.Now().Before(end); place, texts = p.compareAll(s) {
		if err := errors.Join(p.Look(), p.respond()); err != nil {
			return nil, err
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	return &Failure{Place: place, What: what, Texts: append(texts, p.unexpectedIncidents()...)}, nil
}

// unexpected is the failure that there are incidents which nobody expected.
func (p *playing) unexpected(s *Step) *Failure {
	texts := p.unexpectedIncidents()
	if len(texts) == 0 {
		return nil
	}
	return &Failure{Place: s.Place, What: s.kind(), Texts: texts}
}

// compareAll says everything that is not as a step expects it, and where that is expected first.
func (p *playing) compareAll(s *Step) (place Place, texts []string) {
	place = s.Place
	for _, e := range s.Expect {
		if found := p.compare(e); len(found) > 0 {
			if texts == nil {
				place = e.Place
			}
			texts = append(texts, found...)
		}
	}
	return place, texts
}

// asFailure tells what failed in the scenario from what failed around it.
func asFailure(err error, at Place, what string) (*Failure, error) {
	if err == nil {
		return nil, nil
	}
	if f, ok := errors.AsType[*failed](err); ok {
		return &Failure{Place: at, What: what, Texts: f.texts}, nil
	}
	_, rejected := errors.AsType[*engine.Rejection](err)
	if rejected || errors.Is(err, play.ErrEndless) || errors.Is(err, play.ErrTimers) {
		return &Failure{Place: at, What: what, Texts: []string{err.Error()}}, nil
	}
	return nil, err
}

// respond lets the responders answer what was published, until nothing new comes of it.
func (p *playing) respond() error {
	for ; p.responded < len(p.Published()); p.responded++ {
		message := p.Published()[p.responded]
		answer, own := p.scenario.Responders[message.Topic]
		if !own {
			answer = p.suite.Responders[message.Topic]
		}
		if answer == nil || p.answered[p.responded] {
			continue
		}
		p.answered[p.responded] = true
		// That nobody takes an answer is not the responder's fault: it may come too late.
		if _, err := p.answer(message, answer.Topic.Text, answer.Key, answer.Data); err != nil && !errors.Is(err, play.ErrUndeliverable) {
			return err
		}
	}
	return nil
}

// answer sends a reply to a message, and says whether it was taken.
func (p *playing) answer(m play.Published, topic, key string, data Template) (bool, error) {
	filled, err := data.fill(p.Now(), map[string]any{"request": describe(m)})
	if err != nil {
		return false, failf("the reply on %s cannot be made: %v", topic, err)
	}
	if !data.Given {
		filled = map[string]any{}
	}
	return p.Send(play.Message{Topic: topic, Key: key, Data: filled, To: m.Instance})
}

// describe is what expressions see of a message.
func describe(m play.Published) map[string]any {
	headers := map[string]any{}
	for name, value := range m.Headers {
		headers[name] = value
	}
	return map[string]any{
		"topic": m.Topic, "key": m.Key, "data": m.Data, "headers": headers, "process": m.Instance.Process.ID,
		"instance": m.Instance.State.Key.String(),
	}
}
