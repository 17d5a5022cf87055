package tosca

import "slices"

// Merge gives several service templates as one, as the original keeps them. What has the same name and version must be the same everywhere;
// versions of one name stand side by side, all but the first under the key name:version. The name and version are those of the first
// template that has them.
func Merge(templates ...*ServiceTemplate) (*ServiceTemplate, error) {
	f := &findings{}
	whole := &node{kind: object}
	for _, t := range templates {
		f.mergeSections(whole, t.root)
	}
	if err := f.errors(); err != nil {
		return nil, err
	}
	return build(f, whole, nil, true)
}

// mergeSections adds the sections of a template to the whole.
func (f *findings) mergeSections(whole, from *node) {
	for _, section := range from.items {
		into := whole.field(section.key)
		switch {
		case into == nil:
			whole.put(section.key, section.copy())
		case section.key == "topology_template" && section.kind == object && into.kind == object:
			f.mergeSections(into, section)
		case slices.Contains(typeSections, section.key) || section.key == "node_templates":
			f.mergeEntities(into, section)
		case section.key == "policies" && into.kind == list && section.kind == list:
			mergeList(into, section)
		case into.kind == object && section.kind == object:
			f.mergeEntities(into, section)
		}
	}
}

// mergeEntities adds the entities of a section that are not there yet.
func (f *findings) mergeEntities(into, from *node) {
	for _, item := range from.items {
		there := into.field(item.key)
		switch {
		case there == nil:
			into.put(item.key, item.copy())
			continue
		case there.equal(item):
			continue
		}
		version := item.field("version").string()
		if version == there.field("version").string() {
			f.errorf(item.name(), "%s is there already, and is not the same", Identifier{item.key, version}).
				hint("give it another version, or take away the definition that is there")
			continue
		}
		sideBySide(into, item, version)
	}
}

// sideBySide adds another version of an entity under name:version.
func sideBySide(into, item *node, version string) {
	key := item.key + ":" + version
	if into.field(key) != nil {
		return
	}
	added := item.copy()
	if added.field("name") == nil {
		added.put("name", fromPlain(item.key))
	}
	into.put(key, added)
}

func mergeList(into, from *node) {
	for _, item := range from.items {
		if !slices.ContainsFunc(into.items, item.equal) {
			into.append(item.copy())
		}
	}
}
