package bundle

import (
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// cluster is what RESTORE.md says of the Kubernetes part.
type cluster struct {
	Definitions []manifest  // of kinds, which have to be there before their objects
	Secrets     []secret    // whose values do not travel
	Names       []offered   // that are the provider's
	Images      []Image     //
	Claims      []claim     // whose contents do not travel
	Disks       []claimDisk // of the claims whose contents do
	Jobs        []job       // that run again
}

type secret struct {
	Namespace, Name string
	Keys            []string
}

type offered struct {
	Kind, Name string
	Users      []string // files
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

// clusterOf sums up what whoever brings the manifests to a cluster has to do.
func clusterOf(set *resource.Set, files []manifest) *cluster {
	c := &cluster{}
	users := map[resource.Ref][]string{}
	for _, f := range files {
		for _, ref := range f.of.Refs() {
			users[ref] = append(users[ref], f.File)
		}
		switch f.of.Type {
		case definitionType:
			c.Definitions = append(c.Definitions, f)
		case "batch/Job":
			c.Jobs = append(c.Jobs, job{f.of.Scope, f.of.Name})
		case secretType:
			if data, _ := f.of.Spec["data"].(map[string]any); len(data) > 0 {
				c.Secrets = append(c.Secrets, secret{f.of.Scope, f.of.Name, slices.Sorted(maps.Keys(data))})
			}
		}
	}
	for r := range set.All() {
		if r.Tenure == resource.Given && r.Scope == "" && r.Type != namespaceType && len(users[r.Ref]) > 0 {
			c.Names = append(c.Names, offered{kindOf(r.Type), idOf(r), users[r.Ref]})
		}
		switch {
		case r.Type != claimType || r.Tenure == resource.Given:
		case r.Content != nil && r.Content.File != "":
			c.Disks = append(c.Disks, diskOf(set, r))
		default:
			c.Claims = append(c.Claims, claim{r.Scope, r.Name})
		}
	}
	return c
}

// imageNames returns the images that the manifests name.
func imageNames(files []manifest) []string {
	found := map[string]bool{}
	for _, f := range files {
		imagesIn(f.of.Spec, found)
	}
	return slices.Sorted(maps.Keys(found))
}

func diskOf(set *resource.Set, r *resource.Resource) claimDisk {
	d := claimDisk{claim: claim{r.Scope, r.Name}, File: r.Content.File, Format: r.Content.Format, Size: (r.Content.Size + 1<<30 - 1) >> 30, Mode: "ReadWriteOnce"}
	class, _ := resource.Lookup(r.Spec, "spec.storageClassName")
	if ref, ok := class.(resource.Ref); ok && set.Get(ref) != nil {
		d.Class = set.Get(ref).Name
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
