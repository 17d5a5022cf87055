package engine

import "strings"

// Nearest gives the word that somebody may have meant by what is written, "" if none is that near: at most one slip away, in a word of
// more than four letters two (see [Distance]). Small letters and capitals count as the same, and a word itself is nearest to it.
func Nearest(written string, words ...string) string {
	best, least := "", 3
	for _, word := range words {
		limit := 2
		if len(word) <= 4 {
			limit = 1
		}
		if len(written)-len(word) > limit || len(word)-len(written) > limit {
			continue // so what is long costs nothing
		}
		if d := Distance(strings.ToLower(written), strings.ToLower(word)); d <= limit && d < least {
			best, least = word, d
		}
	}
	return best
}

// Distance counts the slips between two words: the bytes that are put in, left out or replaced, and the pairs of neighbours that are
// swapped (the restricted distance of Damerau and Levenshtein).
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
