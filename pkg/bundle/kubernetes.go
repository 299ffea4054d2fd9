package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// KustomizationFile names all manifests, so that `kubectl apply -k` takes the
// bundle as it is.
const KustomizationFile = "kustomization.yaml"

// manifestFolder holds one file for each object: NAMESPACE/KIND-NAME.yaml, or
// clusterFolder/KIND-NAME.yaml of what is in no namespace.
const (
	manifestFolder = "kubernetes"
	clusterFolder  = "_cluster" // no namespace's name
)

const (
	namespaceType  resource.Type = "core/Namespace"
	definitionType resource.Type = "apiextensions.k8s.io/CustomResourceDefinition"
	secretType     resource.Type = "core/Secret"
	claimType      resource.Type = "core/PersistentVolumeClaim"
)

// isKubernetes reports whether the type is one of Kubernetes: GROUP/KIND, while
// OpenStack's are OS::SERVICE::KIND.
func isKubernetes(t resource.Type) bool { return !strings.Contains(string(t), "::") }

// layer returns the resources of one layer.
func layer(set *resource.Set, kubernetes bool) *resource.Set {
	out := resource.NewSet(set.Schemas)
	for r := range set.All() {
		if isKubernetes(r.Type) == kubernetes {
			out.Put(r)
		}
	}
	return out
}

// A manifest is one object and the file that has it.
type manifest struct {
	of   *resource.Resource
	File string
}

// manifests writes what the set has of Kubernetes as manifests, and the
// kustomization that has all of them. It returns them in the order of the
// kustomization, with what they cannot say.
func (w *Writer) manifests(set *resource.Set) ([]manifest, []Left, error) {
	var files []manifest
	var left []Left
	taken := map[string]bool{}
	for r := range set.All() {
		switch {
		case r.Tenure == resource.Own:
			files = append(files, manifest{r, manifestName(r, taken)})
		case r.Tenure == resource.Implied:
			left = append(left, Left{Ref: r.Ref, Reason: fmt.Sprintf("the cluster makes it for %s", r.Parent)})
		case r.Why != "" && !isEverywhere(r):
			left = append(left, dangling(set, r)...)
		}
	}
	slices.SortStableFunc(files, func(a, b manifest) int {
		return cmp.Or(cmp.Compare(rank(a.of.Type), rank(b.of.Type)), strings.Compare(a.File, b.File))
	})
	names := make([]string, len(files))
	for i, f := range files {
		text, err := yaml.Marshal(object(set, f.of))
		if err != nil {
			return nil, nil, fmt.Errorf("write %s: %w", f.File, err)
		}
		if err := w.Write(f.File, text); err != nil {
			return nil, nil, err
		}
		names[i] = f.File
	}
	text, err := yaml.Marshal(map[string]any{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names})
	if err != nil {
		return nil, nil, err
	}
	return files, left, w.Write(KustomizationFile, text)
}

// rank orders the manifests: what others are of, in or use comes first, and
// what judges others last. Kubernetes itself does not mind, but for the first
// two and the last.
func rank(t resource.Type) int {
	first := []resource.Type{definitionType, namespaceType, "core/ServiceAccount", secretType, "core/ConfigMap", claimType, "core/Service"}
	if i := slices.Index(first, t); i >= 0 {
		return i
	}
	if strings.HasPrefix(string(t), "admissionregistration.k8s.io/") {
		return len(first) + 1
	}
	return len(first)
}

// dangling tells of everything that names what the export could not see, and
// cannot do without it.
func dangling(set *resource.Set, r *resource.Resource) []Left {
	var out []Left
	for user := range set.All() {
		if !slices.Contains(user.Refs(), r.Ref) {
			continue
		}
		for path, leaf := range resource.Leaves(user.Spec) {
			if leaf == resource.Value(r.Ref) && !isOptional(user.Spec, path) {
				out = append(out, Left{Ref: user.Ref, Path: path, Reason: fmt.Sprintf("it names the %s %s, which is not there, or not to be seen", kindOf(r.Type), idOf(r))})
			}
		}
	}
	return out
}

// isOptional reports whether what has the name says that it can do without.
func isOptional(spec map[string]resource.Value, name resource.Path) bool {
	at := string(name)
	holder, _ := resource.Lookup(spec, resource.Path(at[:max(0, strings.LastIndexByte(at, '.'))]))
	m, _ := holder.(map[string]resource.Value)
	return m["optional"] == true
}

// isEverywhere: every API server has it, or its controllers make it in every
// namespace (kubernetes.io/docs/reference/access-authn-authz/rbac, default
// roles).
func isEverywhere(r *resource.Resource) bool {
	switch r.Type {
	case "core/ServiceAccount":
		return r.Name == "default"
	case "core/ConfigMap":
		return r.Name == "kube-root-ca.crt"
	case "rbac.authorization.k8s.io/ClusterRole":
		return strings.HasPrefix(r.Name, "system:") || slices.Contains([]string{"cluster-admin", "admin", "edit", "view"}, r.Name)
	}
	return false
}

// isMade reports whether the cluster itself brings the object back.
func isMade(set *resource.Set, ref resource.Ref) bool {
	r := set.Get(ref)
	return r != nil && r.Tenure == resource.Implied
}

func kindOf(t resource.Type) string { return path.Base(string(t)) }

func idOf(r *resource.Resource) string {
	if r.Scope == "" {
		return r.Name
	}
	return r.Scope + "/" + r.Name
}

// object returns the resource as a manifest has it: names for references, and
// a Secret without its values.
func object(set *resource.Set, r *resource.Resource) map[string]any {
	o := resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
		if ref, ok := leaf.(resource.Ref); ok {
			if to := set.Get(ref); to != nil {
				return to.Name
			}
		}
		return leaf
	})
	if o == nil {
		o = map[string]any{}
	}
	metadata, _ := o["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata["name"] = r.Name
	if r.Scope != "" {
		metadata["namespace"] = r.Scope
	}
	o["kind"], o["metadata"] = kindOf(r.Type), metadata
	if r.Type == secretType {
		hideValues(o)
		placeholders(o)
	}
	return o
}

// hashed is how the text begins that an export has for the value of a Secret: a
// keyed hash, which can be compared and tells nothing.
const hashed = "wechsel-hmac-sha256:"

// hideValues leaves of each value of a Secret no more than the hash that the
// export has for it.
func hideValues(secret map[string]any) {
	data, _ := secret["data"].(map[string]any)
	for name, v := range data {
		if text, _ := v.(string); !strings.HasPrefix(text, hashed) {
			data[name] = hashed
		}
	}
}

// placeholders writes the hashes as values, so that a placeholder is known for
// what it is. Of the entries that hold passwords for registries the server
// wants JSON.
func placeholders(secret map[string]any) {
	data, _ := secret["data"].(map[string]any)
	if len(data) == 0 {
		return
	}
	texts := map[string]any{}
	for name, v := range data {
		texts[name] = v
		if name == ".dockerconfigjson" || name == ".dockercfg" {
			quoted, _ := json.Marshal(map[string]any{"wechsel": v}) //nolint:errchkjson // a text
			texts[name] = string(quoted)
		}
	}
	delete(secret, "data")
	secret["stringData"] = texts
}

// manifestName returns the name of the object's file, which any file system
// takes: lower-case letters, digits, dots and hyphens, no name of a device, and
// none that differs from another one's by the case of its letters alone.
func manifestName(r *resource.Resource, taken map[string]bool) string {
	folder := clusterFolder
	if r.Scope != "" {
		folder = safe(r.Scope)
	}
	name := path.Join(manifestFolder, folder, safe(strings.ToLower(kindOf(r.Type))+"-"+r.Name))
	if taken[name] {
		name += "-" + short(r.String())
	}
	taken[name] = true
	return name + ".yaml"
}

func safe(name string) string {
	const longest = 120
	out := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' {
			return c
		}
		return '-'
	}, strings.ToLower(name))
	out = strings.ReplaceAll(out, "..", "--")
	device := slices.Contains([]string{"con", "prn", "aux", "nul"}, out) || len(out) == 4 && (strings.HasPrefix(out, "com") || strings.HasPrefix(out, "lpt"))
	if out != name || device || len(out) > longest || strings.HasSuffix(out, ".") {
		out = out[:min(len(out), longest)] + "-" + short(name)
	}
	return out
}

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
