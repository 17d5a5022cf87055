package controlloop

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Engine is what the package needs of a [runner.Runner]; each method is documented there.
type Engine interface {
	Request(ctx context.Context, messages []runner.Publication, accept func([]*engine.Instance) error) ([]*engine.Instance, error)
	Instance(key engine.Key) (*engine.Instance, runner.InstanceInfo, error)
	Search(f runner.Filter, p runner.Page) (items []runner.InstanceInfo, more bool, err error)
	Watch(ctx context.Context, root engine.Key) <-chan runner.Entry
}

var _ Engine = (*runner.Runner)(nil)

// Prefix is where CLAMP's paths begin.
const Prefix = "/onap/controlloop/v2"

// handlers share the engine.
type handlers struct {
	engine Engine
	keys   *secret.Keys
	// timeout ends what takes unexpectedly long; instantiateTimeout is how long a client waits for all participants. What was ordered goes on, whatever
	// becomes of the wait.
	timeout, instantiateTimeout time.Duration
	// writing is held by each request that changes something: what it has read of other instances (are there any of this definition?) is
	// so when it writes.
	writing sync.Mutex
}

// Routes returns what adds the paths to a router: CLAMP's below [Prefix], those of the page both there and without it. The keys seal sensitive
// values before they reach the engine.
func Routes(e Engine, keys *secret.Keys) func(chi.Router) {
	return (&handlers{engine: e, keys: keys, timeout: 30 * time.Second, instantiateTimeout: 5 * time.Minute}).routes
}

func (h *handlers) routes(router chi.Router) {
	router.Route(Prefix, func(r chi.Router) {
		r.Use(requestID)
		r.NotFound(func(w http.ResponseWriter, r *http.Request) {
			fail(w, r, faultf(http.StatusNotFound, "Not Found: there is nothing at %s; see %s/openapi.json for what there is", r.URL.Path, Prefix))
		})
		r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
			fail(w, r, faultf(http.StatusMethodNotAllowed, "Method Not Allowed: %s is not possible at %s", r.Method, r.URL.Path))
		})
		h.istanbul(r)
		h.page(r)
	})
	router.Group(func(r chi.Router) {
		r.Use(requestID)
		h.page(r)
	})
}

// istanbul are the paths of CLAMP's release Istanbul.
func (h *handlers) istanbul(r chi.Router) {
	r.Get("/openapi.json", getOpenAPI)
	r.Post("/commission", h.do(h.commission))
	r.Delete("/commission", h.do(h.decommission))
	r.Get("/commission", h.do(h.getDefinitions))
	r.Get("/commission/toscaservicetemplate", h.do(h.getTemplate))
	r.Get("/commission/toscaServiceTemplateSchema", h.do(h.getTemplateSchema))
	r.Get("/commission/getCommonOrInstanceProperties", h.do(h.getPropertyDefinitions))
	r.Get("/commission/elements", h.do(h.getElements))
	r.Post("/instanceProperties", h.do(h.createFromProperties))
	r.Delete("/instanceProperties", h.do(h.deleteFromProperties))

	r.Post("/instantiation", h.do(h.createLoops))
	r.Put("/instantiation", h.do(h.updateLoops))
	r.Get("/instantiation", h.do(h.getLoops))
	r.Delete("/instantiation", h.do(h.deleteLoop))
	r.Put("/instantiation/command", h.do(h.command))
	r.Get("/instantiationState", h.do(h.getStates))
	r.Get("/controlLoopPriming", h.do(h.getPriming))

	r.Get("/participants", h.do(h.getParticipants))
	r.Get("/participants/{name}/{version}", h.do(h.getParticipant))
	r.Put("/participants", h.do(h.orderParticipant))
	r.Get("/monitoring/participant", h.do(h.participantStatistics))
	r.Get("/monitoring/participants/controlloop", h.do(h.loopParticipantStatistics))
	r.Get("/monitoring/clelement", h.do(h.elementStatistics))
	r.Get("/monitoring/clelements/controlloop", h.do(h.loopElementStatistics))
	r.Get("/monitoring/ignoredMessages", h.do(h.ignoredMessages))
}

// page are the paths of the page that CLAMP's control loops grew from.
func (h *handlers) page(r chi.Router) {
	r.Get("/design-catalogue/loops", h.do(h.getEntries))
	r.Get("/design-catalogue/loop/{loop}", h.do(h.getEntry))
	r.Post("/design-catalogue/loop/{loop}", h.do(h.addEntry))
	r.Put("/design-catalogue/loop/{loop}", h.do(h.updateEntry))
	r.Delete("/design-catalogue/loop/{loop}", h.do(h.removeEntry))
	r.Post("/runtime-inventory/commission", h.do(h.commissionEntry))
	r.Get("/runtime-inventory/loop/{loop}", h.do(h.getCommissioned))
	r.Post("/runtime-inventory/loop/{loop}", h.do(h.addCommissioned))
	r.Put("/runtime-inventory/loop/{loop}", h.do(h.updateCommissioned))
	r.Delete("/runtime-inventory/loop/{loop}", h.do(h.removeCommissioned))

	r.With(h.patient).Post("/runtime-inventory/instantiate", h.do(h.instantiate))
	r.Get("/runtime-inventory/loops/instantiated", h.do(h.getInstantiated))
	r.Get("/runtime-inventory/loops/instantiated/{loop}", h.do(h.getInstantiatedLoop))
	r.Put("/runtime-inventory/loops/instantiated/{loop}", h.do(h.putInstantiatedLoop))
	r.Delete("/runtime-inventory/loops/instantiated/{loop}", h.do(h.deleteInstantiatedLoop))
	r.Get("/runtime-inventory/monitoring", h.do(h.getMonitoring))
	r.Post("/runtime-inventory/monitoring", h.do(h.postMonitoring))
	r.Get("/runtime-inventory/monitoring/{participant}", h.do(h.getMonitoringOf))
	r.Put("/runtime-inventory/monitoring/{participant}", h.do(h.putMonitoringOf))
	r.Delete("/runtime-inventory/monitoring/{participant}", h.do(h.deleteMonitoringOf))
}

// patient lets an answer take its time, although the server's timeout is short. Where that cannot be changed, as in a test without a
// connection, there is none.
func (h *handlers) patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.instantiateTimeout + h.timeout))
		next.ServeHTTP(w, r)
	})
}
