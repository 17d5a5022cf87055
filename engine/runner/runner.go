package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/engine/runner/codec"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Options of a Runner. The zero value of each is its default.
type Options struct {
	Bus        Bus           // nil: messages stay in the outbox
	Clock      Clock         // nil: the system's
	Logger     *slog.Logger  // nil: silent
	MessageTTL time.Duration // how long a message that nobody awaits yet is kept for whoever comes to wait; default 1 h
	HistoryTTL time.Duration // how long instances are kept after their end; 0: for ever
	SeenWindow time.Duration // how long CloudEvent ids are remembered; default 7 days
	// DeadLetterTopic is where messages that could not be used are published, besides being kept; "": nowhere.
	DeadLetterTopic string
	Secrets         *secret.Keys // open what is sealed in messages whose receivers are to read it; nil: such messages become dead letters
	BatchSize       int          // most requests in one transaction; default 1000

	// Handlers do the jobs of a type within this process; jobs of other types wait for external workers ([Runner.ActivateJobs]).
	Handlers     map[string]Handler
	HandlerLimit int // how many jobs handlers do at a time; default 1000

	// AdoptCluster is the id of a Kafka cluster to go on with, although the store belongs to another: its topics are read from their first
	// records, and what is in the outbox is published there.
	AdoptCluster string

	// Marker notes what is worked on, and Crashed says that the process before this one crashed at that, rather than was killed or failed elsewhere: an
	// instance or a record at which a process ends is set aside, at once or after the third time. nil: nothing is.
	Marker  Marker
	Crashed bool

	// Build says which build of Sonata this is, so that only another one looks through everything that is deployed for what it cannot run; "": each
	// start does.
	Build string

	// For playing processes; leave them out otherwise.
	ID            uuid.UUID     // of a new store, from which the ids of messages follow; default: a random one
	Observe       func([]Entry) // is told of everything that is durable, in its order, before anything else becomes so, and must not keep the slice; nil: nobody
	NoStartTimers bool          // timer start events start nothing
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MessageTTL <= 0 {
		o.MessageTTL = time.Hour
	}
	if o.SeenWindow <= 0 {
		o.SeenWindow = 7 * 24 * time.Hour
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 1000
	}
	if o.HandlerLimit <= 0 {
		o.HandlerLimit = 1000
	}
	return o
}

// Runner owns the store, the bus and the clock; see the package documentation. Its methods may be called from any
// goroutine, Run once. Those that change something wait for Run.
type Runner struct {
	store     Store
	opts      Options
	log       *slog.Logger
	id        uuid.UUID // of the store
	requests  chan *request
	published chan struct{}                 // the outbox has something new
	rebind    chan struct{}                 // binding failed and is to be tried again
	stopped   chan struct{}                 // closed when the loop has ended
	registry  atomic.Pointer[registry]      // what is durably deployed
	symbols   atomic.Pointer[codec.Symbols] // of the store, and perhaps some that are about to be
	watchers  watchers
	health    health
	tally     tally
	resting   resting
	suspects  suspects
	clusterOK atomic.Bool // the store belongs to the cluster
	handlers  *handlers
	jobNews   jobNews
	binding   sync.Mutex // held while the bus is bound
	bound     Topics     // guarded by binding

	// The loop's own:
	inFlight    *batch // the writer has it; nil: it has none
	cache       *cache
	counters    counters
	definitions *registry // as the newest batch leaves them
	storeWait   backoff
	seenFrom    int64     // the first day of which event ids are kept
	next        time.Time // when a row is due; zero: none is
	passed      passed
	allRun      bool // nothing that is in use is known to be such that it cannot be run
	settling    []chan struct{}
	entries     []Entry // room for those of the next batch
	undo        []undo  // room for those of the next unit
	undone      []undoneChange
	counted     []counted
	working     uint64 // what is marked
	traces      bool   // some instance has a trace
}

// Keys of tableMeta.
var (
	metaFormat   = []byte("format")
	metaID       = []byte("id")
	metaCounters = []byte("counters")
	metaSeenFrom = []byte("seen-from")
	metaCluster  = []byte("cluster")
	metaBuild    = []byte("build")
)

// tablesFormat is the number of the tables' layout. Another one is refused, not guessed at.
const tablesFormat = "2"

// ErrFormat says that a store was written in another format.
var ErrFormat = errors.New("the data was written by another version of Sonata")

// ErrStopped is what callers get when Run has ended before it could deal with their request.
var ErrStopped = errors.New("Sonata is stopping; nothing was done") //nolint:staticcheck // it is a name

// New opens a store: it checks the format and loads the definitions. Nothing runs before [Runner.Run]. The error wraps
// [ErrFormat] when the store is not one that this Runner knows.
func New(store Store, opts Options) (*Runner, error) { return newRunner(store, opts, nil) }

// newRunner is New where some of what is deployed may be known.
func newRunner(store Store, opts Options, known *registry) (*Runner, error) {
	opts = opts.withDefaults()
	r := &Runner{
		store:     store,
		opts:      opts,
		log:       opts.Logger,
		requests:  make(chan *request, opts.BatchSize),
		published: make(chan struct{}, 1),
		rebind:    make(chan struct{}, 1),
		stopped:   make(chan struct{}),
		cache:     newCache(),
		passed:    passed{},
	}
	r.registry.Store(known)
	r.handlers = newHandlers(r, opts.Handlers, opts.HandlerLimit)
	r.health.clock = opts.Clock
	r.health.set(troubleStopped, errors.New("the runner is not running"))
	if err := r.prepare(); err != nil {
		return nil, err
	}
	if err := r.blame(); err != nil {
		return nil, err
	}
	if err := store.View(r.loadSuspects); err != nil {
		return nil, err
	}
	if err := store.View(r.load); err != nil {
		return nil, err
	}
	return r, r.trust()
}

// prepare marks an empty store as ours, and adds the symbols that a store of an older Sonata lacks.
func (r *Runner) prepare() error {
	var format []byte
	var symbols *codec.Symbols
	err := r.store.View(func(tx ReadTx) error {
		format = append([]byte(nil), tx.Get(tableMeta, metaFormat)...)
		symbols = loadSymbols(tx)
		return nil
	})
	if err != nil {
		return err
	}
	if format != nil && string(format) != tablesFormat {
		return fmt.Errorf("%w (format %q; this one knows %s); use the one that wrote it", ErrFormat, format, tablesFormat)
	}
	if _, missing := symbols.With(ownSymbols); format != nil && len(missing) == 0 {
		return nil
	}
	return r.store.Update(func(tx Tx) (err error) {
		if format == nil {
			err = r.mark(tx)
		}
		addSymbols(symbols, ownSymbols, func(table Table, key, value []byte) { err = errors.Join(err, tx.Put(table, key, value)) })
		return err
	})
}

// mark makes an empty store ours.
func (r *Runner) mark(tx Tx) error {
	id := r.opts.ID
	if id == uuid.Nil {
		id = uuid.New()
	}
	return errors.Join(
		tx.Put(tableMeta, metaFormat, []byte(tablesFormat)),
		tx.Put(tableMeta, metaID, id[:]),
		tx.Put(tableMeta, metaSeenFrom, rowKey{}.num(dayOf(r.opts.Clock.Now()))))
}

func (r *Runner) load(tx ReadTx) error {
	id, err := uuid.FromBytes(tx.Get(tableMeta, metaID))
	if err != nil {
		return fmt.Errorf("id of the store: %w", err)
	}
	g, err := loadRegistry(tx)
	if err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	if known := r.registry.Load(); known != nil {
		g.adopt(known)
	}
	r.id = id
	r.symbols.Store(loadSymbols(tx))
	r.registry.Store(g)
	r.definitions = g
	r.counters = decodeCounters(tx.Get(tableMeta, metaCounters))
	r.counters.letterBytes = letterBytes(tx)
	r.tally.begin(r.counters.deadLetters)
	r.seenFrom = num(tx.Get(tableMeta, metaSeenFrom), 1)
	r.strandAll(tx)
	r.next = r.nextWake(tx)
	tx.Ascend(tableTraces, nil, func(_, _ []byte) bool {
		r.traces = true
		return false
	})
	return nil
}

// Run binds the bus and runs the loop until ctx ends; then it finishes the batch at hand and returns nil. It is called once.
func (r *Runner) Run(ctx context.Context) error {
	var helpers sync.WaitGroup
	loop, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if r.opts.Bus != nil {
		r.published <- struct{}{} // what an earlier run left
		r.rebind <- struct{}{}
		r.health.set(troubleBus, errors.New("the topics are not bound yet"))
		helpers.Go(func() { r.dispatch(ctx) })
		helpers.Go(func() { r.keepBound(ctx) })
	}
	if len(r.opts.Handlers) > 0 {
		r.handlers.ctx = ctx
		helpers.Go(func() { r.handlers.run(ctx) })
	}
	helpers.Go(func() { r.tellWhoRested(ctx) })
	// The loop ends last, so that what the bus acknowledges while it stops is not sent again at the next start.
	context.AfterFunc(ctx, func() {
		helpers.Wait()
		end()
	})
	r.health.set(troubleStopped, nil)
	r.loop(loop)
	r.health.set(troubleStopped, ErrStopped)
	close(r.stopped)
	r.watchers.close()
	return nil
}
