// Package api serves the engine over HTTP, in the shapes of Camunda 8's Orchestration Cluster REST API v2, so that Camunda
// Modeler and Camunda's clients work unchanged. What Sonata has beyond it lives beside it in the same style.
//
// [New] makes the handler. openapi.json, served at /v2/openapi.json, describes every route; a test holds the two together.
//
// Rules that hold for every route:
//   - Keys are decimal strings in JSON, because JavaScript cannot hold 64 bits. Each fits in 63 bits
//     and is the key of one thing only, whatever its kind.
//   - Every error is a problem document (RFC 9457): see [Problem].
//   - Lists show no variables. Where variables are shown, secrets are masked (see mask).
//   - What is not supported is refused and named, never ignored. Fields that nobody knows are ignored, because clients of
//     other versions send some; but one that nearly is a known field that is missing is refused (see misspelt).
package api
