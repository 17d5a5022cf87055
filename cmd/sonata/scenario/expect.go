package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
)

var states = map[State]engine.State{Active: engine.StateActive, Completed: engine.StateCompleted, Terminated: engine.StateTerminated}

// compare says everything that is not as it is expected.
func (p *playing) compare(e *Expect) (texts []string) {
	if e.State != "" || e.At != nil || e.Path != nil || e.ExactPath != nil || e.Skipped != nil || e.Variables.Given {
		i, err := p.instance(e.Which)
		if err != nil {
			return []string{err.Error()}
		}
		texts = append(texts, p.compareState(e, i)...)
		texts = append(texts, p.comparePath(e, i)...)
		if e.Variables.Given {
			texts = append(texts, differences("variables", e.Variables.Fields, i.Variables())...)
		}
	}
	texts = append(texts, p.comparePublished(e)...)
	if e.Incidents != nil {
		texts = append(texts, p.compareIncidents(e.Incidents)...)
	}
	if e.Running != nil {
		texts = append(texts, p.compareRunning(e.Running)...)
	}
	for _, c := range e.Confined {
		texts = append(texts, p.compareConfined(c)...)
	}
	return texts
}

func (p *playing) compareState(e *Expect, i *play.Instance) (texts []string) {
	if e.State != "" && states[e.State] != i.State.State {
		texts = append(texts, fmt.Sprintf("state: expected %s, but %s", e.State, p.where(i)))
	}
	if e.At != nil {
		want := ids(i, e.At)
		if slices.Sort(want); !slices.Equal(want, i.Position()) {
			texts = append(texts, fmt.Sprintf("at: expected %s, but %s", list(want), p.where(i)))
		}
	}
	return texts
}

func (p *playing) comparePath(e *Expect, i *play.Instance) (texts []string) {
	if e.Path == nil && e.ExactPath == nil && e.Skipped == nil {
		return nil
	}
	path := p.Path(i)
	want := ids(i, e.Path)
	if at := subsequence(want, path); at == 0 {
		texts = append(texts, fmt.Sprintf("path: %s was not entered; the path is %s", want[at], list(path)))
	} else if at > 0 {
		texts = append(texts, fmt.Sprintf("path: %s was not entered after %s; the path is %s", want[at], want[at-1], list(path)))
	}
	if e.ExactPath != nil {
		if want := ids(i, e.ExactPath); !slices.Equal(want, path) {
			texts = append(texts, fmt.Sprintf("exactPath: expected %s, got %s", list(want), list(path)))
		}
	}
	for _, id := range ids(i, e.Skipped) {
		if slices.Contains(path, id) {
			texts = append(texts, fmt.Sprintf("skipped: %s was entered; the path is %s", id, list(path)))
		}
	}
	return texts
}

// ids are those of the elements that words name; a word that names none in this process stands for itself.
func ids(i *play.Instance, words []Word) []string {
	found := make([]string, len(words))
	for at, w := range words {
		found[at] = w.Text
		if nodes := i.Process.Find(w.Text); len(nodes) == 1 {
			found[at] = nodes[0].ID
		}
	}
	return found
}

func list(words []string) string { return "[" + strings.Join(words, ", ") + "]" }

func (p *playing) comparePublished(e *Expect) (texts []string) {
	published := p.Published()
	from := 0
	for _, want := range e.Published {
		if want.Count != nil {
			texts = append(texts, p.compareCount(want)...)
			continue
		}
		found := slices.IndexFunc(published[from:], func(m play.Published) bool { return len(want.differences(m)) == 0 })
		if found < 0 {
			texts = append(texts, "published: "+want.missing(published, from))
			continue
		}
		from += found + 1
	}
	if e.ExactPublished == nil {
		return texts
	}
	if len(e.ExactPublished) != len(published) {
		return append(texts, fmt.Sprintf("exactPublished: expected %d messages, got %d; %s", len(e.ExactPublished), len(published), p.whatWasPublished()))
	}
	for i, want := range e.ExactPublished {
		for _, difference := range want.differences(published[i]) {
			texts = append(texts, fmt.Sprintf("exactPublished[%d]: %s", i, difference))
		}
	}
	return texts
}

func (p *playing) compareCount(want *Published) []string {
	n := 0
	for _, m := range p.Published() {
		if len(want.differences(m)) == 0 {
			n++
		}
	}
	if n == *want.Count {
		return nil
	}
	return []string{fmt.Sprintf("published: expected %d such messages on %s, got %d; %s", *want.Count, want.Topic.Text, n, p.whatWasPublished())}
}

// differences says where a message is not the one that is expected.
func (want *Published) differences(m play.Published) (all []string) {
	if want.Topic.Text != m.Topic {
		return []string{fmt.Sprintf("expected a message on %s, got one on %s", want.Topic.Text, m.Topic)}
	}
	if want.Process.Text != "" && want.Process.Text != m.Instance.Process.ID {
		all = append(all, fmt.Sprintf("process: expected %s, got %s", want.Process.Text, m.Instance.Process.ID))
	}
	if want.Key != "" && want.Key != m.Key {
		all = append(all, fmt.Sprintf("key: expected %s, got %s", short(want.Key), short(m.Key)))
	}
	for name, value := range want.Headers {
		if m.Headers[name] != value {
			all = append(all, fmt.Sprintf("headers.%s: expected %s, got %s", name, short(value), short(m.Headers[name])))
		}
	}
	slices.Sort(all)
	if want.Data.Given {
		all = append(all, differences("data", want.Data.Data, m.Data)...)
	}
	return all
}

// missing says what comes nearest to a message that was not published.
func (want *Published) missing(published []play.Published, from int) string {
	var nearest []string
	for at, m := range published {
		if m.Topic != want.Topic.Text {
			continue
		}
		found := want.differences(m)
		if len(found) == 0 && at < from {
			found = []string{"it was published before the messages that are expected before it"}
		}
		if nearest == nil || len(found) < len(nearest) {
			nearest = found
		}
	}
	if nearest == nil {
		return fmt.Sprintf("nothing on %s; published was %s", want.Topic.Text, topics(published))
	}
	return fmt.Sprintf("no such message on %s; of the nearest one\n    %s", want.Topic.Text, strings.Join(nearest, "\n    "))
}

func topics(published []play.Published) string {
	if len(published) == 0 {
		return "nothing"
	}
	all := make([]string, len(published))
	for i, m := range published {
		all[i] = m.Topic
	}
	return list(all)
}

func (p *playing) whatWasPublished() string { return "published was " + topics(p.Published()) }

// found is an open incident.
type found struct {
	*play.Instance
	engine.Incident
}

// incidents lists those that are open.
func (p *playing) incidents() (all []found) {
	for _, i := range p.Instances() {
		for _, incident := range i.State.Incidents {
			all = append(all, found{i, incident})
		}
	}
	return all
}

func (f found) String() string {
	text, _, _ := strings.Cut(f.Text, "\n")
	return fmt.Sprintf("%s at %s of %s: %s", f.Kind, f.Element, f.Process.ID, text)
}

func (f found) id() incidentID { return incidentID{f.Number, f.Incident.ID} }

// compareIncidents pairs what is expected with what is there.
func (p *playing) compareIncidents(want []*Incident) (texts []string) {
	open := p.incidents()
	for _, w := range want {
		at := slices.IndexFunc(open, w.matches)
		if at < 0 {
			texts = append(texts, fmt.Sprintf("incidents: there is none such at %s", w.Element.Text))
			continue
		}
		p.expected[open[at].id()] = true
		open = slices.Delete(open, at, at+1)
	}
	if len(texts) == 0 && len(open) == 0 {
		return nil
	}
	for _, f := range open {
		p.expected[f.id()] = true // said once is enough
		texts = append(texts, "incidents: not expected, but there: "+f.String())
	}
	return texts
}

func (w *Incident) matches(f found) bool {
	nodes := f.Process.Find(w.Element.Text)
	return len(nodes) == 1 && nodes[0].ID == f.Element && (w.Kind == "" || w.Kind == string(f.Kind)) &&
		strings.Contains(f.Text, w.Text) && (w.Process.Text == "" || w.Process.Text == f.Process.ID)
}

// unexpectedIncidents are those that no expectation has ever named.
func (p *playing) unexpectedIncidents() (texts []string) {
	for _, f := range p.incidents() {
		if !p.expected[f.id()] {
			p.expected[f.id()] = true
			texts = append(texts, fmt.Sprintf("an incident that nobody expected: %s; if it is meant, expect it with incidents: [%s]", f, f.Element))
		}
	}
	return texts
}

func (p *playing) compareRunning(want []Word) []string {
	var expected, running []string
	for _, w := range want {
		expected = append(expected, w.Text)
	}
	for _, i := range p.Instances() {
		if i.Active() {
			running = append(running, i.Process.ID)
		}
	}
	slices.Sort(expected)
	slices.Sort(running)
	if slices.Equal(expected, running) {
		return nil
	}
	return []string{fmt.Sprintf("running: expected %s, got %s", list(expected), list(running))}
}

// compareConfined looks for a text where it must not be.
func (p *playing) compareConfined(c *Confined) (texts []string) {
	for _, m := range p.Published() {
		if allowed := slices.ContainsFunc(c.Topics, func(w Word) bool { return w.Text == m.Topic }); !allowed && strings.Contains(fmt.Sprint(m.Key, m.Headers, m.Data), c.Text) {
			texts = append(texts, "confined: a message on "+m.Topic+" holds it")
		}
	}
	for _, i := range p.Instances() {
		if strings.Contains(i.State.BusinessKey, c.Text) {
			texts = append(texts, "confined: the business key of "+i.Process.ID+" holds it")
		}
	}
	for _, f := range p.incidents() {
		if strings.Contains(f.Text, c.Text) {
			texts = append(texts, "confined: the text of the incident at "+f.Element+" holds it")
		}
	}
	return texts
}

// where says what an instance does now.
func (p *playing) where(i *play.Instance) string {
	name := i.Process.ID
	if !i.Active() {
		return fmt.Sprintf("%s is %s", name, strings.ToLower(string(i.State.State)))
	}
	return fmt.Sprintf("%s is active and waits at %s", name, list(i.Position()))
}

func (p *playing) whereAll() string {
	var all []string
	for _, i := range p.Instances() {
		if i.Active() {
			all = append(all, p.where(i))
		}
	}
	if all == nil {
		return "no instance is active"
	}
	return strings.Join(all, "; ")
}
