package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pairs is a flag that collects NAME=VALUE.
type pairs map[string]string

// Set is part of pflag.Value.
func (p *pairs) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" {
		// The text is not shown: it may hold a secret.
		return fmt.Errorf("must be NAME=VALUE")
	}
	if *p == nil {
		*p = pairs{}
	}
	(*p)[name] = value
	return nil
}

// String is part of pflag.Value; it shows names only, as a value may be a secret.
func (p *pairs) String() string { return strings.Join(slices.Sorted(maps.Keys(*p)), ",") }

// Type is part of pflag.Value.
func (p *pairs) Type() string { return "NAME=VALUE" }

// replace sets all pairs anew.
func (p *pairs) replace(texts []string) error {
	*p = nil
	for _, text := range texts {
		if err := p.Set(text); err != nil {
			return err
		}
	}
	return nil
}
