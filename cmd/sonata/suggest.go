package main

import (
	"fmt"

	"github.com/sonata-bpmn/sonata/engine"
)

// didYouMean gives `; did you mean "x"?` for the word that is nearest to what was written, or "" if none is near.
func didYouMean(written string, words []string) string {
	best, nearest := "", 1+max(2, len(written)/3)
	for _, word := range words {
		if d := engine.Distance(written, word); d < nearest {
			best, nearest = word, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
