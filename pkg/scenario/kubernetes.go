package scenario

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// The forms of a Source.
const (
	Manifests     = "manifests"     // a file, or a folder with all .yaml, .yml and .json files below it
	Kustomization = "kustomization" // a folder
	Helm          = "helm"          // a chart's folder
)

// A Source is a part of a Kubernetes workload as people write it, with the
// files that it is made of.
type Source struct {
	Form      string            // Manifests, Kustomization or Helm
	Path      string            // below the scenario's folder
	Namespace string            // of what names none; never empty
	Release   string            // of a chart
	Values    []byte            // for a chart, YAML
	Files     map[string][]byte // by path below the scenario's folder
	Folder    string            // the scenario's, for messages
}

// maxFiles and maxBytes keep a path that is a mistake ("manifests: .") from
// taking in a whole disk.
const (
	maxFiles = 5000
	maxBytes = 64 << 20
)

// kubernetes reads the sources. What they hold is checked as far as that can
// be done without a cluster.
func (l *loader) kubernetes() {
	objects := &manifests{loader: l, seen: map[identity]string{}}
	for _, in := range l.in.Spec.Kubernetes {
		source := Source{Namespace: cmp.Or(in.Namespace.Value, "default"), Files: map[string][]byte{}, Folder: path.Dir(l.file)}
		l.namespace(in.Namespace)
		forms := 0
		for form, given := range map[string]place{Manifests: in.Manifests.place, Kustomization: in.Kustomization.place, Helm: in.Helm.place} {
			if given.given() {
				source.Form = form
				forms++
			}
		}
		if forms != 1 {
			l.wrong(in.place, "kubernetes: write one of manifests, kustomization and helm")
			continue
		}
		switch source.Form {
		case Manifests:
			l.manifests(in.Manifests, &source)
			objects.check(source)
		case Kustomization:
			l.kustomization(in.Kustomization, &source)
		case Helm:
			l.helm(in.Helm, &source)
		}
		l.out.Kubernetes = append(l.out.Kubernetes, source)
	}
}

func (l *loader) namespace(name Text) {
	if name.given() && !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`).MatchString(name.Value) {
		l.wrong(name.place, "namespace: %q wants lower-case letters, digits and hyphens, at most 63", name.Value)
	}
}

func (l *loader) manifests(in Text, source *Source) {
	l.tree(in, Manifests, source, func(name string) bool {
		return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
	})
	if source.Path != "" && len(source.Files) == 0 {
		l.wrong(in.place, "manifests: %s has no file that ends in .yaml, .yml or .json", in.Value)
	}
}

// helm takes in a chart: its own folder, and a file with values.
func (l *loader) helm(in Chart, source *Source) {
	if !in.Chart.given() {
		return // told already
	}
	l.namespace(in.Namespace)
	l.tree(in.Chart, "chart", source, func(string) bool { return true })
	source.Namespace = cmp.Or(in.Namespace.Value, source.Namespace)
	source.Release = cmp.Or(in.Release.Value, path.Base(source.Path))
	chart := path.Join(source.Path, "Chart.yaml")
	if source.Path != "" && source.Files[chart] == nil {
		l.wrong(in.Chart.place, "chart: %s has no Chart.yaml", in.Chart.Value)
	}
	switch values := in.Values.Value.(type) {
	case nil:
	case string:
		name := l.below(Text{values, in.Values.place}, "values")
		data, err := fs.ReadFile(l.folder, name)
		if name == "" {
			return
		}
		if err != nil {
			l.wrong(in.Values.place, "values: %v", err)
			return
		}
		l.document(name, data)
		source.Values = data
	case map[string]any:
		data, err := yaml.Marshal(values)
		if err != nil {
			l.wrong(in.Values.place, "values: %v", err)
		}
		source.Values = data
	default:
		l.wrong(in.Values.place, "values wants a file's name or a map")
	}
}

// below returns the path that in names, or "" after telling that it leads out
// of the scenario's folder.
func (l *loader) below(in Text, what string) string {
	name := path.Clean(in.Value)
	if in.Value == "" || !fs.ValidPath(name) {
		l.wrong(in.place, "%s: %q must be a path below the scenario's folder", what, in.Value)
		return ""
	}
	return name
}

var errTooMuch = errors.New("more than a workload has: name the folder with its files alone")

// tree takes in the file, or all files of the folder that take wants.
func (l *loader) tree(in Text, what string, source *Source, take func(name string) bool) {
	root := l.below(in, what)
	if root == "" {
		return
	}
	size := 0
	err := fs.WalkDir(l.folder, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name != root && (!take(name) || name == FileName) {
			return err
		}
		data, err := fs.ReadFile(l.folder, name)
		source.Files[name] = data
		if size += len(data); size > maxBytes || len(source.Files) > maxFiles {
			return errTooMuch
		}
		return err
	})
	if err != nil {
		l.wrong(in.place, "%s: %v", what, err)
		return
	}
	source.Path = root
}

// document reads a YAML file of one document, for what it says against it.
func (l *loader) document(name string, data []byte) *yaml.Node {
	r := reader{file: path.Join(path.Dir(l.file), name)}
	docs := r.documents(data)
	l.errs = append(l.errs, r.errs...)
	if len(docs) == 0 {
		return nil
	}
	return docs[0]
}

// isKubernetes reports whether a type is written as those of Kubernetes are:
// apps/Deployment, core/Service, networking.k8s.io/Ingress.
func isKubernetes(t string) bool {
	group, kind, ok := strings.Cut(t, "/")
	return ok && group != "" && regexp.MustCompile(`^([A-Z][A-Za-z0-9]*|\*)$`).MatchString(kind)
}
