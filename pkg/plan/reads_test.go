package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func ids(p *Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.ID)
	}
	return out
}

func TestReads(t *testing.T) {
	set := asRead(shop(), alpha())
	set.Put(&resource.Resource{Ref: ref(image, "mine"), Tenure: resource.Own, State: resource.Ready, ID: "image-id", Spec: specs{"disk_format": "raw"}})
	p, err := Reads(set, target(alpha()), Options{Drill: "d1", Cloud: "alpha"})
	if err != nil {
		t.Fatal(err)
	}
	got := ids(p)
	for _, chain := range [][]string{
		{"create:OS::Cinder::Snapshot/data-snap", "create:OS::Cinder::Volume/data-copy", "create:OS::Glance::Image/data-image", "download:OS::Glance::Image/data-image",
			"delete:OS::Glance::Image/data-image", "delete:OS::Cinder::Volume/data-copy", "delete:OS::Cinder::Snapshot/data-snap"},
		{"create:OS::Cinder::Snapshot/boot-snap", "create:OS::Cinder::Volume/boot-copy", "delete:OS::Cinder::Snapshot/boot-snap"},
		{"create:OS::Glance::Image/note-image", "download:OS::Glance::Image/note-image", "delete:OS::Glance::Image/note-image"},
		{"download:OS::Glance::Image/mine"},
	} {
		last := -1
		for _, id := range chain {
			i := slices.Index(got, id)
			if i <= last {
				t.Errorf("%s stands at %d, after %d, in\n%s", id, i, last, strings.Join(got, "\n"))
			}
			last = i
		}
	}
	if i := slices.Index(got, "create:OS::Cinder::Snapshot/note-snap"); i >= 0 {
		t.Error("a volume that nothing uses is read through a snapshot")
	}
	if p.Needs["block-storage.gigabytes"] != 30 || p.Needs["block-storage.snapshots"] != 2 {
		t.Errorf("needs are %v", p.Needs)
	}
	if id := p.Set.Get(ref(volume, "data")).ID; id == "" {
		t.Error("the volume that is read has no id")
	}
	for _, s := range p.Steps {
		if s.Action == Create && !s.Temporary {
			t.Errorf("%s is not temporary", s.ID)
		}
		if s.Action == Create && p.Set.Get(s.Ref).Tenure != resource.Own {
			t.Errorf("%s is %s", s.Ref, p.Set.Get(s.Ref).Tenure)
		}
	}
}

// With a small quota the volumes are read one after the other; what does not
// fit even alone is foretold.
func TestReadsWithinQuota(t *testing.T) {
	set := asRead(shop(), alpha())
	small := alpha()
	small.Quota = map[string]profile.Quota{"block-storage.gigabytes": {Limit: 40, Used: 16}, "block-storage.snapshots": {Limit: -1}}
	p, err := Reads(set, target(small), Options{Cloud: "alpha"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Forecast) > 0 || p.Needs["block-storage.gigabytes"] != 20 {
		t.Errorf("needs are %v, foretold is %v", p.Needs, codes(p))
	}
	for _, s := range p.Steps {
		if s.ID == "create:OS::Cinder::Snapshot/data-snap" && !slices.Equal(s.After, []string{"delete:OS::Cinder::Snapshot/boot-snap"}) {
			t.Errorf("%s comes after %v", s.ID, s.After)
		}
	}
	small.Quota["block-storage.gigabytes"] = profile.Quota{Limit: 32, Used: 16}
	if p, err = Reads(set, target(small), Options{Cloud: "alpha"}); err != nil || !slices.Equal(codes(p), []string{"quota/exceeded OS::Cinder::Volume/boot"}) {
		t.Errorf("foretold is %v, %v", codes(p), err)
	}
}

func TestReadsNeedsIDs(t *testing.T) {
	if _, err := Reads(shop(), target(alpha()), Options{Cloud: "alpha"}); err == nil || !strings.Contains(err.Error(), "id is not known") {
		t.Errorf("error is %v", err)
	}
}

func TestReadsRoundTrip(t *testing.T) {
	p, err := Reads(asRead(shop(), alpha()), target(alpha()), Options{Cloud: "alpha"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Plan
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if r := again.Set.Get(ref(volume, "data")); r.ID != p.Set.Get(ref(volume, "data")).ID {
		t.Errorf("the id is %q after reading the plan again", r.ID)
	}
}
