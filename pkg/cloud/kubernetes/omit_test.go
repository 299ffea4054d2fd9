package kubernetes

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// What is not listed is told of, once, with the reason; and it costs no further
// request.
func TestOmitted(t *testing.T) {
	s := &server{namespaces: 20, each: 4}
	c := s.open(t, Options{})
	count(t, c, cloud.Selector{})
	before := s.requests.Swap(0)
	told := map[string]int{}
	listed, _ := count(t, c, cloud.Selector{Omit: func(r *resource.Resource) {
		told[fmt.Sprintf("%s: %s", r.Type, r.Why)]++
		if r.Type == podType && (r.Name == "" || r.Scope == "" || r.Attrs["images"] == nil) {
			t.Errorf("%+v", r)
		}
	}})
	want := map[string]int{"core/Pod: made by Deployment deployments-0": 40, "apps/ReplicaSet: made by Deployment deployments-0": 20}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
	if n := s.requests.Load(); n != before || listed["apps/Deployment"] != 20 {
		t.Errorf("%d requests instead of %d; %v", n, before, listed)
	}
}

// A digest is what the runtime has pulled by; the id of its own copy is none.
func TestImagesOfPod(t *testing.T) {
	const digest = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1"
	pod := object{
		"spec": object{"containers": []any{object{"name": "web", "image": "nginx:1"}, object{"name": "side", "image": "side:2"}, object{"name": "new", "image": "new:3"}}, "initContainers": []any{object{"name": "web", "image": "init:4"}}},
		"status": object{"containerStatuses": []any{object{"name": "side", "image": "side:2", "imageID": digest}, object{"name": "web", "image": "docker.io/library/nginx:1", "imageID": "docker.io/library/nginx@" + digest}},
			"initContainerStatuses": []any{object{"name": "web", "imageID": "docker-pullable://init@" + digest}}},
	}
	if d := cmp.Diff(map[string]resource.Value{"nginx:1": digest, "init:4": digest}, imagesOf(pod)); d != "" {
		t.Error(d)
	}
}
