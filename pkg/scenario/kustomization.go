package scenario

import (
	"io/fs"
	"path"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// kustomization takes in the folder's kustomization and all files that it
// names, itself or through another one. What is not below the scenario's folder
// is a mistake: nothing is ever fetched.
func (l *loader) kustomization(in Text, source *Source) {
	dir := l.below(in, Kustomization)
	if dir == "" {
		return
	}
	info, err := fs.Stat(l.folder, dir)
	switch {
	case err != nil:
		l.wrong(in.place, "kustomization: %v", err)
		return
	case !info.IsDir():
		l.wrong(in.place, "kustomization: %q wants to be a folder", in.Value)
		return
	}
	source.Path = dir
	k := &kustomizations{loader: l, files: source.Files, seen: map[string]bool{}}
	if !k.read(dir) {
		l.wrong(in.place, "kustomization: %q has no kustomization.yaml", in.Value)
	}
}

// kustomizations are one and those that it is made of.
type kustomizations struct {
	*loader
	files map[string][]byte
	seen  map[string]bool // folders
}

// read takes in the kustomization of a folder; false if it has none.
func (k *kustomizations) read(dir string) bool {
	if k.seen[dir] {
		return true
	}
	k.seen[dir] = true
	for _, base := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		name := path.Join(dir, base)
		data, err := fs.ReadFile(k.folder, name)
		if err != nil {
			continue
		}
		k.files[name] = data
		r := &reader{file: path.Join(path.Dir(k.file), name)}
		for _, doc := range r.documents(data) {
			twice(r, doc, 0)
			for key, v := range entriesOf(r, doc, "a kustomization") {
				k.entry(r, dir, key, v)
			}
		}
		k.errs = append(k.errs, r.errs...)
		return true
	}
	return false
}

// entry takes in what one entry of a kustomization names: in the words of
// kustomize's own documentation of the file.
func (k *kustomizations) entry(r *reader, dir, key string, v *yaml.Node) {
	switch key {
	case "resources", "bases", "components", "crds", "configurations", "transformers", "generators", "validators", "patchesStrategicMerge":
		for _, item := range v.Content {
			k.take(r, dir, item)
		}
	case "patches", "patchesJson6902", "replacements":
		for _, item := range v.Content {
			k.named(r, dir, item, "path")
		}
	case "configMapGenerator", "secretGenerator":
		for _, item := range v.Content {
			k.named(r, dir, item, "files", "envs", "env")
		}
	case "openapi":
		k.named(r, dir, v, "path")
	case "helmCharts", "helmChartInflationGenerator":
		r.wrongAt(v, "%s runs a program: write `helm:` in %s instead", key, FileName)
	}
}

// named takes in what these keys of a map name: a file, or a list of such.
func (k *kustomizations) named(r *reader, dir string, n *yaml.Node, keys ...string) {
	if n.Kind != yaml.MappingNode {
		return // kustomize says what it wants there
	}
	entries := entriesOf(r, n, "")
	for _, key := range keys {
		switch v := entries[key]; {
		case v == nil:
		case v.Kind == yaml.SequenceNode:
			for _, item := range v.Content {
				k.take(r, dir, item)
			}
		default:
			k.take(r, dir, v)
		}
	}
}

// isElsewhere: a URL, or what git takes for one, such as github.com/owner/repository.
func isElsewhere(name string) bool {
	host, _, isPath := strings.Cut(name, "/")
	return strings.Contains(name, "://") || isPath && strings.ContainsAny(host, ".@:") && strings.Trim(host, ".") != ""
}

// take takes in a file, or another kustomization. A text of several lines is
// no name but the thing itself; "key=file" is a generator's.
func (k *kustomizations) take(r *reader, dir string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || strings.Contains(n.Value, "\n") {
		return
	}
	value := n.Value
	if i := strings.LastIndexByte(value, '='); i >= 0 {
		value = value[i+1:]
	}
	name := path.Join(dir, value)
	info, err := fs.Stat(k.folder, name)
	if err != nil {
		if !fs.ValidPath(name) || isElsewhere(n.Value) {
			r.wrongAt(n, "%s is not below the scenario's folder, and nothing is fetched", n.Value)
		} else {
			r.wrongAt(n, "there is no file or folder %s", path.Join(path.Dir(k.file), name))
		}
		return
	}
	if info.IsDir() {
		if !k.read(name) {
			r.wrongAt(n, "%s has no kustomization.yaml", n.Value)
		}
		return
	}
	data, err := fs.ReadFile(k.folder, name)
	if err != nil {
		r.wrongAt(n, "%v", err)
	}
	k.files[name] = data
}
