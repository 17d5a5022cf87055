package engine_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Codes are promises to users: docs/errors.md explains each of them, once, and no other.
func TestErrorsPageHasEachCode(t *testing.T) {
	source, err := os.ReadFile("problems.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/errors.md")
	require.NoError(t, err)
	var codes, explained []string
	for _, match := range regexp.MustCompile(`(?m)^\tCode\w+\s+= "((?:ENG|LINT)\d{3})"`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, match[1])
	}
	for _, match := range regexp.MustCompile(`(?m)^\| ((?:ENG|LINT)\d{3}) \| (?:error|warning|either)¹? \| \S`).FindAllStringSubmatch(string(page), -1) {
		explained = append(explained, match[1])
	}
	require.NotEmpty(t, codes)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(codes))), len(codes), "two codes have one number")
	require.ElementsMatch(t, codes, explained)
}
