package bundle

import (
	"regexp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// providersID is what the ids of OpenStack look like.
var providersID = regexp.MustCompile(`^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)

// withoutIDs returns the resource with attributes from which the provider's ids
// are gone, which would mean nothing elsewhere, and without the values of a
// Secret.
func withoutIDs(r *resource.Resource) *resource.Resource {
	out := *r
	if r.Type == secretType {
		out.Spec = resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value { return leaf })
		hideValues(out.Spec)
	}
	out.Attrs = map[string]resource.Value{}
	for name, value := range r.Attrs {
		found := false
		value = resource.Rewrite(value, func(leaf resource.Value) resource.Value {
			text, ok := leaf.(string)
			if ok && providersID.MatchString(text) {
				found = true
				return nil
			}
			return leaf
		})
		if _, leaf := value.(map[string]resource.Value); !found || leaf {
			out.Attrs[name] = value
		}
	}
	return &out
}
