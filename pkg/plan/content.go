package plan

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

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
	format := v.Content.Format
	if format == "" {
		format = "raw"
	}
	content := *v.Content
	img := &resource.Resource{Ref: resource.Ref{Type: image, Key: b.freeKey(image, string(v.Key)+"-image")}, Tenure: resource.Own,
		DerivedFrom: []resource.Ref{v.Ref}, Content: &content,
		Spec: map[string]resource.Value{"disk_format": format, "container_format": "bare", "visibility": "private"}}
	img.Name = string(img.Key)
	b.out.Put(img)
	for _, origin := range []string{"image", "snapshot_id", "source_volid"} { // the bytes say it all
		if old, ok := v.Spec[origin]; ok {
			was := b.set.Get(v.Ref).Spec[origin]
			delete(v.Spec, origin)
			b.decide(resource.Decision{Ref: v.Ref, Path: resource.Path(origin), From: was, Effect: resource.Same, Rule: "volume/from-bytes", Args: maps.Clone(b.nameOf(old))})
		}
	}
	v.Spec["image"] = img.Ref
	b.extra = append(b.extra,
		Step{ID: stepID(Upload, img.Ref), Action: Upload, Ref: img.Ref, After: []string{stepID(Create, img.Ref)}, Temporary: true},
		Step{ID: stepID(Delete, img.Ref), Action: Delete, Ref: img.Ref, After: []string{stepID(Create, v.Ref)}})
}

// nameOf gives the texts a name for a reference.
func (b *builder) nameOf(v resource.Value) map[string]string {
	if ref, ok := v.(resource.Ref); ok && b.out.Get(ref) != nil {
		return map[string]string{"from": label(b.out.Get(ref))}
	}
	return nil
}
