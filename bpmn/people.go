package bpmn

import (
	"regexp"
	"strings"
)

// people reads who is to do a user task in BPMN's own words (§10.3.4): a performer, and those who may become one. It is
// information for those who show people their tasks.
func (r *reader) people(n *node, f *FlowNode) {
	var a Assignment
	if f.Assignment != nil {
		a = *f.Assignment
	}
	for _, tag := range []string{"performer", "humanPerformer"} {
		if texts := r.named(n, tag); a.Assignee == nil && len(texts) > 0 {
			a.Assignee = person(n, texts[:1])
		}
	}
	users, groups := ownersOf(r.named(n, "potentialOwner"))
	if a.CandidateUsers == nil {
		a.CandidateUsers = person(n, users)
	}
	if a.CandidateGroups == nil {
		a.CandidateGroups = person(n, groups)
	}
	if a != (Assignment{}) {
		f.Assignment = &a
	}
}

// named gives whom the resource assignments of a role name. A role without one names a resource, and stays unread.
func (r *reader) named(n *node, tag string) (texts []string) {
	for _, role := range n.children {
		if !role.is(tag) {
			continue
		}
		assignment := r.child(role, "resourceAssignmentExpression")
		if assignment == nil {
			continue
		}
		r.element(role)
		r.element(assignment)
		for _, kind := range []string{"formalExpression", "expression"} {
			if x := r.child(assignment, kind); x != nil {
				r.expressionElement(x)
				x.information("language")
				texts = append(texts, x.body())
			}
		}
	}
	return texts
}

func person(n *node, names []string) *Expression {
	if len(names) == 0 {
		return nil
	}
	return &Expression{Text: strings.Join(names, ", "), Literal: true, Pos: n.pos}
}

// owner is a part of a potential owner's expression, as Camunda 7 reads it: user(anna), group(sales), or a name.
var owner = regexp.MustCompile(`^(user|group)\((.*)\)$`)

func ownersOf(texts []string) (users, groups []string) {
	for _, text := range texts {
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			switch match := owner.FindStringSubmatch(name); {
			case match == nil && name != "":
				users = append(users, name)
			case match == nil:
			case match[1] == "group":
				groups = append(groups, match[2])
			default:
				users = append(users, match[2])
			}
		}
	}
	return users, groups
}
