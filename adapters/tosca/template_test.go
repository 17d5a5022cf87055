package tosca_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return source
}

func parse(t *testing.T, source []byte, known ...*tosca.ServiceTemplate) *tosca.ServiceTemplate {
	t.Helper()
	template, err := tosca.Parse(source, known...)
	require.NoError(t, err)
	return template
}

// TestThePrintedTemplateIsRead: the service template that ONAP's page prints defines a loop of four elements.
func TestThePrintedTemplateIsRead(t *testing.T) {
	template := parse(t, readFile(t, "pmsh.yaml"))
	loops := template.ControlLoops()
	require.Len(t, loops, 1)
	require.Equal(t, tosca.Identifier{Name: "org.onap.domain.pmsh.PMSHControlLoopDefinition", Version: "1.2.3"}, loops[0].Identifier)
	require.Equal(t, "Ericsson", loops[0].Provider)
	var participants []string
	for _, e := range loops[0].Elements {
		participants = append(participants, e.ParticipantType.String())
	}
	require.Equal(t, []string{
		"org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant:2.3.4",
		"org.onap.policy.controlloop.PolicyControlLoopParticipant:2.3.1",
		"org.onap.policy.controlloop.PolicyControlLoopParticipant:2.3.1",
		"org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant:3.2.1", // participant_Id
	}, participants)
	warnings := template.Warnings().Error()
	for _, tolerated := range []string{
		`"requred" is read as required`, //nolint:misspell // as it is printed
		`"participant_Id" is read as participant_id`, "write type_version: 1.0.1", "no node template describes the participant org.onap.policy.controlloop.PolicyControlLoopParticipant:2.3.1",
		"org.onap.policy.clamp.controlloop.CDSControlLoopElement has it",
	} {
		require.Contains(t, warnings, tolerated)
	}
}
