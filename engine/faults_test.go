package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Who draws mends everything in one go: what cannot be read at one place hides nothing that cannot be executed at another, and what one
// mistake causes in two places is told once.
func TestFaultsOfReadingAndOfCompilingAreToldTogether(t *testing.T) {
	codes := func(body string) (codes []string) {
		d, found := bpmn.ParseDraft("p.bpmn", []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="p"
			xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><process id="p" isExecutable="true">`+body+`</process></definitions>`))
		require.True(t, found.HasErrors())
		for _, p := range engine.Faults(d, found) {
			if p.Severity == bpmn.SeverityError {
				codes = append(codes, p.Code)
			}
		}
		return codes
	}
	const (
		noTimer = `<startEvent id="s"><timerEventDefinition id="d"/></startEvent>`
		noWork  = `<serviceTask id="t"/>`
		flow    = `<sequenceFlow id="f" sourceRef="s" targetRef="t"/>`
	)
	require.Equal(t, []string{"BPMN038", engine.CodeWork}, codes(noTimer+noWork+flow))
	require.Equal(t, []string{"BPMN038"}, codes(noTimer+`<task id="t"/>`+flow), "the compiler's word on the same timer adds nothing")
	require.Equal(t, []string{"BPMN038", "BPMN014"}, codes(noTimer+noWork+`<sequenceFlow id="f" sourceRef="s"/>`), "where a flow leads nowhere, what follows from it is not told")
	require.Equal(t, []string{"BPMN038", "BPMN023"}, codes(noTimer+noWork+`<sequenceFlow id="f" sourceRef="s" targetRef="x"/>`))
}

// Whatever is wrong with a file, its other faults can be asked for, and none is lost.
func TestFaultsOfEveryInvalidFile(t *testing.T) {
	files, err := filepath.Glob("../testdata/invalid/*.bpmn")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		d, found := bpmn.ParseDraft(file, text)
		require.Subset(t, engine.Faults(d, found), found, file)
	}
}
