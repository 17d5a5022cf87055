package api

import (
	"cmp"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// userTask is a user task that waits to be done. Who may do it is not modelled yet.
type userTask struct {
	owner
	UserTaskKey              subKey            `json:"userTaskKey"`
	Name                     *string           `json:"name"`
	State                    string            `json:"state"`
	ElementID                string            `json:"elementId"`
	ElementInstanceKey       subKey            `json:"elementInstanceKey"`
	ProcessName              *string           `json:"processName"`
	ProcessDefinitionVersion int               `json:"processDefinitionVersion"`
	CustomHeaders            map[string]string `json:"customHeaders"`
	Priority                 int               `json:"priority"`
	CandidateGroups          []string          `json:"candidateGroups"`
	CandidateUsers           []string          `json:"candidateUsers"`
	Tags                     []string          `json:"tags"`
	Assignee                 *string           `json:"assignee"`
	FormKey                  *string           `json:"formKey"`
	ExternalFormReference    *string           `json:"externalFormReference"`
	CreationDate             *time.Time        `json:"creationDate"`
	CompletionDate           *time.Time        `json:"completionDate"`
	DueDate                  *time.Time        `json:"dueDate"`
	FollowUpDate             *time.Time        `json:"followUpDate"`
}

var userTasks = &collection[userTask]{
	name: "user tasks", key: "userTaskKey",
	fields: ownedFields(map[string]field[userTask]{
		"userTaskKey":              subKeyField(func(t userTask) subKey { return t.UserTaskKey }),
		"name":                     stringField(func(t userTask) string { return orZero(t.Name) }),
		"state":                    stringField(func(t userTask) string { return t.State }, "CREATING", "CREATED", "ASSIGNING", "UPDATING", "COMPLETING", "COMPLETED", "CANCELING", "CANCELED", "FAILED"),
		"elementId":                stringField(func(t userTask) string { return t.ElementID }),
		"elementInstanceKey":       subKeyField(func(t userTask) subKey { return t.ElementInstanceKey }),
		"processName":              stringField(func(t userTask) string { return orZero(t.ProcessName) }),
		"processDefinitionVersion": intField(func(t userTask) int { return t.ProcessDefinitionVersion }),
	}),
}

func (a *api) searchUserTasks(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, userTasks, func(f filter) (source[userTask], error) {
		selection := a.narrowActive(f, "userTask")
		selection.Jobs = true
		return each(a, selection, func(info runner.InstanceInfo) (found []userTask, err error) {
			err = a.subscriptions(info.Key, engine.SubscriptionJob, func(s subscription) {
				if s.node != nil && s.node.Kind == "userTask" {
					found = append(found, showUserTask(s))
				}
			})
			return found, err
		}), nil
	})
}

func showUserTask(s subscription) userTask {
	info, node := s.info, s.node
	return userTask{
		owner: ownerOf(info), UserTaskKey: subKeyOf(info, s.ID), Name: orNull(node.Name), State: "CREATED", ElementID: s.Element,
		ElementInstanceKey: subKeyOf(info, s.Token), ProcessName: orNull(info.ProcessName), ProcessDefinitionVersion: info.Version,
		CustomHeaders: headersOf(*cmp.Or(s.Job, &engine.Job{})), Priority: 50, // Camunda's default
		CandidateGroups: []string{}, CandidateUsers: []string{}, Tags: []string{},
	}
}
