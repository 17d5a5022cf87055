// Package controlloop serves the REST interface of ONAP CLAMP's control loops (release Istanbul), and that of the page it grew
// from, over HTTP. Its paths, bodies and status codes are theirs, so that their clients work unchanged.
//
// The package knows no life cycle: what a control loop may be ordered, how long its participants have and what happens when they
// do not follow is decided by the processes in processes/controlloop, which can be changed and deployed anew. A request becomes a
// message to an instance; its answer is what the instance has put into its variable "answer" ({code, text}) when everything that
// follows at once has happened. An answer with a code from 400 undoes it all (see [runner.Runner.Request]), so several loops
// follow one request together or not at all. What is read are variables of instances.
//
// What is left for Go is the form: TOSCA is read and checked (package tosca), and instances are brought into the shapes of CLAMP.
package controlloop
