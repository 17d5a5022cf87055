// Package broker is the embedded Kafka broker: what `sonata serve` starts when no Kafka cluster is configured. It speaks the
// Kafka protocol on a loopback address, so that any Kafka client can talk to it, and keeps topics, records and the offsets of
// consumer groups in its data directory. The engine itself uses it through adapters/kafka, like every other Kafka.
//
// It is franz-go's kfake, set up so that one process may be trusted with the only copy of the records:
//
//   - A record is on disk (fsync) before it is acknowledged. SIGKILL and power cuts lose nothing that was acknowledged.
//   - Topics never come into being by being mentioned: a client that asks for an unknown topic is told so. They are created by
//     [Broker.CreateTopic] or by a CreateTopics request (any Kafka admin tool), and are on disk when the request returns.
//   - What comes in is bounded: the size of a request, of a record batch, the number of partitions, topics' names, the number
//     of connections. Bytes that are not Kafka's protocol end their connection and nothing else.
//   - Records are kept for [Config.Retention]; beyond that, and beyond [Config.RetentionBytes], the oldest go first. The newest
//     record of a partition always stays, because the end of the log is known from it after a restart; without it
//     offsets would begin at 0 again and consumers would miss records. Topics may set their own retention.ms and
//     retention.bytes.
//   - One process at a time: the data directory is locked.
//
// What it is not, and what to do about it:
//
//   - It is one broker, not a cluster: no replication. Use a real cluster (--kafka) where a broken disk must lose nothing.
//   - After a crash it does not know the sequence numbers of idempotent producers, so a producer of another process
//     that repeats an unacknowledged batch stores it twice. The engine drops such repetitions by CloudEvent id.
//   - A full disk makes it refuse records (clients get UNKNOWN_SERVER_ERROR, the engine keeps them in its outbox);
//     a failing fsync is not noticed.
//   - After a crash all segments are read once, up to RetentionBytes of each partition in memory at the same time.
//   - cleanup.policy=compact is accepted, and such topics keep all their records.
//   - There is no TLS and no authentication. Whoever reaches the address may read and write everything: therefore loopback only,
//     unless [Config.AllowRemote] says otherwise, and then on a network that you trust.
package broker
