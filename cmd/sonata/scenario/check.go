package scenario

import (
	"maps"
	"path/filepath"
	"strings"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
)

// check finds what is wrong with a file without knowing what it deploys.
func (d *decoder) check(f *File) {
	d.checkClock(f.Clock)
	if len(f.Scenarios) == 0 {
		d.faultAt(f.Place, "there are no scenarios")
	}
	names := map[string]bool{}
	for _, s := range f.Scenarios {
		if names[s.Name] {
			d.faultAt(s.Place, "there is another scenario with the name %q", s.Name)
		}
		names[s.Name] = true
		d.checkClock(s.Clock)
		if len(s.Steps) == 0 {
			d.faultAt(s.Place, "there are no steps")
		}
		for _, step := range s.Steps {
			d.checkStep(f, step)
		}
	}
}

func (d *decoder) checkClock(w Word) {
	if w.Text == "" {
		return
	}
	if _, err := engine.PointInTime(w.Text, play.Begin); err != nil || strings.HasPrefix(w.Text, "P") {
		d.faultAt(w.Place, "clock: %q is no date and time; write one such as 2026-03-31T09:00:00Z", w.Text)
	}
}

func (d *decoder) checkStep(f *File, s *Step) {
	switch actions := s.actions(); {
	case len(actions) > 1:
		d.faultAt(s.Place, "one step does one thing, but this has %s; make them several", strings.Join(actions, " and "))
	case len(actions) == 0 && len(s.Expect) == 0:
		d.faultAt(s.Place, "this step does nothing and expects nothing")
	}
	if s.Advance.Text != "" {
		if _, err := engine.PointInTime(s.Advance.Text, play.Begin); err != nil {
			d.faultAt(s.Advance.Place, "advance: %v", err)
		}
	}
	if s.Publish != nil {
		d.checkPublish(f, s.Publish)
	}
	if s.Refuse != nil {
		s.Refuse.source, _ = d.readBeside(f, s.Refuse.File)
	}
	for _, e := range s.Expect {
		if e.empty() {
			d.faultAt(e.Place, "this expects nothing; say what: state, at, path, variables, published or another field")
		}
		for _, p := range e.ExactPublished {
			if p.Count != nil {
				d.faultAt(p.Place, "count has no meaning in exactPublished; name each message")
			}
		}
	}
}

// actions are the names of what a step does.
func (s *Step) actions() (names []string) {
	for _, a := range []struct {
		name  string
		given bool
	}{
		{"start", s.Start != nil}, {"publish", s.Publish != nil}, {"reply", s.Reply != nil}, {"complete", s.Complete != nil},
		{"fail", s.Fail != nil}, {"throw", s.Throw != nil}, {"signal", s.Signal != nil}, {"set", s.Set != nil},
		{"resolve", s.Resolve != nil}, {"cancel", s.Cancel != nil}, {"advance", s.Advance.Text != ""},
		{"restart", s.Restart != ""}, {"refuse", s.Refuse != nil},
	} {
		if a.given {
			names = append(names, a.name)
		}
	}
	return names
}

func (e *Expect) empty() bool {
	return e.State == "" && e.At == nil && e.Path == nil && e.ExactPath == nil && e.Skipped == nil && !e.Variables.Given &&
		e.Published == nil && e.ExactPublished == nil && e.Incidents == nil && e.Running == nil && e.Confined == nil
}

// checkPublish reads the file that a message comes from.
func (d *decoder) checkPublish(f *File, p *Publish) {
	p.event = map[string]any{}
	if p.File.Text != "" && !d.readMessage(f, p) {
		return
	}
	if p.Topic.Text == "" {
		if name, ok := p.event["type"].(string); ok {
			p.Topic = Word{p.File.Place, name}
		} else {
			d.faultAt(p.Place, "topic is missing: a message is published on one")
		}
	}
	if p.Data.Given {
		p.event["data"] = overlaid(p.event["data"], p.Data.data)
	}
	if _, ok := p.Attributes.data.(map[string]any); p.Attributes.Given && !ok {
		d.faultAt(p.Attributes.Place, "this must be names with their values, such as kogitobusinesskey: order 1")
	}
	if p.Raw != nil && (p.Data.Given || p.File.Text != "" || p.Attributes.Given || p.ID != "" || p.Source != "") {
		d.faultAt(p.Place, "raw is the whole value of the record; leave data, file, attributes, id and source away")
	}
}

// readMessage reads the file, and reports whether it could.
func (d *decoder) readMessage(f *File, p *Publish) bool {
	source, ok := d.readBeside(f, p.File)
	if !ok {
		return false
	}
	document, err := engine.DecodeJSON(source)
	if err != nil {
		d.faultAt(p.File.Place, "file: %s: %v", p.File.Text, err)
		return false
	}
	event, ok := document.(map[string]any)
	if ok && event["specversion"] != nil && event["type"] != nil {
		p.event = event
		return true
	}
	p.event["data"] = document
	return true
}

// readBeside reads a file that a scenario file names.
func (d *decoder) readBeside(f *File, named Word) ([]byte, bool) {
	source, err := d.read(filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(named.Text)))
	if err != nil {
		d.faultAt(named.Place, "file: %v", reason(err))
	}
	return source, err == nil
}

// overlaid lays fields over those of an object, at any depth; other values replace what is there.
func overlaid(under, over any) any {
	base, ok := under.(map[string]any)
	fields, also := over.(map[string]any)
	if !ok || !also {
		return over
	}
	all := make(map[string]any, len(base)+len(fields))
	maps.Copy(all, base)
	for name, value := range fields {
		all[name] = overlaid(all[name], value)
	}
	return all
}
