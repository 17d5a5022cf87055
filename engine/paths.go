package engine

import (
	"fmt"
	"strings"
)

// checkPath says what is wrong with the target of a mapping: it is a variable name, or a dotted path into one.
func checkPath(path string) error {
	for name := range strings.SplitSeq(path, ".") {
		if name == "" || strings.TrimSpace(name) != name {
			return fmt.Errorf("write a variable name, or names with dots between them")
		}
	}
	return nil
}

// rootOf is the variable that a path leads into.
func rootOf(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// constant returns the value of an expression that is one.
func (e *expression) constant() (any, bool) {
	if e == nil || e.program != nil || e.path != nil {
		return nil, false
	}
	return e.value, true
}
