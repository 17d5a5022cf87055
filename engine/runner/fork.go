package runner

// Fork returns a Runner for another store, which must be a copy of this one's. It is cheaper than [New]: what this one has
// compiled is compiled. The two share nothing else, and either may run.
func (r *Runner) Fork(store Store, opts Options) (*Runner, error) {
	return newRunner(store, opts, r.registry.Load())
}
