package scenario

import (
	"fmt"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

const (
	volume   resource.Type = "OS::Cinder::Volume"
	snapshot resource.Type = "OS::Cinder::Snapshot"
	image    resource.Type = "OS::Glance::Image"

	defaultLength = 1 << 20 // bytes
	gib           = 1 << 30
)

// data puts the bytes on the volumes and images of the Set.
func (l *loader) data() {
	for _, d := range l.in.Spec.Data {
		if d.Snapshot.given() {
			l.snapshot(d)
			continue
		}
		if !d.Seed.given() {
			l.wrong(d.place, "data: seed is missing")
		}
		seed, _ := d.Seed.Value.(int)
		if d.Seed.given() && seed < 1 {
			l.wrong(d.Seed.place, "seed wants a whole number of at least 1")
		}
		content := &resource.Content{Seed: uint64(max(0, seed)), Length: defaultLength}
		if d.Size.given() {
			content.Length = d.Size.Bytes
		}
		switch {
		case several(d.Volume.given(), d.Image.given(), d.Claim.given()):
			l.wrong(d.place, "data: write one of volume, image and claim")
		case d.Claim.given():
			l.claim(d, content)
		case d.Volume.given():
			l.volume(d, content)
		case d.Image.given():
			l.image(d, content)
		case !d.Container.given():
			l.wrong(d.place, "data: volume, image, claim or snapshot is missing")
		}
	}
}

func several(given ...bool) bool {
	n := 0
	for _, g := range given {
		if g {
			n++
		}
	}
	return n > 1
}

// claim notes what a claim shall hold. Whether the workload has the claim, and
// how large it is, is known once its manifests are read.
func (l *loader) claim(d Data, content *resource.Content) {
	namespace, name, ok := strings.Cut(d.Claim.Value, "/")
	if !ok || namespace == "" || name == "" {
		l.wrong(d.Claim.place, "data: the claim %q wants to be NAMESPACE/NAME", d.Claim.Value)
	}
	if d.Format.given() || d.Properties != nil {
		l.wrong(d.place, "data: a claim has neither format nor properties")
	}
	if len(l.in.Spec.Kubernetes) == 0 {
		l.wrong(d.Claim.place, "data: a claim wants a Kubernetes part")
	}
	for _, c := range l.out.Claims {
		if c.Namespace == namespace && c.Name == name {
			l.wrong(d.Claim.place, "data: the claim %q is here twice", d.Claim.Value)
		}
	}
	l.out.Claims = append(l.out.Claims, Claim{Namespace: namespace, Name: name, Content: *content, Where: fmt.Sprintf("%s:%d:%d", l.file, d.Claim.line, d.Claim.column)})
}

func (l *loader) volume(d Data, content *resource.Content) {
	r := l.ownVolume(d.Volume)
	if r == nil {
		return
	}
	if d.Format.given() || d.Properties != nil {
		l.wrong(d.place, "data: a volume has neither format nor properties")
	}
	if r.Content != nil {
		l.wrong(d.Volume.place, "data: the volume %q is here twice", d.Volume.Value)
	}
	size, _ := r.Spec["size"].(int64)
	content.Size = size * gib
	if content.Length > content.Size {
		l.wrong(d.place, "data: %d bytes do not fit into the volume %q of %d GiB", content.Length, d.Volume.Value, size)
	}
	r.Content = content
}

// ownVolume returns the volume of the template, or nil after telling that it
// has none of that name.
func (l *loader) ownVolume(name Text) *resource.Resource {
	r := l.out.Set.Get(resource.Ref{Type: volume, Key: resource.NewKey(name.Value)})
	if r != nil && r.Tenure == resource.Own {
		return r
	}
	var own []string
	for v := range l.out.Set.OfType(volume) {
		if v.Tenure == resource.Own {
			own = append(own, string(v.Key))
		}
	}
	l.wrong(name.place, "data: the template has no volume %q%s", name.Value, suggest.Nearest(name.Value, own))
	return nil
}

// snapshot makes a snapshot of a volume: the one that the template names, if
// it names one.
func (l *loader) snapshot(d Data) {
	if !d.Volume.given() || d.Image.given() || d.Claim.given() || d.Seed.given() || d.Size.given() || d.Format.given() || d.Properties != nil {
		l.wrong(d.place, "data: a snapshot wants a volume and nothing else")
		return
	}
	v := l.ownVolume(d.Volume)
	if v == nil {
		return
	}
	r := &resource.Resource{Ref: resource.Ref{Type: snapshot, Key: resource.NewKey(d.Snapshot.Value)}, Name: d.Snapshot.Value}
	for named := range l.out.Set.OfType(snapshot) {
		if named.Name == r.Name {
			r = named
		}
	}
	if have := l.out.Set.Get(r.Ref); have != nil && have.Tenure == resource.Own {
		l.wrong(d.Snapshot.place, "data: the snapshot %q is here twice", d.Snapshot.Value)
		return
	}
	r.Tenure, r.Spec = resource.Own, map[string]resource.Value{"volume": v.Ref}
	l.out.Set.Put(r)
}

// image makes an image of the project's own of what the template names.
func (l *loader) image(d Data, content *resource.Content) {
	name := d.Image.Value
	var r *resource.Resource
	var named []string
	for i := range l.out.Set.OfType(image) {
		if named = append(named, i.Name); i.Name == name {
			r = i
		}
	}
	if r == nil {
		l.wrong(d.Image.place, "data: nothing in the template uses an image %q%s", name, suggest.Nearest(name, named))
		return
	}
	if d.Format.given() && d.Format.Value != "raw" {
		l.wrong(d.Format.place, "data: the format %q is not supported, only raw", d.Format.Value)
	}
	content.Size, content.Format = content.Length, "raw"
	r.Tenure, r.Content = resource.Own, content
	r.Spec = map[string]resource.Value{"disk_format": "raw", "container_format": "bare", "visibility": "private"}
	if len(d.Properties) > 0 {
		properties := map[string]resource.Value{}
		for k, v := range d.Properties {
			properties[k] = v
		}
		r.Spec["properties"] = properties
	}
}
