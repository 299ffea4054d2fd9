package main

import (
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func TestLayers(t *testing.T) {
	whole := func() *scenario.Scenario {
		return &scenario.Scenario{Name: "s", Set: resource.NewSet(nil, &resource.Resource{Ref: resource.Ref{Type: "OS::Neutron::Net", Key: "n"}}),
			Kubernetes: []scenario.Source{{}}, Claims: []scenario.Claim{{}}}
	}
	for layers, want := range map[string]wanted{"": {openStack: true, kubernetes: true}, "both": {openStack: true, kubernetes: true}, "openstack": {openStack: true}, "kubernetes": {kubernetes: true, storage: true}} {
		s := whole()
		if err := keepLayers(s, layers); err != nil {
			t.Errorf("%s: %v", layers, err)
		}
		if got := wantedBy(s, nil); got.openStack != want.openStack || got.kubernetes != want.kubernetes || got.storage != want.storage {
			t.Errorf("%s wants %+v", layers, got)
		}
		if !want.kubernetes && len(s.Claims) > 0 {
			t.Errorf("%s: claims without a cluster", layers)
		}
	}
	for layers, s := range map[string]*scenario.Scenario{"openstack": {Name: "s", Kubernetes: whole().Kubernetes}, "kubernetes": {Name: "s", Set: whole().Set}, "network": whole()} {
		if err := keepLayers(s, layers); err == nil || !strings.Contains(err.Error(), "--layers="+layers) {
			t.Errorf("%s: %v", layers, err)
		}
	}
}
