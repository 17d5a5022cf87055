package api

import (
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

const (
	maxResource = 4 << 20  // bytes of one file
	maxBody     = 16 << 20 // bytes of any request
	maxParts    = 200
)

// deploymentResult is the answer to POST /v2/deployments.
type deploymentResult struct {
	DeploymentKey engine.Key       `json:"deploymentKey"`
	TenantID      string           `json:"tenantId"`
	Deployments   []deploymentItem `json:"deployments"`
	Warnings      []ModelProblem   `json:"warnings,omitempty"` // Sonata's own
}

// deploymentItem is one thing that was deployed. Only processes are; the rest is always null.
type deploymentItem struct {
	ProcessDefinition    deployedProcess `json:"processDefinition"`
	DecisionDefinition   *struct{}       `json:"decisionDefinition"`
	DecisionRequirements *struct{}       `json:"decisionRequirements"`
	Form                 *struct{}       `json:"form"`
	Resource             *struct{}       `json:"resource"`
}

// deployedProcess names its file as the client named it: Camunda Modeler finds the process to run by it.
type deployedProcess struct {
	ProcessDefinitionID      string     `json:"processDefinitionId"`
	ProcessDefinitionVersion int        `json:"processDefinitionVersion"`
	ProcessDefinitionKey     engine.Key `json:"processDefinitionKey"`
	ResourceName             string     `json:"resourceName"`
	TenantID                 string     `json:"tenantId"`
}

func (a *api) deploy(w http.ResponseWriter, r *http.Request) error {
	resources, err := readResources(r)
	if err != nil {
		return err
	}
	deployment, err := a.engine.Deploy(r.Context(), resources)
	var unbound *runner.BindError
	if errors.As(err, &unbound) {
		a.log.LogAttrs(r.Context(), slog.LevelWarn, "deployed, but not bound yet", slog.String("error", unbound.Err.Error()))
	} else if err != nil {
		return err
	}
	result := deploymentResult{
		DeploymentKey: deployment.Key, TenantID: defaultTenant, Deployments: []deploymentItem{}, Warnings: showProblems(deployment.Warnings),
	}
	if unbound != nil {
		text := "deployed, but not yet connected to its topics; Sonata goes on trying"
		if errors.Is(unbound, runner.ErrUnbindable) {
			text = unbound.Error()
		}
		result.Warnings = append(result.Warnings, ModelProblem{Severity: bpmn.SeverityWarning, Text: text})
	}
	for _, d := range deployment.Definitions {
		result.Deployments = append(result.Deployments, deploymentItem{ProcessDefinition: deployedProcess{
			ProcessDefinitionID: d.ProcessID, ProcessDefinitionVersion: d.Version, ProcessDefinitionKey: d.Key,
			ResourceName: d.ResourceName, TenantID: defaultTenant,
		}})
	}
	return answer(w, result)
}

// readResources reads the files of a multipart body. It holds no more than maxBody of it.
func readResources(r *http.Request) ([]runner.Resource, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, problem(codeMediaType, "the body must be multipart/form-data, with each file in a part named resources")
	}
	var resources []runner.Resource
	for count := 1; ; count++ {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF) && len(resources) == 0:
			return nil, invalid("there is nothing to deploy: send each file in a part named resources")
		case errors.Is(err, io.EOF):
			return resources, nil
		case err != nil:
			return nil, readError(err)
		case count > maxParts:
			return nil, problem(codeTooLarge, "a deployment has at most %d parts", maxParts)
		}
		resource, err := readPart(part)
		if err != nil {
			return nil, err
		}
		if resource != nil {
			resources = append(resources, *resource)
		}
	}
}

// readPart reads a file. It returns nil for a part that is none. Camunda's clients send a tenantId at most; some name the part
// of a file after the file.
func readPart(part *multipart.Part) (*runner.Resource, error) {
	limit := int64(maxResource)
	content, err := io.ReadAll(io.LimitReader(part, limit+1))
	switch {
	case err != nil:
		return nil, readError(err)
	case int64(len(content)) > limit:
		return nil, problem(codeTooLarge, "file %q is larger than %d bytes", part.FileName(), limit)
	case part.FileName() != "":
		return &runner.Resource{Name: part.FileName(), XML: content}, nil
	case part.FormName() == "tenantId":
		return nil, checkTenant(string(content))
	case part.FormName() == "resources":
		return nil, invalid("a part named resources has no file name; give it one, such as order.bpmn")
	default:
		return nil, invalid("part %q is not known; send each file in a part named resources", part.FormName())
	}
}
