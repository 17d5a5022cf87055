package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// most is how many rows of each kind are looked at.
const most = 10_000

// Remains are what a runner and its bus have come to, as lines whose order means nothing: instances, messages once each, dead letters
// and messages that nobody awaits yet. Keys are left out: they follow the order in which instances come into being, which a crash may
// change. The error says what must never be: one id with two contents, or a store that contradicts itself.
func (c *Crash) Remains(r *runner.Runner) ([]string, error) {
	store, bus := c.Left()
	l := &lines{}
	names := l.instances(r)
	l.messages(bus.Published())
	letters, _, err := r.DeadLetters(0, most)
	for _, letter := range letters {
		l.note("dead letter", []string{letter.Topic, string(letter.Cause), letter.Reason, string(letter.Value)})
	}
	kept, _, missed := r.BufferedMessages(0, most)
	for _, m := range kept {
		l.note("awaited by nobody", []string{m.Name, m.CorrelationKey, m.ReferenceID, m.BusinessKey})
	}
	for i := range l.texts {
		l.texts[i] = names.Replace(l.texts[i])
	}
	return l.texts, errors.Join(l.err, err, missed, runner.Verify(store, func(engine.Key) {}))
}

type lines struct {
	texts []string
	err   error
}

func (l *lines) note(what string, value any) string {
	text, err := json.Marshal(value)
	l.err = errors.Join(l.err, err)
	l.texts = append(l.texts, what+" "+string(text))
	return string(text)
}

// instances notes them all, and returns what replaces their keys by the names of their processes.
func (l *lines) instances(r *runner.Runner) *strings.Replacer {
	items, more, err := r.Search(runner.Filter{}, runner.Page{Limit: most})
	if more {
		err = fmt.Errorf("there are more than %d instances", most)
	}
	l.err = errors.Join(l.err, err)
	names := []string{}
	for _, item := range items {
		in, _, err := r.Instance(item.Key)
		l.err = errors.Join(l.err, err)
		l.note("instance", in)
		names = append(names, item.Key.String(), "<"+item.ProcessID+">")
	}
	return strings.NewReplacer(names...)
}

// messages notes each once, as a receiver takes it.
func (l *lines) messages(published []runner.Outgoing) {
	seen := map[string]string{}
	for _, m := range published {
		id := m.ID
		m.ID = "" // it follows from the key of the instance
		before, again := seen[id]
		text, err := json.Marshal(m)
		switch {
		case !again:
			seen[id] = l.note("message", m)
		case before != string(text):
			err = errors.Join(err, fmt.Errorf("message %s was sent with two contents: %s, %s", id, before, text))
		}
		l.err = errors.Join(l.err, err)
	}
}

// Compare says what is missing in got and what is too much.
func Compare(want, got []string) error {
	var errs []error
	for _, text := range without(want, got) {
		errs = append(errs, fmt.Errorf("lost: %.2000s", text))
	}
	for _, text := range without(got, want) {
		errs = append(errs, fmt.Errorf("too much: %.2000s", text))
	}
	return errors.Join(errs...)
}

// without are the texts of a that are not in b, as often as they are in a more often.
func without(a, b []string) (rest []string) {
	count := map[string]int{}
	for _, text := range b {
		count[text]++
	}
	for _, text := range a {
		if count[text]--; count[text] < 0 {
			rest = append(rest, text)
		}
	}
	return rest
}
