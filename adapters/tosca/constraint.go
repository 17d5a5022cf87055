package tosca

import (
	"cmp"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// constraint is one of the constraint clauses of TOSCA 1.3 §3.6.3.
type constraint struct {
	operator string // in TOSCA's spelling
	node     *node  // the operand
	pattern  *regexp.Regexp
	size     int // of the compiled pattern, in instructions
}

// cost is how many steps checking a value takes.
func (k *constraint) cost(n *node) int {
	return 1 + len(k.node.items) + k.size*len(n.text)/100
}

var constraintWords = words("equal", "greater_than", "greater_or_equal", "less_than", "less_or_equal", "in_range", "valid_values", "length",
	"min_length", "max_length", "pattern", "schema")

// maxPattern is how long a regular expression may be.
const maxPattern = 1000

// unbounded stands for no bound in in_range.
const unbounded = "UNBOUNDED"

// readConstraints reads a list of constraint clauses.
func (c *checker) readConstraints(n *node) []*constraint {
	if n.isNull() {
		return nil
	}
	clauses := []*node{n}
	if n.kind == list {
		clauses = n.items
	}
	var read []*constraint
	for _, clause := range clauses {
		if !c.isObject(clause, "a constraint, such as greater_or_equal: 0") {
			continue
		}
		fields := c.fields(clause, constraintWords)
		for _, operator := range constraintWords.known {
			if operand := fields[operator]; operand != nil {
				read = append(read, c.readConstraint(operator, operand))
			}
		}
		for _, item := range clause.items {
			if _, known := constraintWords.meant(item.key); !known {
				c.errorf(item.name(), "%q is no constraint", item.key).hint("%s", suggest(item.key, constraintWords.known))
			}
		}
	}
	return slices.DeleteFunc(read, func(c *constraint) bool { return c == nil })
}

// readConstraint checks the form of an operand. What it must be for the type is checked when the type is known.
func (c *checker) readConstraint(operator string, operand *node) *constraint {
	made := &constraint{operator: operator, node: operand}
	fault := ""
	switch operator {
	case "in_range":
		if operand.kind != list || len(operand.items) != 2 {
			fault = "[lower, upper]"
		}
	case "valid_values":
		if operand.kind != list || len(operand.items) == 0 {
			fault = "a list of one value or more"
		}
	case "length", "min_length", "max_length":
		if length, ok := operand.value.(int64); !ok || length < 0 {
			fault = "a whole number from 0 on"
		}
	case "pattern":
		return c.readPattern(made)
	}
	if fault != "" {
		c.errorf(operand, "%s takes %s, and this is %s", operator, fault, describe(operand))
		return nil
	}
	return made
}

// readPattern compiles a pattern, which must match the whole value. The expressions are RE2's, whose time is bounded by the length of the text.
func (c *checker) readPattern(made *constraint) *constraint {
	if made.node.kind != scalar || made.node.isNull() {
		c.errorf(made.node, "pattern takes a regular expression, and this is %s", describe(made.node))
		return nil
	}
	whole := `^(?:` + made.node.text + `)$`
	tree, err := syntax.Parse(whole, syntax.Perl)
	if err == nil && len(whole) > maxPattern {
		err = fmt.Errorf("it is longer than %d characters", maxPattern)
	}
	if err != nil {
		reason, _ := strings.CutPrefix(err.Error(), "error parsing regexp: ")
		c.errorf(made.node, "the regular expression is not understood: %s", reason).hint("look-around and back references cannot be used")
		return nil
	}
	program, err := syntax.Compile(tree.Simplify())
	if err == nil && c.spend(made.node, len(program.Inst)) {
		made.pattern, made.size = regexp.MustCompile(whole), len(program.Inst)
	}
	return made
}

// checkConstraint checks an operand for the plain type that it constrains, "" if that is none or not known.
func (c *checker) checkConstraint(k *constraint, base string) {
	var operands []*node
	switch k.operator {
	case "equal", "greater_than", "greater_or_equal", "less_than", "less_or_equal":
		operands = []*node{k.node}
	case "in_range", "valid_values":
		operands = k.node.items
	case "length", "min_length", "max_length":
		if base != "" && !slices.Contains([]string{"string", "list", "map"}, base) {
			c.errorf(k.node.name(), "%s constrains texts, lists and maps, and this is %s", k.operator, base)
		}
	case "pattern":
		if base != "" && base != "string" {
			c.errorf(k.node.name(), "pattern constrains texts, and this is %s", base)
		}
	}
	read := primitives[base]
	if read == nil || len(operands) == 0 {
		return
	}
	if !slices.Contains([]string{"equal", "valid_values"}, k.operator) && !slices.Contains(ordered, base) {
		c.errorf(k.node.name(), "%s constrains what has an order, and %s has none", k.operator, base)
		return
	}
	for _, operand := range operands {
		if k.operator == "in_range" && operand.text == unbounded {
			continue
		}
		if _, err := read(operand); err != nil {
			c.errorf(operand, "%s constrains %s: %v", k.operator, base, err)
		}
	}
	if k.operator == "in_range" && operands[0].text != unbounded && operands[1].text != unbounded {
		if order, ok := compare(operands[0], operands[1], read); ok && order > 0 {
			c.errorf(k.node, "in_range allows nothing: %s is above %s", operands[0].text, operands[1].text)
		}
	}
}

// breach says how a value breaks a constraint, "" if it keeps it. The value is of the plain type that read reads.
func (k *constraint) breach(n *node, read primitive) string {
	switch k.operator {
	case "valid_values":
		if !slices.ContainsFunc(k.node.items, func(valid *node) bool { return same(n, valid, read) }) {
			var valid []string
			for _, item := range k.node.items {
				valid = append(valid, item.text)
			}
			return fmt.Sprintf("must be one of %s", strings.Join(valid, ", "))
		}
	case "equal":
		if !same(n, k.node, read) {
			return "must be " + k.node.text
		}
	case "in_range":
		return inRange(n, k.node, read)
	case "length", "min_length", "max_length":
		return k.lengthBreach(n)
	case "pattern":
		if text, ok := n.value.(string); ok && k.pattern != nil && !k.pattern.MatchString(text) {
			return "must match the regular expression " + k.node.text
		}
	case "greater_than", "greater_or_equal", "less_than", "less_or_equal":
		return k.orderBreach(n, read)
	}
	return ""
}

func (k *constraint) orderBreach(n *node, read primitive) string {
	order, ok := compare(n, k.node, read)
	holds := map[string]bool{"greater_than": order > 0, "greater_or_equal": order >= 0, "less_than": order < 0, "less_or_equal": order <= 0}
	if !ok || holds[k.operator] {
		return ""
	}
	return "must be " + strings.ReplaceAll(k.operator, "_", " ") + map[bool]string{true: " to ", false: " "}[strings.HasSuffix(k.operator, "equal")] + k.node.text
}

func (k *constraint) lengthBreach(n *node) string {
	length := len(n.items)
	if text, ok := n.value.(string); ok {
		length = utf8.RuneCountInString(text)
	}
	limit, _ := k.node.value.(int64)
	switch order := cmp.Compare(int64(length), limit); {
	case k.operator == "length" && order != 0:
		return fmt.Sprintf("must have the length %d, and it has %d", limit, length)
	case k.operator == "min_length" && order < 0:
		return fmt.Sprintf("must have at least the length %d, and it has %d", limit, length)
	case k.operator == "max_length" && order > 0:
		return fmt.Sprintf("must have at most the length %d, and it has %d", limit, length)
	}
	return ""
}

func inRange(n, bounds *node, read primitive) string {
	if below, ok := compare(n, bounds.items[0], read); ok && below < 0 && bounds.items[0].text != unbounded {
		return fmt.Sprintf("must be from %s to %s", bounds.items[0].text, bounds.items[1].text)
	}
	if above, ok := compare(n, bounds.items[1], read); ok && above > 0 && bounds.items[1].text != unbounded {
		return fmt.Sprintf("must be from %s to %s", bounds.items[0].text, bounds.items[1].text)
	}
	return ""
}

func same(a, b *node, read primitive) bool {
	if order, ok := compare(a, b, read); ok {
		return order == 0
	}
	return a.equal(b)
}

// compare orders two values of a plain type; ok is false if they have no order.
func compare(a, b *node, read primitive) (order int, ok bool) {
	x, errX := read(a)
	y, errY := read(b)
	if errX != nil || errY != nil {
		return 0, false
	}
	switch x := x.(type) {
	case string:
		y, ok := y.(string)
		return strings.Compare(x, y), ok
	case time.Time:
		y, ok := y.(time.Time)
		return x.Compare(y), ok
	case version:
		y, ok := y.(version)
		return x.compare(y), ok
	case int64:
		if y, both := y.(int64); both {
			return cmp.Compare(x, y), true
		}
	}
	p, okX := toFloat(x)
	q, okY := toFloat(y)
	return cmp.Compare(p, q), okX && okY
}

func toFloat(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
