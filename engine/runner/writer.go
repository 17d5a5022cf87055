package runner

// writer stores batches, one after the other, beside the loop, which makes the next one meanwhile.
type writer struct {
	batches chan *batch
	stored  chan error // of each batch, once everybody was told who waited for it
	ended   chan struct{}
}

func (r *Runner) beginWriter() *writer {
	w := &writer{batches: make(chan *batch, 1), stored: make(chan error, 1), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for b := range w.batches {
			w.stored <- r.write(b)
		}
	}()
	return w
}

// end waits for the batch at hand.
func (w *writer) end() {
	close(w.batches)
	<-w.ended
}

// write stores a batch and tells those who wait for it.
func (r *Runner) write(b *batch) error {
	if !b.writes.empty() { // else it costs no write to the disk
		begun := r.opts.Clock.Now()
		err := r.update(func(tx Tx) error {
			if err := b.writes.write(tx); err != nil {
				return err
			}
			return b.saveSnapshots(tx)
		})
		if err != nil {
			return err
		}
		r.tally.tallied(b.counted, b.counters.deadLetters, r.opts.Clock.Now().Sub(begun))
	}
	r.health.set(troubleStore, nil)
	r.committed(b)
	for _, req := range b.requests {
		req.done <- req.err
	}
	return nil
}

// committed makes known what is durable now.
func (r *Runner) committed(b *batch) {
	r.registry.Store(b.definitions)
	if r.opts.Observe != nil && len(b.entries) > 0 {
		r.opts.Observe(b.entries)
	}
	r.watchers.tell(b.entries)
	if b.messages > 0 {
		signal(r.published)
	}
	r.handlers.committed(b.jobs, b.changed)
	r.jobNews.tell(b.jobs)
	if b.probe { // a batch that failed may have been stored nevertheless: whoever was not told looks for himself
		signal(r.published)
		r.handlers.lookAgain()
		r.jobNews.tellAll()
	}
}
