package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Problem is something that is wrong with a scenario file.
type Problem struct {
	File string
	Place
	Text string
}

// String gives `file:line:col: error: text`.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: error: %s", p.File, p.Line, p.Column, p.Text)
}

// Problems are all that is wrong with a file.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// sorted gives the problems by their place, each once: a name in a file is checked for each scenario.
func (d *decoder) sorted() Problems {
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(d.problems)
}

// Limits of a file.
const (
	maxFile  = 4 << 20
	maxNodes = 200_000 // with what aliases repeat
	maxDepth = 64      // of values within each other

	maxNumber = 1_000_000 // in fields that count something
)

// decoder reads a file into the structs of format.go and notes all that is wrong.
type decoder struct {
	file     string
	suggest  Suggest
	read     func(file string) ([]byte, error)
	problems Problems
	nodes    int
	depth    int
	tooMuch  bool
}

// Suggest says `; did you mean "x"?` for the word that is nearest to what was written, or "".
type Suggest func(written string, words []string) string

func (d *decoder) fault(n *yaml.Node, format string, args ...any) {
	d.faultAt(placeOf(n), format, args...)
}

func (d *decoder) faultAt(p Place, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, p, fmt.Sprintf(format, args...)})
}

// decode reads the only document of a file.
func (d *decoder) decode(source []byte, f *File) {
	if len(source) > maxFile {
		d.faultAt(Place{1, 1}, "the file is larger than %d MiB", maxFile>>20)
		return
	}
	documents := yaml.NewDecoder(bytes.NewReader(source))
	var root, more yaml.Node
	switch err := documents.Decode(&root); {
	case errors.Is(err, io.EOF):
		d.faultAt(Place{1, 1}, "the file is empty; it needs scenarios")
		return
	case err != nil:
		d.syntax(err)
		return
	}
	if err := documents.Decode(&more); err == nil {
		d.fault(&more, "a file holds one document; write several scenarios as items of scenarios")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		d.faultAt(Place{1, 1}, "the file is empty; it needs scenarios")
		return
	}
	d.value(root.Content[0], reflect.ValueOf(f).Elem())
}

// syntax notes that the file is no YAML.
func (d *decoder) syntax(err error) {
	at, text := Place{1, 1}, err.Error()
	if fault, ok := errors.AsType[*yaml.LoadError](err); ok {
		at, text = Place{max(fault.Mark.Line, 1), max(fault.Mark.Column, 1)}, fault.Message
		if strings.Contains(text, "cannot start any token") {
			text += "; indent with spaces, not with tabs, and put texts that begin with a special character into quotes"
		}
	}
	d.faultAt(at, "this is no YAML: %s", text)
}

// follow returns the node that an alias stands for, and nil when there are too many, or too many within each other.
func (d *decoder) follow(n *yaml.Node) *yaml.Node {
	if d.nodes++; d.nodes > maxNodes || d.depth > maxDepth {
		if !d.tooMuch {
			d.fault(n, "the file has more than %d values, or more than %d within each other, with what its aliases repeat", maxNodes, maxDepth)
		}
		d.tooMuch = true
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

var (
	wordType     = reflect.TypeFor[Word]()
	valueType    = reflect.TypeFor[Value]()
	objectType   = reflect.TypeFor[Object]()
	templateType = reflect.TypeFor[Template]()
)

// value reads a node into a value of one of the types that format.go uses.
func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	d.depth++
	defer func() { d.depth-- }()
	if n = d.follow(n); n == nil {
		return
	}
	switch v.Type() {
	case wordType:
		v.Set(reflect.ValueOf(Word{placeOf(n), d.text(n)}))
		return
	case valueType:
		v.Set(reflect.ValueOf(Value{placeOf(n), true, d.data(n, false)}))
		return
	case templateType:
		v.Set(reflect.ValueOf(Template{placeOf(n), true, d.data(n, true)}))
		return
	case objectType:
		fields, ok := d.data(n, false).(map[string]any)
		if !ok {
			d.fault(n, "this must be names with their values, such as amount: 3")
		}
		v.Set(reflect.ValueOf(Object{placeOf(n), true, fields}))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v)
	case reflect.Map:
		d.table(n, v)
	default:
		d.plain(n, v)
	}
}

// list reads the items of a list. A single item may stand without one.
func (d *decoder) list(n *yaml.Node, v reflect.Value) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if n.ShortTag() == "!!null" {
		d.fault(n, "there is nothing here; write [] for none")
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, list.Index(i))
	}
	v.Set(list)
}

// table reads names with values of one type. null is kept as nil, for those that take away.
func (d *decoder) table(n *yaml.Node, v reflect.Value) {
	table := reflect.MakeMap(v.Type())
	v.Set(table)
	if n.Kind != yaml.MappingNode {
		d.fault(n, "this must be names with their values")
		return
	}
	d.fields(n, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		if item.Kind() != reflect.Pointer || value.ShortTag() != "!!null" {
			d.value(value, item)
		}
		table.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
}

// structure reads the fields of a struct, or, from a single text, the one that may stand for all.
func (d *decoder) structure(n *yaml.Node, v reflect.Value) {
	if place, ok := reflect.TypeAssert[interface{ put(n *yaml.Node) }](v.Addr()); ok {
		place.put(n)
	}
	fields := fieldsOf(v.Type())
	if n.Kind != yaml.MappingNode {
		d.short(n, v, fields)
		return
	}
	given := map[string]bool{}
	d.fields(n, func(key, value *yaml.Node) {
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if at < 0 {
			d.fault(key, "%q means nothing here%s", key.Value, d.suggest(key.Value, namesOf(fields)))
			return
		}
		given[key.Value] = true
		d.value(value, v.FieldByIndex(fields[at].index))
	})
	for _, f := range fields {
		if f.required && !given[f.name] {
			d.fault(n, "%s is missing: %s", f.name, f.doc)
		}
	}
}

func (d *decoder) short(n *yaml.Node, v reflect.Value, fields []field) {
	for _, f := range fields {
		if f.short && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
			d.value(n, v.FieldByIndex(f.index))
			for _, other := range fields {
				if other.required && other.name != f.name {
					d.fault(n, "%s is missing: %s", other.name, other.doc)
				}
			}
			return
		}
	}
	d.fault(n, "this must have fields: %s", strings.Join(namesOf(fields), ", "))
}

// fields goes through the fields of a mapping, those that are merged into it with << included.
func (d *decoder) fields(n *yaml.Node, each func(key, value *yaml.Node)) {
	given := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := d.follow(n.Content[i]), n.Content[i+1]
		switch {
		case key == nil:
			return
		case key.Kind != yaml.ScalarNode:
			d.fault(key, "a name must be a text")
		case key.ShortTag() == "!!merge":
			merged = append(merged, value)
		case given[key.Value]:
			d.fault(key, "%q is given twice", key.Value)
		default:
			given[key.Value] = true
			each(key, value)
		}
	}
	for _, from := range merged {
		d.merge(from, given, each)
	}
}

func (d *decoder) merge(from *yaml.Node, given map[string]bool, each func(key, value *yaml.Node)) {
	d.depth++
	defer func() { d.depth-- }()
	switch from = d.follow(from); {
	case from == nil:
	case from.Kind == yaml.SequenceNode:
		for _, one := range from.Content {
			d.merge(one, given, each)
		}
	case from.Kind == yaml.MappingNode:
		d.fields(from, func(key, value *yaml.Node) {
			if !given[key.Value] {
				given[key.Value] = true
				each(key, value)
			}
		})
	default:
		d.fault(from, "<< takes what an alias of fields stands for")
	}
}

// plain reads a text, a number or a boolean.
func (d *decoder) plain(n *yaml.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		text := d.text(n)
		if words := enums[v.Type()]; words != nil && !slices.Contains(words, text) {
			d.fault(n, "this must be one of %s%s", strings.Join(words, ", "), d.suggest(text, words))
		}
		v.SetString(text)
	case reflect.Bool:
		value, err := scalar(n)
		truth, ok := value.(bool)
		if err != nil || !ok || n.Kind != yaml.ScalarNode {
			d.fault(n, "this must be true or false")
		}
		v.SetBool(truth)
	case reflect.Int:
		value, err := scalar(n)
		number, ok := value.(int64)
		if err != nil || !ok || n.Kind != yaml.ScalarNode || number < 0 || number > maxNumber {
			d.fault(n, "this must be a whole number from 0 on")
			return
		}
		v.SetInt(number)
	default:
		panic(fmt.Sprintf("scenario: the format has a field of type %s, which is not read", v.Type()))
	}
}

// text reads a single value as a text.
func (d *decoder) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.fault(n, "this must be a text")
		return ""
	}
	return n.Value
}
