package plan

import (
	"cmp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// fromBytes is the rule for what changes because a volume is made from its
// bytes, and which makes no difference once it is there.
const fromBytes = "volume/from-bytes"

// carried reports whether the bytes are at hand: in a bundle's file, or to be
// generated.
func carried(c *resource.Content) bool { return c != nil && (c.File != "" || c.Seed != 0) }

// addContent plans how the bytes of volumes arrive: through an image that is
// uploaded, made into the volume, and deleted again.
func (b *builder) addContent() {
	for _, r := range slices.Collect(b.out.All()) {
		switch {
		case r.Tenure != resource.Own || r.Type != volume && r.Type != image:
		case carried(r.Content) && r.Type == volume:
			b.addImage(r)
		case carried(r.Content):
			b.extra = append(b.extra, Step{ID: stepID(Upload, r.Ref), Action: Upload, Ref: r.Ref, After: []string{stepID(Create, r.Ref)}})
		case r.Content != nil && r.Content.SHA256 != "" || r.Type == image && r.Spec["volume"] == nil:
			effect := resource.Degraded
			if r.Type == image {
				effect = resource.Lost
			}
			b.decide(resource.Decision{Ref: r.Ref, Effect: effect, Rule: "content/not-carried"})
		}
	}
}

func (b *builder) addImage(v *resource.Resource) {
	b.fromBytes(v)
	b.through(v, v.Ref, *v.Content)
}

// through lets a volume be made from an image that has the content of a resource
// and is there for nothing else.
func (b *builder) through(v *resource.Resource, of resource.Ref, content resource.Content) {
	img := &resource.Resource{Ref: resource.Ref{Type: image, Key: b.freeKey(image, string(v.Key)+"-image")}, Tenure: resource.Own,
		DerivedFrom: []resource.Ref{of}, Content: &content,
		Spec: map[string]resource.Value{"disk_format": cmp.Or(content.Format, "raw"), "container_format": "bare", "visibility": "private"}}
	img.Name = string(img.Key)
	b.out.Put(img)
	v.Spec["image"] = img.Ref
	b.extra = append(b.extra,
		Step{ID: stepID(Upload, img.Ref), Action: Upload, Ref: img.Ref, After: []string{stepID(Create, img.Ref)}, Temporary: true},
		Step{ID: stepID(Delete, img.Ref), Action: Delete, Ref: img.Ref, After: []string{stepID(Create, v.Ref)}})
}

// fromBytes replaces what a volume was made from by what it was afterwards:
// whether it boots, and what it remembers of its image.
func (b *builder) fromBytes(v *resource.Resource) {
	src := b.set.Get(v.Ref)
	boots := yes(src, "bootable") || src.Attrs["bootable"] == true || src.Spec["image"] != nil
	for _, origin := range []string{"image", "snapshot_id", "source_volid"} {
		if old, ok := v.Spec[origin]; ok {
			delete(v.Spec, origin)
			b.fromBytesDecision(v.Ref, resource.Path(origin), src.Spec[origin], nil, b.nameOf(old))
		}
	}
	if boots && src.Spec["bootable"] == nil {
		b.fromBytesDecision(v.Ref, "bootable", nil, true, nil)
	}
	v.Spec["bootable"] = boots // said in any case, for what is made from an image boots by itself
	if memory, _ := src.Attrs["image_metadata"].(map[string]resource.Value); src.Spec["image"] != nil && len(memory) > 0 {
		v.Spec["image_metadata"] = resource.Clone(memory)
		b.fromBytesDecision(v.Ref, "image_metadata", nil, resource.Clone(memory), nil)
	}
}

func (b *builder) fromBytesDecision(ref resource.Ref, p resource.Path, from, to resource.Value, args map[string]string) {
	b.decide(resource.Decision{Ref: ref, Path: p, From: from, To: to, Effect: resource.Same, Rule: fromBytes, Args: args})
}

// nameOf gives the texts a name for a reference.
func (b *builder) nameOf(v resource.Value) map[string]string {
	if ref, ok := v.(resource.Ref); ok && b.set.Get(ref) != nil {
		return map[string]string{"from": label(b.set.Get(ref))}
	}
	return nil
}
