// Package kafka carries messages between the engine and Kafka: the embedded broker or a real cluster, by one code path.
// [Bus] implements runner.Bus with librdkafka (confluent-kafka-go).
//
// # In
//
// One consumer reads all partitions of all topics that the deployed processes await. Where each of them begins is the engine's own
// knowledge: positions come from its store, in which a record's effect and the offset after it are written by one
// transaction. Partitions are assigned, not subscribed to: no consumer group decides who reads what. Positions are
// committed to the group [Config.Group] too, later and without a guarantee, for the benefit of lag dashboards; they are never read.
//
// Records are handed on in batches, each partition's in order, the next batch after the one before was accepted. A batch that
// is not accepted is offered again until it is. While the engine is busy, librdkafka holds a bounded number of
// bytes and then stops fetching.
//
// When Kafka no longer has the record at a position (retention removed it, or the topic was created anew), reading goes on at the
// earliest record there is; that is logged as an error, [Bus.Faults] tells how many records were lost, and the first record
// that is delivered says so (runner.Incoming.Reset). Nothing is ever skipped in silence.
//
// # Out
//
// [Bus.Publish] writes CloudEvents in order, with the idempotent producer, and returns when Kafka has acknowledged all of them or
// some of them failed. It is called again with what was not acknowledged; receivers tell repetitions by the event's id.
// A message that can never be sent is reported as such (runner.ErrUnpublishable), so that it does not block the others.
//
// # CloudEvents
//
// Events are written in structured JSON with Kogito's extension attributes. Structured JSON, binary mode and plain JSON are
// read (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md). What
// cannot be read is delivered with a Fault, and ends as a dead letter that an operator can look at.
package kafka
