package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
	yamlv4 "go.yaml.in/yaml/v4"
)

const (
	envPrefix = "SONATA_"
	// keyDelimiter is what koanf would split keys at. Ours are flat, and some hold dots.
	keyDelimiter = "/"
)

// resolve gives every flag that the command line does not name the value of its environment variable, if that is not empty, else of the
// configuration file (a flag "config" names it), else leaves its default. A fault is a usage error.
func resolve(flags *pflag.FlagSet, environ []string) error {
	fromEnv := koanf.New(keyDelimiter)
	if err := fromEnv.Load(env.Provider(keyDelimiter, env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
			if flags.Lookup(key) == nil {
				return "", nil // not ours: Kubernetes, for one, sets SONATA_PORT for a service of that name
			}
			if value == "" {
				return "", nil // as a Compose file sets what its own environment lacks
			}
			return key, value
		},
	}), nil); err != nil {
		return usagef("environment: %v", err)
	}
	config := flags.Lookup("config")
	if config != nil && !config.Changed && fromEnv.Exists("config") {
		if err := config.Value.Set(fromEnv.String("config")); err != nil {
			return err
		}
	}
	fromFile := koanf.New(keyDelimiter)
	if config != nil && config.Value.String() != "" {
		if err := loadFile(fromFile, config.Value.String(), flags); err != nil {
			return err
		}
	}
	var fault error
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Changed || f.Name == "config" || fault != nil:
		case fromEnv.Exists(f.Name):
			fault = assign(f, fromEnv.Get(f.Name), envPrefix+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		case fromFile.Exists(f.Name):
			fault = assign(f, fromFile.Get(f.Name), config.Value.String()+": "+f.Name)
		}
	})
	return fault
}

// assign sets a flag from a value of the file or the environment.
func assign(f *pflag.Flag, value any, origin string) error {
	var err error
	switch v := f.Value.(type) {
	case pflag.SliceValue:
		err = v.Replace(words(value))
	case *pairs:
		err = v.replace(words(value))
	default:
		err = v.Set(fmt.Sprint(value))
	}
	if err != nil {
		return usagef("%s: %s", origin, valueFault(f.Value, err))
	}
	return nil
}

// words reads a list: a sequence or a mapping in the file, words between commas elsewhere.
func words(value any) []string {
	var all []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			all = append(all, fmt.Sprint(item))
		}
	case map[string]any:
		for name, item := range v {
			all = append(all, fmt.Sprintf("%s=%v", name, item))
		}
	default:
		all = strings.FieldsFunc(fmt.Sprint(v), func(r rune) bool { return r == ',' })
	}
	return all
}

// loadFile reads a configuration file, in which every key must be a setting.
func loadFile(k *koanf.Koanf, path string, flags *pflag.FlagSet) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return usagef("cannot read the configuration: %s", wording(err))
	}
	var doc yamlv4.Node
	if err := yamlv4.Unmarshal(text, &doc); err != nil {
		return usagef("%s: %v", path, err)
	}
	if len(doc.Content) == 0 {
		return nil // empty
	}
	if err := checkKeys(path, doc.Content[0], flags); err != nil {
		return err
	}
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		return usagef("%s: %v", path, err)
	}
	return nil
}

// checkKeys reports keys that are no setting and values that no setting takes, at their line.
func checkKeys(path string, root *yamlv4.Node, flags *pflag.FlagSet) error {
	if root.Kind != yamlv4.MappingNode {
		return usagef("%s:%d: expected lines of the form `key: value`", path, root.Line)
	}
	var known, faults []string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" {
			known = append(known, f.Name)
		}
	})
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !slices.Contains(known, key.Value) {
			faults = append(faults, fmt.Sprintf("%s:%d: unknown setting %q%s", path, key.Line, key.Value, didYouMean(key.Value, known)))
			continue
		}
		if shape := expected(flags.Lookup(key.Value), value); shape != "" {
			faults = append(faults, fmt.Sprintf("%s:%d: %s takes %s", path, value.Line, key.Value, shape))
		}
	}
	if faults != nil {
		return usagef("%s", strings.Join(faults, "\n"))
	}
	return nil
}

// expected says what a setting takes, or "" if the value has that shape.
func expected(f *pflag.Flag, value *yamlv4.Node) string {
	single := func(n *yamlv4.Node) bool { return n.Kind == yamlv4.ScalarNode && n.Tag != "!!null" }
	all := !slices.ContainsFunc(value.Content, func(n *yamlv4.Node) bool { return !single(n) })
	switch f.Value.(type) {
	case pflag.SliceValue:
		if single(value) || value.Kind == yamlv4.SequenceNode && all {
			return ""
		}
		return "one value or a list of them"
	case *pairs:
		if value.Kind == yamlv4.MappingNode && all {
			return ""
		}
		return "lines of the form `name: value`"
	default:
		if single(value) {
			return ""
		}
		return "one value"
	}
}
