package api

import (
	"net/http"
	"strings"
	"time"
)

// getLive says that the program runs and answers. Whoever restarts it on failure asks this.
func (a *api) getLive(w http.ResponseWriter, r *http.Request) error { return a.healthy(w, r) }

// getReady says whether the engine works. Whoever sends it work asks this.
func (a *api) getReady(w http.ResponseWriter, r *http.Request) error {
	if err := a.checkReady(); err != nil {
		return err
	}
	return a.healthy(w, r)
}

func (a *api) checkReady() error {
	if a.config.Starting != nil {
		if why := a.config.Starting(); why != "" {
			return problem(codeUnavailable, "Sonata is not ready: %s", why)
		}
	}
	if err := a.engine.Ready(); err != nil {
		return problem(codeUnavailable, "Sonata is not ready: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

// healthy answers "ok", with ?verbose also what is running and since when.
func (a *api) healthy(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("verbose") {
		return answer(w, map[string]any{"status": "ok", "version": a.config.Version, "startedAt": a.started.UTC().Format(time.RFC3339)})
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
