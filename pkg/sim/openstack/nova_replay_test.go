package openstack

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// lifeParts tell how the two recordings of a server's life, a member's and the
// administrator's, followed one another: up to which exchange of which.
var lifeParts = []struct {
	sequence string
	to       int
}{{"compute-life", 40}, {"compute-admin", 108}, {"compute-life", 225}, {"compute-admin", 116}, {"compute-life", 1000}}

// lifeDifferences are exchanges of that life that differ, and why.
var lifeDifferences = map[string]string{
	"compute-life/server-2.1":                    "the real server has no task at all for a moment",
	"compute-admin/hypervisor-with-servers-2.53": "the first host of the real cloud has no server",
	"compute-admin/hypervisor-with-servers-2.75": "the first host of the real cloud has no server",
	"compute-admin/hypervisor-with-servers-2.88": "the first host of the real cloud has no server",
}

// moments are how much later an exchange was: the server had its ports, and was
// built.
var moments = map[string]time.Duration{"compute-life/servers-detail-2.16": 8 * time.Minute, "compute-life/server-update-2.47": 15 * time.Minute}

// TestReplayLife plays the life of a server as a member and the administrator
// saw it on the real cloud: same status, same words, same keys and types.
func TestReplayLife(t *testing.T) {
	p, err := profile.Load(os.DirFS("../../../fixtures/clouds"), "real-a")
	if err != nil {
		t.Fatal(err)
	}
	p.Zones["compute"], p.Behaviour.Hosts = []string{"nova", "az-a2"}, 2
	p.Behaviour.Durations.ServerBuild = profile.Span{Min: 20 * time.Minute, Max: 20 * time.Minute} // see moments
	r := &replay{lab: newLab(t, p), ids: map[string]string{}}
	member, admin := r.login("demo2", "demo2"), r.login("admin", "admin")
	r.token = member
	r.prepareLife()
	all, next := map[string][]recording{}, map[string]int{}
	for _, part := range lifeParts {
		if all[part.sequence] == nil {
			all[part.sequence] = loadRecordings(t, "real-a", part.sequence)
			r.recs = append(r.recs, all[part.sequence]...)
		}
		r.token = member
		if part.sequence == "compute-admin" {
			r.token = admin
		}
		list := all[part.sequence]
		for ; next[part.sequence] < len(list) && list[next[part.sequence]].Seq <= part.to; next[part.sequence]++ {
			r.compareLife(list[next[part.sequence]])
		}
	}
}

func (p *replay) compareLife(rec recording) {
	name := rec.service + "/" + rec.name
	rec.service = "compute"
	rec.Request.Path = strings.Replace(rec.Request.Path, "compute-a-4", "compute-az-a2-2", 1)
	p.later(moments[name])
	if action, _ := rec.Request.Body.(map[string]any); strings.HasPrefix(rec.name, "proxy-fip-") {
		for _, v := range action { // the address is another
			if doc, isObject := v.(map[string]any); isObject {
				doc["address"] = p.first("/compute/v2.1/os-floating-ips", "floating_ips")["ip"]
			}
		}
	}
	if diff := p.play(rec); diff != "" && lifeDifferences[name] == "" {
		p.Errorf("%d %s: %s %s %s: %s", rec.Seq, name, rec.Request.Method, rec.Request.Path, brief(rec.Request.Body), diff)
	}
}

// prepareLife makes the network that was there before, and tells which flavor,
// image and network the first requests mean.
func (p *replay) prepareLife() {
	net := p.do("/network/v2.0/networks", "network", map[string]any{"name": "rc-net"})
	p.do("/network/v2.0/subnets", "subnet", map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.77.0.0/24"})
	list := p.call("GET", "/compute/v2.1/flavors", nil).at("flavors").([]any)
	flavor := func(name string) string {
		i := slices.IndexFunc(list, func(f any) bool { return f.(map[string]any)["name"] == name })
		return list[i].(map[string]any)["id"].(string)
	}
	image := p.first("/image/v2/images?os_distro=debian", "images")["id"].(string)
	p.prepared = append(p.prepared, flavor("SCS-2V-4-20"), image, net)
}
