package runner

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// The tables of a store, each with the parts of its keys. Index tables have empty values.
const (
	tableMeta        Table = "meta"        // one row for each of metaFormat, …
	tableResources   Table = "resources"   // resource key: XML
	tableDeployments Table = "deployments" // deployment key: keys of its definitions
	tableDefinitions Table = "definitions" // definition key: definitionRow
	tableInstances   Table = "instances"   // instance key: snapshot
	tableVariables   Table = "variables"   // instance key, scope: data that is too large for the snapshot
	tableTails       Table = "tails"       // instance key: number of its last step, if its snapshot is older
	tableHistory     Table = "history"     // first Seq: events of one step
	tableSymbols     Table = "symbols"     // number: text
	tableTraces      Table = "traces"      // instance key: traceparent and tracestate, if it has a trace

	tableBlocks        Table = "blocks"         // instance key, number from 1: first key of the block
	tableBlockOwners   Table = "block-owners"   // first key of a block: instance key, number
	tableByDefinition  Table = "by-definition"  // definition key, class, instance key
	tableByBusinessKey Table = "by-businesskey" // business key, instance key
	tableByParent      Table = "by-parent"      // parent's key, instance key

	tableEnded       Table = "ended"        // when it ended or was last found to be kept, instance key
	tableTimers      Table = "timers"       // due, instance key, subscription; or: due, definition key, number of the start event
	tableStartTimers Table = "start-timers" // definition key, number of the start event: startTimer
	tableAwaited     Table = "awaited"      // message name, "key" or "business", the key, instance key, subscription
	tableSignals     Table = "signals"      // signal name, instance key, subscription
	tableJobs        Table = "jobs"         // job type, instance key, subscription: of the jobs that are available
	tableJobTimers   Table = "job-timers"   // when a job becomes available again, instance key, subscription
	tableCalls       Table = "calls"        // caller's key, subscription, called instance's key

	tableOutcomes    Table = "outcomes"     // caller's key, subscription: the Outcome of what it called, until it can be told
	tableSuspects    Table = "suspects"     // instance key, or hash of a record: suspect
	tablePositions   Table = "positions"    // topic, partition: offset of the next record, id of the topic, topic
	tableOutbox      Table = "outbox"       // number: Outgoing
	tableBuffer      Table = "buffer"       // message key: message
	tableBuffered    Table = "buffered"     // message name, "ref", "key" or "business", the key, message key
	tableExpiry      Table = "expiry"       // expiry, message key
	tableDeadLetters Table = "dead-letters" // message key: deadLetter
)

// Ascending says that rows are mostly added after the last one: a hint for how tightly to pack the table.
func (t Table) Ascending() bool {
	switch t {
	case tableResources, tableDeployments, tableDefinitions, tableInstances, tableVariables, tableHistory, tableOutbox, tableBuffer, tableDeadLetters, tableEnded:
		return true
	}
	return false
}

// seenTable holds the CloudEvent ids of one day (UTC, counted from 1970): hash of source and id: message key.
func seenTable(day int64) Table { return Table("seen-" + strconv.FormatInt(day, 10)) }

// rowKey is the key of a row, made of parts. Keys of one table sort by their parts from left to right, except that texts sort
// by their length first.
type rowKey []byte

// longText is the length from which on a text is replaced by its hash, so that no data makes a key too long.
const longText = 255

// usualKey is room for most keys.
const usualKey = 40

func (k rowKey) num(n int64) rowKey {
	if cap(k) == 0 {
		k = make(rowKey, 0, usualKey)
	}
	return binary.BigEndian.AppendUint64(k, uint64(n)^1<<63) // negative numbers before the others
}

func (k rowKey) key(key engine.Key) rowKey { return k.num(int64(key)) }

func (k rowKey) sub(instance engine.Key, subscription engine.ID) rowKey {
	return k.num(int64(instance)).num(int64(subscription))
}

func (k rowKey) time(t time.Time) rowKey {
	return binary.BigEndian.AppendUint32(k.num(t.Unix()), uint32(t.Nanosecond()))
}

func (k rowKey) text(s string) rowKey {
	if cap(k) == 0 {
		k = make(rowKey, 0, usualKey+len(s))
	}
	if len(s) >= longText {
		sum := sha256.Sum256([]byte(s))
		return append(append(k, longText), sum[:]...)
	}
	return append(append(k, byte(len(s))), s...)
}

// num reads the i-th last number of a key.
func num(key []byte, i int) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8*i:]) ^ 1<<63)
}

// timeOf reads the time that a key begins with.
func timeOf(key []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(key)^1<<63), int64(binary.BigEndian.Uint32(key[8:]))).UTC()
}
