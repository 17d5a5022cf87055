package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// settleTime is how long a folder must be quiet before its files are read: editors write a file in several steps.
const settleTime = 100 * time.Millisecond

// folders are the --deploy folders and what of them is deployed.
type folders struct {
	paths []string
	log   *slog.Logger
	seen  map[string][sha256.Size]byte // content of each file when it was last looked at
}

func newFolders(paths []string, log *slog.Logger) *folders {
	return &folders{paths, log, map[string][sha256.Size]byte{}}
}

// changed reads the files that are not as they were when it was called last. A file with errors is reported and left out:
// what was deployed of it before stays.
func (f *folders) changed() ([]runner.Resource, error) {
	files, _, err := flowsIn(f.paths)
	if err != nil {
		return nil, err
	}
	if err := checkNames(files); err != nil {
		return nil, err
	}
	var resources []runner.Resource
	processes := map[string]*bpmn.Process{}
	for _, file := range files {
		source, err := readFlow(file)
		if err != nil {
			f.log.Error("a file cannot be read", "file", file, "error", err)
			continue
		}
		sum := sha256.Sum256(source)
		if f.seen[file] == sum {
			continue
		}
		f.seen[file] = sum
		problems := check(file, source, processes)
		for _, p := range problems {
			f.log.Warn("a file has problems", "file", file, "problem", p.String())
		}
		if problems.HasErrors() {
			f.log.Error("not deployed: the file has errors; what was deployed of it before stays", "file", file)
			continue
		}
		resources = append(resources, runner.Resource{Name: filepath.Base(file), XML: source})
	}
	return resources, nil
}

// watch deploys what changes, until ctx ends.
func (f *folders) watch(ctx context.Context, r *runner.Runner) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := f.addFolders(watcher); err != nil {
		return err
	}
	// What changed before the watcher was there.
	f.deployChanged(ctx, r)
	quiet := time.NewTimer(settleTime)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			quiet.Reset(settleTime)
		case err := <-watcher.Errors:
			f.log.Warn("changes of files may be missed", "error", err)
			quiet.Reset(settleTime)
		case <-quiet.C:
			if err := f.addFolders(watcher); err != nil {
				f.log.Error("a folder cannot be watched", "error", err)
			}
			f.deployChanged(ctx, r)
		}
	}
}

// addFolders watches every folder that is there now; one that is watched already stays so.
func (f *folders) addFolders(watcher *fsnotify.Watcher) error {
	var faults error
	for _, path := range f.paths {
		err := filepath.WalkDir(path+string(filepath.Separator), func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && isHidden(name):
				return fs.SkipDir
			case entry.IsDir():
				return watcher.Add(name)
			}
			return nil
		})
		faults = errors.Join(faults, err)
	}
	return faults
}

// deployChanged deploys the files that changed, each for itself so that none keeps the others back.
func (f *folders) deployChanged(ctx context.Context, r *runner.Runner) {
	resources, err := f.changed()
	if err != nil {
		f.log.Error("the folders cannot be read", "error", err)
		return
	}
	for _, resource := range resources {
		deployment, err := r.Deploy(ctx, []runner.Resource{resource})
		if _, later := errors.AsType[*runner.BindError](err); later {
			f.log.Warn("not every topic is bound", "error", err)
		} else if err != nil {
			f.log.Error("not deployed", "file", resource.Name, "error", err)
			continue
		}
		for _, d := range deployment.Definitions {
			f.log.Info("deployed", "file", resource.Name, "process", d.ProcessID, "version", d.Version)
		}
	}
}
