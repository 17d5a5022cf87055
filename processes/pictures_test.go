package processes_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/draw"
	"github.com/sonata-bpmn/sonata/processes"
)

const pictures = "../docs/pictures"

// The pages show each process as it is drawn: docs/sonata.md those of SONATA, docs/control-loops.md those of control loops.
func TestThePicturesShowTheFlows(t *testing.T) {
	drawn := 0
	for _, page := range []struct {
		name    string
		folders []fs.FS
	}{
		{"sonata.md", []fs.FS{processes.Sonata()}},
		{"control-loops.md", []fs.FS{processes.ControlLoop(), processes.Simulator()}},
	} {
		var rows []string
		for _, folder := range page.folders {
			files := parse(t, folder)
			for _, name := range keys(files) {
				rows = append(rows, requirePicture(t, name, files[name]))
				drawn++
			}
		}
		requireTableIn(t, page.name, "pictures", rows)
	}
	found, err := filepath.Glob(filepath.Join(pictures, "*"))
	require.NoError(t, err)
	require.Len(t, found, drawn, "docs/pictures has pictures of processes that are gone: make pictures")
}

// requirePicture demands that docs/pictures shows the process of a file, and returns how a page shows it.
func requirePicture(t *testing.T, name string, defs *bpmn.Definitions) string {
	t.Helper()
	picture, err := draw.New(defs, defs.Diagrams[0], nil)
	require.NoError(t, err)
	var drawn bytes.Buffer
	require.NoError(t, picture.WriteSVG(&drawn))
	process := strings.TrimSuffix(name, ".bpmn")
	shown, err := os.ReadFile(filepath.Join(pictures, process+".svg"))
	require.NoError(t, err, "draw it: make pictures")
	require.True(t, bytes.Equal(drawn.Bytes(), shown), "%s.svg in docs/pictures is not what %s shows: make pictures", process, name)
	p := defs.Processes[0]
	return fmt.Sprintf("### %s\n\n%s\n\n![%s](pictures/%s.svg)\n", process, p.Documentation, p.Name, process)
}
