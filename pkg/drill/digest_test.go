package drill

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The same name with another digest is another image; what nobody tells, and
// what a rule has replaced, is none.
func TestOtherImages(t *testing.T) {
	set := func(images ...string) *resource.Set {
		var containers []resource.Value
		for _, image := range images {
			containers = append(containers, map[string]resource.Value{"image": image})
		}
		return resource.NewSet(nil, &resource.Resource{Ref: resource.Ref{Type: "apps/Deployment", Key: "web"}, Tenure: resource.Own,
			Spec: map[string]resource.Value{"image": "moved:1", "metadata": map[string]resource.Value{}, "args": []resource.Value{}, "spec": map[string]resource.Value{"containers": containers}}})
	}
	source := map[string][]string{"moved:1": {"sha256:a"}, "same:1": {"sha256:b"}, "mapped:1": {"sha256:c"}, "gone:1": {"sha256:d"}, "both:1": {"sha256:e", "sha256:f"}}
	target := map[string][]string{"moved:1": {"sha256:z"}, "same:1": {"sha256:b"}, "mapped:1": {"sha256:y"}, "new:1": {"sha256:d"}, "both:1": {"sha256:f"}}
	var got []string
	for _, s := range otherImages(set("moved:1", "same:1", "mapped:1", "gone:1", "new:1", "both:1"), set("moved:1", "same:1", "mirror/mapped:1", "gone:1", "new:1", "both:1"), source, target) {
		got = append(got, string(s.Path)+" "+s.Args["image"]+" "+s.Source.(string)+" "+s.Target.(string))
		for _, g := range classify(t, append(otherImages(set("moved:1"), set("moved:1"), source, target), s)) {
			if g.Kind != "workload/image-differs" {
				t.Errorf("it is %s", g.Kind)
			}
		}
	}
	if d := cmp.Diff([]string{"spec.containers[0].image moved:1 sha256:a sha256:z"}, got); d != "" {
		t.Error(d)
	}
	if other := otherImages(set("moved:1"), resource.NewSet(nil), source, target); other != nil {
		t.Errorf("what is not made has %v", other)
	}
}
