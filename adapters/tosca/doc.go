// Package tosca reads service templates of TOSCA Simple Profile in YAML (OASIS, versions 1.0 to 1.3), as ONAP CLAMP uses them to define control
// loops, in YAML and in JSON.
//
// [Parse] reads a template, checks it wholly, and returns either an immutable [ServiceTemplate] or [Problems]: every fault, each with its
// line, column, path and what would be right. Types are followed through derived_from to the root; values of properties are checked against
// types, constraints and entry schemas. Spellings that templates in use have (greater-or-equal, required with letters missing, participant_Id, name:version for an
// identifier, tosca.nodetypes.Root) are read; [ServiceTemplate.Warnings] names them.
//
// The size of a document, the depth of its values, and what aliases repeat are bounded, since templates come in by REST.
package tosca
