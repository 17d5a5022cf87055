package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/adapters/storetest"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) runner.Store { return memory.NewStore() })
}
