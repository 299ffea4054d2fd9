package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	yaml4 "go.yaml.in/yaml/v4"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	encoding "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// knownMinor is the N of the Kubernetes 1.N whose kinds and fields are known here:
// that of k8s.io/api in go.mod.
const knownMinor = 37

// check tells what no API server would take of the files that people write objects
// in: kinds and fields that Kubernetes does not have, and values of a wrong type,
// each with its place. Kinds that clusters add are left to the cluster, and so is
// all where the cluster is newer than what is known here.
func (w *workload) check(s Source) error {
	if w.on != nil && w.on.minor() > knownMinor {
		return nil
	}
	var errs []error
	for _, name := range writtenIn(s) {
		objects, err := parseManifest(s.Files[name])
		if err != nil {
			continue // told by who makes objects of it
		}
		nodes := nodesOf(s.Files[name])
		for i, o := range objects {
			at := &place{file: path.Join(s.Folder, name)}
			if len(nodes) == len(objects) {
				at.node = nodes[i]
			}
			errs = append(errs, checkObject(o, at)...)
		}
	}
	return errors.Join(errs...)
}

// Check tells the mistakes in the files of the sources that need no cluster to be
// found. [Workload] does so too, unless the cluster is newer than what is known here.
func Check(sources []Source) error {
	var errs []error
	for _, s := range sources {
		errs = append(errs, new(workload).check(s))
	}
	return errors.Join(errs...)
}

// minor is the N of the server's v1.N; 0: it does not say.
func (c *Cloud) minor() int {
	n := 0
	_, _ = fmt.Sscanf(c.version, "v1.%d", &n)
	return n
}

// writtenIn are the files of whole objects: those of manifests, and those that
// kustomizations have as resources. What a chart renders is in no file.
func writtenIn(s Source) []string {
	switch s.Form {
	case "manifests":
		return slices.Sorted(maps.Keys(s.Files))
	case "kustomization":
		var out []string
		for _, name := range slices.Sorted(maps.Keys(s.Files)) {
			var k struct{ Resources []string }
			if base := path.Base(name); !slices.Contains([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, base) || yaml.Unmarshal(s.Files[name], &k) != nil {
				continue
			}
			for _, r := range k.Resources {
				if file := path.Join(path.Dir(name), r); s.Files[file] != nil && !slices.Contains(out, file) {
					out = append(out, file)
				}
			}
		}
		return out
	}
	return nil
}

// checkObject tells what is wrong with one object.
func checkObject(o object, at *place) []error {
	gvk := schema.FromAPIVersionAndKind(text(o, "apiVersion"), text(o, "kind"))
	if gvk.Version == "" || gvk.Kind == "" {
		return nil // told elsewhere
	}
	if !scheme.Scheme.Recognizes(gvk) {
		if wrong := unknownKind(gvk); wrong != "" {
			return []error{at.wrong("kind", wrong)}
		}
		return nil
	}
	data, err := encoding.Marshal(o)
	if err != nil {
		return []error{at.wrong("kind", err.Error())}
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{Strict: true})
	_, _, err = decoder.Decode(data, nil, nil)
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		var errs []error
		for _, e := range strict.Errors() {
			if field := noSuchField.FindStringSubmatch(e.Error()); field != nil {
				errs = append(errs, at.wrong(field[1], fmt.Sprintf("%s has no field %s", gvk.Kind, field[1])))
			} else {
				errs = append(errs, at.wrong("kind", e.Error()))
			}
		}
		return errs
	}
	if err == nil {
		return nil
	}
	if m := wrongType.FindStringSubmatch(err.Error()); m != nil {
		return []error{at.wrongValue(m[2], m[1], fmt.Sprintf("%s: %s wants %s, not %s%s", gvk.Kind, m[2], wordFor(m[3]), wordFor(m[1]), hintFor(m[1], m[3])))}
	}
	return []error{at.wrong("kind", fmt.Sprintf("%s: %v", gvk.Kind, err))}
}

var (
	noSuchField = regexp.MustCompile(`unknown field "([^"]+)"`)
	wrongType   = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`)
	stable      = regexp.MustCompile(`^v[0-9]+$`)
)

// wordFor is what people call a type of JSON or of Go.
func wordFor(name string) string {
	name = strings.TrimPrefix(name, "*")
	switch {
	case name == "string":
		return "text"
	case name == "bool":
		return "true or false"
	case name == "array", strings.HasPrefix(name, "[]"):
		return "a list"
	case name == "number", strings.HasPrefix(name, "int"), strings.HasPrefix(name, "uint"), strings.HasPrefix(name, "float"):
		return "a number"
	}
	return "a map"
}

func hintFor(have, want string) string {
	if want == "string" && (have == "number" || have == "bool") {
		return ": put it in quotes"
	}
	return ""
}

// unknownKind says what is wrong with a kind that Kubernetes does not have; "": it
// may be one that a cluster adds, or of a version that is no more.
func unknownKind(gvk schema.GroupVersionKind) string {
	gv := gvk.GroupVersion()
	if strings.Contains(gvk.Group, ".") && !scheme.Scheme.IsGroupRegistered(gvk.Group) || !stable.MatchString(gvk.Version) {
		return ""
	}
	if in := groupsOf(gvk.Kind); len(in) > 0 {
		return fmt.Sprintf("there is no %s in %s: it is in %s", gvk.Kind, gv, strings.Join(in, ", "))
	}
	if !scheme.Scheme.IsVersionRegistered(gv) {
		return fmt.Sprintf("Kubernetes has no %s in %s", gvk.Kind, gv)
	}
	return fmt.Sprintf("Kubernetes has no %s in %s%s", gvk.Kind, gv, suggest.Nearest(gvk.Kind, slices.Collect(maps.Keys(scheme.Scheme.KnownTypes(gv)))))
}

// groupsOf are the stable versions that have a kind.
func groupsOf(kind string) []string {
	var out []string
	for _, gv := range scheme.Scheme.PrioritizedVersionsAllGroups() {
		if scheme.Scheme.Recognizes(gv.WithKind(kind)) && stable.MatchString(gv.Version) {
			out = append(out, gv.String())
		}
	}
	return out
}

// nodesOf are the objects of a file as YAML, as parseManifest finds them.
func nodesOf(data []byte) []*yaml4.Node {
	var out []*yaml4.Node
	for dec := yaml4.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml4.Node
		if dec.Decode(&doc) != nil {
			return out
		}
		if doc.Kind != yaml4.DocumentNode || len(doc.Content) != 1 || doc.Content[0].ShortTag() == "!!null" {
			continue
		}
		top := doc.Content[0]
		_, kind := entry(top, "kind")
		if _, items := entry(top, "items"); kind != nil && kind.Value == "List" && items != nil {
			out = append(out, items.Content...)
			continue
		}
		out = append(out, top)
	}
}

// entry finds a key of a map and its value.
func entry(n *yaml4.Node, name string) (key, value *yaml4.Node) {
	for i := 0; n.Kind == yaml4.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], follow(n.Content[i+1])
		}
	}
	return nil, nil
}

func follow(n *yaml4.Node) *yaml4.Node {
	if n.Kind == yaml4.AliasNode {
		return n.Alias
	}
	return n
}
