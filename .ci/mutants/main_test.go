package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page lists each bug, and each bug still has its place in the code.
func TestTheListIsTrue(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "reliability.md"))
	require.NoError(t, err)
	for _, m := range mutants {
		_, tests, _ := strings.Cut(m.test, " ")
		require.Contains(t, string(page), fmt.Sprintf("| %s | `%s` |\n", m.bug, strings.ReplaceAll(tests, "|", "`, `")))
		text, err := os.ReadFile(filepath.Join(root, m.file))
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), m.from), "the place for %q in %s", m.bug, m.file)
	}
	require.Equal(t, len(mutants), strings.Count(string(page[strings.Index(string(page), "## Bugs"):]), "\n| ")-1)
}
