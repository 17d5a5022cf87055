package processes_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn/draw"
	"github.com/sonata-bpmn/sonata/processes"
)

const pictures = "../docs/pictures"

// docs/sonata.md shows each process of SONATA as it is drawn.
func TestThePicturesShowTheFlows(t *testing.T) {
	files := parse(t, processes.Sonata())
	var rows []string
	for _, name := range keys(files) {
		defs := files[name]
		picture, err := draw.New(defs, defs.Diagrams[0], nil)
		require.NoError(t, err)
		var drawn bytes.Buffer
		require.NoError(t, picture.WriteSVG(&drawn))
		process := strings.TrimSuffix(name, ".bpmn")
		shown, err := os.ReadFile(filepath.Join(pictures, process+".svg"))
		require.NoError(t, err, "draw it: make pictures")
		require.True(t, bytes.Equal(drawn.Bytes(), shown), "%s.svg in docs/pictures is not what %s shows: make pictures", process, name)
		p := defs.Processes[0]
		rows = append(rows, fmt.Sprintf("### %s\n\n%s\n\n![%s](pictures/%s.svg)\n", process, p.Documentation, p.Name, process))
	}
	requireTable(t, "pictures", rows)

	found, err := filepath.Glob(filepath.Join(pictures, "*"))
	require.NoError(t, err)
	require.Len(t, found, len(files), "docs/pictures has pictures of processes that are gone: make pictures")
}
