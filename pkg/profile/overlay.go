package profile

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An Overlay is a part of a profile that takes the place of another's part: a
// component exchanged. Mappings become one, null takes a key away, and all else
// is as the overlay says. Its name and title are added to those of the profile.
type Overlay struct {
	File string // that errors tell
	Data []byte
}

// Titles returns what the overlay is, by language.
func (o Overlay) Titles() (map[string]string, error) {
	over, err := mapping(o.File, o.Data)
	if err != nil {
		return nil, err
	}
	d, p := &decoder{file: o.File, nulls: true}, &Profile{}
	d.value(over, reflect.ValueOf(p).Elem())
	return p.Title, d.err()
}

// lay puts the overlay on the profile's document.
func (d *decoder) lay(root *yaml.Node, o Overlay) (*Profile, error) {
	over, err := mapping(o.File, o.Data)
	if err != nil {
		return nil, err
	}
	if d.files == nil {
		d.files = map[*yaml.Node]string{}
	}
	d.own(over, o.File)
	alone := &decoder{file: o.File, files: d.files, nulls: true}
	p := &Profile{}
	alone.value(over, reflect.ValueOf(p).Elem())
	d.errs = append(d.errs, alone.errs...)
	for _, own := range []string{"name", "title", "description"} {
		remove(over, own)
	}
	merge(root, over)
	if p.Name == "" {
		p.Name = strings.TrimSuffix(path.Base(o.File), path.Ext(o.File))
	}
	return p, nil
}

// with adds the overlay's name and title.
func (p *Profile) with(o *Profile) {
	p.Name += "+" + o.Name
	p.Title = maps.Clone(p.Title)
	for lang := range p.Title {
		if title := o.Title[lang]; title != "" {
			p.Title[lang] += " + " + title
		}
	}
}

// own notes from which file a node and all below it come.
func (d *decoder) own(n *yaml.Node, file string) {
	d.files[n] = file
	for _, inner := range n.Content {
		d.own(inner, file)
	}
}

func merge(base, over *yaml.Node) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, v := over.Content[i], over.Content[i+1]
		at := index(base, key.Value)
		switch {
		case v.ShortTag() == "!!null":
			remove(base, key.Value)
		case at < 0:
			base.Content = append(base.Content, key, v)
		case v.Kind == yaml.MappingNode && base.Content[at+1].Kind == yaml.MappingNode:
			merge(base.Content[at+1], v)
		default:
			base.Content[at+1] = v
		}
	}
}

// index is where a mapping has the key; -1: nowhere.
func index(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func remove(n *yaml.Node, key string) {
	if at := index(n, key); at >= 0 {
		n.Content = slices.Delete(n.Content, at, at+2)
	}
}
