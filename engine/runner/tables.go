package runner

// Ascending says that rows are only ever added after the last one, a hint for how to store the table.
func (t Table) Ascending() bool { return false }
