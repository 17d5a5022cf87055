package engine

import (
	"errors"
	"fmt"
)

// fault is a failure of data or of a worker. It becomes an incident.
type fault struct {
	kind IncidentKind
	err  error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func faultf(kind IncidentKind, format string, args ...any) error {
	return &fault{kind: kind, err: fmt.Errorf(format, args...)}
}

// phase is how far an element has come as something fails; resolving the incident goes on from there.
type phase int

const (
	entering phase = iota
	leaving        // its work is done
	settled        // and its results are in the variables
	exiting        // and all that waits beside it does; it has to choose its flows
)

// raise keeps a fault as an incident of the token; of the token's scope where nothing but that is known, as it is not a token that waits
// for what starts an event sub-process. What waits for an operator already keeps the incident that it has.
func (s *step) raise(t Token, n *node, at phase, err error) {
	if t.ID != 0 && s.fails(t.ID, n) {
		return
	}
	kind := IncidentExpression
	if f, ok := errors.AsType[*fault](err); ok {
		kind = f.kind
	}
	if errors.Is(err, errWork) {
		kind = IncidentStepLimit
	}
	incident := Incident{ID: s.newID(), Kind: kind, Token: t.ID, Element: n.id, Text: err.Error(), At: s.at, Leaving: at != entering, Settled: at >= settled, Exiting: at == exiting}
	if t.ID == 0 {
		incident.Scope = t.Scope
	}
	s.emit(IncidentRaised{incident})
}

// fails says whether a token waits for an operator at a node, and not just an event on its boundary does.
func (s *step) fails(token ID, n *node) bool {
	for i, ok := s.incidents.next(token, 0); ok; i, ok = s.incidents.next(token, i.ID) {
		if i.Element == n.id {
			return true
		}
	}
	return false
}

// cannotLeave says whether a token waits for an operator with its work done.
func (s *step) cannotLeave(token ID) bool {
	for i, ok := s.incidents.next(token, 0); ok; i, ok = s.incidents.next(token, i.ID) {
		if i.Leaving {
			return true
		}
	}
	return false
}

// handle runs the failed step again: entering or leaving the node, or the job.
func (c ResolveIncident) handle(s *step) error {
	if err := s.mustBeActive(); err != nil {
		return err
	}
	found := s.in.Incident(c.Incident)
	if found == nil {
		return reject(CodeNotFound, "instance %s has no such incident any more; it was resolved, or went with what it stopped", s.in.Key)
	}
	incident := *found
	s.emit(IncidentResolved{Incident: incident.ID})
	scope := incident.Scope
	if t := s.in.Token(incident.Token); t != nil {
		scope = t.inside()
	}
	s.propagate(scope, c.Variables)
	sub := s.in.Subscription(incident.Subscription)
	switch {
	case sub != nil && sub.Kind == SubscriptionCondition:
		s.ask(*sub)
		return nil
	case incident.Token == 0:
		s.waitAgain(s.p.nodes[incident.Element], waiter{scope: incident.Scope})
		return nil
	}
	t := s.in.Token(incident.Token)
	n := s.p.nodes[incident.Element]
	switch {
	case t.Flow != "": // the step limit kept it out
		s.queue = append(s.queue, t.ID)
	case sub != nil:
		s.updateJob(*sub, func(j *Job) { j.Retries, j.Failed = max(c.Retries, j.Retries, 1), false })
	case n.host != nil && t.Node == n.host.id: // a boundary event could not wait again; its activity goes on
		s.waitAgain(n, waiter{token: *t, scope: t.Scope})
	case incident.Exiting:
		s.exit(n, *t)
	case incident.Settled:
		s.depart(n, *t)
	case incident.Leaving && incident.Kind == IncidentUnhandledError: // and nothing that an event threw before it
		s.conclude(n, t.ID)
	case incident.Leaving:
		if d, ok := n.behavior.(decider); ok && t.Inner != 0 && (n.loop == nil || s.isInstance(*t)) {
			d.decide(s, n, *t)
			return nil
		}
		s.leave(n, *t, nil)
	default:
		s.unsubscribe(t.ID, n.id, true)
		if t.Inner != 0 {
			s.withdrawScope(t.Inner)
		}
		s.enter(n, *s.in.Token(t.ID))
	}
	return nil
}

// label names a node in texts for people.
func (n *node) String() string { return label(n.id, n.source.Name) }

func (f *flow) String() string {
	return fmt.Sprintf("sequence flow %q from %s to %s", f.id, f.source, f.target)
}

func label(id, name string) string {
	if name == "" {
		return fmt.Sprintf("%q", id)
	}
	return fmt.Sprintf("%q (%s)", name, id)
}
