package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/wechsel-project/wechsel/pkg/profile"
)

// Whichever layer comes first, the whole has what each of them has.
func TestCatalogueOfTwoLayers(t *testing.T) {
	machines := Catalogue{Cloud: "isar", Services: map[string]Service{"compute": {}}, Flavors: []Flavor{{Name: "SCS-1V-2"}}}
	cluster := Catalogue{Cloud: "isar", Cluster: &Cluster{Version: "v1.34.2"}}
	whole := machines
	whole.Cluster = cluster.Cluster
	for name, got := range map[string]Catalogue{"machines first": machines.With(cluster), "cluster first": cluster.With(machines), "again": whole.With(cluster)} {
		if d := cmp.Diff(whole, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	other := Catalogue{Cluster: &Cluster{Version: "v1.30.0"}}
	if got := whole.With(other); got.Cluster.Version != "v1.34.2" {
		t.Errorf("the first cluster does not count: %s", got.Cluster.Version)
	}
	if machines.Cluster != nil || cluster.Services != nil {
		t.Error("a layer was changed")
	}
}
