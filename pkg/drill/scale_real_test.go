//go:build real

package drill

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// estateOf is a template with servers that each have a port, a volume and a
// floating IP, as populate makes them on a simulated cloud.
func estateOf(servers int) []byte {
	var b strings.Builder
	b.WriteString(`heat_template_version: 2021-04-16
resources:
  net: {type: OS::Neutron::Net, properties: {name: many}}
  subnet: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.77.0.0/24}}
  router: {type: OS::Neutron::Router, properties: {external_gateway_info: {network: public}}}
  interface: {type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, subnet: {get_resource: subnet}}}
`)
	for i := range servers {
		fmt.Fprintf(&b, `
  port%[1]d: {type: OS::Neutron::Port, depends_on: subnet, properties: {network: {get_resource: net}}}
  volume%[1]d: {type: OS::Cinder::Volume, properties: {size: 1}}
  server%[1]d: {type: OS::Nova::Server, properties: {name: many-%[1]d, flavor: SCS-2V-4-20s, image: Debian 12, networks: [{port: {get_resource: port%[1]d}}]}}
  attachment%[1]d: {type: OS::Cinder::VolumeAttachment, properties: {instance_uuid: {get_resource: server%[1]d}, volume_id: {get_resource: volume%[1]d}}}
  address%[1]d: {type: OS::Neutron::FloatingIP, depends_on: interface, properties: {floating_network: public, port_id: {get_resource: port%[1]d}}}
`, i)
	}
	return []byte(b.String())
}

// BenchmarkRealExport measures, on the lab's cloud A with 20 servers, an export
// as wechsel makes it, one that asks for each object by itself, one that asks for
// each server with all that it refers to, as the tools of the field do, and the
// one request without which no export is whole: Nova's list of the servers. That
// is the least that any export takes.
func BenchmarkRealExport(b *testing.B) {
	template, err := hot.Parse("many.yaml", estateOf(20), hot.Options{Schemas: openstack.Schemas()})
	if err != nil {
		b.Fatal(err)
	}
	c, err := openstack.Open(b.Context(), openstack.Options{Cloud: "real-a-2", Files: []string{cloudsFile(b)}})
	if err != nil {
		b.Fatal(err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	side := Side{Name: "real-a-2", Cloud: c, Calls: c.Calls}
	o := Options{ID: "m" + time.Now().UTC().Format("150405"), Dir: b.TempDir(), Workload: template.Set, From: side, To: side, Now: time.Now, Tick: tick.C}
	journal, err := openJournal(o)
	if err != nil {
		b.Fatal(err)
	}
	d := &drill{Options: o, journal: journal, result: &Result{}, bundleDir: path(o.Dir, BundleDir)}
	defer func() {
		if err := d.cleanUp(b.Context()); err != nil {
			b.Error(err)
		}
	}()
	if err := d.runStages(b.Context(), []step{{"catalogues", d.catalogues}, {"deploy-source", d.deploySource}}); err != nil {
		b.Fatal(err)
	}
	var set *resource.Set
	b.Run("by-kind", func(b *testing.B) {
		before := requests(c)
		for b.Loop() {
			if set, err = inventory.Take(b.Context(), c, inventory.Options{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(requests(c)-before)/float64(b.N), "requests/op")
	})
	b.Run("servers-alone", func(b *testing.B) {
		member := administrate(b, login{url: "http://127.0.0.11:5000/v3", user: "demo2", password: "lab", project: "demo2"})
		for b.Loop() {
			member.get("compute", "/servers/detail", "")
		}
	})
	b.Run("by-object", func(b *testing.B) {
		listed := inProject(b, c)
		member := administrate(b, login{url: "http://127.0.0.11:5000/v3", user: "demo2", password: "lab", project: "demo2"})
		calls := 0
		for b.Loop() {
			for _, r := range listed {
				if service, path := whereIs(r); path != "" {
					member.get(service, path, "")
					calls++
				}
			}
		}
		b.ReportMetric(float64(calls)/float64(b.N), "requests/op")
	})
	b.Run("by-server", func(b *testing.B) {
		calls := 0
		for b.Loop() {
			for _, r := range inProject(b, c) {
				if r.Type == "OS::Nova::Server" {
					calls += exportAlone(b, r.ID)
				}
			}
		}
		b.ReportMetric(float64(calls)/float64(b.N), "requests/op")
	})
	b.Logf("%d resources", set.Len())
}

// exportAlone asks for a server and all that it refers to, one by one and with a
// login of its own, as os-migrate's module export_workload does for each server
// (github.com/os-migrate/os-migrate, plugins/module_utils/server.py): for one with
// a port, a group, a volume and a floating IP 20 requests. It returns how many it
// has made.
func exportAlone(b *testing.B, id string) int {
	b.Helper()
	member := administrate(b, login{url: "http://127.0.0.11:5000/v3", user: "demo2", password: "lab", project: "demo2"})
	calls := 0
	get := func(service, path string) map[string]any {
		calls++
		return member.get(service, path, "")
	}
	for _, service := range []string{"identity", "compute", "network"} { // a new process looks what versions there are
		get(service, "/")
	}
	get("compute", "/servers/"+id)
	server := inner(get("compute", "/servers/"+id), "server")
	get("compute", "/flavors/"+text(inner(server, "flavor")["id"]))
	get("image", "/images/"+text(inner(server, "image")["id"]))
	for _, group := range items(get("compute", "/servers/"+id+"/os-security-groups"), "security_groups") {
		get("network", "/security-groups/"+text(group["id"]))
	}
	for _, port := range items(get("network", "/ports?device_id="+id), "ports") {
		get("network", "/networks/"+text(port["network_id"]))
		for _, ip := range items(port, "fixed_ips") {
			get("network", "/subnets/"+text(ip["subnet_id"]))
		}
		for _, address := range items(get("network", "/floatingips?port_id="+text(port["id"])), "floatingips") {
			get("network", "/networks/"+text(address["floating_network_id"]))
			get("network", "/ports/"+text(address["port_id"]))
			get("network", "/routers/"+text(address["router_id"]))
		}
	}
	for _, a := range items(get("compute", "/servers/"+id+"/os-volume_attachments"), "volumeAttachments") {
		get("volume", "/volumes/"+text(a["volumeId"]))
	}
	return calls + 1 // and the login
}

func text(v any) string { s, _ := v.(string); return s }

func inner(v map[string]any, key string) map[string]any { m, _ := v[key].(map[string]any); return m }

func items(v map[string]any, key string) []map[string]any {
	list, _ := v[key].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func requests(c *openstack.Cloud) int {
	n := 0
	for _, call := range c.Calls() {
		n += call.Requests
	}
	return n
}

// inProject is all that the project has, with ids.
func inProject(b *testing.B, c cloud.Reader) []*resource.Resource {
	b.Helper()
	var out []*resource.Resource
	for r, err := range c.List(b.Context(), cloud.Selector{}) {
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// whereIs is the path of one object; "" for what is a part of another's answer.
func whereIs(r *resource.Resource) (service, path string) {
	switch r.Type {
	case "OS::Nova::Server":
		return "compute", "/servers/" + r.ID
	case "OS::Nova::KeyPair":
		return "compute", "/os-keypairs/" + r.ID
	case "OS::Nova::ServerGroup":
		return "compute", "/os-server-groups/" + r.ID
	case "OS::Cinder::VolumeAttachment":
		return "compute", "/servers/" + string(r.Parent.Key) + "/os-volume_attachments"
	case "OS::Cinder::Volume":
		return "volume", "/volumes/" + r.ID
	case "OS::Cinder::Snapshot":
		return "volume", "/snapshots/" + r.ID
	}
	plural := map[resource.Type]string{"OS::Neutron::Net": "networks", "OS::Neutron::Subnet": "subnets", "OS::Neutron::Router": "routers", "OS::Neutron::Port": "ports",
		"OS::Neutron::FloatingIP": "floatingips", "OS::Neutron::SecurityGroup": "security-groups", "OS::Neutron::SecurityGroupRule": "security-group-rules"}[r.Type]
	if plural == "" {
		return "", ""
	}
	return "network", "/" + plural + "/" + r.ID
}
