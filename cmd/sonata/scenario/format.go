package scenario

import "reflect"

// File is one scenario file.
type File struct {
	Place

	Description string `yaml:"description" doc:"What the file is about."`

	Deploy     []Word             `yaml:"deploy" doc:"The .bpmn files, or folders with them, to deploy; relative to this file. Default: the .bpmn file that is named as this one, else all in this folder."`
	Clock      Word               `yaml:"clock" doc:"What the clock shows when everything is deployed, such as 2026-03-01T12:00:00Z. Default: 2026-01-01T00:00:00Z."`
	Responders map[string]*Answer `yaml:"responders" doc:"Who answers in all scenarios: what is replied to each message on a topic, by that topic."`
	Scenarios  []*Scenario        `yaml:"scenarios,required" doc:"What is played, each for itself."`

	// Path is the file, as it was named.
	Path string `yaml:"-"`
}

// Scenario is one test.
type Scenario struct {
	Place
	Name       string             `yaml:"name,required" doc:"What is shown."`
	Clock      Word               `yaml:"clock" doc:"As in the file, for this scenario."`
	Responders map[string]*Answer `yaml:"responders" doc:"As in the file, for this scenario; null for a topic silences who answers there."`
	Steps      []*Step            `yaml:"steps,required" doc:"What happens, in its order."`
}

// Step is one thing that happens, and what is expected afterwards.
type Step struct {
	Place
	Start    *Start    `yaml:"start" doc:"Start an instance."`
	Publish  *Publish  `yaml:"publish" doc:"Publish a message, as another system does."`
	Reply    *Reply    `yaml:"reply" doc:"Answer a message that a process has published: the newest on its topic that has no answer yet."`
	Complete *Complete `yaml:"complete" doc:"Complete a job or a user task."`
	Fail     *Fail     `yaml:"fail" doc:"Let a job fail. With no retries left it becomes an incident."`
	Throw    *Throw    `yaml:"throw" doc:"Throw a BPMN error from a job."`
	Signal   *Signal   `yaml:"signal" doc:"Broadcast a signal."`
	Advance  Word      `yaml:"advance" doc:"Let time go on, by a duration such as PT15M or to a date. Every timer on the way fires at its own time."`
	Set      *Set      `yaml:"set" doc:"Write variables of an instance, as an operator does."`
	Resolve  *Resolve  `yaml:"resolve" doc:"Run the step again that has failed, as an operator does."`
	Cancel   *Cancel   `yaml:"cancel" doc:"Cancel an instance."`
	Restart  Restart   `yaml:"restart" doc:"Stop Sonata and start it again; crashed: what it has published last is published once more, as Sonata does when it did not hear that it arrived."`
	Refuse   *Refuse   `yaml:"refuse" doc:"Deploy a file that must be refused."`
	Expect   []*Expect `yaml:"expect" doc:"What must be so now. Several are for several instances."`
}

// Which names an instance.
type Which struct {
	Process  Word `yaml:"process" doc:"The instance is one of this process: the newest one. Default: the first instance of the scenario."`
	Instance int  `yaml:"instance" doc:"Which instance of the process: 1 is the first."`
}

// Cancel cancels an instance.
type Cancel struct {
	Place
	Process  Word `yaml:"process,short" doc:"The instance is one of this process: the newest one. Default: the first instance of the scenario."`
	Instance int  `yaml:"instance" doc:"Which instance of the process: 1 is the first."`
}

// Start starts an instance.
type Start struct {
	Place
	Process     Word   `yaml:"process,short" doc:"The id of the process. Default: the only one, or the first of the first file."`
	Element     Word   `yaml:"element" doc:"The start event. Default: the one without a trigger."`
	BusinessKey string `yaml:"businessKey" doc:"The business key."`
	Variables   Object `yaml:"variables" doc:"The variables to start with."`
}

// Publish publishes a message.
type Publish struct {
	Place
	Topic      Word              `yaml:"topic,short" doc:"The topic. Default: the type of the CloudEvent in the file."`
	File       Word              `yaml:"file" doc:"A JSON file, relative to this one, with the data or a whole CloudEvent."`
	Data       Template          `yaml:"data" doc:"The data; laid over that of the file, if there is one. A text that begins with = is an expression, in which published are the messages that the processes have published, the newest of each topic by its topic: published[\"orders\"].data, .key, .headers, .process, .instance."`
	Raw        *Text             `yaml:"raw" doc:"The value of the record as it is, whether it can be read or not. An empty text is a record without a value."`
	Key        string            `yaml:"key" doc:"The record's key, by which waiting instances are found (their correlation key)."`
	ID         string            `yaml:"id" doc:"The id of the CloudEvent. A second message with the same id and source changes nothing."`
	Source     string            `yaml:"source" doc:"The source of the CloudEvent."`
	Attributes Template          `yaml:"attributes" doc:"Further attributes of the CloudEvent, such as kogitobusinesskey; with expressions as in data."`
	Headers    map[string]string `yaml:"headers" doc:"Headers of the record."`
	Untaken    bool              `yaml:"untaken" doc:"Nobody takes it: it is kept for whoever comes to wait for it, or its id was there before. Without this, a message that nobody takes is a failure."`

	// event is what the file holds: a CloudEvent, or one with nothing but data. In it are the expressions of Data.
	event map[string]any
}

// Answer is what is replied to a message.
type Answer struct {
	Place
	Topic Word     `yaml:"topic,required,short" doc:"The topic of the reply."`
	Data  Template `yaml:"data" doc:"The data of the reply. A text that begins with = is an expression, in which request is the message: request.data, request.key, request.topic, request.headers, request.process."`
	Key   string   `yaml:"key" doc:"The record's key. The reply names the instance that asked (kogitoprocrefid) anyway."`
}

// Reply answers one message.
type Reply struct {
	Place
	To    Word     `yaml:"to,required" doc:"The topic of the message to answer."`
	Topic Word     `yaml:"topic,required" doc:"The topic of the reply."`
	Data  Template `yaml:"data" doc:"The data of the reply, with expressions as in responders."`
	Key   string   `yaml:"key" doc:"The record's key."`

	Untaken bool `yaml:"untaken" doc:"Nobody takes it: it is kept. Without this, a reply that nobody takes is a failure."`
}

// Complete completes a job.
type Complete struct {
	Place
	Work
	Variables Object `yaml:"variables" doc:"What the work gives."`
}

// Fail lets a job fail.
type Fail struct {
	Place
	Work
	Retries *int   `yaml:"retries" doc:"How many more tries there are. Default: one less than before."`
	Message string `yaml:"message" doc:"What went wrong."`
}

// Throw throws a BPMN error.
type Throw struct {
	Place
	Work
	Error     string `yaml:"error,required" doc:"The error code."`
	Message   string `yaml:"message" doc:"What went wrong."`
	Variables Object `yaml:"variables" doc:"What the error brings to its catcher."`
}

// Work names a job.
type Work struct {
	Job Word `yaml:"job,required,short" doc:"The id or name of the element, or the job type. Of several, the oldest."`
	Which
}

// Signal broadcasts a signal.
type Signal struct {
	Place
	Name      Word   `yaml:"name,required,short" doc:"The name of the signal."`
	Variables Object `yaml:"variables" doc:"What it brings."`
}

// Set writes variables.
type Set struct {
	Place
	Variables Object `yaml:"variables,required" doc:"The variables."`
	Element   Word   `yaml:"element" doc:"An activity that is under way: the variables are written from its inside on. Default: the process."`
	Which
}

// Resolve resolves an incident.
type Resolve struct {
	Place
	Element Word `yaml:"element,short" doc:"Where the incident is, by id or name. Default: the only one."`
	Retries int  `yaml:"retries" doc:"How many more tries a job gets. Default: 1."`
	Which
}

// Refuse tries to deploy a file.
type Refuse struct {
	Place
	File     Word   `yaml:"file,required,short" doc:"The file, relative to this one."`
	Problems []Word `yaml:"problems" doc:"The codes of all its problems, such as BPMN024, each once, in any order. Default: any."`

	source []byte
}

// Expect is what must be so.
type Expect struct {
	Place
	Which
	State          State        `yaml:"state" doc:"The state of the instance."`
	At             []Word       `yaml:"at" doc:"Where the instance waits, all of it: an element for each token."`
	Path           []Word       `yaml:"path" doc:"Elements that were entered in this order; others may lie between them."`
	ExactPath      []Word       `yaml:"exactPath" doc:"All elements that were entered, in their order."`
	Skipped        []Word       `yaml:"skipped" doc:"Elements that were not entered."`
	Variables      Object       `yaml:"variables" doc:"Variables of the process, as far as they are given; of objects, the fields that are given. null: it is null or not there."`
	Published      []*Published `yaml:"published" doc:"Messages that the processes have published since the beginning of the scenario, in this order; others may lie between them."`
	ExactPublished []*Published `yaml:"exactPublished" doc:"All messages that the processes have published since the beginning of the scenario, in their order."`
	Incidents      []*Incident  `yaml:"incidents" doc:"All incidents that are open, of all instances, in any order. An incident that is never expected is a failure."`
	Running        []Word       `yaml:"running" doc:"The processes of all instances that have not ended, once for each, in any order."`
	Confined       []*Confined  `yaml:"confined" doc:"Secrets, and who may get them."`
}

// Confined is a text that does not get around.
type Confined struct {
	Place
	Text   string `yaml:"text,required" doc:"A text that is in no message, business key or text of an incident."`
	Topics []Word `yaml:"topics" doc:"The messages on these topics may hold it."`
}

// Published is a message that a process has published.
type Published struct {
	Place
	Topic   Word              `yaml:"topic,required,short" doc:"The topic."`
	Data    Value             `yaml:"data" doc:"The data, as far as it is given; of objects, the fields that are given."`
	Key     string            `yaml:"key" doc:"The record's key."`
	Headers map[string]string `yaml:"headers" doc:"Headers of the record, as far as they are given."`
	Process Word              `yaml:"process" doc:"The process that has published it."`
	Count   *int              `yaml:"count" doc:"How many such messages there are, in all, wherever they lie. Default: at least one, in its place."`
}

// Incident is something that failed.
type Incident struct {
	Place
	Element Word   `yaml:"element,required,short" doc:"Where it is, by id or name."`
	Kind    string `yaml:"kind" doc:"Its kind, such as JOB_NO_RETRIES."`
	Text    string `yaml:"text" doc:"A part of its text."`
	Process Word   `yaml:"process" doc:"The process that it is in."`
}

// Text is a text that may be empty.
type Text string

// Restart is how Sonata ended before it was started again.
type Restart string

// Ways to end.
const (
	Stopped Restart = "stopped"
	Crashed Restart = "crashed"
)

// State is the state of an instance.
type State string

// States.
const (
	Active     State = "active"
	Completed  State = "completed"
	Terminated State = "terminated"
)

// enums are the words that a type can have.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[State]():   {string(Active), string(Completed), string(Terminated)},
	reflect.TypeFor[Restart](): {string(Stopped), string(Crashed)},
}
