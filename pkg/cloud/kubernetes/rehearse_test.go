package kubernetes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pod that is rehearsed for a StatefulSet has a volume for each claim, or
// its mounts would lead nowhere.
func TestRehearsedPodHasTheClaimsVolumes(t *testing.T) {
	set := object{
		"metadata": object{"name": "db", "namespace": "shop"},
		"spec": object{
			"template": object{"spec": object{"serviceAccountName": "db", "priorityClassName": "high", "runtimeClassName": "own", "volumes": []any{object{"name": "tmp", "emptyDir": object{}}},
				"containers": []any{object{"name": "db", "volumeMounts": []any{object{"name": "data", "mountPath": "/data"}}}}}},
			"volumeClaimTemplates": []any{object{"metadata": object{"name": "data"}}},
		},
	}
	pod := podOf(&kind{Type: statefulSetType}, set)
	in, _ := pod["spec"].(object)
	if diff := cmp.Diff([]any{object{"name": "tmp", "emptyDir": object{}}, object{"name": "data", "emptyDir": object{}}}, in["volumes"]); diff != "" {
		t.Error(diff)
	}
	if in["serviceAccountName"] != nil || in["priorityClassName"] != nil || in["runtimeClassName"] != nil {
		t.Error("it names what may not be there yet")
	}
	if len(set["spec"].(object)["template"].(object)["spec"].(object)["volumes"].([]any)) != 1 {
		t.Error("the template was changed")
	}
}
