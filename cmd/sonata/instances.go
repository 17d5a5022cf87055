package main

import (
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) instancesCommand() *cobra.Command {
	cmd := group("instances", "List, show, cancel and watch process instances")
	cmd.Aliases = []string{"instance"}
	cmd.AddCommand(c.listCommand(), c.getCommand(), c.cancelCommand(), c.watchCommand(), c.releaseCommand())
	return cmd
}

// instance is a process instance as the REST API shows it.
type instance struct {
	Key         string    `json:"processInstanceKey"`
	ProcessID   string    `json:"processDefinitionId"`
	ProcessName string    `json:"processDefinitionName"`
	Version     int       `json:"processDefinitionVersion"`
	State       string    `json:"state"`
	Start       time.Time `json:"startDate"`
	End         time.Time `json:"endDate"`
	HasIncident bool      `json:"hasIncident"`
	ParentKey   string    `json:"parentProcessInstanceKey"`
	RootKey     string    `json:"rootProcessInstanceKey"`
	BusinessKey string    `json:"businessId"`
	Resting     string    `json:"resting"`
}

// status is the state, and whether an operator is needed.
func (i instance) status() string {
	switch {
	case i.Resting != "":
		return i.State + " (rests)"
	case i.HasIncident:
		return i.State + " (incident)"
	}
	return i.State
}
