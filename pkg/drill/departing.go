package drill

import (
	"crypto/sha256"
	"fmt"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// departing returns the workload as it would be read once it runs on the cloud with
// the catalogue, as far as that can be known before.
func departing(workload *resource.Set, catalogue profile.Catalogue, o plan.Options) (*resource.Set, error) {
	without := workload.Clone()
	for r := range without.All() {
		r.Content = nil
	}
	given := cloud.Given(catalogue)
	p, err := plan.Build(without, plan.Target{Catalogue: catalogue, Given: given}, o)
	if err != nil {
		return nil, err
	}
	for made := range p.Set.All() {
		if made.Tenure == resource.Implied && made.Parent.IsZero() {
			continue // the default group: whatever the cloud's is
		}
		made.State = resource.Ready
		if made.Tenure == resource.Given {
			continue
		}
		keepBack(made)
		fillIn(p.Set, made, given)
		made.Content = readable(p.Set, made, workload.Get(made.Ref))
	}
	return p.Set, nil
}

// readable returns what will be read of the bytes of a resource, of which asked is
// what the scenario says; nil: there are none, or a tenant gets only ciphertext.
func readable(set *resource.Set, made, asked *resource.Resource) *resource.Content {
	if kind, _ := made.Spec["volume_type"].(resource.Ref); made.Type == cloud.Volume && set.Get(kind) != nil && plan.Encrypts(set.Get(kind)) {
		made.Spec["encrypted"] = true
		made.Unread = append(made.Unread, "content")
		return nil
	}
	switch {
	case asked != nil && asked.Content != nil:
		content := *asked.Content
		return &content
	case made.Type == cloud.Claim: // for which the scenario has no bytes
		return &resource.Content{SHA256: fmt.Sprintf("%x", sha256.Sum256(nil))}
	case made.Type == cloud.Volume:
		size, _ := made.Spec["size"].(int64)
		return &resource.Content{Size: size << 30, File: "to be read"}
	}
	return nil
}

// keepBack notes what clouds do not let a tenant read.
func keepBack(r *resource.Resource) {
	switch r.Type {
	case "OS::Nova::Server":
		r.Unread = []resource.Path{"user_data"}
		if plan.HasRootVolume(r.Spec) {
			delete(r.Spec, "image") // Nova shows none
		} else {
			r.Unread = append(r.Unread, "content")
		}
		delete(r.Spec, "user_data")
	case "core/Secret":
		if r.Spec["data"] != nil || r.Spec["stringData"] != nil {
			r.Unread = []resource.Path{"data"}
		}
	}
}

// fillIn names what the cloud takes where nothing is named, if it has one default.
func fillIn(set *resource.Set, r *resource.Resource, given []*resource.Resource) {
	kind, at, name := resource.Type(""), r.Spec, ""
	switch r.Type {
	case cloud.Volume:
		kind, name = cloud.VolumeType, "volume_type"
	case cloud.Claim:
		kind, name = "storage.k8s.io/StorageClass", "storageClassName"
		at, _ = r.Spec["spec"].(map[string]resource.Value)
	}
	if kind == "" || at == nil || at[name] != nil {
		return
	}
	var standard *resource.Resource
	for _, g := range given {
		if g.Type == kind && g.Spec["default"] == true {
			if standard != nil {
				return
			}
			standard = g
		}
	}
	if standard == nil {
		return
	}
	if set.Get(standard.Ref) == nil {
		set.Put(standard.Clone())
	}
	at[name] = standard.Ref
}
