package bundle

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// cluster is what RESTORE.md says of the Kubernetes part. A list of which there is
// nothing is nil.
type cluster struct {
	Definitions iter.Seq[definition] // of kinds, which have to be there before their objects
	Secrets     iter.Seq[secret]     // whose values do not travel
	Names       iter.Seq[offered]    // that are the provider's
	Images      iter.Seq[Image]      //
	Claims      iter.Seq[claim]      // whose contents do not travel
	Disks       iter.Seq[claimDisk]  // of the claims whose contents do
	Jobs        iter.Seq[job]        // that run again
}

func (w *Writer) cluster() *cluster {
	n := &w.notes
	return &cluster{Definitions: each[definition](n, definitions), Secrets: each[secret](n, secretsHere), Names: w.names(), Images: w.images(),
		Claims: each[claim](n, claimsHere), Disks: each[claimDisk](n, disksHere), Jobs: each[job](n, jobsHere)}
}

type definition struct{ File string }

type secret struct {
	Namespace, Name string
	Keys            []string
}

// An offered name is one that a provider has chosen, in a file that uses it.
type offered struct {
	Type       resource.Type
	Name, File string
	IsNew      bool `json:"-"` // the one before it is another name
	IsFirst    bool `json:"-"`
}

// Kind is what a person calls the type.
func (o offered) Kind() string { return kindOf(o.Type) }

// names yields the provider's names, those that are one after another.
func (w *Writer) names() iter.Seq[offered] {
	all := each[offered](&w.notes, namesUsed)
	if all == nil {
		return nil
	}
	return func(yield func(offered) bool) {
		var last offered
		for o := range all {
			o.IsFirst = last.Name == ""
			if o.IsNew = o.Name != last.Name || o.Type != last.Type; !yield(o) {
				return
			}
			last = o
		}
	}
}

type claim struct{ Namespace, Name string }

// A claimDisk is what was on the volume of a claim.
type claimDisk struct {
	claim
	File, Format string
	Size         int64  // GiB
	Class        string // of the source; "" if its cluster had chosen one
	Mode         string // of access
}

type job struct{ Namespace, Name string }

// restore notes what whoever brings the object to a cluster has to do. The file
// is that of its manifest, if it has one.
func (u *unpacking) restore(r *resource.Resource, to targets, file string) {
	if file != "" {
		u.ofManifest(r, to, file)
	}
	if r.Type == "core/Pod" {
		u.run(r)
	}
	if r.Type != claimType || r.Tenure == resource.Given {
		return
	}
	if c := (claim{r.Scope, r.Name}); r.Content != nil && r.Content.File != "" {
		u.notes.add(disksHere, diskOf(r, to), r.Scope, string(r.Key))
	} else {
		u.notes.add(claimsHere, c, r.Scope, string(r.Key))
	}
}

func (u *unpacking) ofManifest(r *resource.Resource, to targets, file string) {
	for _, t := range to {
		if t.Tenure == resource.Given && t.Scope == "" && t.Ref.Type != namespaceType {
			u.notes.add(namesUsed, offered{Type: t.Ref.Type, Name: t.Name, File: file}, string(t.Ref.Type), string(t.Ref.Key), rank(r.Type), file)
		}
	}
	found := map[string]bool{}
	imagesIn(r.Spec, found)
	for image := range found {
		u.notes.add(imagesSeen, seenImage{Image: image}, image)
	}
	switch r.Type {
	case definitionType:
		u.notes.add(definitions, definition{file}, file)
	case "batch/Job":
		u.notes.add(jobsHere, job{r.Scope, r.Name}, file)
	case secretType:
		if data, _ := r.Spec["data"].(map[string]any); len(data) > 0 {
			u.notes.add(secretsHere, secret{r.Scope, r.Name, slices.Sorted(maps.Keys(data))}, file)
		}
	}
}

func diskOf(r *resource.Resource, to targets) claimDisk {
	d := claimDisk{claim: claim{r.Scope, r.Name}, File: r.Content.File, Format: r.Content.Format, Size: (r.Content.Size + 1<<30 - 1) >> 30, Mode: "ReadWriteOnce"}
	class, _ := resource.Lookup(r.Spec, "spec.storageClassName")
	if ref, ok := class.(resource.Ref); ok {
		d.Class = to[ref].Name
	}
	modes, _ := resource.Lookup(r.Spec, "spec.accessModes")
	if list, ok := modes.([]any); ok && len(list) > 0 {
		d.Mode, _ = list[0].(string)
	}
	return d
}

// imagesIn finds the images of containers: in every list of containers, also
// of custom kinds, an item's image.
func imagesIn(v any, found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			imagesIn(item, found)
		}
	case map[string]any:
		for name, inner := range v {
			if list, ok := inner.([]any); ok && strings.HasSuffix(strings.ToLower(name), "containers") {
				for _, item := range list {
					c, _ := item.(map[string]any)
					if image, ok := c["image"].(string); ok && image != "" {
						found[image] = true
					}
				}
			}
			imagesIn(inner, found)
		}
	}
}

// registryOf returns the host of an image's name: what stands before the first
// slash, if it has a dot or a port or is localhost; else it is Docker's.
func registryOf(image string) string {
	host, _, ok := strings.Cut(image, "/")
	if ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		return host
	}
	return "docker.io"
}
