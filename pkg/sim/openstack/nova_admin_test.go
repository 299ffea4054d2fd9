package openstack

import (
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// administered is a cloud of two zones with two hosts each, and an
// administrator beside the member.
func administered(t *testing.T) (l *lab, as map[string]string) {
	t.Helper()
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	p.Zones["compute"], p.Behaviour.Hosts = []string{"one", "two"}, 2
	l = newLab(t, p)
	return l, map[string]string{"member": l.token, "admin": l.login("admin", "admin")}
}

// A wish is one exchange of a table: whose, what, and what comes of it.
type wish struct {
	as, request string
	status      int
	path        []string // into the answer
	want        any
}

func (l *lab) fulfil(as map[string]string, minor int, wishes []wish) {
	l.Helper()
	for _, w := range wishes {
		l.token = as[w.as]
		method, rest := w.request[:cutAt(w.request)], w.request[cutAt(w.request)+1:]
		path, body := rest, ""
		if i := cutAt(rest); i < len(rest) {
			path, body = rest[:i], rest[i+1:]
		}
		a := l.at(minor, method, path, body)
		if a.status != w.status || len(w.path) > 0 && a.at(w.path...) != w.want {
			l.Fatalf("%s: %s: %d %s, not %d with %v", w.as, w.request, a.status, a.raw, w.status, w.want)
		}
		l.later(10 * time.Second)
	}
}

// cutAt is the place of the first blank.
func cutAt(s string) int {
	for i, r := range s {
		if r == ' ' {
			return i
		}
	}
	return len(s)
}

func TestFlavorsOfTheAdministrator(t *testing.T) {
	l, as := administered(t)
	project := l.cloud.identity.project(l.cloud.profile.Name, "demo").id
	l.fulfil(as, 93, []wish{
		{"member", `POST /flavors {"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1}}`, 403, []string{"forbidden", "message"}, "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed."},
		{"member", `POST /flavors {"flavor": {"name": "x"}}`, 400, nil, nil},
		{"admin", `POST /flavors {"flavor": {"name": "x", "id": "7", "ram": 512, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": false}}`, 200, []string{"flavor", "id"}, "7"},
		{"admin", `POST /flavors {"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1}}`, 409, []string{"conflictingRequest", "message"}, "Flavor with name x already exists."},
		{"admin", `POST /flavors {"flavor": {"name": "y", "id": 7, "ram": 1, "vcpus": 1, "disk": 1}}`, 409, []string{"conflictingRequest", "message"}, "Flavor with ID 7 already exists."},
		{"member", `GET /flavors/7`, 404, nil, nil},
		{"admin", `GET /flavors/7/os-flavor-access`, 200, nil, nil},
		{"admin", `POST /flavors/7/action {"addTenantAccess": {"tenant": "` + project + `"}}`, 200, nil, nil},
		{"admin", `POST /flavors/7/action {"addTenantAccess": {"tenant": "` + project + `"}}`, 409, nil, nil},
		{"member", `GET /flavors/7`, 200, []string{"flavor", "os-flavor-access:is_public"}, false},
		{"admin", `POST /flavors/7/os-extra_specs {"extra_specs": {"a:b": "1"}}`, 200, nil, nil},
		{"member", `GET /flavors/7/os-extra_specs/a:b`, 200, []string{"a:b"}, "1"},
		{"admin", `PUT /flavors/7/os-extra_specs/a:b {"c": "2"}`, 400, []string{"badRequest", "message"}, "Request body and URI mismatch"},
		{"admin", `DELETE /flavors/7/os-extra_specs/a:b`, 200, nil, nil},
		{"admin", `DELETE /flavors/7/os-extra_specs/a:b`, 404, nil, nil},
		{"admin", `PUT /flavors/7 {"flavor": {"description": "d"}}`, 200, []string{"flavor", "description"}, "d"},
		{"admin", `POST /flavors/7/action {"removeTenantAccess": {"tenant": "` + project + `"}}`, 200, nil, nil},
		{"member", `GET /flavors/7`, 404, nil, nil},
		{"admin", `DELETE /flavors/7`, 202, nil, nil},
		{"admin", `DELETE /flavors/7`, 404, nil, nil},
	})
}

func TestServerGoesFromHostToHost(t *testing.T) {
	l, as := administered(t)
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	l.later(time.Minute)
	on := func(host string) wish {
		return wish{"admin", "GET /servers/" + id, 200, []string{"server", "OS-EXT-SRV-ATTR:host"}, host}
	}
	is := func(status string) wish {
		return wish{"member", "GET /servers/" + id, 200, []string{"server", "status"}, status}
	}
	do := func(as, body string, status int) wish {
		return wish{as, "POST /servers/" + id + "/action " + body, status, nil, nil}
	}
	migrations := func(status string) wish {
		return wish{"admin", "GET /os-migrations?status=" + status + "&limit=1", 200, nil, nil}
	}
	service := l.cloud.id("", "compute-service", "compute-one-2")
	l.fulfil(as, 93, []wish{
		on("compute-one-1"),
		do("member", `{"migrate": null}`, 403),
		do("admin", `{"migrate": {"host": "compute-nowhere"}}`, 400),
		do("admin", `{"migrate": null}`, 202), is("VERIFY_RESIZE"), on("compute-one-2"), migrations("finished"),
		do("member", `{"revertResize": null}`, 202), is("ACTIVE"), on("compute-one-1"),
		do("admin", `{"migrate": null}`, 202), do("member", `{"confirmResize": null}`, 204), is("ACTIVE"), on("compute-one-2"),
		do("admin", `{"evacuate": {}}`, 400),
		{"admin", "PUT /os-services/" + service + ` {"forced_down": true}`, 200, []string{"service", "state"}, "down"},
		do("admin", `{"evacuate": {}}`, 200), is("ACTIVE"), on("compute-one-1"),
		do("admin", `{"os-migrateLive": {"host": null, "block_migration": "auto"}}`, 202), is("ACTIVE"), on("compute-two-1"),
		do("member", `{"shelve": null}`, 202), is("SHELVED_OFFLOADED"),
		do("member", `{"unshelve": {"availability_zone": "two"}}`, 202), is("ACTIVE"),
		{"member", "GET /servers/" + id, 200, []string{"server", "OS-EXT-AZ:availability_zone"}, "two"},
		do("admin", `{"os-resetState": {"state": "error"}}`, 202), is("ERROR"),
		do("admin", `{"lock": null}`, 202), do("member", `{"os-stop": null}`, 409), do("member", `{"unlock": null}`, 403), do("admin", `{"unlock": null}`, 202),
		do("member", `{"os-stop": null}`, 202), is("SHUTOFF"),
		do("member", `{"forceDelete": null}`, 202), {"member", "GET /servers/" + id, 404, nil, nil},
		{"member", "GET /servers/" + id + "/os-instance-actions", 200, nil, nil},
		{"member", "GET /servers?status=deleted", 403, nil, nil},
	})
}

func TestAggregatesMakeZones(t *testing.T) {
	l, as := administered(t)
	l.fulfil(as, 93, []wish{
		{"member", `GET /os-aggregates`, 403, nil, nil},
		{"admin", `POST /os-aggregates {"aggregate": {"name": "three", "availability_zone": "three"}}`, 200, []string{"aggregate", "availability_zone"}, "three"},
		{"admin", `POST /os-aggregates {"aggregate": {"name": "three"}}`, 409, nil, nil},
		{"admin", `POST /os-aggregates/3/action {"add_host": {"host": "compute-one-1"}}`, 409, []string{"conflictingRequest", "message"}, "Cannot add host to aggregate 3. Reason: One or more hosts already in availability zone(s) ['one']."},
		{"admin", `POST /os-aggregates/1/action {"remove_host": {"host": "compute-one-1"}}`, 200, nil, nil},
		{"admin", `POST /os-aggregates/3/action {"add_host": {"host": "compute-one-1"}}`, 200, nil, nil},
		{"admin", `DELETE /os-aggregates/3`, 400, nil, nil},
		{"member", `POST /servers {"server": {"name": "s", "flavorRef": "small", "imageRef": "` + debian + `", "networks": "none", "availability_zone": "three"}}`, 202, nil, nil},
		{"admin", `POST /os-aggregates/3/action {"remove_host": {"host": "compute-one-1"}}`, 409, nil, nil},
		{"admin", `POST /os-aggregates/3/action {"set_metadata": {"metadata": {"ssd": "true"}}}`, 200, []string{"aggregate", "metadata", "ssd"}, "true"},
		{"admin", `GET /os-aggregates/9`, 404, nil, nil},
	})
	l.token = as["member"]
	if n := len(l.at(1, "GET", "/os-availability-zone", "").at("availabilityZoneInfo").([]any)); n != 3 {
		t.Errorf("%d zones", n)
	}
}

func TestQuotaOfTheAdministrator(t *testing.T) {
	l, as := administered(t)
	project := l.cloud.identity.project(l.cloud.profile.Name, "demo").id
	server := `POST /servers {"server": {"name": "s", "flavorRef": "small", "imageRef": "` + debian + `", "networks": "none", "min_count": 1, "max_count": 9}}`
	l.fulfil(as, 93, []wish{
		{"member", `PUT /os-quota-sets/` + project + ` {"quota_set": {"instances": 2}}`, 403, nil, nil},
		{"admin", `PUT /os-quota-sets/` + project + ` {"quota_set": {"instances": 2, "server_groups": 0}}`, 200, []string{"quota_set", "instances"}, 2.0},
		{"member", server, 202, nil, nil}, // two of nine
		{"member", server, 403, []string{"forbidden", "message"}, "Quota exceeded for instances: Requested 1-9, but already used 2 of 2 instances"},
		{"admin", `PUT /os-quota-sets/` + project + ` {"quota_set": {"instances": 1}}`, 400, []string{"badRequest", "message"},
			"Quota limit 1 for instances must be greater than or equal to already used and reserved 2."},
		{"admin", `PUT /os-quota-sets/` + project + ` {"quota_set": {"instances": 1, "force": true}}`, 200, nil, nil},
		{"member", `POST /os-server-groups {"server_group": {"name": "g", "policy": "affinity"}}`, 403, []string{"forbidden", "message"}, "Quota exceeded, too many server groups."},
		{"admin", `DELETE /os-quota-sets/` + project, 202, nil, nil},
		{"member", `GET /os-quota-sets/` + project, 200, []string{"quota_set", "instances"}, 10.0},
	})
}
