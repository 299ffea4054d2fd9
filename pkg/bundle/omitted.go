package bundle

import (
	"bufio"
	"encoding/json"
	"errors"
	"iter"
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

// Omissions are what a drill has left where it was, and the images that were
// seen to run. Add is made for [inventory.Options.Omit], as is [Writer.Leave],
// which keeps nothing in memory.
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
	for image, digest := range digestsOf(pod) {
		if o.Digests == nil {
			o.Digests = map[string][]string{}
		}
		if !slices.Contains(o.Digests[image], digest) {
			o.Digests[image] = append(o.Digests[image], digest)
			slices.Sort(o.Digests[image])
		}
	}
}

// digestsOf yields the images that a pod has run, with what is known of them.
func digestsOf(pod *resource.Resource) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		images, _ := pod.Attrs["images"].(map[string]resource.Value)
		for image, v := range images {
			if digest, _ := v.(string); digest != "" && !yield(image, digest) {
				return
			}
		}
	}
}

// Leave tells the bundle of something that was left out, as Omissions.Add does.
// Of the objects, those count that are in a namespace with something of the
// workload, or in none.
func (w *Writer) Leave(r *resource.Resource) {
	w.leave(Omitted{r.Type, r.Scope, r.Name, r.Why})
	w.run(r)
}

// Omit tells the bundle of all that was left out.
func (w *Writer) Omit(o Omissions) {
	for _, x := range o.Objects {
		w.leave(x)
	}
	for image, digests := range o.Digests {
		for _, digest := range digests {
			w.ran(image, digest)
		}
	}
}

func (w *Writer) leave(x Omitted) {
	w.notes.add(omittedOnes, x, string(x.Type), x.Namespace, x.Name)
}

func (w *Writer) run(pod *resource.Resource) {
	for image, digest := range digestsOf(pod) {
		w.ran(image, digest)
	}
}

func (w *Writer) ran(image, digest string) {
	w.notes.add(imagesSeen, seenImage{image, digest}, image, digest)
}

// omitted writes the list of what is not in the bundle, if anything is not, and
// returns how much it is.
func (u *unpacking) omitted() (n int, err error) {
	all := each[Omitted](&u.notes, omittedOnes)
	if all == nil {
		return 0, nil
	}
	f, err := u.File(OmittedFile)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(f)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for x := range all {
		if x.Namespace != "" && !u.scopes[x.Namespace] {
			continue
		}
		if err := lines.Encode(x); err != nil {
			return 0, errors.Join(err, f.CloseWithError(err))
		}
		n++
	}
	if n == 0 {
		return 0, f.CloseWithError(nil)
	}
	return n, errors.Join(u.notes.err, out.Flush(), f.Close())
}

// An Image is one that a container of the bundle wants.
type Image struct {
	Image    string   `json:"image"` // as the manifests name it
	Registry string   `json:"registry"`
	Digests  []string `json:"digests"` // sha256:…; several, if a tag has meant several
	Told     string   `json:"told"`    // who tells the digest: pods, reference, or nobody
}

// seenImage is one that a container wants, or, with a digest, that a pod has run.
type seenImage struct {
	Image  string `json:"image"`
	Digest string `json:"digest,omitempty"`
}

// images yields the images that the manifests name, with the digests that
// somebody tells; nil: they name none.
func (w *Writer) images() iter.Seq[Image] {
	seen := each[seenImage](&w.notes, imagesSeen)
	if seen == nil {
		return nil
	}
	all := func(yield func(Image) bool) {
		var last *Image
		for s := range seen {
			switch {
			case s.Digest == "": // comes before those with a digest
				if last != nil && !yield(last.told()) {
					return
				}
				last = &Image{Image: s.Image, Registry: registryOf(s.Image)}
			case last != nil && last.Image == s.Image:
				last.Digests = append(last.Digests, s.Digest)
			}
		}
		if last != nil {
			yield(last.told())
		}
	}
	for range all {
		return all
	}
	return nil
}

// told says who tells the digest.
func (i Image) told() Image {
	switch _, digest, ok := strings.Cut(i.Image, "@"); {
	case len(i.Digests) > 0:
		i.Told = "pods"
	case ok:
		i.Digests, i.Told = []string{digest}, "reference"
	default:
		i.Digests, i.Told = []string{}, "nobody"
	}
	return i
}

// writeImages writes the list of the images, if there are any.
func (w *Writer) writeImages(images iter.Seq[Image]) error {
	if images == nil {
		return nil
	}
	f, err := w.File(ImagesFile)
	if err != nil {
		return err
	}
	d := newDocument(f)
	addAll(d.list("  "), images)
	d.text("\n")
	return errors.Join(w.notes.err, d.flush(), f.Close())
}
