package scenario

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Report is what playing one file came to.
type Report struct {
	Path    string
	Err     error // the file, or what it deploys, is wrong: nothing of it was played
	Results []Result
	Took    time.Duration
}

// Failed counts the scenarios that failed.
func (r *Report) Failed() (n int) {
	for _, result := range r.Results {
		if result.Failure != nil {
			n++
		}
	}
	return n
}

// Run plays the scenarios of files that match, files beside each other, and tells each report in the order of the files. The error
// is that of ctx, of tell, or a mistake of ours.
func (l *Loader) Run(ctx context.Context, paths []string, matches func(*Scenario) bool, tell func(*Report) error) error {
	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	waiting := make(chan int, len(paths))
	outcomes := make([]chan outcome, len(paths))
	for i := range paths {
		outcomes[i] = make(chan outcome, 1)
		waiting <- i
	}
	close(waiting)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range waiting {
				r, err := l.run(ctx, paths[i], matches)
				outcomes[i] <- outcome{r, err}
			}
		})
	}
	for _, o := range outcomes {
		got := <-o
		if got.err != nil {
			return got.err
		}
		if err := tell(got.report); err != nil {
			return err
		}
	}
	return nil
}

type outcome struct {
	report *Report
	err    error
}

func (l *Loader) run(ctx context.Context, path string, matches func(*Scenario) bool) (*Report, error) {
	began := time.Now()
	r := &Report{Path: path}
	suite, err := l.Load(ctx, path)
	if err != nil {
		r.Err = err
		return r, ctx.Err()
	}
	for _, sc := range suite.Scenarios {
		if !matches(sc) {
			continue
		}
		result, err := suite.Play(ctx, sc)
		if err != nil {
			return r, err
		}
		r.Results = append(r.Results, result)
	}
	r.Took = time.Since(began)
	return r, nil
}
