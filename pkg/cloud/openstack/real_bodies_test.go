//go:build real

package openstack

import (
	"cmp"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestRealBodies: every key that the lab's clouds send right now, of whatever
// lies in the project, is known to its schema.
func TestRealBodies(t *testing.T) {
	file := cmp.Or(os.Getenv("OS_CLIENT_CONFIG_FILE"), filepath.Join("..", "..", "..", "fixtures", "lab", "openstack", "state", "clouds.yaml"))
	for _, name := range []string{"real-a", "real-b"} {
		c, err := Open(t.Context(), Options{Cloud: name, Files: []string{file}})
		if err != nil {
			t.Fatalf("%v (start the lab with make lab-up)", err)
		}
		for _, k := range classifiable() {
			items, err := c.collection(t.Context(), k.needs[0])
			if err != nil {
				t.Fatal(err)
			}
			if k.schema.Type == typeRule {
				items = slices.Collect(rulesOf(items))
			}
			for _, b := range items {
				for _, key := range k.unclassified(b) {
					t.Errorf("%s: %s: key %q is not in the schema's body", name, k.schema.Type, key)
				}
			}
		}
	}
}

func rulesOf(groups []body) iter.Seq[body] {
	return func(yield func(body) bool) {
		for _, g := range groups {
			for _, r := range g.objects("security_group_rules") {
				if !yield(r) {
					return
				}
			}
		}
	}
}
