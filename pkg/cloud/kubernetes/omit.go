package kubernetes

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// madeBy begins the reason why an object of a controller is left out.
const madeBy = "made by "

// omit tells the selector of an object that is left out.
func (k *kind) omit(selector cloud.Selector, o object, reason string) {
	if selector.Omit == nil {
		return
	}
	r := k.head(o)
	r.Why = reason
	if k.Type == podType {
		r.Attrs = map[string]resource.Value{"images": imagesOf(o)}
	}
	selector.Leave(r)
}

// omitTypes tells the selector of the types that are left out whole.
func (c *Cloud) omitTypes(selector cloud.Selector) {
	if selector.Omit == nil || len(selector.Types) > 0 {
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for t, k := range c.kinds {
		if k.rule.whole != "" && k.can("list") {
			selector.Leave(&resource.Resource{Ref: resource.Ref{Type: t}, Tenure: resource.Own, Why: k.rule.whole})
		}
	}
}

// imagesOf returns the digest of each image that the pod's containers run, by
// the name that its spec has for it. A runtime that tells no more than the id
// of its own copy ("sha256:…" without a name) tells no digest.
func imagesOf(pod object) map[string]resource.Value {
	out := map[string]resource.Value{}
	for _, list := range []string{"container", "initContainer", "ephemeralContainer"} {
		statuses := objects(pod, "status", list+"Statuses")
		for _, c := range objects(pod, "spec", list+"s") {
			i := slices.IndexFunc(statuses, func(s object) bool { return text(s, "name") == text(c, "name") })
			if i < 0 {
				continue
			}
			if _, digest, ok := strings.Cut(text(statuses[i], "imageID"), "@"); ok {
				out[text(c, "image")] = digest
			}
		}
	}
	return out
}
