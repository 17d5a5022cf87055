package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
)

// script reads the flags.
func (o *runOptions) script(stage *play.Stage) (play.Script, error) {
	s := play.Script{Start: o.processes, Hold: o.hold, Errors: map[string]string{}, Jobs: map[string]map[string]any{}}
	if len(s.Start) == 0 {
		s.Start = stage.IDs()[:1]
	}
	for _, id := range s.Start {
		if stage.Process(id) == nil {
			return s, usagef("--process: no process %q is in the files%s", id, didYouMean(id, stage.IDs()))
		}
	}
	var err error
	if o.variables != "" {
		if s.Variables, err = object("--vars", o.variables); err != nil {
			return s, err
		}
	}
	if err := o.scriptJobs(stage, &s); err != nil {
		return s, err
	}
	for _, given := range o.messages {
		m, err := message(given, stage)
		if err != nil {
			return s, err
		}
		s.Messages = append(s.Messages, m)
	}
	if o.until != "" {
		s.Until, err = engine.PointInTime(o.until, play.Begin)
		if err == nil && s.Until.Before(play.Begin) {
			err = fmt.Errorf("it lies before the clock's first time, %s", play.Begin.Format(time.RFC3339))
		}
		if err != nil {
			return s, usagef("--until %q: %v", o.until, err)
		}
	}
	return s, nil
}

// scriptJobs reads --job and --error.
func (o *runOptions) scriptJobs(stage *play.Stage, s *play.Script) error {
	words := jobWords(stage)
	for _, given := range o.jobs {
		word, text, err := split("--job", given, "ELEMENT_OR_TYPE=JSON", words)
		if err != nil {
			return err
		}
		if s.Jobs[word], err = object("--job "+word, text); err != nil {
			return err
		}
	}
	for _, given := range o.errors {
		word, code, err := split("--error", given, "ELEMENT_OR_TYPE=CODE", words)
		if err != nil {
			return err
		}
		if _, both := s.Jobs[word]; both {
			return usagef("--error and --job both say how %s ends; leave one out", word)
		}
		if code == "" {
			return usagef("--error %s: the code is empty", word)
		}
		s.Errors[word] = code
	}
	return nil
}

// jobWords are what jobs can be named by; nil if only a running process knows some of its job types.
func jobWords(stage *play.Stage) []string {
	var words []string
	for _, p := range stage.Processes {
		for _, n := range p.Nodes {
			if n.TaskDefinition != nil && strings.HasPrefix(strings.TrimSpace(n.TaskDefinition.Type.Text), "=") {
				return nil
			}
		}
		words = append(append(words, p.Words()...), p.Compiled.JobTypes()...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// split takes NAME=VALUE apart. The name must be one of the words, unless there are none.
func split(flag, given, form string, words []string) (name, value string, err error) {
	name, value, found := strings.Cut(given, "=")
	switch {
	case !found || name == "":
		return "", "", usagef("%s %q must be %s", flag, given, form)
	case words != nil && !slices.Contains(words, name):
		return "", "", usagef("%s: nothing in the files is called %q%s", flag, name, didYouMean(name, words))
	}
	return name, value, nil
}

// message reads --message. It is named by its topic, which is the name of the message unless the file says otherwise.
func message(given string, stage *play.Stage) (play.Message, error) {
	topics, _ := stage.Topics()
	names := map[string]string{}
	for _, p := range stage.Processes {
		for _, m := range p.Definitions.Messages {
			names[m.Name] = m.Topic()
		}
	}
	for _, topic := range topics {
		names[topic] = topic
	}
	name, value, err := split("--message", given, "NAME=JSON", slices.Sorted(maps.Keys(names)))
	if err != nil {
		return play.Message{}, err
	}
	if !slices.Contains(topics, names[name]) {
		return play.Message{}, usagef("--message: no process waits for %q%s", name, didYouMean(name, topics))
	}
	m := play.Message{Topic: names[name]}
	if m.Data, err = document("--message "+name, value); err != nil {
		return m, err
	}
	if event, whole := cloudEvent(m.Data); whole {
		m.Data = event["data"]
		delete(event, "data")
		m.Attributes = event
	}
	return m, nil
}

// document reads a JSON value, or that of a file that is named after "@".
func document(what, given string) (any, error) {
	source := []byte(given)
	if file, named := strings.CutPrefix(given, "@"); named {
		info, err := os.Stat(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if info.Size() > documentLimit {
			return nil, fmt.Errorf("%s: %s is larger than %d MiB", what, file, documentLimit>>20)
		}
		if source, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		what += " " + file
	}
	value, err := engine.DecodeJSON(source)
	if err != nil {
		return nil, usagef("%s: this is no JSON: %v", what, err)
	}
	return value, nil
}

// object reads a JSON object.
func object(what, given string) (map[string]any, error) {
	value, err := document(what, given)
	if err != nil {
		return nil, err
	}
	o, ok := value.(map[string]any)
	if !ok {
		return nil, usagef(`%s must be a JSON object, such as {"amount":3}`, what)
	}
	return o, nil
}
