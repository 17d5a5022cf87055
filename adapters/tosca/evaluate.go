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
		if inner == nil {
			c.errorf(s, "there is nothing under %s in %s", s.text, describe(n))
			return nil
		}
		n = c.resolve(inner)
	}
	return n
}

// texts evaluates the arguments of a function that makes a text of texts. They are nil if one has no value.
func (c *checker) texts(call, arguments *node) []string {
	if arguments.kind != list {
		c.errorf(arguments, "%s takes a list of texts, and this is %s", call.key, describe(arguments))
		return nil
	}
	texts := make([]string, 0, len(arguments.items))
	for _, item := range arguments.items {
		value := c.resolve(item)
		switch {
		case value == nil:
			return nil // which is reported
		case value.kind != scalar || value.isNull():
			c.errorf(item, "%s takes texts, and this is %s", call.key, describe(value))
			return nil
		}
		texts = append(texts, value.text)
	}
	return texts
}

// text makes a node of texts.
func (c *checker) text(at *node, texts []string, delimiter string) *node {
	if texts == nil {
		return nil
	}
	whole := strings.Join(texts, delimiter)
	if !c.spend(at, len(whole)) {
		return nil
	}
	return &node{value: whole, text: whole}
}

// join is [list of texts, delimiter].
func (c *checker) join(n, call *node) *node {
	arguments := c.arguments(call, 1, "the list of texts, and what stands between them")
	if arguments == nil {
		return nil
	}
	delimiter := ""
	if len(arguments) > 1 {
		given := c.resolve(arguments[1])
		if given == nil {
			return nil
		}
		delimiter = given.text
	}
	from := c.resolve(arguments[0])
	if from == nil {
		return nil
	}
	return c.text(n, c.texts(call, from), delimiter)
}

// token is [text, characters that separate, number of the part from 0].
func (c *checker) token(n, call *node) *node {
	arguments := c.arguments(call, 3, "the text, the characters that separate its parts, and the number of the part, from 0")
	if arguments == nil {
		return nil
	}
	texts := c.texts(call, &node{kind: list, items: arguments[:3], at: call.at, parent: call.parent, key: call.key})
	if texts == nil {
		return nil
	}
	if secret.Sealed(texts[0]) {
		c.errorf(arguments[0], "a part of a sensitive value cannot be taken").hint("write the value")
		return nil
	}
	parts := strings.FieldsFunc(texts[0], func(r rune) bool { return strings.ContainsRune(texts[1], r) })
	if strings.Contains(texts[0], texts[1]) && len([]rune(texts[1])) == 1 {
		parts = strings.Split(texts[0], texts[1]) // with its empty parts
	}
	index, err := strconv.Atoi(texts[2])
	if err != nil || index < 0 || index >= len(parts) {
		c.errorf(arguments[2], "%s is no part of %q, which has %d", describe(arguments[2]), texts[0], len(parts))
		return nil
	}
	return c.text(n, parts[index:index+1], "")
}

// evaluated gives a node as JSON values, as [node.plain] does, with the values of functions in place of their calls.
func (c *checker) evaluated(n *node) any {
	if isFunction(n) {
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
