package bundle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// OmittedFile lists what was there and is not in the bundle, a JSON object to a
// line; ImagesFile lists the images of containers.
const (
	OmittedFile = "omitted.jsonl"
	ImagesFile  = "images.json"
)

// Omissions are what an export has left where it was, and the images that were
// seen to run. Add is made for [inventory.Options.Omit].
type Omissions struct {
	Objects []Omitted           `json:"objects"`
	Digests map[string][]string `json:"digests"` // by the name of the image
}

// Omitted is an object, or a whole type without a name, that is not in the
// bundle.
type Omitted struct {
	Type      resource.Type `json:"type"`
	Namespace string        `json:"namespace,omitempty"`
	Name      string        `json:"name,omitempty"`
	Reason    string        `json:"reason"`
}

// Add notes something that was left out. A pod that is a controller's has run
// images all the same.
func (o *Omissions) Add(r *resource.Resource) {
	o.Objects = append(o.Objects, Omitted{r.Type, r.Scope, r.Name, r.Why})
	o.run(r)
}

// run notes the digests of what a pod has run.
func (o *Omissions) run(pod *resource.Resource) {
	images, _ := pod.Attrs["images"].(map[string]resource.Value)
	for image, v := range images {
		digest, _ := v.(string)
		if o.Digests == nil {
			o.Digests = map[string][]string{}
		}
		if digest != "" && !slices.Contains(o.Digests[image], digest) {
			o.Digests[image] = append(o.Digests[image], digest)
			slices.Sort(o.Digests[image])
		}
	}
}

// Within leaves of the objects those that are in a namespace of the set, and
// what is in none; and sorts them.
func (o *Omissions) Within(set *resource.Set) {
	in := map[string]bool{"": true}
	for r := range set.All() {
		if r.Tenure == resource.Own {
			in[r.Scope] = true
		}
	}
	o.Objects = slices.DeleteFunc(o.Objects, func(x Omitted) bool { return !in[x.Namespace] })
	slices.SortFunc(o.Objects, func(a, b Omitted) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// Omit makes the omissions a part of the bundle. They are what Close tells of.
func (w *Writer) Omit(o Omissions) { w.omissions = o }

// omitted writes the list of what is not in the bundle, if anything is not.
func (w *Writer) omitted() error {
	if len(w.omissions.Objects) == 0 {
		return nil
	}
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for _, x := range w.omissions.Objects {
		if err := lines.Encode(x); err != nil {
			return err
		}
	}
	return w.Write(OmittedFile, out.Bytes())
}

// An Image is one that a container of the bundle wants.
type Image struct {
	Image    string   `json:"image"` // as the manifests name it
	Registry string   `json:"registry"`
	Digests  []string `json:"digests"` // sha256:…; several, if a tag has meant several
	Told     string   `json:"told"`    // who tells the digest: pods, reference, or nobody
}

// images lists the images, with the digests that somebody tells, and writes
// the list.
func (w *Writer) images(set *resource.Set, names []string) ([]Image, error) {
	if len(names) == 0 {
		return nil, nil
	}
	o := Omissions{Digests: maps.Clone(w.omissions.Digests)}
	for pod := range set.OfType("core/Pod") {
		o.run(pod)
	}
	out := make([]Image, len(names))
	for i, name := range names {
		out[i] = Image{Image: name, Registry: registryOf(name), Digests: o.Digests[name], Told: "pods"}
		if len(out[i].Digests) > 0 {
			continue
		}
		out[i].Digests, out[i].Told = []string{}, "nobody"
		if _, digest, ok := strings.Cut(name, "@"); ok {
			out[i].Digests, out[i].Told = []string{digest}, "reference"
		}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	return out, w.Write(ImagesFile, append(data, '\n'))
}
