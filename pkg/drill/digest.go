package drill

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// otherImages tells where pods run something else on B under the same name: a
// tag that was moved between the two pulls, or that another registry answers
// for. Source and target are the digests that pods have run, by the name of the
// image; without both, nothing is known.
func otherImages(export, made *resource.Set, source, target map[string][]string) []gap.Signal {
	var out []gap.Signal
	for r := range export.All() {
		to := made.Get(r.Ref)
		if r.Tenure != resource.Own || to == nil {
			continue
		}
		for path, leaf := range resource.Leaves(r.Spec) {
			name, ok := leaf.(string)
			before, now := source[name], target[name]
			if v, _ := resource.Lookup(to.Spec, path); !ok || !resource.Equal(v, name) || !isImage(path) || len(before) == 0 || len(now) == 0 {
				continue
			}
			if slices.ContainsFunc(now, func(digest string) bool { return !slices.Contains(before, digest) }) {
				out = append(out, gap.Signal{Seen: gap.Change, Code: "image/digest", Ref: r.Ref, Path: path, Source: strings.Join(before, ", "), Target: strings.Join(now, ", "),
					Effect: resource.Degraded, Args: map[string]string{"image": name}})
			}
		}
	}
	return out
}

// isImage reports whether a container's image is at the path.
func isImage(p resource.Path) bool {
	steps := p.Steps()
	if len(steps) < 3 || steps[len(steps)-1] != any("image") {
		return false
	}
	list, _ := steps[len(steps)-3].(string)
	return strings.HasSuffix(strings.ToLower(list), "containers")
}
