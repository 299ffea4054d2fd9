package bundle

import (
	"regexp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// withoutIDs returns the set with attributes from which the provider's ids are
// gone, which would mean nothing elsewhere, and without the values of Secrets.
func withoutIDs(set *resource.Set) *resource.Set {
	id := regexp.MustCompile(`^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)
	out := set.Clone()
	for r := range out.All() {
		if r.Type == secretType {
			hideValues(r.Spec)
		}
		attrs := map[string]resource.Value{}
		for name, value := range r.Attrs {
			found := false
			value = resource.Rewrite(value, func(leaf resource.Value) resource.Value {
				text, ok := leaf.(string)
				if ok && id.MatchString(text) {
					found = true
					return nil
				}
				return leaf
			})
			if _, leaf := value.(map[string]resource.Value); !found || leaf {
				attrs[name] = value
			}
		}
		r.Attrs = attrs
	}
	return out
}
