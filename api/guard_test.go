package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeaders(t *testing.T) {
	s := newSite(t)
	for _, answer := range []reply{s.get("/"), s.get("/v2/topology"), s.get("/v2/nothing"), s.post("/v2/process-instances", "{")} {
		require.Equal(t, "Sonata/1.2.3", answer.header.Get("Server"))
		require.Equal(t, "nosniff", answer.header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
		require.Contains(t, answer.header.Get("Content-Security-Policy"), "default-src 'none'")
	}
}

func TestIndex(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Listen = "127.0.0.1:8080" })
	page := s.get("/")
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Contains(t, page.body, "<h1>Sonata 1.2.3</h1>")
	require.Contains(t, page.body, "http://127.0.0.1:8080/v2/deployments")
	for _, link := range []string{"/v2/openapi.json", "/v2/topology", "/readyz?verbose"} {
		require.Contains(t, page.body, `href="`+link+`"`)
		require.Equal(t, 200, s.get(link).status)
	}
}

// A page that lets its own name point to this machine (DNS rebinding) does not get in.
func TestHostGuard(t *testing.T) {
	for _, c := range []struct {
		listen string
		hosts  []string
		host   string
		status int
	}{
		{"", nil, "localhost", 200},
		{"", nil, "LOCALHOST:8080", 200},
		{"127.0.0.1:8080", nil, "127.0.0.1:8080", 200},
		{"127.0.0.1:8080", nil, "127.8.8.8", 200},
		{"[::1]:8080", nil, "[::1]:8080", 200},
		{"localhost:8080", nil, "evil.example", 421},
		{"127.0.0.1:8080", nil, "evil.example:8080", 421},
		{"", nil, "localhost.evil.example", 421},
		{"", nil, "192.0.2.7", 421},
		{"127.0.0.1:8080", []string{"sonata.example"}, "Sonata.Example:443", 200},
		{"127.0.0.1:8080", []string{"sonata.example"}, "evil.example", 421},
		{"0.0.0.0:8080", nil, "sonata.example", 200},
		{":8080", nil, "sonata.example", 200},
		{"192.0.2.7:8080", nil, "sonata.example", 200},
	} {
		s := newSite(t, func(config *Config) { config.Listen, config.Hosts = c.listen, c.hosts })
		answer := s.call(http.MethodGet, "/v2/topology", "", "Host", c.host)
		require.Equal(t, c.status, answer.status, "%+v", c)
		if c.status != 200 {
			answer.problem(421, "MISDIRECTED_REQUEST")
		}
	}
}

// A page of another origin cannot make a browser change anything.
func TestCrossOriginWrites(t *testing.T) {
	s := newSite(t)
	s.deploy("quick.bpmn", quickFile).is(200)
	const path, body = "/v2/process-instances", `{"processDefinitionId":"quick"}`
	s.call(http.MethodPost, path, body, "Sec-Fetch-Site", "cross-site").problem(403, "FORBIDDEN")
	s.call(http.MethodPost, path, body, "Sec-Fetch-Site", "same-site").problem(403, "FORBIDDEN")
	s.call(http.MethodPost, path, body, "Origin", "https://evil.example").problem(403, "FORBIDDEN")
	s.call(http.MethodPost, path, body, "Origin", "null").problem(403, "FORBIDDEN")
	require.Empty(t, s.post("/v2/process-instances/search", "").items())
	s.call(http.MethodPost, path, body, "Sec-Fetch-Site", "same-origin").is(200)
	s.call(http.MethodPost, path, body, "Origin", s.url).is(200)
	require.Equal(t, 200, s.call(http.MethodGet, "/v2/topology", "", "Sec-Fetch-Site", "cross-site").status, "a link may lead here")
	require.Empty(t, s.get("/v2/topology").header.Get("Access-Control-Allow-Origin"))
}

// The log tells which requests came, and no secret that they carried.
func TestLogHasNoSecrets(t *testing.T) {
	s := newSite(t)
	s.deploy("quick.bpmn", quickFile).is(200)
	s.call(http.MethodPost, "/v2/process-instances?token=canary", `{"processDefinitionId":"quick","variables":{"dbPassword":"canary"}}`, "Authorization", "Bearer canary").is(200)
	s.post("/v2/process-instances", `{"processDefinitionId":"none","variables":{"dbPassword":"canary"}}`).problem(404, "NOT_FOUND")
	log := s.log.String()
	require.Contains(t, log, "method=POST path=/v2/process-instances status=200")
	require.NotContains(t, log, "canary")
}

func TestServerLimits(t *testing.T) {
	server := Server("127.0.0.1:8080", http.NotFoundHandler())
	require.Equal(t, "127.0.0.1:8080", server.Addr)
	require.Positive(t, server.ReadHeaderTimeout)
	require.Positive(t, server.ReadTimeout)
	require.Positive(t, server.WriteTimeout)
	require.Positive(t, server.IdleTimeout)
	s := newSite(t)
	answer := s.call(http.MethodGet, "/livez", "", "X-Long", strings.Repeat("x", 64<<10))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.status)
}
