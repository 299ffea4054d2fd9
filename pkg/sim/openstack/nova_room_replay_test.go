package openstack

import (
	"os"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// TestReplayFullHosts plays what a member of a real cloud saw when Placement had no
// host for a server, and when none passed the filters. There, the server's image
// asked for what no host has; here, the host is full.
func TestReplayFullHosts(t *testing.T) {
	p, err := profile.Load(os.DirFS("../../../fixtures/clouds"), "real-b")
	if err != nil {
		t.Fatal(err)
	}
	p.Behaviour.Host = profile.Host{VCPUs: 2, RAM: 8192, Disk: 100, CPURatio: 1}
	r := &replay{lab: newLab(t, p), ids: map[string]string{}, recs: loadRecordings(t, "real-b", "compute-full")}
	var flavor string
	for _, f := range r.call("GET", "/compute/v2.1/flavors", nil).at("flavors").([]any) {
		if f := f.(map[string]any); f["name"] == "m1.tiny" {
			flavor = f["id"].(string)
		}
	}
	image := r.first("/image/v2/images?os_distro=debian", "images")["id"].(string)
	var others []string
	for range 2 {
		others = append(others, r.boot(map[string]any{"name": "other", "flavorRef": flavor, "imageRef": image, "networks": "none"}))
	}
	r.later(time.Minute)
	r.prepared = []string{flavor, image}
	for _, rec := range r.recs {
		switch rec.name {
		case "group": // from here on, there is room for two
			for _, id := range others {
				r.compute(204, "DELETE", "/servers/"+id, nil)
			}
			r.later(time.Minute)
			r.prepared = []string{image}
		case "full-2.1", "apart-2", "apart-3", "apart-1-unshelve", "apart-1-2.1", "apart-2-2.1":
			r.later(time.Minute)
		}
		rec.service = "compute"
		if diff := r.play(rec); diff != "" {
			t.Errorf("%d %s: %s %s %s: %s", rec.Seq, rec.name, rec.Request.Method, rec.Request.Path, brief(rec.Request.Body), diff)
		}
	}
}
