package api

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/sonata-bpmn/sonata/api/metrics"
)

// Config is what New needs. Engine is required; the zero value of everything else works.
type Config struct {
	Engine  Engine
	Version string // of this program; it is told to clients in the header Server
	// Listen is the address (host:port) that the handler is served at. If it is a loopback address, or empty, requests must
	// be addressed to a loopback name or one of Hosts (see guardHost).
	Listen string
	// Hosts are further names, without port, that clients reach this server by: behind a proxy, say.
	Hosts []string
	// Routes adds paths beside those of openapi.json; nil: none. They have the same guards.
	Routes func(chi.Router)
	// ErrorBody gives the body of an error answer at a path that Routes added, in the shape of its own interface; nil, or if it gives nil: it
	// is a problem as everywhere else.
	ErrorBody func(path, text string) any
	// Metrics are further ones that /metrics serves; nil: none.
	Metrics func() ([]metrics.Family, error)
	Logger  *slog.Logger // nil: silent
	// Starting says why this program does no work yet, although the engine runs: "" if it does. nil: it does.
	Starting func() string
	// Backup writes everything that must survive as one file, while the engine runs. nil: it cannot be had here.
	Backup func(ctx context.Context, w io.Writer) error
}

// api is the handlers with what they share.
type api struct {
	engine  Engine
	config  Config
	log     *slog.Logger
	started time.Time
	models  models
	waiting limiter // clients that wait for completions or follow events
	polling limiter // workers that wait for jobs
}

// New returns the handler of the whole HTTP interface. It is safe for concurrent use.
func New(config Config) http.Handler { return newRouter(config) }

func newRouter(config Config) chi.Router {
	a := &api{
		engine: config.Engine, config: config, log: config.Logger, started: time.Now(), waiting: make(limiter, maxWaiting), polling: make(limiter, maxPolling),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	router := chi.NewRouter()
	router.Use(a.logRequest, a.recoverPanic, a.secureHeaders, a.guardHost, a.guardOrigin(), limitBody, traced, middleware.GetHead)
	router.NotFound(a.timed(notFound))
	router.MethodNotAllowed(a.timed(methodNotAllowed(router)))
	a.routes(router)
	if config.Routes != nil {
		config.Routes(router)
	}
	return router
}

// routes says what is served where. openapi.json describes the same.
func (a *api) routes(router chi.Router) {
	get := func(path string, h handler) { router.Get(path, a.timed(h)) }
	post := func(path string, h handler) { router.Post(path, a.timed(h)) }

	get("/", a.getIndex)
	get("/livez", a.getLive)
	get("/readyz", a.getReady)
	get("/metrics", a.getMetrics)
	get("/processes/{processInstanceKey}", a.redirectProcess)
	get("/v2/openapi.json", getOpenAPI)
	router.Get("/v2/backup", a.untimed(a.getBackup))
	get("/v2/topology", a.getTopology)
	get("/v2/status", a.getStatus)
	get("/v2/license", a.getLicense)
	get("/v2/authentication/me", a.getUser)
	post("/v2/authentication/me/authorizations/search", a.searchNothing)
	post("/v2/cluster-variables/search", a.searchNothing)

	post("/v2/deployments", a.deploy)
	post("/v2/process-definitions/search", a.searchProcessDefinitions)
	get("/v2/process-definitions/{processDefinitionKey}", a.getProcessDefinition)
	get("/v2/process-definitions/{processDefinitionKey}/xml", a.getProcessDefinitionXML)

	router.Post("/v2/process-instances", a.untimed(a.startProcessInstance))
	post("/v2/process-instances/search", a.searchProcessInstances)
	get("/v2/process-instances/{processInstanceKey}", a.getProcessInstance)
	post("/v2/process-instances/{processInstanceKey}/cancellation", a.cancelProcessInstance)
	post("/v2/process-instances/{processInstanceKey}/release", a.releaseProcessInstance)
	post("/v2/process-instances/{processInstanceKey}/incidents/search", a.searchInstanceIncidents)
	router.Get("/v2/process-instances/{processInstanceKey}/events", a.untimed(a.streamInstance))
	router.Get("/v2/events", a.untimed(a.streamAll))

	post("/v2/element-instances/search", a.searchElementInstances)
	router.Put("/v2/element-instances/{elementInstanceKey}/variables", a.timed(a.setVariables))
	post("/v2/variables/search", a.searchVariables)
	post("/v2/incidents/search", a.searchIncidents)
	post("/v2/incidents/resolution", a.resolveIncidents)
	post("/v2/incidents/{incidentKey}/resolution", a.resolveIncident)
	router.Post("/v2/jobs/activation", a.untimed(a.activateJobs))
	post("/v2/jobs/search", a.searchJobs)
	router.Patch("/v2/jobs/{jobKey}", a.timed(a.updateJob))
	post("/v2/jobs/{jobKey}/completion", a.completeJob)
	post("/v2/jobs/{jobKey}/failure", a.failJob)
	post("/v2/jobs/{jobKey}/error", a.throwError)
	post("/v2/user-tasks/search", a.searchUserTasks)

	post("/v2/messages/publication", a.publishMessage)
	post("/v2/messages/correlation", a.correlateMessage)
	post("/v2/messages/search", a.searchMessages)
	post("/v2/message-subscriptions/search", a.searchMessageSubscriptions)
	post("/v2/dead-letters/search", a.searchDeadLetters)
	get("/v2/dead-letters/{deadLetterKey}", a.getDeadLetter)
	get("/v2/dead-letters/{deadLetterKey}/value", a.getDeadLetterValue)
	post("/v2/dead-letters/{deadLetterKey}/replay", a.replayDeadLetter)
	post("/v2/dead-letters/{deadLetterKey}/deletion", a.deleteDeadLetter)
}

// stoppingKey is the context key of the channel that Server closes when it begins to stop.
type stoppingKey struct{}

// stopping returns a channel that is closed when the server begins to stop: whoever waits for long gives up then. It is nil
// where the handler is not served by Server.
func stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stoppingKey{}).(chan struct{})
	return stop
}

// Server returns a server for the handler with the limits that keep a client from holding it up. addr is host:port. Its
// Shutdown ends event streams and waits for everything else.
func Server(addr string, handler http.Handler) *http.Server {
	stop := make(chan struct{})
	server := &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * requestTimeout, // handlers that take longer say so, see allow
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // what clients do wrong is no news; panics are logged by recoverPanic
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stoppingKey{}, stop)
		},
	}
	server.RegisterOnShutdown(func() { close(stop) })
	return server
}
