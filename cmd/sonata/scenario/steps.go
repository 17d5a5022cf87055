package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// act does what a step says.
func (p *playing) act(s *Step) error {
	switch {
	case s.Start != nil:
		return p.start(s.Start)
	case s.Publish != nil:
		return p.publish(s.Publish)
	case s.Reply != nil:
		return p.reply(s.Reply)
	case s.Complete != nil:
		return p.work(s.Complete.Work, func(j play.Job) error { return p.Complete(j, s.Complete.Variables.Fields) })
	case s.Fail != nil:
		return p.work(s.Fail.Work, func(j play.Job) error {
			retries := j.Job.Retries - 1
			if s.Fail.Retries != nil {
				retries = *s.Fail.Retries
			}
			return p.Fail(j, retries, cmp.Or(s.Fail.Message, "it failed"))
		})
	case s.Throw != nil:
		return p.work(s.Throw.Work, func(j play.Job) error {
			return p.Throw(j, engine.ThrowError{Code: s.Throw.Error, Text: s.Throw.Message, Variables: s.Throw.Variables.Fields})
		})
	case s.Signal != nil:
		return p.Broadcast(s.Signal.Name.Text, s.Signal.Variables.Fields)
	case s.Advance.Text != "":
		return p.advance(s.Advance)
	case s.Set != nil:
		return p.set(s.Set)
	case s.Resolve != nil:
		return p.resolve(s.Resolve)
	case s.Cancel != nil:
		i, err := p.instance(Which{s.Cancel.Process, s.Cancel.Instance})
		if err != nil {
			return err
		}
		return p.Cancel(i)
	case s.Restart != "":
		return p.Restart(s.Restart == Crashed)
	case s.Refuse != nil:
		return p.refuse(s.Refuse)
	}
	return nil
}

// refuse deploys a file that must be refused.
func (p *playing) refuse(r *Refuse) error {
	_, err := p.Deploy(runner.Resource{Name: path.Base(r.File.Text), XML: r.source})
	problems, refused := errors.AsType[bpmn.Problems](err)
	if err != nil && !refused {
		return err
	}
	var found, want []string
	for _, problem := range problems {
		if problem.Severity == bpmn.SeverityError {
			found = append(found, problem.Code)
		}
	}
	for _, w := range r.Problems {
		want = append(want, w.Text)
	}
	slices.Sort(found)
	slices.Sort(want)
	found = slices.Compact(found)
	switch {
	case err == nil:
		return failf("%s was deployed, but it should be refused", r.File.Text)
	case want != nil && !slices.Equal(want, found):
		return failf("the problems of %s: expected %s, got %s", r.File.Text, list(want), list(found))
	}
	return nil
}

func (p *playing) start(s *Start) error {
	_, err := p.Start(runner.Start{
		ProcessID: cmp.Or(s.Process.Text, p.Stage.IDs()[0]), Element: s.Element.Text, BusinessKey: s.BusinessKey, Variables: s.Variables.Fields,
	})
	return err
}

func (p *playing) publish(m *Publish) error {
	message, err := p.message(m)
	if err != nil {
		return err
	}
	taken, err := p.Send(message)
	if errors.Is(err, play.ErrUndeliverable) {
		if err = failf("%v", err); m.Untaken {
			err = nil
		}
	}
	id := fmt.Sprint(message.Attributes["source"], "\n", message.Attributes["id"])
	repeated := message.Attributes["id"] != nil && p.ids[id]
	p.ids[id] = true
	switch {
	case err != nil || taken != m.Untaken:
		return err
	case taken:
		return failf("the message on %s was taken, but untaken says that it is not", m.Topic.Text)
	case repeated:
		return failf("nobody took the message on %s: one with its id was there before, so it changed nothing; say untaken: true if that is meant", m.Topic.Text)
	}
	return failf("nobody took the message on %s; %s", m.Topic.Text, p.whoWaits(m.Topic.Text))
}

// message is what a step publishes.
func (p *playing) message(m *Publish) (play.Message, error) {
	message := play.Message{
		Topic: m.Topic.Text, Key: m.Key, Headers: m.Headers, Attributes: map[string]any{}, Raw: (*string)(m.Raw), Untaken: m.Untaken,
	}
	names := map[string]any{"published": p.newest()}
	attributes, err := m.Attributes.fill(p.Now(), names)
	if err == nil {
		message.Data, err = fill(m.event["data"], p.Now(), names)
	}
	if err != nil {
		return message, failf("the message on %s cannot be made: %v", m.Topic.Text, err)
	}
	maps.Copy(message.Attributes, m.event)
	if given, ok := attributes.(map[string]any); ok {
		maps.Copy(message.Attributes, given)
	}
	for name, value := range map[string]string{"id": m.ID, "source": m.Source} {
		if value != "" {
			message.Attributes[name] = value
		}
	}
	if id, ok := message.Attributes["id"].(string); ok && p.Live() {
		message.Attributes["id"] = id + "/" + p.scenario.Name // all scenarios are played on one Sonata
	}
	delete(message.Attributes, "data")
	message.Attributes["type"] = m.Topic.Text
	return message, nil
}

// newest are the messages that were published last, by topic.
func (p *playing) newest() map[string]any {
	all := map[string]any{}
	for _, m := range p.Published() {
		all[m.Topic] = describe(m)
	}
	return all
}

// whoWaits helps whoever has sent a message that nobody took.
func (p *playing) whoWaits(topic string) string {
	var waiting []string
	for _, i := range p.Instances() {
		for _, w := range i.WaitsFor() {
			if w.Kind == string(engine.SubscriptionMessage) && w.Name == topic {
				waiting = append(waiting, fmt.Sprintf("%s at %s with the key %q", i.Process.ID, w.Element, w.Key))
			}
		}
	}
	if waiting == nil {
		return "nothing waits for it now; say untaken: true if it is to be kept"
	}
	return "for another one waits " + strings.Join(waiting, ", and ") + "; give it that key, or answer a message with reply"
}

func (p *playing) reply(r *Reply) error {
	for at, m := range slices.Backward(p.Published()) {
		if m.Topic != r.To.Text || p.answered[at] {
			continue
		}
		p.answered[at] = true
		taken, err := p.answer(m, r.Topic.Text, r.Key, r.Data)
		switch {
		case errors.Is(err, play.ErrUndeliverable) && r.Untaken:
			return nil
		case errors.Is(err, play.ErrUndeliverable):
			return failf("%v", err)
		case err != nil || taken != r.Untaken:
			return err
		case taken:
			return failf("the reply on %s was taken, but untaken says that it is not", r.Topic.Text)
		}
		return failf("nobody took the reply on %s; %s", r.Topic.Text, p.where(m.Instance))
	}
	return failf("there is no message on %s to answer; %s", r.To.Text, p.whatWasPublished())
}

// work finds a job and does something with it.
func (p *playing) work(w Work, do func(play.Job) error) error {
	var waiting []string
	for _, j := range p.Jobs() {
		if w.Process.Text != "" && !p.isOf(j.Instance, w.Which) {
			continue
		}
		nodes := j.Instance.Process.Find(w.Job.Text)
		if j.Name == w.Job.Text || len(nodes) == 1 && nodes[0].ID == j.Element {
			return do(j)
		}
		waiting = append(waiting, fmt.Sprintf("%s (%s)", j.Element, j.Name))
	}
	if waiting == nil {
		return failf("no job waits, so not %s; %s", w.Job.Text, p.whereAll())
	}
	return failf("no job waits at %s; jobs wait at %s", w.Job.Text, strings.Join(waiting, ", "))
}

// isOf says whether an instance is the one that is named, or any of its process if no number is given.
func (p *playing) isOf(i *play.Instance, w Which) bool {
	if w.Instance == 0 {
		return i.Process.ID == w.Process.Text
	}
	named, err := p.instance(w)
	return err == nil && named == i
}

func (p *playing) advance(w Word) error {
	at, err := engine.PointInTime(w.Text, p.Now())
	if err != nil {
		return err
	}
	if at.Before(p.Now()) {
		return failf("%s lies before what the clock shows, %s", w.Text, p.Now().Format("2006-01-02T15:04:05Z07:00"))
	}
	return p.AdvanceTo(at, p.respond)
}

func (p *playing) set(s *Set) error {
	i, err := p.instance(s.Which)
	if err != nil {
		return err
	}
	var scope engine.ID
	if s.Element.Text != "" {
		t, found := tokenIn(i, s.Element.Text)
		if !found {
			return failf("%s is not under way; %s", s.Element.Text, p.where(i))
		}
		scope = cmp.Or(t.Inner, t.Scope)
	}
	return p.SetVariables(i, scope, s.Variables.Fields)
}

// tokenIn finds the oldest token in an element: of a loop, that of an instance, and not that of the whole.
func tokenIn(i *play.Instance, element string) (found engine.Token, ok bool) {
	nodes := i.Process.Find(element)
	for _, t := range i.State.Tokens {
		if len(nodes) != 1 || t.Node != nodes[0].ID {
			continue
		}
		if inside := i.State.Scope(t.Inner); inside == nil || inside.Loop == nil {
			return t, true
		}
		found, ok = t, true
	}
	return found, ok
}

func (p *playing) resolve(r *Resolve) error {
	var found []found
	for _, f := range p.incidents() {
		nodes := f.Process.Find(r.Element.Text)
		mine := r.Process.Text == "" || p.isOf(f.Instance, r.Which)
		if mine && (r.Element.Text == "" || len(nodes) == 1 && nodes[0].ID == f.Element) {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 0:
		return failf("there is no incident%s", at(r.Element.Text))
	case len(found) > 1 && r.Element.Text == "":
		return failf("there are %d incidents; say at which element", len(found))
	}
	return p.Resolve(found[0].Instance, found[0].Incident.ID, r.Retries)
}

func at(element string) string {
	if element == "" {
		return ""
	}
	return " at " + element
}

// instance finds the instance that is named.
func (p *playing) instance(w Which) (*play.Instance, error) {
	all := p.Instances()
	if w.Process.Text == "" {
		if len(all) == 0 {
			return nil, failf("nothing was started yet")
		}
		return all[0], nil
	}
	var found []*play.Instance
	for _, i := range all {
		if i.Process.ID == w.Process.Text {
			found = append(found, i)
		}
	}
	switch {
	case len(found) == 0:
		return nil, failf("there is no instance of %s", w.Process.Text)
	case w.Instance > len(found):
		return nil, failf("there is no instance %d of %s, but %d", w.Instance, w.Process.Text, len(found))
	case w.Instance > 0:
		return found[w.Instance-1], nil
	}
	return found[len(found)-1], nil
}
