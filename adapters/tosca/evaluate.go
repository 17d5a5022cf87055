package tosca

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// elements are the items of a list, none if it is no list.
func (n *node) elements() []*node {
	if n == nil || n.kind != list {
		return nil
	}
	return n.items
}

// step goes into a value: by the names of fields and the numbers of list items.
func (c *checker) step(n *node, steps []*node) *node {
	n = c.resolve(n)
	for _, s := range steps {
		if n == nil {
			return nil
		}
		inner := n.field(s.string())
		if index, ok := s.value.(int64); ok && n.kind == list && index >= 0 && index < int64(len(n.items)) {
			inner = n.items[index]
		}
		switch {
		case inner == nil && c.stored && secret.Sealed(n.text): // nothing shows what is under it any more
			c.left++
			return nil
		case inner == nil:
			c.errorf(s, "there is nothing under %s in %s", s.text, describe(n))
			return nil
		}
		n = c.resolve(inner)
	}
	return n
}

// refuse says why a function makes nothing of a secret. What is stored was accepted, maybe before that was a rule: there the call is left.
func (c *checker) refuse(n *node, text string) {
	if c.stored {
		c.left++
		return
	}
	c.errorf(n, "%s", text).hint("write the value")
}

// leaves says whether a node is a call that is left as it stands.
func (c *checker) leaves(n *node) bool {
	before := c.left
	return c.stored && isFunction(n) && c.resolve(n) == nil && c.left > before
}

// isLeft says whether a node is, or is within, a call that is left as it stands.
func (c *checker) isLeft(n *node) bool {
	for ; n != nil; n = n.parent {
		if c.leaves(n) {
			return true
		}
	}
	return false
}

// texts are those of which a function makes a text. It is as secret as the most secret of them.
type texts struct {
	all    []string // nil if one has no value
	hidden bool
}

// texts evaluates the arguments of a function that makes a text of texts.
func (c *checker) texts(call, arguments *node) (t texts) {
	if arguments.kind != list {
		c.errorf(arguments, "%s takes a list of texts, and this is %s", call.key, describe(arguments))
		return texts{}
	}
	t.all = make([]string, 0, len(arguments.items))
	for _, item := range arguments.items {
		value := c.resolve(item)
		switch {
		case value == nil:
			return texts{} // which is reported
		case value.kind != scalar || value.isNull():
			c.errorf(item, "%s takes texts, and this is %s", call.key, describe(value))
			return texts{}
		case secret.Sealed(value.text):
			c.refuse(item, "a sensitive value that is commissioned already cannot be part of a text")
			return texts{}
		}
		t.all, t.hidden = append(t.all, value.text), t.hidden || value.isHidden()
	}
	return t
}

// join makes a node of texts. Nobody puts together an encrypted value.
func (t texts) join(c *checker, at *node, delimiter string) *node {
	whole := strings.Join(t.all, delimiter)
	switch {
	case t.all == nil || !c.spend(at, len(whole)):
		return nil
	case secret.Sealed(whole):
		c.refuse(at, "this is an encrypted value, which nobody but Sonata makes")
		return nil
	}
	return &node{value: whole, text: whole, hidden: t.hidden}
}

// join is [list of texts, delimiter].
func (c *checker) join(n, call *node) *node {
	arguments := c.arguments(call, 1, "the list of texts, and what stands between them")
	if arguments == nil {
		return nil
	}
	var delimiter texts
	if len(arguments) > 1 {
		if delimiter = c.texts(call, &node{kind: list, items: arguments[1:2], at: call.at, parent: call.parent, key: call.key}); delimiter.all == nil {
			return nil
		}
	}
	from := c.resolve(arguments[0])
	if from == nil {
		return nil
	}
	parts := c.texts(call, from)
	parts.hidden = parts.hidden || delimiter.hidden || from.isHidden()
	return parts.join(c, n, strings.Join(delimiter.all, ""))
}

// token is [text, characters that separate, number of the part from 0].
func (c *checker) token(n, call *node) *node {
	arguments := c.arguments(call, 3, "the text, the characters that separate its parts, and the number of the part, from 0")
	if arguments == nil {
		return nil
	}
	given := c.texts(call, &node{kind: list, items: arguments[:3], at: call.at, parent: call.parent, key: call.key})
	switch {
	case given.all == nil:
		return nil
	case given.hidden:
		c.refuse(arguments[0], "a part of a sensitive value cannot be taken")
		return nil
	}
	text, separators := given.all[0], given.all[1]
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
	if strings.Contains(text, separators) && len([]rune(separators)) == 1 {
		parts = strings.Split(text, separators) // with its empty parts
	}
	index, err := strconv.Atoi(given.all[2])
	if err != nil || index < 0 || index >= len(parts) {
		c.errorf(arguments[2], "%s is no part of %q, which has %d", describe(arguments[2]), text, len(parts))
		return nil
	}
	return texts{all: parts[index : index+1]}.join(c, n, "")
}

// evaluated gives a node as JSON values, as [node.plain] does, with the values of functions in place of their calls.
func (c *checker) evaluated(n *node) any {
	if isFunction(n) {
		if c.leaves(n) {
			return n.plain()
		}
		if n = c.resolve(n); n == nil {
			return nil
		}
	}
	switch n.kind {
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = c.evaluated(item)
		}
		return items
	case object:
		fields := make(map[string]any, len(n.items))
		for _, item := range n.items {
			fields[item.key] = c.evaluated(item)
		}
		return fields
	}
	return n.value
}

// calls says whether a function is called anywhere in a node.
func (n *node) calls() bool {
	return n != nil && (isFunction(n) || slices.ContainsFunc(n.items, (*node).calls))
}
