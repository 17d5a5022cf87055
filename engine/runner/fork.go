package runner

// Fork returns a Runner for another store, which must be a copy of this one's. It is cheaper than [New]: what this one has
// compiled is compiled. The two share nothing else, and either may run.
func (r *Runner) Fork(store Store, opts Options) (*Runner, error) {
	f, err := New(store, opts)
	if err != nil {
		return nil, err
	}
	compiled := r.registry.Load()
	all := f.registry.Load().all
	for _, d := range all {
		if known := compiled.byKey[d.Key]; known != nil {
			d.compiled = known.compiled
		}
	}
	return f, nil
}
