package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// drawn reads a file with one process, p, from its body, and what stands beside the process.
func drawn(t testing.TB, body string, beside ...string) *bpmn.Definitions {
	t.Helper()
	d, err := bpmn.Parse("test.bpmn", []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
		xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:drools="http://www.jboss.org/drools">
		<process id="p" isExecutable="true">`+body+`</process>`+strings.Join(beside, "")+`</definitions>`))
	require.NoError(t, err)
	return d
}

// start starts an instance of a drawn process.
func start(t testing.TB, d *bpmn.Definitions, c engine.StartInstance) *enginetest.Case {
	t.Helper()
	p, err := engine.Compile(d.Executable()[0])
	require.NoError(t, err)
	p.Key, p.Version = 1, 1
	k := &enginetest.Case{T: t, Process: p, At: enginetest.Epoch}
	c.Key = 1
	k.Do(c)
	return k
}

func variables(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	return all
}

// chain draws the flow nodes one after the other.
func chain(ids ...string) string {
	var b strings.Builder
	for i := 1; i < len(ids); i++ {
		fmt.Fprintf(&b, `<sequenceFlow id="%s-%s" sourceRef="%s" targetRef="%s" />`, ids[i-1], ids[i], ids[i-1], ids[i])
	}
	return b.String()
}
