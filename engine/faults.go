package engine

import (
	"errors"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Faults finds everything that keeps the processes of a document from being deployed which has errors already: what
// [bpmn.ParseDraft] found and, if the rest of the document can be judged all the same, what [Compile] finds besides. So whoever
// draws mends everything in one go. What one mistake causes in two places is told once.
func Faults(draft *bpmn.Definitions, found bpmn.Problems) bpmn.Problems {
	if draft == nil || !found.Local() {
		return found
	}
	all := slices.Clone(found)
	for _, process := range draft.Executable() {
		if !connected(&process.Container) {
			continue
		}
		_, err := Compile(process)
		problems, _ := errors.AsType[bpmn.Problems](err)
		for _, p := range problems {
			if !slices.ContainsFunc(found, func(known bpmn.Problem) bool { return concerns(known, p) }) {
				all = append(all, p)
			}
		}
	}
	all.Sort()
	return all
}

// concerns says whether an error that is known may be the cause of another.
func concerns(known, p bpmn.Problem) bool {
	return known.Severity == bpmn.SeverityError && (known.Pos == p.Pos || known.ElementID != "" && known.ElementID == p.ElementID)
}

// connected says whether every flow has its ends, and every boundary event its activity.
func connected(k *bpmn.Container) bool {
	return !slices.ContainsFunc(k.SequenceFlows, func(f *bpmn.SequenceFlow) bool { return f.Source == nil || f.Target == nil }) &&
		!slices.ContainsFunc(k.FlowNodes, func(n *bpmn.FlowNode) bool {
			return n.Kind == "boundaryEvent" && n.AttachedTo == nil || n.Body != nil && !connected(n.Body)
		})
}
