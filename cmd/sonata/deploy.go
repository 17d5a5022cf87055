package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/api"
	"github.com/sonata-bpmn/sonata/bpmn"
)

func (c *cli) deployCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "deploy FILE|DIR…",
		Short: "Deploy .bpmn files to a running Sonata",
		Long: `Deploy sends .bpmn files to a running Sonata: all of them or, if one has an error, none.
A process whose file has changed becomes a new version; instances that run stay on theirs.
Of a folder, every .bpmn file below it is sent.

The exit status is 3 when a file has errors; they are listed with file, line and column.`,
		Example: `  sonata deploy order.bpmn
  sonata deploy processes/sonata --url http://127.0.0.1:8080`,
		Args: arguments(someFlows, -1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		return c.deploy(ctx, remote, args)
	})
}

// deployed is the answer of POST /v2/deployments.
type deployed struct {
	Deployments []struct {
		ProcessDefinition *struct {
			ID       string `json:"processDefinitionId"`
			Version  int    `json:"processDefinitionVersion"`
			Key      string `json:"processDefinitionKey"`
			Resource string `json:"resourceName"`
		} `json:"processDefinition"`
	} `json:"deployments"`
	Warnings []api.ModelProblem `json:"warnings"`
}

func (c *cli) deploy(ctx context.Context, remote *client, args []string) error {
	files, err := flowFiles(args)
	if err != nil {
		return err
	}
	body, err := deploymentForm(files)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := remote.call(ctx, http.MethodPost, "/v2/deployments", body, &answer); err != nil {
		if problem, ok := errors.AsType[*problemError](err); ok && len(problem.Problems) > 0 {
			return &findingsError{problem.Detail}
		}
		return err
	}
	if remote.output == "json" {
		return writeJSON(c.out, answer)
	}
	var result deployed
	if err := json.Unmarshal(answer, &result); err != nil {
		return err
	}
	rows := [][]string{{"PROCESS", "VERSION", "KEY", "FILE"}}
	for _, d := range result.Deployments {
		if p := d.ProcessDefinition; p != nil {
			rows = append(rows, []string{p.ID, strconv.Itoa(p.Version), p.Key, p.Resource})
		}
	}
	for _, w := range result.Warnings {
		fmt.Fprintln(c.err, printableLines(warning(w)))
	}
	return writeTable(c.out, rows)
}

// warning is a warning as lint shows it; one of no file has no place and no code.
func warning(w api.ModelProblem) string {
	if w.Code == "" {
		return "warning: " + w.Text
	}
	return bpmn.Problem{
		Pos: bpmn.Position{File: w.File, Line: w.Line, Column: w.Column}, Severity: bpmn.SeverityWarning, Code: w.Code,
		ElementID: w.ElementID, ElementName: w.ElementName, Text: w.Text, Hint: w.Hint,
	}.String()
}

// deploymentForm packs files as Camunda Modeler does: one part "resources" each.
func deploymentForm(files []string) (payload, error) {
	resources, err := readFlows(files)
	if err != nil {
		return payload{}, err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, r := range resources {
		part, err := form.CreateFormFile("resources", r.Name)
		if err != nil {
			return payload{}, err
		}
		_, _ = part.Write(r.XML) // a buffer takes everything
	}
	return payload{form.FormDataContentType(), &body}, form.Close()
}
