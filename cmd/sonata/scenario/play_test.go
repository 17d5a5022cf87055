package scenario_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every scenario file of the repository passes.
func TestTheScenariosOfTheRepository(t *testing.T) {
	paths := repositoryFiles(t)
	played := 0
	err := loader().Run(t.Context(), paths, func(*scenario.Scenario) bool { return true }, func(r *scenario.Report) error {
		t.Run(r.Path, func(t *testing.T) {
			require.NoError(t, r.Err)
			for _, result := range r.Results {
				played++
				t.Run(result.Name, func(t *testing.T) {
					require.Nil(t, result.Failure, "%s", result.Failure)
				})
			}
		})
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, played, 40)
}

// Reports come in the order of the files, however many are played beside each other; who reports can stop it.
func TestReportsComeInOrder(t *testing.T) {
	paths := repositoryFiles(t)
	var told []string
	stop := fmt.Errorf("enough")
	err := loader().Run(t.Context(), append(paths, paths...), func(*scenario.Scenario) bool { return false }, func(r *scenario.Report) error {
		require.Empty(t, r.Results)
		if told = append(told, r.Path); len(told) == len(paths)+1 {
			return stop
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
	require.Equal(t, append(paths, paths[0]), told)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, loader().Run(ctx, paths, func(*scenario.Scenario) bool { return true }, func(*scenario.Report) error { return nil }), context.Canceled)
}
