package cloudtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const certificate = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUPFAPTDWvFgVc6fnaf4x27P6Gt7EwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJY2xvdWR0ZXN0MCAXDTI2MTEyMjA4NTc0M1oYDzIxMjYxMDI5
MDg1NzQzWjAUMRIwEAYDVQQDDAljbG91ZHRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARUqAaZexw6tej4kIcP/tIEZoRiLXuU2TiHiJJjzfxvzli5rlCM732L
5HZ/MYQbvVMgsVXhJO0TnFmOUhRNcN4io1MwUTAdBgNVHQ4EFgQUYs6R9U33DHVJ
N8p74mFycXLSn1owHwYDVR0jBBgwFoAUYs6R9U33DHVJN8p74mFycXLSn1owDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBZ3KdtlxMN+YWzWzk0RR/z
BHogqB2NHUnRQ7gBXmp/ogIgcNzCuD7PPf5VCbHsRS8pSvHQfn4HiKn484eNmlT7
EZ8=
-----END CERTIFICATE-----`

// properties makes what a workload seldom has: each property that a member may
// set arrives, or is refused by name where the cloud does not know it; and all
// of it can be made again from what was read.
func (s Suite) properties(t *testing.T) {
	r := s.begin(t, "ctprops")
	r.check(own("OS::Nova::KeyPair", "ct cert", spec{"public_key": certificate, "type": "x509"}))
	r.gated(own("OS::Nova::ServerGroup", "ct-rules", spec{"policies": []resource.Value{"anti-affinity"}, "rules": spec{"max_server_per_host": 2}}), "rules")

	net := r.check(own("OS::Neutron::Net", "ct-net", spec{"description": "inner"}))
	r.gated(own("OS::Neutron::Net", "ct-named", spec{"dns_domain": "example.org."}), "dns_domain")
	v4 := r.check(own("OS::Neutron::Subnet", "ct-v4", spec{"network": net.ID, "cidr": "10.21.0.0/24", "gateway_ip": "10.21.0.254",
		// The addresses below are asked for by number: nothing else may be given one of them.
		"allocation_pools": []resource.Value{spec{"start": "10.21.0.100", "end": "10.21.0.200"}}, "tags": []resource.Value{"four"}}))
	v6 := r.check(own("OS::Neutron::Subnet", "ct-v6", spec{"network": net.ID, "cidr": "fd00:21::/64", "ip_version": 6, "gateway_ip": "fd00:21::1",
		"ipv6_address_mode": "dhcpv6-stateful", "ipv6_ra_mode": "dhcpv6-stateful", "dns_nameservers": []resource.Value{"2620:fe::fe"}}))
	r.gated(own("OS::Neutron::Subnet", "ct-service", spec{"network": net.ID, "cidr": "10.22.0.0/24", "service_types": []resource.Value{"compute:nova"}}), "service_types")

	r.routing(v4, v6)
	group := r.check(own("OS::Neutron::SecurityGroup", "ct-group", spec{}))
	r.gated(own("OS::Neutron::SecurityGroup", "ct-stateless", spec{"stateful": false}), "stateful")
	r.portProperties(net, v4, group)
	r.diskProperties(net)
	r.again()
}

// routing makes two routers on the subnets, with routes and a port of its own.
func (r *run) routing(v4, v6 *resource.Resource) {
	r.Helper()
	router := r.check(own("OS::Neutron::Router", "ct-router", spec{"admin_state_up": false, "description": "of the house",
		"external_gateway_info": spec{"network": r.external().ID}}))
	r.check(child(router, "OS::Neutron::RouterInterface", "v6", spec{"router": router.ID, "subnet": v6.ID}))
	inner := r.check(own("OS::Neutron::Port", "ct-inner", spec{"network": v4.Spec["network"], "fixed_ips": []resource.Value{spec{"subnet": v4.ID, "ip_address": "10.21.0.7"}}}))
	r.check(child(router, "OS::Neutron::RouterInterface", "port", spec{"router": router.ID, "port": inner.ID}))
	for key, hop := range map[string][2]string{"four": {"10.99.0.0/24", "10.21.0.9"}, "six": {"fd00:99::/64", "fd00:21::9"}} {
		route := child(router, "OS::Neutron::ExtraRoute", key, spec{"router_id": router.ID, "destination": hop[0], "nexthop": hop[1]})
		if slices.Contains(r.offer.Extensions, "extraroute") {
			r.check(route)
		} else {
			r.refuses("a route without the extension", cloud.ErrInvalid, "", route)
		}
	}
	if slices.Contains(r.offer.Extensions, "extraroute") {
		r.refuses("a route to nowhere", cloud.ErrInvalid, "nexthop", child(router, "OS::Neutron::ExtraRoute", "nowhere",
			spec{"router_id": router.ID, "destination": "10.98.0.0/24", "nexthop": "172.31.0.1"}))
	}
}

func (r *run) portProperties(net, subnet, group *resource.Resource) {
	r.Helper()
	port := func(name string, more spec) *resource.Resource {
		more["network"] = net.ID
		return own("OS::Neutron::Port", name, more)
	}
	in := []resource.Value{group.ID}
	r.check(port("ct-bare", spec{"no_fixed_ips": true, "no_security_groups": true, "admin_state_up": false, "description": "nothing in it"}))
	r.check(port("ct-open", spec{"port_security_enabled": false, "binding:vnic_type": "direct"}))
	r.check(port("ct-pairs", spec{"security_groups": in, "fixed_ips": []resource.Value{spec{"subnet": subnet.ID, "ip_address": "10.21.0.40"},
		spec{"subnet": subnet.ID, "ip_address": "10.21.0.41"}}, "allowed_address_pairs": []resource.Value{spec{"ip_address": "10.21.0.0/28"},
		spec{"ip_address": "10.21.0.50", "mac_address": "fa:16:3e:11:22:33"}}}))
	r.gated(port("ct-name", spec{"security_groups": in, "dns_name": "ct-host"}), "dns_name")
	r.gated(port("ct-domain", spec{"security_groups": in, "dns_domain": "example.org."}), "dns_domain")
	r.gated(port("ct-options", spec{"security_groups": in, "extra_dhcp_opts": []resource.Value{spec{"opt_name": "bootfile-name", "opt_value": "pxe.0"},
		spec{"opt_name": "dns-server", "opt_value": "fd00:21::2", "ip_version": 6}}}), "extra_dhcp_opts")
	r.gated(port("ct-uplink", spec{"security_groups": in, "propagate_uplink_status": true}), "propagate_uplink_status")
	r.check(own("OS::Neutron::FloatingIP", "", spec{"floating_network": r.external().ID, "description": "unbound"}))
}

// diskProperties makes volumes of each origin, and servers that use them.
func (r *run) diskProperties(net *resource.Resource) {
	r.Helper()
	origin := r.check(own("OS::Cinder::Volume", "ct-origin", spec{"size": 1, "metadata": spec{"a": "b"}}))
	snapshot := r.check(own("OS::Cinder::Snapshot", "ct-snap", spec{"volume": origin.ID}))
	r.check(own("OS::Cinder::Volume", "ct-from-snap", spec{"size": 2, "snapshot_id": snapshot.ID}))
	r.check(own("OS::Cinder::Volume", "ct-clone", spec{"size": 1, "source_volid": origin.ID}))
	goes := r.check(own("OS::Cinder::Volume", "ct-goes", spec{"size": 1, "description": "goes with its server"}))

	lonely := own("OS::Nova::Server", "ct-lonely", r.booting(spec{"diskConfig": "AUTO",
		"accessIPv4": "192.0.2.1", "accessIPv6": "2001:db8::1", "networks": []resource.Value{spec{"allocate_network": "none"}}}))
	if !r.allows("networks[0].allocate_network", lonely) {
		r.refuses("no network with an old microversion", cloud.ErrUnsupported, "networks[0].allocate_network", lonely)
		lonely.Spec["networks"] = []resource.Value{spec{"network": net.ID}}
	}
	server := r.check(lonely)
	r.gated(child(server, "OS::Cinder::VolumeAttachment", "goes", spec{"instance_uuid": server.ID, "volume_id": goes.ID, "delete_on_termination": true}),
		"delete_on_termination")
}

// gated makes what not every cloud knows: where its gate is open the property
// arrives, where it is shut the refusal names the property.
func (r *run) gated(x *resource.Resource, path resource.Path) {
	r.Helper()
	f, _ := r.schemas[x.Type].Field(path)
	kind, what, _ := strings.Cut(f.Gate, ":")
	if kind == "microversion" && r.allows(path, x) || kind == "extension" && slices.Contains(r.offer.Extensions, what) {
		r.check(x)
		return
	}
	made, err := r.cloud.Create(r.Context(), x, resource.Owner{Drill: r.drill, Key: x.Key})
	if err == nil {
		r.Errorf("%s with %s, for which the cloud has no %s, was made", x.Type, path, f.Gate)
		r.delete(made)
		return
	}
	var e *cloud.OpError
	if !errors.Is(err, cloud.ErrInvalid) && !errors.Is(err, cloud.ErrUnsupported) || !errors.As(err, &e) || !namesIn(e.Paths, path) {
		r.Errorf("%s with %s, for which the cloud has no %s: %v, of %v", x.Type, path, f.Gate, err, e)
	}
}

// namesIn reports whether one of the paths is path or inside it.
func namesIn(paths []resource.Path, path resource.Path) bool {
	return slices.ContainsFunc(paths, func(p resource.Path) bool { return p == path || strings.HasPrefix(string(p), string(path)+".") })
}
