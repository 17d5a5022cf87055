package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
)

type document struct {
	OpenAPI    string                               `json:"openapi"`
	Paths      map[string]map[string]map[string]any `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

func readDocument(t *testing.T) document {
	var d document
	require.NoError(t, json.Unmarshal(openAPI, &d))
	require.Equal(t, "3.1.0", d.OpenAPI)
	return d
}

// The document has every route, and no other.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	described := map[string]bool{}
	for path, methods := range readDocument(t).Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	served := map[string]bool{}
	err := chi.Walk(newRouter(Config{}), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[method+" "+route] = true
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(described)))
}

// Every operation is whole, and every reference leads somewhere and every schema is used.
func TestOpenAPIIsConsistent(t *testing.T) {
	d := readDocument(t)
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, operation := range methods {
			id, _ := operation["operationId"].(string)
			require.NotEmpty(t, id, "%s %s", method, path)
			require.False(t, ids[id], "%s is there twice", id)
			ids[id] = true
			require.NotEmpty(t, operation["summary"], id)
			responses := operation["responses"].(map[string]any)
			require.Contains(t, responses, "default", id)
			var named []string
			parameters, _ := operation["parameters"].([]any)
			for _, p := range parameters {
				if p.(map[string]any)["in"] == "path" {
					named = append(named, "{"+p.(map[string]any)["name"].(string)+"}")
				}
			}
			require.Equal(t, regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1), named, id)
		}
	}
	used := map[string]bool{}
	for _, match := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(string(openAPI), -1) {
		require.Contains(t, d.Components.Schemas, match[1])
		used[match[1]] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(d.Components.Schemas)))
}

// What can be searched by is what the document says.
func TestOpenAPIHasEveryField(t *testing.T) {
	d := readDocument(t)
	kinds := map[kind]string{kindString: "StringFilter", kindKey: "KeyFilter", kindSubKey: "KeyFilter", kindInt: "IntegerFilter", kindBool: "BooleanFilter", kindTime: "DateFilter"}
	check := func(schema string, fields map[string]kind) {
		want := map[string]any{}
		for name, kind := range fields {
			want[name] = map[string]any{"$ref": "#/components/schemas/" + kinds[kind]}
		}
		require.Equal(t, want, d.Components.Schemas[schema+"Fields"]["properties"], schema)
	}
	check("ProcessInstance", kindsOf(processInstances))
	check("ProcessDefinition", kindsOf(processDefinitions))
	check("ElementInstance", kindsOf(elementInstances))
	check("Variable", kindsOf(variables))
	check("Incident", kindsOf(incidents))
	check("Job", kindsOf(jobs))
	check("UserTask", kindsOf(userTasks))
	check("Message", kindsOf(bufferedMessages))
	check("MessageSubscription", kindsOf(messageSubscriptions))
	check("DeadLetter", kindsOf(deadLetters))
}

func kindsOf[T any](c *collection[T]) map[string]kind {
	fields := map[string]kind{}
	for name, f := range c.fields {
		fields[name] = f.kind
	}
	return fields
}

// What is answered is what the document says: no member more, none less.
func TestOpenAPIHasEveryMember(t *testing.T) {
	d := readDocument(t)
	check := func(schema string, answer any) {
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(jsonText(answer)), &members))
		require.Equal(t, slices.Sorted(maps.Keys(d.Components.Schemas[schema]["properties"].(map[string]any))), slices.Sorted(maps.Keys(members)), schema)
	}
	check("ProcessInstance", processInstance{})
	check("ProcessDefinition", processDefinition{})
	check("ElementInstance", elementInstance{})
	check("Variable", variable{})
	check("Incident", incident{})
	check("Job", job{})
	check("ActivatedJob", activatedJob{})
	check("UserTask", userTask{})
	check("Message", bufferedMessage{})
	check("MessageSubscription", messageSubscription{})
	check("DeadLetter", deadLetter{})
	check("DeadLetterDetails", deadLetterDetails{})
	check("DeadLetterReplayed", replayResult{})
	check("MessagePublished", publishResult{})
	check("ProcessInstanceStarted", startResult{})
	check("Topology", topology{})
	check("Event", streamed{})
	check("ResultPage", resultPage{})
	check("ModelProblem", ModelProblem{})
	check("Problem", Problem{Problems: []ModelProblem{{}}})
	check("Deployment", deploymentResult{Warnings: []ModelProblem{{}}})
}

func TestOpenAPIIsServed(t *testing.T) {
	s := newSite(t)
	require.Equal(t, "3.1.0", s.get("/v2/openapi.json").is(200)["openapi"])
}
