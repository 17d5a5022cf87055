package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

func BenchmarkExpression(b *testing.B) {
	variables := map[string]any{
		"data": map[string]any{"k8sServiceOrderData": map[string]any{"serviceId": "s1"}, "count": int64(4)},
		"list": []any{int64(1), int64(2), int64(3)},
	}
	look := func(name string) any { return variables[name] }
	for name, text := range map[string]string{
		"constant":   `="SUCCESS"`,
		"path":       `=data.k8sServiceOrderData.serviceId`,
		"comparison": `=data.count > 3`,
		"condition":  `=data.k8sServiceOrderData != null and data.count > 3`,
		"choice":     `=if data.count > 3 then "big" else "small"`,
		"list":       `any(list, # > 2)`,
		"object":     `={id: data.k8sServiceOrderData.serviceId, count: data.count + 1}`,
	} {
		b.Run(name, func(b *testing.B) {
			e, problem := compileExpression(bpmn.Expression{Text: text}, anyResult)
			require.Nil(b, problem)
			now := time.Unix(0, 0)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.eval(now, look); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			compileExpression(bpmn.Expression{Text: `=data.k8sServiceOrderData != null and data.count > 3`}, boolResult)
		}
	})
}
