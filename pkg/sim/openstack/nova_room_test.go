package openstack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	sdk "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/hypervisors"
	sdkservers "github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// ofSize is a cloud with hosts of this size, and with flavors to fill them.
func ofSize(hosts int64, h profile.Host) *profile.Profile {
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	p.Behaviour.Hosts, p.Behaviour.Host = hosts, h
	p.Flavors = []profile.Flavor{{ID: "small", Name: "small", VCPUs: 1, RAM: 1024, Disk: 10}, {ID: "wide", Name: "wide", VCPUs: 4, RAM: 1024, Disk: 10},
		{ID: "fat", Name: "fat", VCPUs: 1, RAM: 4096, Disk: 10}, {ID: "deep", Name: "deep", VCPUs: 1, RAM: 1024, Disk: 10, Ephemeral: 8, Swap: 1025}}
	p.Quota = map[string]int64{"compute.instances": -1, "compute.cores": -1, "compute.ram": -1}
	return p
}

// bootFrom boots a server from the image, or from a volume, and waits.
func (l *lab) bootFrom(flavor string, volume bool) string {
	l.Helper()
	server := map[string]any{"name": "s", "flavorRef": flavor, "networks": "none", "imageRef": debian}
	if volume {
		delete(server, "imageRef")
		server["block_device_mapping_v2"] = []any{map[string]any{"boot_index": 0, "source_type": "image", "destination_type": "volume", "uuid": debian, "volume_size": 1}}
	}
	id := l.boot(server)
	l.later(time.Minute)
	return id
}

func (l *lab) statusOf(id string) string {
	l.Helper()
	return l.compute(200, "GET", "/servers/"+id, nil).at("server", "status").(string)
}

// TestHostsFillUp: as many servers as the host has room for, in each of what it
// has, and not one more.
func TestHostsFillUp(t *testing.T) {
	large := profile.Host{VCPUs: 100, RAM: 1 << 20, Disk: 10000, CPURatio: 1, RAMRatio: 1}
	with := func(change func(*profile.Host)) profile.Host {
		h := large
		change(&h)
		return h
	}
	for _, c := range []struct {
		name   string
		hosts  int64
		host   profile.Host
		flavor string
		volume bool
		fit    int
	}{
		{"vcpus", 1, with(func(h *profile.Host) { h.VCPUs = 3 }), "small", false, 3},
		{"vcpus, given away more than once", 1, with(func(h *profile.Host) { h.VCPUs, h.CPURatio = 3, 1.5 }), "small", false, 4},
		{"vcpus, given away as usual", 1, with(func(h *profile.Host) { h.VCPUs, h.CPURatio = 1, 0 }), "small", false, 16},
		{"no server gets more vcpus than there are", 1, with(func(h *profile.Host) { h.VCPUs, h.CPURatio = 3, 16 }), "wide", false, 0},
		{"memory, less what the host needs", 1, with(func(h *profile.Host) { h.RAM = 4096 }), "small", false, 3},
		{"memory, given away as usual", 1, with(func(h *profile.Host) { h.RAM, h.RAMRatio = 4096, 0 }), "small", false, 5},
		{"disk", 1, with(func(h *profile.Host) { h.Disk = 29 }), "small", false, 2},
		{"disk, promised twice", 1, with(func(h *profile.Host) { h.Disk, h.DiskRatio = 20, 2 }), "small", false, 4},
		{"ephemeral disk and swap", 1, with(func(h *profile.Host) { h.Disk = 39 }), "deep", false, 1},
		{"root volumes are elsewhere", 1, with(func(h *profile.Host) { h.Disk = 1 }), "small", true, 7},
		{"but not their swap", 1, with(func(h *profile.Host) { h.Disk = 20 }), "deep", true, 2},
		{"two hosts", 2, with(func(h *profile.Host) { h.VCPUs = 2 }), "small", false, 4},
		{"two hosts, none of which has room for it", 2, with(func(h *profile.Host) { h.RAM = 4096 }), "fat", false, 0},
		{"without a size", 1, profile.Host{}, "wide", false, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, ofSize(c.hosts, c.host))
			for n := range min(c.fit, 7) {
				if id := l.bootFrom(c.flavor, c.volume); l.statusOf(id) != "ACTIVE" {
					t.Fatalf("server %d: %s", n, l.compute(200, "GET", "/servers/"+id, nil).raw)
				}
			}
			for n := min(c.fit, 7); n < c.fit; n++ {
				l.bootFrom(c.flavor, c.volume)
			}
			if c.host == (profile.Host{}) || c.volume && c.fit == 7 {
				return
			}
			s := l.compute(200, "GET", "/servers/"+l.bootFrom(c.flavor, c.volume), nil)
			if s.at("server", "status") != "ERROR" || s.at("server", "fault", "message") != "No valid host was found. " || s.at("server", "fault", "code") != float64(500) ||
				s.at("server", "hostId") != "" || s.at("server", "OS-EXT-AZ:availability_zone") != "zone" {
				t.Error(s.raw)
			}
		})
	}
}

// TestRoomIsFreeAgain: a server that is gone, or shelved, leaves its place to
// another, and may not find one when it comes back.
func TestRoomIsFreeAgain(t *testing.T) {
	l := newLab(t, ofSize(1, profile.Host{VCPUs: 1, RAM: 1 << 20, Disk: 1000, CPURatio: 1}))
	first := l.bootFrom("small", false)
	if id := l.bootFrom("small", false); l.statusOf(id) != "ERROR" {
		t.Fatal("there is room for two")
	}
	l.compute(204, "DELETE", "/servers/"+first, nil)
	l.later(time.Minute)
	second := l.bootFrom("small", false)
	l.compute(202, "POST", "/servers/"+second+"/action", map[string]any{"shelve": nil})
	l.later(time.Minute)
	third := l.bootFrom("small", false)
	if l.statusOf(second) != "SHELVED_OFFLOADED" || l.statusOf(third) != "ACTIVE" {
		t.Fatal(l.statusOf(second), l.statusOf(third))
	}
	l.compute(202, "POST", "/servers/"+second+"/action", map[string]any{"unshelve": nil})
	l.later(time.Minute)
	a := l.compute(200, "GET", "/servers/"+second+"/os-instance-actions", nil).at("instanceActions").([]any)[0].(map[string]any)
	if l.statusOf(second) != "SHELVED_OFFLOADED" || a["action"] != "unshelve" || a["message"] != "Error" {
		t.Fatal(l.statusOf(second), a)
	}
	l.compute(204, "DELETE", "/servers/"+third, nil)
	l.later(time.Minute)
	l.compute(202, "POST", "/servers/"+second+"/action", map[string]any{"unshelve": nil})
	l.later(time.Minute)
	if l.statusOf(second) != "ACTIVE" {
		t.Error(l.statusOf(second))
	}
}

// used are vCPUs and MiB that all hosts together have given to servers.
func (l *lab) used(admin string) string {
	l.Helper()
	own := l.token
	defer func() { l.token = own }()
	l.token = admin
	s := l.compute(200, "GET", "/os-hypervisors/statistics", nil).at("hypervisor_statistics").(map[string]any)
	return fmt.Sprint(s["vcpus_used"], " of ", s["vcpus"], ", ", s["memory_mb_used"], " of ", s["memory_mb"], ", ", s["local_gb_used"], " of ", s["local_gb"])
}

// TestResizeHoldsBothPlaces until it is confirmed or reverted.
func TestResizeHoldsBothPlaces(t *testing.T) {
	for _, c := range []struct {
		last, held, left string
	}{
		{"confirmResize", "5 of 5, 2560 of 8192, 20 of 1000", "4 of 5, 1536 of 8192, 10 of 1000"},
		{"revertResize", "5 of 5, 2560 of 8192, 20 of 1000", "1 of 5, 1536 of 8192, 10 of 1000"},
	} {
		t.Run(c.last, func(t *testing.T) {
			l := newLab(t, ofSize(1, profile.Host{VCPUs: 5, RAM: 8192, Disk: 1000, CPURatio: 1}))
			admin := l.login("admin", "admin")
			id := l.bootFrom("small", false)
			l.compute(202, "POST", "/servers/"+id+"/action", map[string]any{"resize": map[string]any{"flavorRef": "wide"}})
			if got := l.used(admin); got != c.held {
				t.Error("on the way:", got)
			}
			l.later(time.Minute)
			if got := l.used(admin); got != c.held || l.statusOf(id) != "VERIFY_RESIZE" {
				t.Error("before it is confirmed:", got, l.statusOf(id))
			}
			if other := l.bootFrom("small", false); l.statusOf(other) != "ERROR" {
				t.Error("its second place is taken")
			}
			l.compute(map[string]int{"confirmResize": 204, "revertResize": 202}[c.last], "POST", "/servers/"+id+"/action", map[string]any{c.last: nil})
			l.later(time.Minute)
			if got := l.used(admin); got != c.left || l.statusOf(id) != "ACTIVE" {
				t.Error("at the end:", got, l.statusOf(id))
			}
		})
	}
}

// TestResizeWithoutRoom leaves the server as it is, and says so in its actions.
func TestResizeWithoutRoom(t *testing.T) {
	l := newLab(t, ofSize(1, profile.Host{VCPUs: 4, RAM: 8192, Disk: 1000, CPURatio: 1}))
	id := l.bootFrom("small", false)
	l.compute(202, "POST", "/servers/"+id+"/action", map[string]any{"resize": map[string]any{"flavorRef": "wide"}})
	l.later(time.Minute)
	s := l.compute(200, "GET", "/servers/"+id, nil)
	if s.at("server", "status") != "ACTIVE" || s.at("server", "flavor", "original_name") != "small" || s.at("server", "fault") != nil {
		t.Error(s.raw)
	}
	last := l.compute(200, "GET", "/servers/"+id+"/os-instance-actions", nil).at("instanceActions").([]any)[0].(map[string]any)
	l.token = l.login("admin", "admin")
	a := l.call("GET", fmt.Sprintf("/compute/v2.1/servers/%s/os-instance-actions/%s", id, last["request_id"]), nil, "OpenStack-API-Version", "compute 2.84")
	event := a.at("instanceAction", "events").([]any)[0].(map[string]any)
	if last["message"] != "Error" || event["event"] != "conductor_migrate_server" || event["result"] != "Error" ||
		event["details"] != "No valid host was found. No valid host found for resize" {
		t.Error(a.raw)
	}
}

// TestMovesNeedRoom: what an administrator moves, he moves to where there is
// room; what moves has both places meanwhile.
func TestMovesNeedRoom(t *testing.T) {
	l := newLab(t, ofSize(2, profile.Host{VCPUs: 2, RAM: 8192, Disk: 1000, CPURatio: 1}))
	admin := l.login("admin", "admin")
	var ids []string
	for range 3 {
		ids = append(ids, l.bootFrom("small", false))
	}
	l.token = admin
	host := func(id string) any {
		return l.compute(200, "GET", "/servers/"+id, nil).at("server", "OS-EXT-SRV-ATTR:host")
	}
	live := map[string]any{"os-migrateLive": map[string]any{"host": nil, "block_migration": "auto"}}
	full := slices.IndexFunc(ids, func(id string) bool { return host(id) == host(ids[2]) })
	free := slices.IndexFunc(ids, func(id string) bool { return host(id) != host(ids[2]) })
	if full == 2 || free < 0 {
		t.Fatal("all three are on one host")
	}
	l.compute(202, "POST", "/servers/"+ids[free]+"/action", live)
	l.later(time.Minute)
	if host(ids[free]) == host(ids[full]) {
		t.Fatal("there is a third on a host for two")
	}
	from := host(ids[full])
	l.compute(202, "POST", "/servers/"+ids[full]+"/action", live)
	if got := l.used(admin); got != "4 of 4, 5120 of 16384, 40 of 2000" {
		t.Error("on the way:", got)
	}
	l.later(time.Minute)
	if got := l.used(admin); host(ids[full]) == from || got != "3 of 4, 4096 of 16384, 30 of 2000" {
		t.Error("it stays, or keeps both places:", got)
	}
	l.bootFrom("small", false)
	l.compute(202, "POST", "/servers/"+ids[full]+"/action", live)
	l.later(time.Minute)
	if last := l.compute(200, "GET", "/os-migrations?instance_uuid="+ids[full], nil).at("migrations").([]any)[0].(map[string]any); last["status"] != "error" {
		t.Error("it goes to a host that is full:", last)
	}
	old := l.call("POST", "/compute/v2.1/servers/"+ids[full]+"/action", map[string]any{"os-migrateLive": map[string]any{"host": from, "block_migration": false, "disk_over_commit": false}},
		"OpenStack-API-Version", "compute 2.1")
	if old.status != 400 || old.at("badRequest", "message") != "No valid host was found. " {
		t.Error(old.raw)
	}
}

// TestSDKOfAFullCloud reads with gophercloud what a full cloud says.
func TestSDKOfAFullCloud(t *testing.T) {
	l := newLab(t, ofSize(1, profile.Host{VCPUs: 2, RAM: 8192, Disk: 1000, CPURatio: 1}))
	c := must[*gophercloud.ServiceClient](t)(sdk.NewComputeV2(sdkLogin(t, l, demo()), gophercloud.EndpointOpts{}))
	c.Microversion = "2.79"
	var servers []*sdkservers.Server
	for range 3 {
		servers = append(servers, must[*sdkservers.Server](t)(sdkservers.Create(t.Context(), c, sdkservers.CreateOpts{Name: "s", FlavorRef: "small", ImageRef: debian, Networks: "none"}, nil).Extract()))
	}
	l.later(time.Minute)
	s := must[*sdkservers.Server](t)(sdkservers.Get(t.Context(), c, servers[2].ID).Extract())
	if s.Status != "ERROR" || s.Fault.Code != 500 || s.Fault.Message != "No valid host was found. " || s.HostID != "" {
		t.Errorf("%+v", s)
	}
	pages, err := sdkservers.List(c, sdkservers.ListOpts{Status: "ERROR"}).AllPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := must[[]sdkservers.Server](t)(sdkservers.ExtractServers(pages))
	if len(list) != 1 || list[0].Fault.Message != "" {
		t.Errorf("a list tells the fault, or more than one: %+v", list)
	}
	auth := demo()
	auth.Username, auth.TenantName = "admin", "admin"
	a := must[*gophercloud.ServiceClient](t)(sdk.NewComputeV2(sdkLogin(t, l, auth), gophercloud.EndpointOpts{}))
	a.Microversion = "2.53"
	statistics := must[*hypervisors.Statistics](t)(hypervisors.GetStatistics(t.Context(), a).Extract())
	if statistics.VCPUs != 2 || statistics.VCPUsUsed != 2 || statistics.RunningVMs != 2 || statistics.FreeRamMB != 8192-512-2048 || statistics.LocalGBUsed != 20 {
		t.Errorf("%+v", statistics)
	}
}

// TestEvacuationNeedsRoom: what was on a host that is down goes to where there is
// room, and is lost where there is none.
func TestEvacuationNeedsRoom(t *testing.T) {
	l := newLab(t, ofSize(2, profile.Host{VCPUs: 2, RAM: 8192, Disk: 1000, CPURatio: 1}))
	var ids []string
	for range 3 {
		ids = append(ids, l.bootFrom("small", false))
	}
	l.token = l.login("admin", "admin")
	on := map[any][]string{}
	for _, id := range ids {
		host := l.compute(200, "GET", "/servers/"+id, nil).at("server", "OS-EXT-SRV-ATTR:host")
		on[host] = append(on[host], id)
	}
	for host, list := range on {
		if len(list) < 2 {
			continue
		}
		for _, s := range l.compute(200, "GET", "/os-services?binary=nova-compute", nil).at("services").([]any) {
			if s := s.(map[string]any); s["host"] == host {
				l.compute(200, "PUT", "/os-services/"+s["id"].(string), map[string]any{"forced_down": true})
			}
		}
		for _, id := range list {
			l.compute(200, "POST", "/servers/"+id+"/action", map[string]any{"evacuate": map[string]any{}})
			l.later(time.Minute)
		}
		first, second := l.compute(200, "GET", "/servers/"+list[0], nil), l.compute(200, "GET", "/servers/"+list[1], nil)
		if first.at("server", "status") != "ACTIVE" || first.at("server", "OS-EXT-SRV-ATTR:host") == host {
			t.Error(first.raw)
		}
		if second.at("server", "status") != "ERROR" || !strings.HasPrefix(text(second.at("server", "fault", "message")), "No valid host was found. ") {
			t.Error(second.raw)
		}
		return
	}
	t.Fatal("no host has two servers")
}
