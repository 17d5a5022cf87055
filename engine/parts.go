package engine

import "slices"

// parts are the tokens, the subscriptions or the incidents of an instance, by what each belongs to: a token to its scope and to its flow,
// the others to a token or, where no token waits, to a scope. An instance mostly has few, and those of one owner are found by looking at
// all. A step that looks at very many so would take the square of their number; it makes an index first.
type parts[K comparable, T any, P part[T]] struct {
	all    *[]T
	owner  func(P) K
	looked int
	index  map[K][]ID // ascending; nil: there is none yet
}

type part[T any] interface {
	*T
	id() ID
}

// place is a flow of a scope, on which tokens lie.
type place struct {
	scope ID
	flow  string
}

// patience is how many parts a step looks at before it makes an index.
const patience = 50_000

func (t *Token) id() ID        { return t.ID }
func (s *Scope) id() ID        { return s.ID }
func (s *Subscription) id() ID { return s.ID }
func (i *Incident) id() ID     { return i.ID }

func (t *Token) owner() ID    { return t.Scope }
func (t *Token) place() place { return place{t.Scope, t.Flow} }

func (s *Subscription) owner() ID {
	if s.Token != 0 {
		return s.Token
	}
	return s.Scope
}

func (i *Incident) owner() ID {
	if i.Token != 0 {
		return i.Token
	}
	return i.Scope
}

// next gives what the owner has after an ID: parts may come and go while they are gone through.
func (p *parts[K, T, P]) next(owner K, after ID) (found T, ok bool) {
	if p.index != nil {
		ids := p.index[owner]
		at, _ := slices.BinarySearch(ids, after+1)
		if at == len(ids) {
			return found, false
		}
		i, _ := find[T, P](*p.all, ids[at])
		return (*p.all)[i], true
	}
	at, _ := find[T, P](*p.all, after+1)
	for i := at; i < len(*p.all); i++ {
		if p.owner(&(*p.all)[i]) == owner {
			p.count(i + 1 - at)
			return (*p.all)[i], true
		}
	}
	p.count(len(*p.all) - at)
	return found, false
}

func (p *parts[K, T, P]) count(looked int) {
	if p.looked += looked; p.looked < patience {
		return
	}
	p.index = map[K][]ID{}
	for i := range *p.all {
		part := P(&(*p.all)[i])
		p.add(p.owner(part), part.id())
	}
}

func (p *parts[K, T, P]) add(owner K, id ID) {
	if p.index != nil {
		p.index[owner] = append(p.index[owner], id)
	}
}

func (p *parts[K, T, P]) drop(owner K, id ID) {
	if p.index == nil {
		return
	}
	ids := p.index[owner]
	if at, ok := slices.BinarySearch(ids, id); ok {
		ids = slices.Delete(ids, at, at+1)
	}
	if p.index[owner] = ids; len(ids) == 0 {
		delete(p.index, owner)
	}
}

// find looks for an ID in what ascends by ID, and says where it is or would be.
func find[T any, P part[T]](items []T, id ID) (at int, ok bool) {
	end := len(items)
	for at < end {
		middle := int(uint(at+end) / 2)
		if P(&items[middle]).id() < id {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at, at < len(items) && P(&items[at]).id() == id
}

func remove[T any, P part[T]](items []T, id ID) []T {
	i, ok := find[T, P](items, id)
	if !ok {
		return items
	}
	return slices.Delete(items, i, i+1)
}

// note keeps what a step knows of the instance besides the instance itself, before an event changes that.
func (s *step) note(e Event) {
	switch e := e.(type) {
	case TokenProduced:
		s.tokens.add(e.Scope, e.ID)
		if e.Flow != "" {
			s.lying.add(e.place(), e.ID)
		}
		s.unsettle(e.Scope)
	case TokenEntered:
		t := s.in.Token(e.Token)
		s.lying.drop(t.place(), t.ID)
		s.unsettle(t.Scope)
	case TokenConsumed:
		t := s.in.Token(e.Token)
		s.tokens.drop(t.Scope, t.ID)
		s.lying.drop(t.place(), t.ID)
		s.unsettle(t.Scope)
	case SubscriptionOpened:
		s.subscriptions.add(e.owner(), e.ID)
	case SubscriptionClosed:
		s.subscriptions.drop(e.owner(), e.ID)
	case IncidentRaised:
		s.incidents.add(e.owner(), e.ID)
	case IncidentResolved:
		i := s.in.Incident(e.Incident)
		s.incidents.drop(i.owner(), i.ID)
		if t := s.in.Token(i.Token); t != nil {
			s.unsettle(t.Scope)
		}
	case GatewayReset:
		s.unsettle(e.Scope)
	}
}
