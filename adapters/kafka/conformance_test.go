package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/kafka/kafkatest"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// The same tests run against the embedded broker and against Apache Kafka (`make test-kafka`), or against the cluster whose address
// SONATA_TEST_KAFKA names, where topics whose names begin with "test-" are made.
func TestConformance(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		conformance(t, startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0").Addr())
	})
	t.Run("cluster", func(t *testing.T) {
		addr := os.Getenv("SONATA_TEST_KAFKA")
		switch {
		case addr != "":
		case kafkatest.Libs() != "":
			addr = kafkatest.Start(t, filepath.Join(t.TempDir(), "kafka"))
		default:
			t.Skip("`make test-kafka` runs this against Apache Kafka; SONATA_TEST_KAFKA may name the host:port of another cluster")
		}
		conformance(t, addr)
	})
}

func conformance(t *testing.T, addr string) {
	for name, test := range map[string]func(*testing.T, string){
		"round trip":                         testRoundTrip,
		"order":                              testOrder,
		"positions":                          testPositions,
		"bind again":                         testBindAgain,
		"bind while reading":                 testBindWhileReading,
		"bind less":                          testBindLess,
		"new partitions":                     testNewPartitions,
		"position removed by retention":      testPositionRemoved,
		"position removed while reading":     testPositionRemovedWhileReading,
		"position after the end":             testPositionAfterEnd,
		"topic created anew":                 testTopicCreatedAnew,
		"topic created anew while unread":    testTopicCreatedAnewUnread,
		"topic created anew while down":      testTopicCreatedAnewWhileDown,
		"batches that are refused":           testRefusedBatch,
		"back-pressure":                      testBackPressure,
		"garbage":                            testGarbage,
		"binary mode":                        testBinaryMode,
		"large messages":                     testLargeMessages,
		"batch larger than the topic allows": testBatchTooLarge,
		"unpublishable":                      testUnpublishable,
		"publish creates topics":             testPublishCreatesTopics,
		"publish at once":                    testPublishAtOnce,
		"publish cancelled":                  testPublishCancelled,
		"positions are shown to dashboards":  testCommitted,
		"health":                             testHealth,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, addr)
		})
	}
}

func bind(t testing.TB, b *Bus, positions []runner.Position, topics ...string) {
	t.Helper()
	require.NoError(t, b.Bind(deadline(t), runner.Topics{Consume: topics}, positions))
}

func testRoundTrip(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("round-trip")
	require.NoError(t, b.Bind(deadline(t), runner.Topics{Consume: []string{name}, Publish: []string{name}}, nil))
	sent := runner.Outgoing{
		ID: "21000e26", Time: time.Date(2026, 11, 22, 7, 0, 0, 123456789, time.UTC), Topic: name, Key: "order-1",
		Headers:     map[string]string{"traceparent": "00-1-2-01", "Content-Type": "text/plain", "b": ""},
		Data:        []byte(`{"a":1,"b":[true,null,"<&>",1.5],"s":"ü"}`),
		InstanceKey: "42", ProcessID: "orderProcess", Version: 3, ParentKey: "41", RootKey: "40", RootProcessID: "root",
		ReferenceID: "39", BusinessKey: "order 1",
	}
	before := time.Now().Add(-time.Minute)
	publish(t, b, sent)
	got := in.next(t)
	require.Empty(t, got.Fault)
	require.Equal(t, name, got.Topic)
	require.EqualValues(t, 0, got.Offset)
	require.Equal(t, "order-1", string(got.Key))
	require.True(t, got.Timestamp.After(before) && got.Timestamp.Before(time.Now().Add(time.Minute)), got.Timestamp)
	require.Equal(t, []runner.RecordHeader{
		{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")},
		{Key: "b", Value: []byte("")}, {Key: "traceparent", Value: []byte("00-1-2-01")},
	}, got.Headers)
	require.Equal(t, "21000e26", got.ID)
	require.Equal(t, "/process/orderProcess", got.Source)
	require.Equal(t, map[string]any{
		"specversion": "1.0", "id": "21000e26", "source": "/process/orderProcess", "type": name, "time": "2026-11-22T07:00:00.123456789Z",
		"datacontenttype": "application/json", "kogitoproctype": "BPMN", "kogitoprocinstanceid": "42", "kogitoprocversion": "3",
		"kogitoprocid": "orderProcess", "kogitoprocist": "Active", "kogitoparentprociid": "41", "kogitorootprociid": "40",
		"kogitorootprocid": "root", "kogitoprocrefid": "39", "kogitobusinesskey": "order 1",
	}, got.Attributes)
	require.Equal(t, map[string]any{"a": int64(1), "b": []any{true, nil, "<&>", 1.5}, "s": "ü"}, got.Data)
	require.Contains(t, string(got.Value), `"data":{"a":1,"b":[true,null,"<&>",1.5],"s":"ü"}`, "what was given is what is sent")
}

func testOrder(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	one, many := topic("one"), topic("many")
	rawClient(t, addr).create(many, 3)
	bind(t, b, nil, one, many)
	const count = 3000
	var all []runner.Outgoing
	for i := range count {
		m := message(one, i)
		if i%2 == 1 {
			m.Topic, m.Key = many, fmt.Sprint("key", i%10)
		}
		all = append(all, m)
	}
	publish(t, b, all...)
	last, offsets, partitions := map[string]int{}, map[partition]int64{}, map[int32]bool{}
	for range count {
		r := in.next(t)
		p := partition{r.Topic, r.Partition}
		require.Equal(t, offsets[p], r.Offset, "each partition's records come in order, each once")
		offsets[p]++
		key := r.Topic + string(r.Key)
		require.GreaterOrEqual(t, number(t, r), last[key])
		last[key] = number(t, r)
		partitions[r.Partition] = true
	}
	require.Len(t, partitions, 3, "keys are spread over the partitions")
}

func testPositions(t *testing.T, addr string) {
	name := topic("positions")
	in := newInbox()
	first := bus(t, addr, in)
	bind(t, first, nil, name)
	publish(t, first, messages(name, 10)...)
	for i := range 10 {
		require.Equal(t, i, number(t, in.next(t)))
	}
	require.NoError(t, first.Close())

	in = newInbox()
	second := bus(t, addr, in)
	bind(t, second, []runner.Position{{Topic: name, Offset: 7}, {Topic: "not bound", Offset: 3}}, name)
	for i := 7; i < 10; i++ {
		r := in.next(t)
		require.Equal(t, i, number(t, r))
		require.False(t, r.Reset)
	}
	require.Empty(t, second.Faults())

	in = newInbox()
	third := bus(t, addr, in)
	bind(t, third, []runner.Position{{Topic: name, Offset: 10}}, name)
	publish(t, third, message(name, 10))
	require.Equal(t, 10, number(t, in.next(t)), "the end of the log is a position like any other")
}

func testBindAgain(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	old, added := topic("old"), topic("added")
	bind(t, b, nil, old)
	publish(t, b, messages(old, 5)...)
	for range 5 {
		require.Equal(t, old, in.next(t).Topic)
	}
	publish(t, b, messages(added, 3)...) // before anybody reads it
	// The store may be behind what is being delivered: what is read already goes on where it is.
	bind(t, b, []runner.Position{{Topic: old, Offset: 1}}, added, old)
	for i := range 3 {
		r := in.next(t)
		require.Equal(t, added, r.Topic)
		require.Equal(t, i, number(t, r))
	}
	publish(t, b, message(old, 5))
	require.Equal(t, 5, number(t, in.next(t)))
}

// testBindWhileReading: one reader after the other takes the place of the one before while batches are in hand, and each record comes once,
// in order.
func testBindWhileReading(t *testing.T, addr string) {
	in := newInbox()
	changed, settled := make(chan struct{}), make(chan struct{})
	in.before = func(ctx context.Context, _ []runner.Incoming) error {
		select { // a batch lasts until the readers have changed
		case <-changed:
		case <-settled:
		}
		return nil
	}
	b := bus(t, addr, in)
	busy := topic("busy")
	rawClient(t, addr).create(busy, 3)
	bind(t, b, nil, busy)
	const binds, count = 9, 12 * batchRecords
	batch := messages(busy, count)
	for i := range batch {
		batch[i].Key = fmt.Sprint("key", i%10)
	}
	publish(t, b, batch...)
	bound := []string{busy}
	for i := range binds {
		if i%3 == 0 {
			b.consumer.pace(b.consumer.current(), i%2 == 0)
		} else {
			bound = append(bound, topic("more"))
			bind(t, b, nil, bound...)
		}
		changed <- struct{}{}
	}
	close(settled)
	offsets := map[partition]int64{}
	for range count {
		r := in.next(t)
		p := partition{r.Topic, r.Partition}
		require.Equal(t, offsets[p], r.Offset)
		offsets[p]++
	}
	last := bound[len(bound)-1]
	publish(t, b, message(last, 7))
	require.Equal(t, last, in.next(t).Topic)
}

func testBindLess(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	kept, dropped := topic("kept"), topic("dropped")
	bind(t, b, nil, kept, dropped)
	publish(t, b, message(dropped, 0))
	in.next(t)
	bind(t, b, []runner.Position{{Topic: dropped, Offset: 1}}, kept)
	publish(t, b, message(dropped, 1))
	publish(t, b, message(kept, 2))
	require.Equal(t, 2, number(t, in.next(t)))
	bind(t, b, []runner.Position{{Topic: dropped, Offset: 1}}, kept, dropped)
	require.Equal(t, 1, number(t, in.next(t)), "what came meanwhile was waiting")
}

func testNewPartitions(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	name := topic("growing")
	r.create(name, 1)
	bind(t, b, nil, name)
	results, err := r.admin.CreatePartitions(deadline(t), []confluent.PartitionsSpecification{{Topic: name, IncreaseTo: 3}})
	require.NoError(t, err)
	require.Equal(t, confluent.ErrNoError, results[0].Error.Code())
	r = rawClient(t, addr) // one that knows the new partitions
	r.send(name, 2, []byte(`{"n":0}`))
	got := in.next(t)
	require.EqualValues(t, 2, got.Partition)
	require.EqualValues(t, 0, got.Offset)
}

func testPositionRemoved(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("removed")
	publish(t, b, messages(name, 10)...)
	rawClient(t, addr).cut(name, 0, 6)
	bind(t, b, []runner.Position{{Topic: name, Offset: 2}}, name)
	r := in.next(t)
	require.Equal(t, 6, number(t, r))
	require.True(t, r.Reset)
	require.False(t, in.next(t).Reset, "only the first record after the gap")
	faults := b.Faults()
	require.Len(t, faults, 1)
	require.EqualValues(t, 4, faults[0].Lost)
	require.Contains(t, faults[0].String(), "4 records were removed by retention")
	require.Contains(t, faults[0].String(), name)
}

func testPositionRemovedWhileReading(t *testing.T, addr string) {
	in := newInbox()
	entered, leave := make(chan struct{}), make(chan struct{})
	name, other := topic("overtaken"), topic("other")
	in.before = func(_ context.Context, records []runner.Incoming) error {
		if records[0].Topic == name && records[0].Offset == 0 {
			entered <- struct{}{}
			<-leave
		}
		return nil
	}
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	bind(t, b, nil, name, other)
	// Large records fill the prefetch, so that those after it have to be fetched again when they are gone.
	value := []byte(`"` + strings.Repeat("x", 900<<10) + `"`) // just below what Kafka allows by default
	r.send(name, 0, []byte(`{"n":0}`))
	<-entered
	for range 70 {
		r.send(name, 0, value)
	}
	last := r.send(name, 0, []byte(`{"n":72}`))
	r.cut(name, 0, last)
	r.send(other, 0, []byte(`{"n":1}`))
	close(leave)
	var lost bool
	seen := map[string]bool{}
	for !seen[other] || !seen[name] {
		got := in.next(t)
		if got.Topic == other || got.Offset == last {
			seen[got.Topic] = true
		}
		lost = lost || got.Reset
	}
	require.True(t, lost)
	faults := b.Faults()
	require.Len(t, faults, 1)
	require.Positive(t, faults[0].Lost)
	require.Equal(t, last, faults[0].Begins)
}

func testPositionAfterEnd(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("truncated")
	publish(t, b, messages(name, 3)...)
	bind(t, b, []runner.Position{{Topic: name, Offset: 1000}}, name)
	r := in.next(t)
	require.Equal(t, 0, number(t, r))
	require.True(t, r.Reset)
	require.Len(t, b.Faults(), 1)
	require.Contains(t, b.Faults()[0].String(), "created anew")
}

func testTopicCreatedAnew(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	name := topic("anew")
	bind(t, b, nil, name)
	publish(t, b, messages(name, 5)...)
	for range 5 {
		in.next(t)
	}
	deleted, err := r.admin.DeleteTopics(deadline(t), []string{name})
	require.NoError(t, err)
	require.Equal(t, confluent.ErrNoError, deleted[0].Error.Code())
	require.Eventually(t, func() bool { return b.Health() != nil }, patience, 50*time.Millisecond)
	require.ErrorContains(t, b.Health(), name)
	r = rawClient(t, addr)
	require.Eventually(t, func() bool { return r.tryCreate(name) }, patience, 50*time.Millisecond)
	for i := range 8 { // more than there were: position 5 exists again
		r.send(name, 0, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	for i := range 8 {
		got := in.next(t)
		require.Equal(t, i, number(t, got))
		require.Equal(t, i == 0, got.Reset)
	}
	require.Len(t, b.Faults(), 1)
	require.Eventually(t, func() bool { return b.Health() == nil }, patience, 50*time.Millisecond)
}

// What was read of a topic of the same name means nothing, although nobody was there to see it go; the cluster is the same.
func testTopicCreatedAnewWhileDown(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("anew-down")
	bind(t, b, nil, name)
	publish(t, b, messages(name, 5)...)
	var id string
	for range 5 {
		id = in.next(t).TopicID
	}
	require.NotEmpty(t, id)
	cluster, err := b.ClusterID(deadline(t))
	require.NoError(t, err)
	require.NotEmpty(t, cluster)
	require.NoError(t, b.Close())

	r := rawClient(t, addr)
	deleted, err := r.admin.DeleteTopics(deadline(t), []string{name})
	require.NoError(t, err)
	require.Equal(t, confluent.ErrNoError, deleted[0].Error.Code())
	require.Eventually(t, func() bool { return r.tryCreate(name) }, patience, 50*time.Millisecond)
	for i := range 8 {
		r.send(name, 0, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	b = bus(t, addr, in)
	bind(t, b, []runner.Position{{Topic: name, TopicID: id, Offset: 5}}, name)
	for i := range 8 {
		got := in.next(t)
		require.Equal(t, i, number(t, got))
		require.Equal(t, i == 0, got.Reset)
		require.NotEqual(t, id, got.TopicID)
	}
	require.Len(t, b.Faults(), 1)
}

func testTopicCreatedAnewUnread(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	name, other := topic("anew-unread"), topic("other")
	bind(t, b, nil, name, other)
	publish(t, b, messages(name, 5)...)
	for range 5 {
		in.next(t)
	}
	bind(t, b, nil, other)
	deleted, err := r.admin.DeleteTopics(deadline(t), []string{name})
	require.NoError(t, err)
	require.Equal(t, confluent.ErrNoError, deleted[0].Error.Code())
	r = rawClient(t, addr)
	require.Eventually(t, func() bool { return r.tryCreate(name) }, patience, 50*time.Millisecond)
	for i := range 8 {
		r.send(name, 0, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	bind(t, b, []runner.Position{{Topic: name, Offset: 5}}, name, other)
	for i := range 8 {
		got := in.next(t)
		require.Equal(t, i, number(t, got), "position 5 is there, but in another topic")
		require.Equal(t, i == 0, got.Reset)
	}
	require.Len(t, b.Faults(), 1)
}

func testRefusedBatch(t *testing.T, addr string) {
	in := newInbox()
	var refused [][]runner.Incoming
	in.before = func(_ context.Context, records []runner.Incoming) error {
		if len(refused) < 3 {
			refused = append(refused, records)
			return errors.New("the disk is full")
		}
		return nil
	}
	b := bus(t, addr, in)
	name := topic("refused")
	bind(t, b, nil, name)
	publish(t, b, messages(name, 100)...)
	for i := range 100 {
		require.Equal(t, i, number(t, in.next(t)))
	}
	require.Len(t, refused, 3)
	require.Equal(t, refused[0], refused[1], "the same records are offered again")
}

func testBackPressure(t *testing.T, addr string) {
	in := newInbox()
	entered, leave := make(chan int, 1000), make(chan struct{})
	in.before = func(ctx context.Context, records []runner.Incoming) error {
		entered <- len(records)
		<-leave
		return nil
	}
	b := bus(t, addr, in)
	name := topic("pressure")
	bind(t, b, nil, name)
	const count, size = 600, 100_000 // 60 MB, several times of what is prefetched
	data := []byte(`"` + strings.Repeat("x", size) + `"`)
	for i := 0; i < count; i += 50 {
		batch := messages(name, 50)
		for j := range batch {
			batch[j].Data = data
		}
		publish(t, b, batch...)
	}
	require.Positive(t, <-entered)
	require.Empty(t, entered, "one batch at a time")
	require.Less(t, residentBytes(t), int64(memoryFactor*400<<20))
	close(leave)
	for i := range count {
		require.EqualValues(t, i, in.next(t).Offset)
	}
}

// residentBytes is the memory of this process, librdkafka's included; 0 where the system does not tell.
func residentBytes(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	_, err = fmt.Sscan(string(text), &size, &resident)
	require.NoError(t, err)
	return resident * int64(os.Getpagesize())
}

func testGarbage(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	name := topic("garbage")
	bind(t, b, nil, name)
	cases := []struct{ value, fault string }{
		{"", "empty record"},
		{"not json", "not a JSON document"},
		{`{"a":`, "not a JSON document"},
		{"\xff\xfe", "not UTF-8"},
		{`{"specversion":"1.0","type":"t","source":""}`, "CloudEvent without id"},
		{`{"specversion":"0.3","id":"1"}`, "another specversion"},
		{`[{"specversion":"1.0","id":"1"}]`, "batch of CloudEvents"},
		{strings.Repeat("[", 200) + strings.Repeat("]", 200), "nested deeper"},
	}
	for _, c := range cases {
		r.send(name, 0, []byte(c.value))
	}
	r.send(name, 0, nil)
	r.send(name, 0, []byte(`{"n":1}`))
	for _, c := range append(cases, struct{ value, fault string }{"", "empty record"}) {
		got := in.next(t)
		require.Contains(t, got.Fault, c.fault)
		require.Equal(t, c.value, string(got.Value), "what came is kept for whoever looks at it")
	}
	require.Equal(t, 1, number(t, in.next(t)), "garbage does not stop what comes after it")
}

func testBinaryMode(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("binary")
	bind(t, b, nil, name)
	rawClient(t, addr).send(name, 0, []byte(`{"n":1}`),
		"ce_specversion", "1.0", "ce_id", "7", "ce_source", "/other", "ce_type", "reply", "Ce_KogitoProcRefId", "42",
		"content-type", "application/json", "traceparent", "00-1-2-01")
	got := in.next(t)
	require.Equal(t, 1, number(t, got))
	require.Equal(t, "7", got.ID)
	require.Equal(t, map[string]any{
		"specversion": "1.0", "id": "7", "source": "/other", "type": "reply", "kogitoprocrefid": "42", "datacontenttype": "application/json",
	}, got.Attributes)
	require.Len(t, got.Headers, 7)
}

func testLargeMessages(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in, func(c *Config) { c.MaxMessageBytes = 2 << 20 })
	name := topic("large")
	bind(t, b, nil, name)
	large := func(n int) runner.Outgoing {
		m := message(name, 0)
		m.Data = []byte(`"` + strings.Repeat("x", n) + `"`)
		return m
	}
	const nearly = 1<<20 - 2000 // a topic takes 1 MiB unless told otherwise
	n, err := b.Publish(deadline(t), []runner.Outgoing{large(nearly), message(name, 1), large(3 << 20), message(name, 2)})
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, runner.ErrUnpublishable)
	require.ErrorContains(t, err, "max.message.bytes")
	require.Len(t, in.next(t).Data, nearly)
	require.Equal(t, 1, number(t, in.next(t)))
	publish(t, b, message(name, 2))
	require.Equal(t, 2, number(t, in.next(t)), "the one that is too large was not sent")
	if strings.HasPrefix(t.Name(), "TestConformance/embedded") {
		// From somebody with a higher limit.
		rawClient(t, addr).send(name, 0, []byte(`"`+strings.Repeat("x", 3<<20)+`"`))
		require.Contains(t, in.next(t).Fault, "at most 2097152 are read")
	}
}

func testBatchTooLarge(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	r := rawClient(t, addr)
	name := topic("small")
	results, err := r.admin.CreateTopics(deadline(t), []confluent.TopicSpecification{
		{Topic: name, NumPartitions: 1, ReplicationFactor: 1, Config: map[string]string{"max.message.bytes": "20000"}},
	})
	require.NoError(t, err)
	require.Equal(t, confluent.ErrNoError, results[0].Error.Code())
	bind(t, b, nil, name)
	batch := messages(name, 10)
	for i := range batch {
		batch[i].Headers = map[string]string{"filler": strings.Repeat("x", 5000)}
	}
	publish(t, b, batch...)
	for range 10 {
		require.Empty(t, in.next(t).Fault)
	}
	batch[3].Headers["filler"] = strings.Repeat("x", 50_000)
	n, err := b.Publish(deadline(t), batch[3:])
	require.Zero(t, n)
	require.ErrorIs(t, err, runner.ErrUnpublishable)
}

func testUnpublishable(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("good")
	bind(t, b, nil, name)
	for _, bad := range []string{"", ".", "a b", "ü", strings.Repeat("x", 250)} {
		n, err := b.Publish(deadline(t), []runner.Outgoing{message(name, 1), message(bad, 2), message(name, 3)})
		require.Equal(t, 1, n, bad)
		require.ErrorIs(t, err, runner.ErrUnpublishable)
		require.Equal(t, 1, number(t, in.next(t)))
	}
	broken := message(name, 0)
	broken.Data = []byte(`{"secret`)
	_, err := b.Publish(deadline(t), []runner.Outgoing{broken})
	require.ErrorIs(t, err, runner.ErrUnpublishable)
	require.NotContains(t, err.Error(), "secret")
	err = b.Bind(deadline(t), runner.Topics{Consume: []string{name, "a b"}}, nil)
	require.ErrorContains(t, err, `"a b"`)
	require.ErrorIs(t, err, runner.ErrUnbindable)
	require.NoError(t, b.Health(), "a name that no topic can have keeps nothing else from working")
	publish(t, b, message(name, 4))
	require.Equal(t, 4, number(t, in.next(t)), "the good topic of a Bind with a bad one is read")
}

func testPublishCreatesTopics(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("implicit")
	publish(t, b, message(name, 1))
	bind(t, b, nil, name)
	require.Equal(t, 1, number(t, in.next(t)))
}

func testPublishAtOnce(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("at-once")
	bind(t, b, nil, name)
	const callers = 8
	failed := make(chan error, callers)
	for range callers {
		go func() {
			n, err := b.Publish(context.Background(), messages(name, 50))
			if err == nil && n != 50 {
				err = fmt.Errorf("%d of 50", n)
			}
			failed <- err
		}()
	}
	for range callers {
		require.NoError(t, <-failed)
	}
	for range callers {
		for i := range 50 {
			require.Equal(t, i, number(t, in.next(t)), "calls do not mix")
		}
	}
	n, err := b.Publish(deadline(t), nil)
	require.NoError(t, err)
	require.Zero(t, n)
}

func testPublishCancelled(t *testing.T, addr string) {
	in := newInbox()
	b := bus(t, addr, in)
	name := topic("cancelled")
	bind(t, b, nil, name)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err := b.Publish(ctx, messages(name, 3))
	require.ErrorIs(t, err, context.Canceled)
	publish(t, b, messages(name, 3)[n:]...)
	for i := n; i < 3; i++ {
		in.next(t)
	}
}

func testCommitted(t *testing.T, addr string) {
	in := newInbox()
	group := topic("group")
	b := bus(t, addr, in, func(c *Config) { c.Group = group })
	name := topic("committed")
	bind(t, b, nil, name)
	publish(t, b, messages(name, 4)...)
	for range 4 {
		in.next(t)
	}
	require.NoError(t, b.Close())
	result, err := rawClient(t, addr).admin.ListConsumerGroupOffsets(deadline(t), []confluent.ConsumerGroupTopicPartitions{{Group: group}})
	require.NoError(t, err)
	require.Len(t, result.ConsumerGroupsTopicPartitions[0].Partitions, 1)
	require.EqualValues(t, 4, result.ConsumerGroupsTopicPartitions[0].Partitions[0].Offset)
}

func testHealth(t *testing.T, addr string) {
	b := bus(t, addr, newInbox())
	require.NoError(t, b.Health())
	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "twice is harmless")
	require.Error(t, b.Health())
	require.Error(t, b.Bind(deadline(t), runner.Topics{}, nil))
	_, err := b.Publish(deadline(t), messages("t", 1))
	require.Error(t, err)
}
