package scenario

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Suffix is how the names of scenario files end.
const Suffix = ".test.yaml"

// Loader reads scenario files. What they deploy is deployed once, for all of them that deploy the same.
type Loader struct {
	// Flows lists the .bpmn files that paths name: files, and those in and below folders.
	Flows func(paths []string) ([]string, error)
	// Read reads a file: one of them, a scenario file, or what that names.
	Read    func(file string) ([]byte, error)
	Suggest Suggest

	mu     sync.Mutex
	stages map[string]*stage
}

// stage is deployed once.
type stage struct {
	once sync.Once
	*play.Stage
	err error
}

// Suite is a file that is ready to be played.
type Suite struct {
	*File
	// Flows are the files that it deploys.
	Flows  []string
	stages map[*Scenario]*play.Stage
}

// Load reads a file, deploys what it names and checks everything. The error is [Problems] when the file is wrong, and
// [github.com/sonata-bpmn/sonata/bpmn.Problems] when what it deploys is.
func (l *Loader) Load(ctx context.Context, path string) (*Suite, error) {
	source, err := l.Read(path)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: path, suggest: l.Suggest, read: l.Read}
	s := &Suite{File: &File{Path: path}, stages: map[*Scenario]*play.Stage{}}
	d.decode(source, s.File)
	if len(d.problems) == 0 {
		d.check(s.File)
	}
	if len(d.problems) > 0 {
		return nil, d.sorted()
	}
	if s.Flows = l.flows(d, s.File); len(d.problems) > 0 {
		return nil, d.sorted()
	}
	for _, sc := range s.Scenarios {
		if s.stages[sc], err = l.deploy(ctx, s.Flows, clockOf(s.File, sc)); err != nil {
			return nil, err
		}
	}
	for _, sc := range s.Scenarios {
		b := binder{decoder: d, stage: s.stages[sc], scenario: sc}
		b.scenarioOf(s.File)
	}
	if len(d.problems) > 0 {
		return nil, d.sorted()
	}
	return s, nil
}

// flows lists the files to deploy: those that the file names, else the one that is named as it, else all in its folder.
func (l *Loader) flows(d *decoder, f *File) []string {
	dir := filepath.Dir(f.Path)
	if len(f.Deploy) == 0 {
		same := strings.TrimSuffix(f.Path, Suffix) + ".bpmn"
		if files, err := l.Flows([]string{same}); err == nil {
			return files
		}
		files, err := l.Flows([]string{dir})
		if err != nil {
			d.faultAt(Place{1, 1}, "there is nothing to deploy: no %s, and %v; name the files with deploy", filepath.Base(same), err)
		}
		return files
	}
	var files []string
	for _, named := range f.Deploy {
		found, err := l.Flows([]string{filepath.Join(dir, filepath.FromSlash(named.Text))})
		if err != nil {
			d.faultAt(named.Place, "deploy: %v", reason(err))
		}
		files = append(files, found...)
	}
	return files
}

// reason is an error without the path that is known already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return errors.New(p.Path + ": " + p.Err.Error())
	}
	return err
}

// deploy deploys files, with the clock at a time, or takes what was deployed before.
func (l *Loader) deploy(ctx context.Context, files []string, at time.Time) (*play.Stage, error) {
	key := at.Format(time.RFC3339Nano) + "\n" + strings.Join(files, "\n")
	l.mu.Lock()
	if l.stages == nil {
		l.stages = map[string]*stage{}
	}
	s := l.stages[key]
	if s == nil {
		s = &stage{}
		l.stages[key] = s
	}
	l.mu.Unlock()
	s.once.Do(func() { s.Stage, s.err = l.deployNow(ctx, files, at) })
	return s.Stage, s.err
}

func (l *Loader) deployNow(ctx context.Context, files []string, at time.Time) (*play.Stage, error) {
	resources := make([]runner.Resource, len(files))
	for i, file := range files {
		source, err := l.Read(file)
		if err != nil {
			return nil, err
		}
		resources[i] = runner.Resource{Name: file, XML: source}
	}
	return play.Deploy(ctx, resources, play.Options{At: at})
}

// clockOf is what the clock shows when a scenario begins; check has read it.
func clockOf(f *File, s *Scenario) time.Time {
	for _, w := range []Word{s.Clock, f.Clock} {
		if w.Text != "" {
			at, _ := engine.PointInTime(w.Text, play.Begin)
			return at
		}
	}
	return play.Begin
}
