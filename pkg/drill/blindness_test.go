package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// mutation is one change that somebody makes on the target behind our back,
// and what the comparison has to say about it, and nothing else.
type mutation struct {
	name               string
	method, path, body string // {TYPE/KEY} stands for an id
	code               string
	typ                resource.Type
	property           resource.Path
}

func mutations() []mutation {
	server, volume := "/compute/v2.1/servers/{OS::Nova::Server/db}", "/volume/v3/{project}/volumes/{OS::Cinder::Volume/db-data}"
	net, subnet, router := "/network/v2.0/networks/{OS::Neutron::Net/net}", "/network/v2.0/subnets/{OS::Neutron::Subnet/subnet}", "/network/v2.0/routers/{OS::Neutron::Router/router}"
	port, group := "/network/v2.0/ports/{OS::Neutron::Port/db-port}", "/network/v2.0/security-groups/{OS::Neutron::SecurityGroup/db-group}"
	put, post, del := http.MethodPut, http.MethodPost, http.MethodDelete
	return []mutation{
		{name: "server renamed", method: put, path: server, body: `{"server":{"name":"renamed"}}`, code: "changed", typ: "OS::Nova::Server", property: "name"},
		{name: "server metadata", method: post, path: server + "/metadata", body: `{"metadata":{"added":"yes"}}`, code: "changed", typ: "OS::Nova::Server", property: "metadata.added"},
		{name: "server tag", method: put, path: server + "/tags/added", code: "changed", typ: "OS::Nova::Server", property: "tags"},
		{name: "server stopped", method: post, path: server + "/action", body: `{"os-stop":null}`, code: "changed", typ: "OS::Nova::Server", property: "power"},
		{name: "volume renamed", method: put, path: volume, body: `{"volume":{"name":"renamed"}}`, code: "changed", typ: "OS::Cinder::Volume", property: "name"},
		{name: "volume described", method: put, path: volume, body: `{"volume":{"description":"other"}}`, code: "changed", typ: "OS::Cinder::Volume", property: "description"},
		{name: "volume metadata", method: post, path: volume + "/metadata", body: `{"metadata":{"added":"yes"}}`, code: "changed", typ: "OS::Cinder::Volume", property: "metadata.added"},
		{name: "volume bootable", method: post, path: volume + "/action", body: `{"os-set_bootable":{"bootable":true}}`, code: "changed", typ: "OS::Cinder::Volume", property: "bootable"},
		{name: "volume remembers an image", method: post, path: volume + "/action", body: `{"os-set_image_metadata":{"metadata":{"os_distro":"debian"}}}`, code: "changed", typ: "OS::Cinder::Volume", property: "image_metadata"},
		{name: "network renamed", method: put, path: net, body: `{"network":{"name":"renamed"}}`, code: "changed", typ: "OS::Neutron::Net", property: "name"},
		{name: "network down", method: put, path: net, body: `{"network":{"admin_state_up":false}}`, code: "changed", typ: "OS::Neutron::Net", property: "admin_state_up"},
		{name: "name servers", method: put, path: subnet, body: `{"subnet":{"dns_nameservers":["9.9.9.9"]}}`, code: "changed", typ: "OS::Neutron::Subnet", property: "dns_nameservers"},
		{name: "no DHCP", method: put, path: subnet, body: `{"subnet":{"enable_dhcp":false}}`, code: "changed", typ: "OS::Neutron::Subnet", property: "enable_dhcp"},
		{name: "host route", method: put, path: subnet, body: `{"subnet":{"host_routes":[{"destination":"10.99.0.0/24","nexthop":"10.20.0.9"}]}}`, code: "changed", typ: "OS::Neutron::Subnet", property: "host_routes"},
		{name: "router down", method: put, path: router, body: `{"router":{"admin_state_up":false}}`, code: "changed", typ: "OS::Neutron::Router", property: "admin_state_up"},
		{name: "port down", method: put, path: port, body: `{"port":{"admin_state_up":false}}`, code: "changed", typ: "OS::Neutron::Port", property: "admin_state_up"},
		{name: "port in another group", method: put, path: port, body: `{"port":{"security_groups":["{OS::Neutron::SecurityGroup/web-group}"]}}`, code: "changed", typ: "OS::Neutron::Port", property: "security_groups"},
		{name: "allowed address", method: put, path: port, body: `{"port":{"allowed_address_pairs":[{"ip_address":"10.20.0.250"}]}}`, code: "changed", typ: "OS::Neutron::Port", property: "allowed_address_pairs"},
		{name: "group described", method: put, path: group, body: `{"security_group":{"description":"other {MARK}"}}`, code: "changed", typ: "OS::Neutron::SecurityGroup", property: "description"},
		{name: "rule added", method: post, path: "/network/v2.0/security-group-rules", body: `{"security_group_rule":{"security_group_id":"{OS::Neutron::SecurityGroup/db-group}","direction":"ingress","protocol":"udp","port_range_min":53,"port_range_max":53}}`, code: "extra", typ: "OS::Neutron::SecurityGroupRule"},
		{name: "rule deleted", method: del, path: "/network/v2.0/security-group-rules/{OS::Neutron::SecurityGroupRule/web-to-web}", code: "missing", typ: "OS::Neutron::SecurityGroupRule"},
		{name: "floating IP taken off", method: put, path: "/network/v2.0/floatingips/{OS::Neutron::FloatingIP/address}", body: `{"floatingip":{"port_id":null}}`, code: "changed", typ: "OS::Neutron::FloatingIP", property: "port_id"},
		{name: "volume detached", method: del, path: server + "/os-volume_attachments/{OS::Cinder::Volume/db-data}", code: "missing", typ: "OS::Cinder::VolumeAttachment"},
	}
}

// Each single change on the target is seen, as exactly that change.
func TestNoBlindness(t *testing.T) {
	w := newWorld(t, "alster", "alster", 3)
	mutate(t, w.options(t, "web-shop"), w.to.user(t, "demo", "demo"), func() {
		for range 20 { // 4 seconds of the cloud's time
			<-w.tick
		}
	})
}

// mutate runs a drill without cleaning up, changes the target as a user who
// knows nothing of it, and looks whether the comparison says so.
func mutate(t *testing.T, o Options, u *user, wait func()) {
	t.Helper()
	o.Bytes = false
	journal, err := openJournal(o)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	d := &drill{Options: o, journal: journal, result: &Result{}, bundleDir: path(o.Dir, BundleDir)}
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for id, ref := range d.targetKeys {
		ids[ref.String()] = id
	}
	if rule := ids["OS::Neutron::SecurityGroupRule/web-to-web"]; rule == "" {
		t.Fatalf("the scenario has no rule web-to-web: %v", ids)
	}
	defer func() {
		if err := d.cleanUp(context.WithoutCancel(t.Context())); err != nil || len(d.result.Left) > 0 {
			t.Errorf("clean up: %v, left %v", err, d.result.Left)
		}
	}()
	known := seen(d)
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			u.t = t
			fill := strings.NewReplacer(replacements(ids, o.ID)...)
			u.do(m.method, fill.Replace(m.path), fill.Replace(m.body))
			d.result.Signals = nil
			want := fmt.Sprintf("%s %s %s", m.code, m.typ, m.property)
			exactly := func(news []string) bool { return len(news) == 1 && strings.HasPrefix(news[0], want) }
			var now, news []string
			for range 30 { // what a service has agreed to may take a while
				wait()
				settle(t, d)
				now = seen(d)
				news = slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(known, s) })
				if exactly(news) {
					break
				}
			}
			if !exactly(news) {
				t.Errorf("want one signal %q, got %q", want, news)
			}
			for _, s := range known {
				if !slices.Contains(now, s) {
					t.Errorf("not seen any more: %s", s)
				}
			}
			known = now
		})
	}
}

// settle reads the target back and compares again.
func settle(t *testing.T, d *drill) {
	t.Helper()
	if err := d.observeTarget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.compare(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func replacements(ids map[string]string, drillID string) []string {
	out := []string{"{MARK}", "wechsel-" + drillID + "-db-group"}
	for ref, id := range ids {
		out = append(out, "{"+ref+"}", id)
	}
	return out
}

// seen lists the differences that somebody has to answer for.
func seen(d *drill) []string {
	var out []string
	for _, s := range d.result.Diff.Signals {
		if s.Seen == gap.Change && (s.Code == "changed" || s.Code == "missing" || s.Code == "extra") {
			value, _ := json.Marshal(gap.Show(s.Target))
			out = append(out, fmt.Sprintf("%s %s %s %s %s", s.Code, s.Ref.Type, s.Path, s.Ref.Key, value))
		}
	}
	return out
}
