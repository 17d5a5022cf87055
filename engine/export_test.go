package engine

// Kinds are the flow nodes that can be executed.
func Kinds() []string {
	var kinds []string
	for kind := range behaviors {
		kinds = append(kinds, kind)
	}
	return kinds
}

// Positions are where triggers may stand, as "trigger: position".
func Positions() []string {
	var all []string
	for kind, list := range positions {
		for _, p := range list {
			all = append(all, kind+": "+string(p))
		}
	}
	return all
}
