package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// BenchmarkScenarios plays small scenarios, files beside each other, as `sonata test` does.
func BenchmarkScenarios(b *testing.B) {
	const inFile = 250
	dir := b.TempDir()
	work, err := os.ReadFile(filepath.Join("testdata", "work.bpmn"))
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "work.bpmn"), work, 0o600))
	var paths []string
	var text strings.Builder
	for n := range b.N {
		if n%inFile == 0 {
			text.Reset()
			text.WriteString("deploy: work.bpmn\nscenarios:\n")
		}
		fmt.Fprintf(&text, `  - name: number %d
    steps:
      - start: {process: work, variables: {amount: 3}}
        expect: {state: active, at: Charge it}
      - complete: {job: charge, variables: {paid: true}}
        expect: {at: pause, path: [start, charge, pause], variables: {amount: 3, paid: true}}
      - advance: P2D
        expect: {state: completed, skipped: refused}
`, n)
		if n%inFile == inFile-1 || n == b.N-1 {
			paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.test.yaml", n)))
			require.NoError(b, os.WriteFile(paths[len(paths)-1], []byte(text.String()), 0o600))
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	played := 0
	err = loader().Run(context.Background(), paths, func(*scenario.Scenario) bool { return true }, func(r *scenario.Report) error {
		require.NoError(b, r.Err)
		require.Zero(b, r.Failed())
		played += len(r.Results)
		return nil
	})
	require.NoError(b, err)
	require.Equal(b, b.N, played)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "scenarios/s")
}
