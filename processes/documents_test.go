package processes_test

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/control-loops.md says which element of which diagram to edit for what: each is there.
func TestTheElementsToEditAreThere(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "control-loops.md"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "| To change | Edit in | The element |\n|---|---|---|\n")
	require.True(t, found)
	table, _, found := strings.Cut(rest, "\n\n")
	require.True(t, found)
	element := regexp.MustCompile(`\*([^*]+)\*`)
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		require.Len(t, cells, 5, row)
		file := strings.Trim(cells[2], " `") + ".bpmn"
		drawn, err := os.ReadFile(filepath.Join("controlloop", file))
		if err != nil {
			drawn, err = os.ReadFile(filepath.Join("simulator", file))
		}
		require.NoError(t, err)
		for _, name := range element.FindAllStringSubmatch(cells[3], -1) {
			require.Contains(t, html.UnescapeString(string(drawn)), `name="`+name[1]+`"`, file)
		}
	}
}
