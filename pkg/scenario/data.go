package scenario

import (
	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	volume resource.Type = "OS::Cinder::Volume"
	image  resource.Type = "OS::Glance::Image"

	defaultLength = 1 << 20 // bytes
	gib           = 1 << 30
)

// data puts the bytes on the volumes and images of the Set.
func (l *loader) data() {
	for _, d := range l.in.Spec.Data {
		seed, _ := d.Seed.Value.(int)
		if d.Seed.given() && seed < 1 {
			l.wrong(d.Seed.place, "seed wants a whole number of at least 1")
		}
		content := &resource.Content{Seed: uint64(max(0, seed)), Length: defaultLength}
		if d.Size.given() {
			content.Length = d.Size.Bytes
		}
		switch {
		case d.Volume.given() && d.Image.given():
			l.wrong(d.place, "data: write either volume or image")
		case d.Volume.given():
			l.volume(d, content)
		case d.Image.given():
			l.image(d, content)
		case !d.Snapshot.given() && !d.Container.given():
			l.wrong(d.place, "data: volume or image is missing")
		}
	}
}

func (l *loader) volume(d Data, content *resource.Content) {
	r := l.out.Set.Get(resource.Ref{Type: volume, Key: resource.NewKey(d.Volume.Value)})
	if r == nil || r.Tenure != resource.Own {
		var own []string
		for v := range l.out.Set.OfType(volume) {
			if v.Tenure == resource.Own {
				own = append(own, string(v.Key))
			}
		}
		l.wrong(d.Volume.place, "data: the template has no volume %q%s", d.Volume.Value, hot.Suggest(d.Volume.Value, own))
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
		l.wrong(d.Image.place, "data: nothing in the template uses an image %q%s", name, hot.Suggest(name, named))
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
