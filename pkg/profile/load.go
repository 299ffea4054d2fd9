package profile

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Names lists the profiles in a folder, in order.
func Names(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f, ".yaml")
	}
	slices.Sort(names)
	return names, nil
}

// Load reads the profile NAME.yaml in a folder.
func Load(fsys fs.FS, name string) (*Profile, error) {
	file := name + ".yaml"
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		names, _ := Names(fsys)
		return nil, fmt.Errorf("no profile %q (there are %s): %w", name, strings.Join(names, ", "), err)
	}
	return Parse(file, data)
}

// Parse reads a profile, with these overlays one upon the other. File is the name
// that errors tell; they are all told, each an [*Error]. A profile without a name
// takes the file's.
func Parse(file string, data []byte, overlays ...Overlay) (*Profile, error) {
	root, err := mapping(file, data)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: file}
	var laid []*Profile
	for _, o := range overlays {
		over, err := d.lay(root, o)
		if err != nil {
			return nil, err
		}
		laid = append(laid, over)
	}
	p := &Profile{}
	if len(d.errs) == 0 {
		d.value(root, reflect.ValueOf(p).Elem())
	}
	if p.Name == "" {
		p.Name = strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	if len(d.errs) == 0 { // else what follows would mostly repeat it
		p.validate(&checker{d, root})
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	for _, over := range laid {
		p.with(over)
	}
	return p, nil
}

// mapping reads the document of a file; an empty one is an empty mapping.
func mapping(file string, data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, nil
	}
	return doc.Content[0], nil
}
