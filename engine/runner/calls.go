package runner

import (
	"bytes"
	"cmp"
	"log/slog"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
)

// maxCallDepth bounds how deep calls may nest within one request.
const maxCallDepth = 64

// startChild starts the instance that a call activity calls, or tells the activity why it cannot (§10.3.6).
func (u *unit) startChild(caller *engine.Instance, e engine.StartChild) {
	subscription := e.Parent.Subscription
	if e.Call.Detached {
		e.Parent.Subscription = 0
	}
	outcome := engine.Outcome{Kind: engine.OutcomeCompleted}
	child, err := u.startCalled(caller, e)
	if err != nil {
		outcome = engine.Outcome{Kind: engine.OutcomeNotStarted, Text: err.Error()}
	} else {
		u.deepen(caller, child)
	}
	if err != nil || e.Call.Detached {
		u.follow(caller.Key, engine.EndCall{Subscription: subscription, Outcome: outcome})
	}
}

func (u *unit) startCalled(caller *engine.Instance, e engine.StartChild) (*engine.Instance, error) {
	if u.depth[caller.Key] >= maxCallDepth {
		return nil, rejection(engine.CodeState, "calls are nested more than %d deep; does a process call itself?", maxCallDepth)
	}
	d, err := u.callee(caller, e.Call)
	if err != nil {
		return nil, err
	}
	return u.start(d.Key, engine.StartInstance{
		BusinessKey: e.Call.BusinessKey,
		Variables:   e.Call.Variables,
		Parent:      &e.Parent,
		RootKey:     cmp.Or(caller.RootKey, caller.Key),
		RootProcess: cmp.Or(caller.RootProcessID, caller.ProcessID),
	})
}

// callee finds the definition that a call names (bindingType of zeebe:calledElement).
func (u *unit) callee(caller *engine.Instance, call engine.Call) (*definition, error) {
	switch call.BindingType {
	case "", "latest":
		if d := u.definitions.latest(call.ProcessID); d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "no process %q is deployed", call.ProcessID)
	case "versionTag":
		if d := u.definitions.tagged(call.ProcessID, call.VersionTag); d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "no version of process %q that is deployed has the version tag %q", call.ProcessID, call.VersionTag)
	case "version":
		if d := u.definitions.version(call.ProcessID, call.Version); d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "no version %d of process %q is deployed", call.Version, call.ProcessID)
	case "deployment":
		if d := u.deployedWith(caller.DefinitionKey, call.ProcessID); d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "no process %q was deployed together with the caller", call.ProcessID)
	}
	return nil, rejection(engine.CodeInvalid, "the binding type %q is not known; use latest, deployment, version or versionTag", call.BindingType)
}

// deployedWith finds a process in the deployment that brought the caller's definition.
func (u *unit) deployedWith(caller engine.Key, processID string) *definition {
	from := u.definitions.byKey[caller]
	if from == nil {
		return nil
	}
	for _, key := range u.deployment(from.DeploymentKey) {
		if d := u.definitions.byKey[key]; d != nil && d.ProcessID == processID {
			return d
		}
	}
	return nil
}

// cancelChild cancels the instance that a call activity called.
func (u *unit) cancelChild(caller engine.Key, subscription engine.ID) {
	prefix := rowKey{}.sub(caller, subscription)
	u.delete(tableOutcomes, prefix)
	for _, key := range u.rows(tableCalls, prefix) {
		u.follow(engine.Key(num(key, 1)), engine.CancelInstance{})
	}
}

// broadcast gives a signal to everything that waits for it, and starts what starts with it (§10.5.5).
func (u *unit) broadcast(from *engine.Instance, e engine.SignalThrown) {
	awaiting := u.rows(tableSignals, rowKey{}.text(e.Name))
	reached := slices.DeleteFunc(slices.Clone(awaiting), func(row []byte) bool { return u.r.resting.get(engine.Key(num(row, 2))).whole })
	if missed := len(awaiting) - len(reached); missed > 0 {
		u.r.log.Warn("a signal passes by instances that rest", slog.String("signal", e.Name), slog.Int("instances", missed))
	}
	for _, key := range reached {
		u.thenBy(from, func() {
			u.follow(engine.Key(num(key, 2)), engine.CorrelateSignal{Subscription: engine.ID(num(key, 1)), Variables: e.Variables})
		})
	}
	for _, s := range u.definitions.starts(engine.StartSignal, e.Name) {
		if s.Gathers && u.anyWaits(reached, s) {
			continue
		}
		if u.depth[from.Key] >= maxCallDepth {
			u.r.log.Warn("a signal starts instances that throw it again; this one is not passed on", slog.String("signal", e.Name), slog.String("instance", from.Key.String()))
			return
		}
		in, err := u.start(s.definition.Key, engine.StartInstance{Element: s.Element, Signal: e.Name, Variables: e.Variables})
		if err != nil {
			u.r.log.Warn("a signal could not start a process", slog.String("signal", e.Name), slog.String("process", s.definition.ProcessID), slog.Any("error", err))
			continue
		}
		u.deepen(from, in)
	}
}

// anyWaits says whether an instance that the start event has made is among those that wait.
func (u *unit) anyWaits(rows [][]byte, s startEvent) bool {
	return slices.ContainsFunc(rows, func(row []byte) bool {
		in := u.instance(engine.Key(num(row, 2)))
		sub := in.Subscription(engine.ID(num(row, 1)))
		return in.ProcessID == s.definition.ProcessID && sub != nil && sub.Element == s.Element
	})
}

// deepen notes that an instance was started by another one.
func (u *unit) deepen(from, started *engine.Instance) {
	if u.depth == nil {
		u.depth = map[engine.Key]int{}
	}
	u.depth[started.Key] = u.depth[from.Key] + 1
}

// following is the first key of an index after the given one, or the first of all, that begins with the prefix; nil if there is none. However
// many follow, it costs the same.
func (u *unit) following(table Table, prefix rowKey, after []byte) (next []byte) {
	from := []byte(prefix)
	if after != nil {
		from = append(bytes.Clone(after), 0)
	}
	u.tx.Ascend(table, from, func(key, _ []byte) bool {
		if bytes.HasPrefix(key, prefix) {
			next = bytes.Clone(key)
		}
		return false
	})
	return next
}

// rows collects the keys of an index that begin with the prefix, so that the table can be written to while they are gone through.
func (u *unit) rows(table Table, prefix rowKey) [][]byte {
	var keys [][]byte
	u.tx.Ascend(table, prefix, func(key, _ []byte) bool {
		if !bytes.HasPrefix(key, prefix) {
			return false
		}
		keys = append(keys, bytes.Clone(key))
		return true
	})
	return keys
}
