package main

import "fmt"

// didYouMean gives `; did you mean "x"?` for the word that is nearest to what was written, or "" if none is near.
func didYouMean(written string, words []string) string {
	best, nearest := "", 1+max(2, len(written)/3)
	for _, word := range words {
		if d := distance(written, word); d < nearest {
			best, nearest = word, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the Levenshtein distance: how many bytes must be put in, taken out or replaced to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
