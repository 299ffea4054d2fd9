package drill

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// An export costs a request per kind and page, and nothing per server: 200
// servers, each with a port, a volume and a floating IP.
func TestAnExportOfManyServers(t *testing.T) {
	cost := map[int]int{}
	for _, servers := range []int{50, 200} {
		w := newWorld(t, "alster", "isar", 1)
		s := spacious(t, w, 1)
		populate(t, s, w, servers)
		o := w.options(t, "tiny")
		o.From, o.Bytes = s.side, false
		before := s.requests()
		dir := filepath.Join(t.TempDir(), "bundle")
		if _, err := Export(t.Context(), o, dir); err != nil {
			t.Fatal(err)
		}
		cost[servers] = s.requests() - before
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		count := map[resource.Type]int{}
		for r := range b.Set.All() {
			count[r.Type]++
		}
		for _, kind := range []resource.Type{"OS::Nova::Server", "OS::Neutron::Port", "OS::Cinder::Volume", "OS::Cinder::VolumeAttachment", "OS::Neutron::FloatingIP"} {
			if count[kind] != servers {
				t.Errorf("%d %s, want %d", count[kind], kind, servers)
			}
		}
		pages := s.cloud.Requests.Count(func(r sim.Request) bool { return r.Method == http.MethodGet && r.Query != "" })
		t.Logf("%d servers, %d resources: %d requests (%d with a query since the start)", servers, b.Set.Len(), cost[servers], pages)
	}
	if cost[200] > 40 {
		t.Errorf("%d requests for 200 servers, want at most 40", cost[200])
	}
	if cost[200] != cost[50] {
		t.Errorf("%d requests for 200 servers and %d for 50, which fit on the same pages", cost[200], cost[50])
	}
}

// BenchmarkExport exports the project of 200 and of 2,000 servers, each with a
// port, a volume and a floating IP, into a bundle. The simulated cloud is in the
// same process: its memory is there before, and only what comes on top of that
// is counted.
func BenchmarkExport(b *testing.B) {
	for _, servers := range []int{200, 2000} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			w := newWorld(b, "alster", "isar", 1)
			s := spacious(b, w, 1)
			populate(b, s, w, servers)
			o := w.options(b, "tiny")
			o.From, o.Bytes = s.side, false
			before, peak := cloudtest.WatchMemory()(), cloudtest.WatchMemory()
			requests, n := s.requests(), 0
			for b.Loop() {
				resources, err := Export(b.Context(), o, filepath.Join(b.TempDir(), fmt.Sprint("bundle", n)))
				if n++; err != nil || resources < 4*servers {
					b.Fatal(resources, err)
				}
			}
			b.ReportMetric(float64(s.requests()-requests)/float64(n), "requests/op")
			b.ReportMetric(float64(peak()-before)/(1<<20), "MiB-peak")
		})
	}
}

// Waiting costs one request a tick, however many servers are waited for.
func TestStatesAreOneRequest(t *testing.T) {
	w := newWorld(t, "alster", "isar", 1)
	for _, kind := range []resource.Type{"OS::Nova::Server", "OS::Neutron::Port", "OS::Cinder::Volume"} {
		before := 0
		for range 2 { // the first one also asks which versions there are
			before = w.from.requests()
			for _, err := range w.from.side.Cloud.List(t.Context(), cloud.Selector{Types: []resource.Type{kind}, Drill: "d", States: true}) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := w.from.requests() - before; n != 1 {
			t.Errorf("%d requests for the states of %s", n, kind)
		}
	}
}

func (s *simulated) requests() int {
	return s.cloud.Requests.Count(func(sim.Request) bool { return true })
}

// spacious is a cloud like alster without quotas, and with many addresses.
func spacious(t testing.TB, w *world, seed uint64) *simulated {
	t.Helper()
	p := carriedProfile(t, "alster")
	for name := range p.Quota {
		p.Quota[name] = -1
	}
	for _, name := range []string{"compute.instances", "compute.cores", "compute.ram", "network.port", "network.floatingip", "block-storage.volumes", "block-storage.gigabytes"} {
		p.Quota[name] = -1
	}
	for i, subnet := range p.Networks[0].Subnets {
		if subnet.IPVersion == 4 {
			p.Networks[0].Subnets[i].CIDR, p.Networks[0].Subnets[i].Gateway, p.Networks[0].Subnets[i].Pools = "198.18.0.0/15", "", nil
		}
	}
	return startProfile(t, p, seed, w.clock)
}

// populate makes servers with a port, a volume and a floating IP each.
func populate(t testing.TB, s *simulated, w *world, servers int) {
	t.Helper()
	catalogue, err := s.side.Cloud.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	create := func(kind resource.Type, name string, spec map[string]resource.Value) string {
		t.Helper()
		r := &resource.Resource{Ref: resource.Ref{Type: kind, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Own, Spec: spec}
		made, err := s.side.Cloud.Create(t.Context(), r, resource.Owner{})
		if err != nil {
			t.Fatalf("%s %s: %v", kind, name, err)
		}
		return made.ID
	}
	given := func(kind resource.Type, fits func(*resource.Resource) bool) string {
		for _, r := range cloud.Given(catalogue) {
			if r.Type == kind && fits(r) {
				return r.ID
			}
		}
		t.Fatalf("no %s", kind)
		return ""
	}
	external := given("OS::Neutron::Net", func(*resource.Resource) bool { return true })
	image := given(cloud.Image, func(r *resource.Resource) bool { return r.Name == "Debian 12" })
	flavor := given("OS::Nova::Flavor", func(r *resource.Resource) bool { return r.Name == "SCS-2V-4-20s" })
	net := create("OS::Neutron::Net", "net", map[string]resource.Value{})
	subnet := create("OS::Neutron::Subnet", "subnet", map[string]resource.Value{"network": net, "cidr": "10.0.0.0/16", "ip_version": int64(4)})
	router := create("OS::Neutron::Router", "router", map[string]resource.Value{"external_gateway_info": map[string]resource.Value{"network": external}})
	create("OS::Neutron::RouterInterface", "interface", map[string]resource.Value{"router": router, "subnet": subnet})
	type machine struct{ server, port, volume string }
	var all []machine
	for i := range servers {
		name := fmt.Sprintf("m%03d", i)
		m := machine{port: create("OS::Neutron::Port", name, map[string]resource.Value{"network": net})}
		m.volume = create("OS::Cinder::Volume", name, map[string]resource.Value{"size": int64(1)})
		m.server = create("OS::Nova::Server", name, map[string]resource.Value{"image": image, "flavor": flavor,
			"networks": []resource.Value{map[string]resource.Value{"port": m.port}}})
		all = append(all, m)
	}
	for range 100 {
		<-w.tick
	}
	for _, m := range all {
		create("OS::Cinder::VolumeAttachment", "", map[string]resource.Value{"instance_uuid": m.server, "volume_id": m.volume})
		create("OS::Neutron::FloatingIP", "", map[string]resource.Value{"floating_network": external, "port_id": m.port})
	}
}

// A volume of 4 GiB, of which more is written than may be held in memory, goes
// from one cloud to the other and is read back, with both simulated clouds in
// the same process. make proof-large writes all of the 4 GiB.
func TestALargeVolumeInLittleMemory(t *testing.T) {
	const limit = 200 << 20
	written := int64(256 << 20)
	if os.Getenv("WECHSEL_ALL") != "" {
		written = 4 << 30
	}
	w := newWorld(t, "alster", "alster", 1)
	o := w.options(t, "tiny")
	o.Workload = largeVolume(o.Workload.Schemas, written)
	stop := cloudtest.WatchMemory()
	r := run(t, o)
	used := stop()
	t.Logf("%d MiB went there in %d MiB of memory", written>>20, used>>20)
	if used > limit {
		t.Errorf("%d MiB, want at most %d", used>>20, limit>>20)
	}
	volume := resource.Ref{Type: "OS::Cinder::Volume", Key: "large"}
	a, b := r.Source.Get(volume), r.Target.Get(volume)
	if a == nil || b == nil || a.Content == nil || b.Content == nil || a.Content.SHA256 != b.Content.SHA256 || a.Content.Length != written {
		t.Fatalf("the bytes: %+v and %+v; said was: %+v", a, b, r.Signals)
	}
	if got := r.Diff.Outcomes[volume]; got != diff.Equivalent {
		t.Errorf("the volume is %s: %v", got, r.Signals)
	}
}

func largeVolume(schemas resource.Schemas, written int64) *resource.Set {
	set := resource.NewSet(schemas)
	image := resource.Ref{Type: cloud.Image, Key: "large"}
	set.Put(&resource.Resource{Ref: image, Name: "large", Tenure: resource.Own,
		Spec:    map[string]resource.Value{"disk_format": "raw", "container_format": "bare"},
		Content: &resource.Content{Size: written, Length: written, Seed: 7, Format: "raw"}})
	set.Put(&resource.Resource{Ref: resource.Ref{Type: "OS::Cinder::Volume", Key: "large"}, Name: "large", Tenure: resource.Own,
		Spec: map[string]resource.Value{"size": int64(4), "image": image}})
	return set
}
