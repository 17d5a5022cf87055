package runner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// receive gives a message to whoever it is for, or keeps it until somebody comes to wait for it, or, when nobody ever
// will, buries it. It returns who took it, 0 if nobody did yet.
func (u *unit) receive(m *message, keep time.Duration) engine.Key {
	m.Keys = u.keysOf(m)
	taker, refused := u.correlate(m)
	if taker != 0 {
		return taker
	}
	if reason := u.unreachable(m); reason != "" {
		u.bury(m, CauseUnmatched, reason)
		return 0
	}
	switch {
	case refused != "":
		u.bury(m, CauseRefused, refused)
	case keep > 0:
		m.ExpiresAt = u.now.Add(keep)
		u.buffer(m)
	}
	return 0
}

// correlate looks for the one instance that waits for the message, else starts an instance of each process that begins
// with it. It returns who took the message (of several that began with it the first), 0 if nobody did, and then why a start failed.
func (u *unit) correlate(m *message) (taker engine.Key, refused string) {
	for _, address := range m.addresses() {
		for key := u.following(tableAwaited, address, nil); key != nil; key = u.following(tableAwaited, address, key) {
			waiting := engine.Key(num(key, 2))
			if u.offer(waiting, engine.ID(num(key, 1)), m) {
				return waiting, ""
			}
			if fault := u.strands(u.instance(waiting)); fault != nil {
				refused = fmt.Sprintf("instance %s waits for it, but %v", waiting, fault)
			}
		}
	}
	if refused != "" { // it is for who cannot take it, so it starts nothing
		return 0, refused
	}
	if taker := u.offerAny(m); taker != 0 {
		return taker, ""
	}
	return u.startWith(m)
}

// offerAny gives a message that names nobody who waits to the instance that has waited longest for any of its name.
func (u *unit) offerAny(m *message) engine.Key {
	if m.ReferenceID != "" {
		return 0
	}
	address := addressKey(m.Name, byNameAlone, "")
	var oldest []byte
	u.tx.Ascend(tableAwaited, address, func(key, _ []byte) bool {
		switch {
		case !bytes.HasPrefix(key, address):
			return false
		case u.r.resting.get(engine.Key(num(key, 2))).whole: // it must not take them from the others
			return true
		}
		oldest = bytes.Clone(key)
		return false
	})
	if oldest == nil {
		return 0
	}
	if waiting := engine.Key(num(oldest, 2)); u.offer(waiting, engine.ID(num(oldest, 1)), m) {
		return waiting
	}
	return 0
}

// keysOf evaluates what the deployed processes say about the correlation key of messages like this one. Old versions have
// their say too: their instances still wait.
func (u *unit) keysOf(m *message) []engine.MessageKey {
	keyed := u.definitions.keyed[m.Name]
	if len(keyed) == 0 || m.ReferenceID != "" {
		return nil
	}
	var keys []engine.MessageKey
	content := m.content()
	for _, d := range keyed {
		p, err := u.definitions.process(u.tx, d.Key)
		if err != nil {
			continue // its instances cannot go on either
		}
		for _, key := range p.MessageKeys(content, u.now) {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// rekey evaluates the correlation keys of the messages that are kept under a name again, because a process was deployed that
// says more about them.
func (u *unit) rekey(name string) {
	done := map[engine.Key]bool{}
	for _, row := range u.rows(tableBuffered, rowKey{}.text(name)) {
		key := engine.Key(num(row, 1))
		if done[key] {
			continue
		}
		done[key] = true
		m := u.buffered(key)
		if keys := u.keysOf(m); !slices.Equal(keys, m.Keys) {
			u.unbuffer(m)
			m.Keys = keys
			u.buffer(m)
		}
	}
}

// offer gives a message to a subscription, and reports whether it was taken.
func (u *unit) offer(key engine.Key, subscription engine.ID, m *message) bool {
	defer u.causedAsBefore(u.causedBy(m))
	return u.command(key, engine.CorrelateMessage{Subscription: subscription, Message: m.content()}) == nil
}

// startWith starts an instance of the newest version of each process that has a message start event for the message whose
// condition, if it has one, holds.
func (u *unit) startWith(m *message) (taker engine.Key, refused string) {
	defer u.causedAsBefore(u.causedBy(m))
	content := m.content()
	for _, s := range u.definitions.starts(engine.StartMessage, m.Name) {
		if p, err := u.definitions.process(u.tx, s.definition.Key); err == nil && !p.Accepts(s.Element, content, u.now) {
			continue
		}
		in, err := u.start(s.definition.Key, engine.StartInstance{
			Element: s.Element, BusinessKey: m.BusinessKey, ReferenceID: m.RequesterID, Message: &content,
		})
		if err != nil {
			refused = fmt.Sprintf("process %s could not start: %v", s.definition.ProcessID, err)
			u.r.log.Warn("a message could not start a process", slog.String("topic", m.Name), slog.Any("error", err))
			continue
		}
		taker = cmp.Or(taker, in.Key)
	}
	return taker, refused
}

// unreachable says why nobody will ever take a message that nobody takes now: "" if somebody may.
func (u *unit) unreachable(m *message) string {
	if m.ReferenceID == "" {
		return ""
	}
	key, err := engine.ParseKey(m.ReferenceID)
	in := (*engine.Instance)(nil)
	if err == nil {
		in = u.instance(key)
	}
	switch {
	case in == nil:
		return fmt.Sprintf("%s %.64q names no instance here", attributeReference, m.ReferenceID)
	case in.State != engine.StateActive:
		return fmt.Sprintf("%s %s names an instance of %s that has ended (%s)", attributeReference, key, in.ProcessID, in.State)
	}
	return ""
}

// buffer keeps a message.
func (u *unit) buffer(m *message) {
	u.insert(tableBuffer, rowKey{}.key(m.Key), encode(m))
	u.insert(tableExpiry, rowKey{}.time(m.ExpiresAt).key(m.Key), nil)
	for _, key := range bufferedRows(m) {
		u.insert(tableBuffered, key, nil)
	}
}

// bufferedRows are the index rows of a kept message.
func bufferedRows(m *message) []rowKey {
	rows := m.addresses()
	if len(rows) == 0 {
		rows = []rowKey{addressKey(m.Name, byNameAlone, "")}
	}
	for i := range rows {
		rows[i] = rows[i].key(m.Key)
	}
	return rows
}

// unbuffer forgets a kept message.
func (u *unit) unbuffer(m *message) {
	u.delete(tableBuffer, rowKey{}.key(m.Key))
	u.delete(tableExpiry, rowKey{}.time(m.ExpiresAt).key(m.Key))
	for _, key := range bufferedRows(m) {
		u.delete(tableBuffered, key)
	}
}

// buffered reads a kept message, nil if there is none.
func (u *unit) buffered(key engine.Key) *message {
	row := u.tx.Get(tableBuffer, rowKey{}.key(key))
	if row == nil {
		return nil
	}
	m := &message{}
	if err := decode(row, m); err != nil {
		panic(fmt.Errorf("kept message %s: %w", key, err))
	}
	return m
}

// claim gives a subscription that has opened the oldest message that is kept for it. If it stays open (a boundary event that
// does not interrupt), the next one follows.
func (u *unit) claim(key engine.Key, subscription engine.ID) {
	in := u.instance(key)
	sub := in.Subscription(subscription)
	if sub == nil {
		return
	}
	var oldest engine.Key
	for _, address := range addressesOf(in, sub) {
		if row := u.following(tableBuffered, address, nil); row != nil {
			if found := engine.Key(num(row, 1)); oldest == 0 || found < oldest {
				oldest = found
			}
		}
	}
	if oldest == 0 {
		return
	}
	m := u.buffered(oldest)
	if u.offer(key, subscription, m) {
		u.unbuffer(m)
		u.then(func() { u.claim(key, subscription) })
	}
}

// claimStarts tries the messages that are kept under a name again, because a process that starts with them was deployed.
func (u *unit) claimStarts(name string) {
	tried := map[engine.Key]bool{}
	for _, row := range u.rows(tableBuffered, rowKey{}.text(name)) {
		key := engine.Key(num(row, 1))
		if tried[key] {
			continue
		}
		tried[key] = true
		m := u.buffered(key)
		if taker, _ := u.startWith(m); taker != 0 {
			u.unbuffer(m)
		}
	}
}

// expire buries a kept message whose time is over.
func (u *unit) expire(key engine.Key) {
	if m := u.buffered(key); m != nil {
		u.unbuffer(m)
		u.bury(m, CauseUnmatched, cmp.Or(u.unreachable(m), u.nearMisses(m)))
	}
}

const (
	maxNamed = 3  // instances that a reason names
	maxNear  = 10 // instances that a dead letter lists
)

// near lists who waits for messages of this name, and how many there are beyond those.
func (u *unit) near(m *message) (near []Waiting, others int) {
	prefix := append(rowKey{}.text(m.Name), byte(byReference)) // each subscription has one row by reference, and maybe others
	u.tx.Ascend(tableAwaited, prefix, func(row, _ []byte) bool {
		if !bytes.HasPrefix(row, prefix) {
			return false
		}
		if len(near) == maxNear {
			others++
			return others < maxOthers
		}
		in := u.instance(engine.Key(num(row, 2)))
		if sub := in.Subscription(engine.ID(num(row, 1))); sub != nil {
			near = append(near, Waiting{Instance: in.Key, ProcessID: in.ProcessID, Element: sub.Element, CorrelationKey: sub.Key, BusinessKey: in.BusinessKey})
		}
		return true
	})
	return near, others
}

// maxOthers is how far those who wait are counted, so that the cost of one message does not grow with them.
const maxOthers = 1000

// nearMisses says who waited for a message of this name, but not for this message.
func (u *unit) nearMisses(m *message) string {
	near, others := u.near(m)
	kept := m.ExpiresAt.Sub(mintedAt(m.Key)).Round(time.Second)
	if len(near) == 0 {
		return fmt.Sprintf("nobody came to wait for it within %s", kept)
	}
	for _, w := range near {
		d := u.definitions.byKey[u.instance(w.Instance).DefinitionKey]
		if d != nil && d.fault != nil && slices.Contains(d.Keyed, m.Name) { // nothing can evaluate its expressions now
			return fmt.Sprintf("within %s nobody took it, but it may be for instance %s: %v", kept, w.Instance, d.fault)
		}
	}
	var named []string
	for _, w := range near[:min(len(near), maxNamed)] {
		named = append(named, fmt.Sprintf("%s of %s at %s", w.Instance, w.ProcessID, w.Element))
	}
	if others += len(near) - len(named); others > 0 {
		named = append(named, fmt.Sprintf("%d more", others))
	}
	return fmt.Sprintf("within %s nobody waited for it with its reference, correlation key or business key; for other messages of this name waited: %s",
		kept, strings.Join(named, ", "))
}

// reasonOf is what a dead letter says about an error.
func reasonOf(err error) string {
	if errors.Is(err, errInternal) {
		return "an internal error stopped it; the log says where"
	}
	return err.Error()
}
