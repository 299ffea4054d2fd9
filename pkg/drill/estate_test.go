package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An administrator reads all that is in a cloud, of whatever project, by raw
// requests: nothing of the driver is in between.
type administrator struct {
	t         testing.TB
	login     login
	token     string
	endpoints map[string]string // by type of service
}

// login is how to get in.
type login struct{ url, user, password, project, region string }

func administrate(t testing.TB, l login) *administrator {
	t.Helper()
	a := &administrator{t: t, login: l, endpoints: map[string]string{"identity": strings.TrimSuffix(l.url, "/")}}
	body := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},
		"scope":{"project":{"name":%q,"domain":{"id":"default"}}}}}`, l.user, l.password, l.project)
	resp, err := http.Post(l.url+"/auth/tokens", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token struct {
			Catalog []struct {
				Type      string
				Endpoints []struct{ Interface, Region, URL string }
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("log in as %s: %s, %v", l.user, resp.Status, err)
	}
	a.token = resp.Header.Get("X-Subject-Token")
	for _, service := range answer.Token.Catalog {
		for _, e := range service.Endpoints {
			if e.Interface == "public" && (l.region == "" || e.Region == l.region) && service.Type != "identity" {
				a.endpoints[strings.TrimSuffix(service.Type, "v3")] = strings.TrimSuffix(e.URL, "/")
			}
		}
	}
	return a
}

// get returns the answer, or nil if the cloud does not have the service.
func (a *administrator) get(service, path, version string) map[string]any {
	a.t.Helper()
	base, ok := a.endpoints[service]
	if !ok {
		return nil
	}
	base = map[string]string{"network": strings.TrimSuffix(base, "/v2.0") + "/v2.0", "image": strings.TrimSuffix(base, "/v2") + "/v2"}[service]
	if base == "" {
		base = a.endpoints[service]
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+path, nil) // also from a cleanup of the test
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", a.token)
	if version != "" {
		req.Header.Set("OpenStack-API-Version", service+" "+version)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		a.t.Fatalf("GET %s: %s, %v: %s", req.URL, resp.Status, err, data)
	}
	out := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		a.t.Fatalf("GET %s: %v: %s", req.URL, err, data)
	}
	return out
}

// list returns all pages of a collection.
func (a *administrator) list(service, path, key, version string) []map[string]any {
	a.t.Helper()
	const size = 200
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	var out []map[string]any
	for marker := ""; ; {
		items, _ := a.get(service, fmt.Sprintf("%s%slimit=%d%s", path, sign, size, marker), version)[key].([]any)
		for _, item := range items {
			x, _ := item.(map[string]any)
			out = append(out, x)
			marker = fmt.Sprintf("&marker=%v", x["id"])
		}
		if len(items) < size {
			return out
		}
	}
}

// An estate is all that tenants have in a cloud, by kind and id, and what of
// their quotas is in use.
type estate map[string]string

// estate reads what there is now, of one project or, if none is named, of all.
func (a *administrator) estate(project string) estate {
	a.t.Helper()
	e, only := estate{}, ""
	for _, x := range a.list("identity", "/projects", "projects", "") {
		switch name := fmt.Sprint(x["name"]); {
		case name == project:
			only = fmt.Sprint(x["id"])
			a.usage(e, name, only)
		case project == "" && strings.HasPrefix(name, "demo"):
			a.usage(e, name, fmt.Sprint(x["id"]))
		}
	}
	for _, c := range []struct{ service, path, key, version string }{
		{"compute", "/servers/detail?all_tenants=1", "servers", "2.79"},
		{"compute", "/os-server-groups?all_projects=True", "server_groups", "2.64"},
		{"network", "/networks", "networks", ""}, {"network", "/subnets", "subnets", ""}, {"network", "/ports", "ports", ""},
		{"network", "/routers", "routers", ""}, {"network", "/floatingips", "floatingips", ""},
		{"network", "/security-groups", "security_groups", ""}, {"network", "/security-group-rules", "security_group_rules", ""},
		{"volume", "/volumes/detail?all_tenants=1", "volumes", ""}, {"volume", "/snapshots/detail?all_tenants=1", "snapshots", ""},
		{"image", "/images?member_status=all", "images", ""}, {"image", "/images?member_status=all&os_hidden=true", "images", ""},
	} {
		for _, x := range a.list(c.service, c.path, c.key, c.version) {
			if owner, _ := x["device_owner"].(string); owner == "network:dhcp" || owner == "network:distributed" {
				continue // the network's own, made when it likes
			}
			if only != "" && ownerOf(x) != only {
				continue
			}
			e[c.key+" "+fmt.Sprint(x["id"])] = settledBody(a.t, x)
		}
	}
	for _, x := range a.list("identity", "/users", "users", "") {
		if name := fmt.Sprint(x["name"]); name == project || project == "" && strings.HasPrefix(name, "demo") { // users are called like their projects
			a.keypairs(e, name, fmt.Sprint(x["id"]))
		}
	}
	return e
}

func ownerOf(x map[string]any) string {
	for _, key := range []string{"project_id", "tenant_id", "owner", "os-vol-tenant-attr:tenant_id", "os-extended-snapshot-attributes:project_id"} {
		if id, _ := x[key].(string); id != "" {
			return id
		}
	}
	return ""
}

func (a *administrator) keypairs(e estate, user, id string) {
	a.t.Helper()
	items, _ := a.get("compute", "/os-keypairs?user_id="+id, "2.10")["keypairs"].([]any)
	for _, item := range items {
		pair, _ := item.(map[string]any)["keypair"].(map[string]any)
		e["keypairs "+user+" "+fmt.Sprint(pair["name"])] = fmt.Sprint(pair["fingerprint"])
	}
}

// usage reads what the project uses of each quota.
func (a *administrator) usage(e estate, project, id string) {
	a.t.Helper()
	for service, quota := range map[string]any{
		"compute": a.get("compute", "/os-quota-sets/"+id+"/detail", "")["quota_set"],
		"volume":  a.get("volume", "/os-quota-sets/"+id+"?usage=True", "")["quota_set"],
		"network": a.get("network", "/quotas/"+id+"/details.json", "")["quota"],
	} {
		limits, _ := quota.(map[string]any)
		for name, value := range limits {
			if q, ok := value.(map[string]any); ok {
				used := q["in_use"]
				if used == nil {
					used = q["used"]
				}
				e["usage "+project+" "+service+" "+name] = fmt.Sprintf("%v of %v, %v reserved", used, q["limit"], q["reserved"])
			}
		}
	}
}

// settledBody is the body without what changes by itself.
func settledBody(t testing.TB, x map[string]any) string {
	t.Helper()
	x = maps.Clone(x)
	maps.DeleteFunc(x, func(key string, _ any) bool {
		return slices.Contains([]string{"updated_at", "updated", "revision_number", "links", "progress", "used_ips"}, key)
	})
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// compareEstates tells what is new, gone or changed.
func compareEstates(t *testing.T, where string, before, after estate) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, was := before[key]; !was {
			t.Errorf("%s: left: %s: %s", where, key, after[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if now, there := after[key]; !there {
			t.Errorf("%s: gone, and not ours: %s: %s", where, key, before[key])
		} else if now != before[key] {
			t.Errorf("%s: changed: %s\nwas: %s\nis:  %s", where, key, before[key], now)
		}
	}
}
