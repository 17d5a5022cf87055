// Package runner is the shell around the pure core: it keeps instances, and loses nothing and does nothing twice.
//
// # The loop
//
// One goroutine, in [Runner.Run], takes whatever is ready: commands (REST), records (a [Bus]), timers that are due. It runs all
// of it through [engine.Step], with the commands that follow from one instance to another (calls, signals), and stages what
// came of it. Another one, the writer, stores that in one [Store.Update]: snapshots, history, indexes, the consumed positions, the event ids that
// were seen, and the outbox. Only after that commit do callers get their answer, watchers hear of it, and messages leave. A batch costs one
// transaction, whatever its size; an idle runner costs none.
//
// Each request is a unit of its batch. One that is refused, or that makes us panic, leaves no trace; the others go on. A record
// that cannot be used becomes a dead letter, a timer that cannot fire rests (see below). Only an error of the store
// fails a whole batch. While one batch is stored, the next is made on top of it, and fails with it; everything in memory is then read again.
//
// # What is promised
//
//   - In: a record changes state exactly once, because its position is in the same transaction, and so does a CloudEvent
//     (source, id) within [Options.SeenWindow], however often and by whatever way it comes.
//   - Out: a message is sent at least once, in the order in which the outbox was written. Its id is fixed when it is
//     written, so a receiver can tell a repetition.
//   - Timers are rows. What was due while nothing ran fires at the next start, in order.
//
// # Who gets a message
//
// In this order, and at most one receiver that waits:
//
//  1. kogitoprocrefid names an instance: it, if it waits for the message's name. No other instance that waits is tried.
//  2. The correlation key (the attribute correlationkey, else the record's key): the oldest instance whose subscription
//     has it. A subscription without key, or an empty key, never matches.
//  3. kogitobusinesskey: the oldest instance with that business key that waits for the name.
//  4. A message start event for the name in the newest version of a process: an instance of each such process. Its
//     ReferenceID is the sender's kogitoprocinstanceid, which its own messages carry back as kogitoprocrefid.
//  5. Nobody: it is kept for [Options.MessageTTL], for a subscription or start event that opens later and matches by the same
//     rules; then it becomes a dead letter that says who waited for other messages of the name. With a reference to an
//     instance that has ended or never was, it becomes one at once.
//
// # Jobs
//
// A service task opens a job: a subscription of its instance, and a row by type. External workers take jobs with
// [Runner.ActivateJobs], which waits until there are some, and complete, fail or throw a BPMN error from them; a job whose time is over is
// free again, one that failed after its back-off. Without retries left it is an incident. [Options.Handlers] do the jobs of a type in
// this process instead, and their results are written many in a batch.
//
// # What rests, and what is set aside
//
// A [Marker] remembers what is worked on: it is written before each step and cleared after it, and outlives the process. When a
// process ended within a step, the next one counts that against the instance or record; at once if it crashed, after three times in a row
// if somebody killed it, it is set aside: a record becomes a dead letter, an instance takes no commands but [Runner.Cancel] until
// [Runner.Release], and what comes for it meanwhile is kept. A panic ends no process: it undoes its request, and if that was a timer, the timers of
// its instance rest until something else happens to it, or it is released. Both are rows, so a restart changes nothing.
//
// # How long things are kept
//
// Instances for [Options.HistoryTTL] after their end, with their history; called ones as long as their caller runs. They go in
// the same loop, a part of a long history at a time. Ids of events for [Options.SeenWindow], messages that nobody awaits for
// [Options.MessageTTL], the newest 10,000 dead letters, and what is to be published until it is: on the disk, so that a
// broker that is away costs no memory.
package runner
