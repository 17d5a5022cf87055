package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// A process that has crashed writes and sends nothing more; what is said to have been committed was, and nothing else.
func TestCrash(t *testing.T) {
	published := func(b *memory.Bus) (ids string) {
		for _, m := range b.Published() {
			ids += m.ID
		}
		return ids
	}
	for at, want := range []struct {
		committed error
		there     bool
		sent      int
		published string
	}{
		{nil, true, 2, "ab"},
		{memory.ErrCrashed, false, 0, ""},  // 1: before the commit
		{memory.ErrCommitted, true, 0, ""}, // 2: after it
		{nil, true, 0, ""},                 // 3: before the publication
		{nil, true, 0, "a"},                // 4: within it
		{nil, true, 0, "ab"},               // 5: nothing is heard of it
	} {
		store, bus, ended := memory.NewStore(), memory.NewBus(nil), 0
		crash := &memory.Crash{At: func(point int) bool { return point == at }}
		s, b := crash.Attach(store, bus, func() { ended++ })
		err := s.Update(func(tx runner.Tx) error { return tx.Put("table", []byte("key"), nil) })
		require.ErrorIs(t, err, want.committed, at)
		n, err := b.Publish(t.Context(), []runner.Outgoing{{ID: "a"}, {ID: "b"}})
		require.Equal(t, want.sent, n, at)
		require.Equal(t, want.published, published(bus), at)
		require.NoError(t, store.View(func(tx runner.ReadTx) error {
			require.Equal(t, want.there, tx.Get("table", []byte("key")) != nil, at)
			return nil
		}))
		require.Equal(t, at > 0, crash.Down())
		if at == 0 {
			require.Equal(t, 5, crash.Points())
			continue
		}
		require.Equal(t, 1, ended)
		require.ErrorIs(t, err, memory.ErrCrashed)
		require.ErrorIs(t, s.Update(func(runner.Tx) error { panic("it is dead") }), memory.ErrCrashed)
		require.ErrorIs(t, b.Bind(t.Context(), runner.Topics{}, nil), memory.ErrCrashed)
		s, _ = crash.Attach(store, bus, func() { t.Fatal("it happens once") })
		require.NoError(t, s.Update(func(tx runner.Tx) error { return tx.Put("table", []byte("other"), nil) }))
		require.False(t, crash.Down())
	}
}

func TestCompare(t *testing.T) {
	require.NoError(t, memory.Compare([]string{"a", "b", "a"}, []string{"b", "a", "a"}))
	err := memory.Compare([]string{"a", "a", "b"}, []string{"a", "c"})
	require.EqualError(t, err, "lost: a\nlost: b\ntoo much: c")
}
