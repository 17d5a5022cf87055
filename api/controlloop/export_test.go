package controlloop

import (
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// PatientRoutes are [Routes] for tests: none of what control loops do depends on how fast the machine is.
func PatientRoutes(e Engine, keys *secret.Keys) func(chi.Router) {
	return (&handlers{engine: e, keys: keys, timeout: 24 * time.Hour, instantiateTimeout: 24 * time.Hour}).routes
}
