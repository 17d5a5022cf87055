package bpmn

import "strings"

// Executable gives the processes of the document that can be run: those that are marked executable, in document order, and
// then each global task as a process of its own (§10.3.6), so that a call activity starts the one like the other. Such a
// process has the id and the name of the global task, and in it one activity of the kind that the global task is, whose id is
// that of the task with "_task" behind it.
func (d *Definitions) Executable() []*Process {
	var processes []*Process
	for _, p := range d.Processes {
		if p.IsExecutable {
			processes = append(processes, p)
		}
	}
	for _, t := range d.GlobalTasks {
		processes = append(processes, d.wrap(t))
	}
	return processes
}

func (d *Definitions) wrap(global *FlowNode) *Process {
	task := *global
	task.Kind = localTask(global.Kind)
	for task.ID = global.ID + "_task"; d.taken(task.ID); {
		task.ID += "_"
	}
	return &Process{
		Element: global.Element, IsExecutable: true, Definitions: d, Container: Container{FlowNodes: []*FlowNode{&task}},
	}
}

// localTask is the kind of task that a kind of global task is: globalUserTask is a userTask.
func localTask(kind string) string {
	name := strings.TrimPrefix(kind, "global")
	return strings.ToLower(name[:1]) + name[1:]
}

func (d *Definitions) taken(id string) bool {
	for _, p := range d.Processes {
		if p.ID == id {
			return true
		}
	}
	for _, t := range d.GlobalTasks {
		if t.ID == id {
			return true
		}
	}
	return false
}
