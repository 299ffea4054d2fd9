package bundle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"

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

// The lists of notes.
const (
	kustomized    = "kustomization" // names of files
	manifestFiles = "files"
	leftOut       = "left"
	omittedOnes   = "omitted"
	imagesSeen    = "images"
	definitions   = "definitions"
	secretsHere   = "secrets"
	jobsHere      = "jobs"
	namesUsed     = "names"
	claimsHere    = "claims"
	disksHere     = "disks"
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

// object writes an object of Kubernetes, and notes what the bundle's other files
// tell of it.
func (u *unpacking) object(r *resource.Resource, p packed) error {
	file := ""
	switch r.Tenure {
	case resource.Own:
		file = manifestName(r, p.taken)
		text, err := yaml.Marshal(object(r, p.to)) // sigs.k8s.io/yaml gives the same, by way of JSON, in twice the time
		if err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		if err := u.manifest(file, text); err != nil {
			return err
		}
		u.notes.add(kustomized, file, rank(r.Type), file)
	case resource.Implied:
		u.left(Left{Ref: r.Ref, Reason: fmt.Sprintf("the cluster makes it for %s", r.Parent)}, r)
	case resource.Given: // comes into other objects' notes
	}
	u.dangling(r, p.to)
	u.restore(r, p.to, file)
	return nil
}

// manifest writes one of many small files.
func (w *Writer) manifest(path string, text []byte) error {
	name := w.Path(path)
	err := os.WriteFile(name, text, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o700); err == nil {
			err = os.WriteFile(name, text, 0o600)
		}
	}
	sum := sha256.Sum256(text)
	w.notes.add(manifestFiles, File{Path: path, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}, path)
	return err
}

// kustomization writes the one file that has all manifests.
func (w *Writer) kustomization() error {
	f, err := w.File(KustomizationFile)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	out.WriteString("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:") //nolint:errcheck // Flush tells
	if files := each[string](&w.notes, kustomized); files == nil {
		out.WriteString(" []\n") //nolint:errcheck // Flush tells
	} else {
		out.WriteByte('\n') //nolint:errcheck // Flush tells
		for file := range files {
			out.WriteString("- " + file + "\n") //nolint:errcheck // Flush tells
		}
	}
	return errors.Join(w.notes.err, out.Flush(), f.Close())
}

// rank orders the manifests: what others are of, in or use comes first, and
// what judges others last. Kubernetes itself does not mind, but for the first
// two and the last.
func rank(t resource.Type) string {
	first := []resource.Type{definitionType, namespaceType, "core/ServiceAccount", secretType, "core/ConfigMap", claimType, "core/Service"}
	if i := slices.Index(first, t); i >= 0 {
		return strconv.Itoa(i)
	}
	if strings.HasPrefix(string(t), "admissionregistration.k8s.io/") {
		return strconv.Itoa(len(first) + 1)
	}
	return strconv.Itoa(len(first)) // one digit, as all of them
}

// dangling tells of everything that the object names, that the export could not
// see, and that it cannot do without.
func (u *unpacking) dangling(r *resource.Resource, to targets) {
	for path, leaf := range resource.Leaves(r.Spec) {
		ref, _ := leaf.(resource.Ref)
		t := to[ref]
		if !t.Missing || isOptional(r.Spec, path) {
			continue
		}
		reason := fmt.Sprintf("it names the %s %s, which is not there, or not to be seen", kindOf(t.Ref.Type), idOf(t.Scope, t.Name))
		u.left(Left{Ref: r.Ref, Path: path, Reason: reason}, r, string(t.Ref.Type), t.Scope, string(t.Ref.Key))
	}
}

// left notes what the manifests cannot say, in the order of what it is about.
func (u *unpacking) left(l Left, r *resource.Resource, about ...string) {
	u.notes.add(leftOut, leftNote{l, r.Tenure == resource.Implied}, append(about, string(r.Type), r.Scope, string(r.Key), string(l.Path))...)
}

// A leftNote is something that the manifests cannot say. What the cluster brings
// back by itself is nobody's work.
type leftNote struct {
	Left
	Made bool `json:"made"`
}

// isMissing: somebody names it, and nobody can see it.
func isMissing(r *resource.Resource) bool {
	return r.Tenure != resource.Own && r.Tenure != resource.Implied && r.Why != "" && !isEverywhere(r)
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

func kindOf(t resource.Type) string { return path.Base(string(t)) }

func idOf(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "/" + name
}

// object returns the resource as a manifest has it: names for references, and
// a Secret without its values.
func object(r *resource.Resource, to targets) map[string]any {
	o := resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
		if ref, ok := leaf.(resource.Ref); ok {
			if t, known := to[ref]; known {
				return t.Name
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

// hideValues leaves of each value of a Secret no more than the hash that the
// export has for it.
func hideValues(secret map[string]any) {
	data, _ := secret["data"].(map[string]any)
	for name, v := range data {
		if text, _ := v.(string); !strings.HasPrefix(text, resource.Hashed) {
			data[name] = resource.Hashed
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
// none that differs from another one's by the case of its letters alone. Where
// another object has the name already, a hash tells the two apart.
func manifestName(r *resource.Resource, taken bool) string {
	folder := clusterFolder
	if r.Scope != "" {
		folder = safe(r.Scope)
	}
	name := path.Join(manifestFolder, folder, safe(strings.ToLower(kindOf(r.Type))+"-"+r.Name))
	if taken {
		name += "-" + short(r.String())
	}
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
