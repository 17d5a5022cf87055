package api

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// logRequest logs each request at debug level: neither its body nor its query, in which secrets may be.
func (a *api) logRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		wrapped, start := middleware.NewWrapResponseWriter(w, r.ProtoMajor), time.Now()
		next.ServeHTTP(wrapped, r)
		a.log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.Int("status", wrapped.Status()), slog.Int("bytes", wrapped.BytesWritten()), slog.Duration("took", time.Since(start)))
	})
}

// recoverPanic answers 500 to a request that hit a fault of ours, and logs it. The server and the engine go on.
func (a *api) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch fault := recover(); fault {
			case nil:
			case http.ErrAbortHandler:
				panic(fault)
			default:
				a.log.LogAttrs(r.Context(), slog.LevelError, "panic in a request", slog.String("method", r.Method),
					slog.String("path", r.URL.Path), slog.String("panic", fmt.Sprint(fault)), slog.String("stack", string(debug.Stack())))
				a.fail(w, r, problem(codeInternal, "this is a fault of Sonata; its log says more"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// secureHeaders says who answers, and tells browsers to trust nothing that is answered.
func (a *api) secureHeaders(next http.Handler) http.Handler {
	server := strings.TrimSuffix("Sonata/"+a.config.Version, "/")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Server", server)
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// guardHost keeps web pages from reaching a server on this machine by a name of theirs that they let point here (DNS
// rebinding): while it listens on loopback only, it must be addressed by a loopback name.
func (a *api) guardHost(next http.Handler) http.Handler {
	host, _, err := net.SplitHostPort(a.config.Listen)
	if err != nil {
		host = a.config.Listen
	}
	if host != "" && !isLoopback(host) || host == "" && a.config.Listen != "" { // ":8080" listens everywhere
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := hostName(r.Host)
		if !isLoopback(name) && !slices.ContainsFunc(a.config.Hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
			a.fail(w, r, problem(codeMisdirected, "host %q is not known here; use localhost, or have it added to the allowed hosts", name))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostName(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort // without a port
	}
	return strings.Trim(host, "[]")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// guardOrigin refuses what a page of another origin makes a browser write.
func (a *api) guardOrigin() func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(a.timed(func(http.ResponseWriter, *http.Request) error {
		return problem(codeForbidden, "a browser sent this for a page of another origin")
	}))
	return protection.Handler
}

// limitBody bounds every body. decode and readPart bound their parts more tightly.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// traced lets what a request causes say so (W3C Trace Context).
func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t := runner.ParseTrace(r.Header.Get("Traceparent"), strings.Join(r.Header.Values("Tracestate"), ",")); t.Parent != "" {
			r = r.WithContext(runner.WithTrace(r.Context(), t))
		}
		next.ServeHTTP(w, r)
	})
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return problem(engine.CodeNotFound, "there is nothing at %s; see /v2/openapi.json for what there is", r.URL.Path)
}

func methodNotAllowed(router chi.Router) handler {
	methods := []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}
	return func(w http.ResponseWriter, r *http.Request) error {
		var allowed []string
		for _, method := range methods {
			if router.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
				if method == http.MethodGet {
					allowed = append(allowed, http.MethodHead)
				}
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return problem(codeMethod, "%s is not possible here; %s is", r.Method, strings.Join(allowed, " or "))
	}
}
