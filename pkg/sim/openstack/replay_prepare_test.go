package openstack

import "time"

// preparations are what was done unrecorded before an exchange.
var preparations = map[string]func(*replay){
	"network/port-create-foreign-subnet": func(p *replay) {
		p.drop("/network/v2.0/ports", "ports", "?fixed_ips=ip_address%3D10.20.0.1")
	},
	"network/router-add-interface-overlap": func(p *replay) {
		net := p.do("/network/v2.0/networks", "network", map[string]any{"name": "rec-ovl"})
		p.prepared = append(p.prepared, p.do("/network/v2.0/subnets", "subnet", map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.20.0.0/16"}))
	},
	"network/router-add-interface-port": func(p *replay) {
		sub := p.first("/network/v2.0/subnets?cidr=10.22.0.0/24", "subnets")
		p.prepared = append(p.prepared, p.do("/network/v2.0/ports", "port", map[string]any{"network_id": sub["network_id"],
			"fixed_ips": []any{map[string]any{"subnet_id": sub["id"]}}}))
	},
	"network/security-group-create-over-quota": func(p *replay) { p.fill("/network/v2.0/security-groups", "security_group") },
	"network/router-create-over-quota":         func(p *replay) { p.fill("/network/v2.0/routers", "router") },
	"network/router-remove-interface": func(p *replay) {
		p.drop("/network/v2.0/routers", "routers", "?name=fill")
		p.drop("/network/v2.0/security-groups", "security_groups", "?name=fill")
	},
	"network/network-create-over-quota": func(p *replay) { p.fill("/network/v2.0/networks", "network") },
	"network/fip-create-over-quota": func(p *replay) {
		net := p.first("/network/v2.0/networks?router:external=true", "networks")["id"]
		p.repeat("/network/v2.0/floatingips", map[string]any{"floatingip": map[string]any{"floating_network_id": net}})
	},
	"network/port-of-server-delete": func(p *replay) {
		server := p.first("/compute/v2.1/servers?name=rec-volume", "servers")["id"].(string)
		p.prepared = append(p.prepared, p.first("/network/v2.0/ports?device_id="+server, "ports")["id"].(string))
	},
	"compute/server-reboot": func(p *replay) {
		server := p.first("/compute/v2.1/servers?name=rec-image", "servers")["id"].(string)
		p.call("POST", "/compute/v2.1/servers/"+server+"/action", map[string]any{"os-start": nil})
		p.later(5 * time.Second)
	},
	"compute/server-delete-404":    func(p *replay) { p.later(5 * time.Second) },
	"compute/keypair-import-ecdsa": func(p *replay) { p.call("DELETE", "/compute/v2.1/os-keypairs/rec-gen22", nil) },
	"compute/keypair-import-2.92":  func(p *replay) { p.call("DELETE", "/compute/v2.1/os-keypairs/rec-ec", nil) },
	"compute/quota-set-detail-2.1": func(p *replay) { p.prepared = append(p.prepared, p.project()) },
	"network/subnet-delete": func(p *replay) {
		net := p.first("/network/v2.0/networks?name=rec-net", "networks")["id"]
		p.prepared = append(p.prepared, p.do("/network/v2.0/subnets", "subnet", map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.60.0.0/24"}))
	},
	"network/ports-left": func(p *replay) {
		p.drop("/network/v2.0/ports", "ports", "?device_owner=&network_id="+p.first("/network/v2.0/networks?name=rec-net", "networks")["id"].(string))
	},
	"compute/server-create-unknown-flavor": func(p *replay) {
		image := p.first("/image/v2/images?os_distro=debian", "images")["id"].(string)
		net := p.do("/network/v2.0/networks", "network", map[string]any{"name": "rec-net"})
		p.do("/network/v2.0/subnets", "subnet", map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.10.0.0/24"})
		p.prepared = append(p.prepared, image, net)
	},
	"compute/server-create-network-without-subnet": func(p *replay) {
		p.prepared = append(p.prepared, p.do("/network/v2.0/networks", "network", map[string]any{"name": "rec-net2"}))
	},
	"compute/server-create-two-networks-ambiguous": func(p *replay) {
		net := p.first("/network/v2.0/networks?name=rec-net2", "networks")["id"]
		p.do("/network/v2.0/subnets", "subnet", map[string]any{"network_id": net, "ip_version": 4, "cidr": "10.11.0.0/24"})
	},
	"compute/server-create-external-network": func(p *replay) {
		p.prepared = append(p.prepared, p.first("/network/v2.0/networks?router:external=true", "networks")["id"].(string))
	},
	"compute/server-create-image": func(p *replay) {
		p.drop("/compute/v2.1/servers", "servers", "?status=ERROR")
		p.do("/network/v2.0/security-groups", "security_group", map[string]any{"name": "rec-sg"})
	},
	"compute/server-create-port": func(p *replay) {
		net := p.first("/network/v2.0/networks?name=rec-net", "networks")["id"]
		p.prepared = append(p.prepared, p.do("/network/v2.0/ports", "port", map[string]any{"network_id": net, "name": "rec-port"}))
	},
	"compute/server-create-volume": func(p *replay) {
		image := p.first("/image/v2/images?os_distro=debian", "images")["id"]
		p.volume(map[string]any{"size": 1, "name": "rec-boot", "imageRef": image})
	},
	"compute/volume-attachments-empty":      func(p *replay) { p.volume(map[string]any{"size": 1, "name": "rec-data"}) },
	"network/port-after-server-delete":      func(p *replay) { p.drop("/compute/v2.1/servers", "servers", "?name=rec-port") },
	"volume/volume-get-after-server-delete": func(p *replay) { p.drop("/compute/v2.1/servers", "servers", "?name=rec-volume") },
}

// do makes an object and returns its id.
func (p *replay) do(path, key string, body map[string]any) string {
	p.Helper()
	a := p.call("POST", path, map[string]any{key: body})
	id, ok := a.at(key, "id").(string)
	if !ok {
		p.Fatalf("%s %v: %d %s", path, body, a.status, a.raw)
	}
	return id
}

// first returns the first object of a list.
func (p *replay) first(path, key string) map[string]any {
	p.Helper()
	a := p.call("GET", path, nil)
	list, _ := a.at(key).([]any)
	if len(list) == 0 {
		p.Fatalf("%s: %d %s", path, a.status, a.raw)
	}
	return list[0].(map[string]any)
}

// drop deletes all that a query finds.
func (p *replay) drop(path, key, query string) {
	p.Helper()
	list, _ := p.call("GET", path+query, nil).at(key).([]any)
	for _, o := range list {
		p.call("DELETE", path+"/"+o.(map[string]any)["id"].(string), nil)
	}
	p.later(5 * time.Second)
}

func (p *replay) project() string {
	return p.first("/identity/v3/auth/projects", "projects")["id"].(string)
}

// fill makes objects until there may be no more.
func (p *replay) fill(path, key string) {
	p.repeat(path, map[string]any{key: map[string]any{"name": "fill"}})
}

// repeat posts a body until it is refused.
func (p *replay) repeat(path string, body map[string]any) {
	for refused := false; !refused; {
		refused = p.call("POST", path, body).status >= 400
	}
}

// volume makes a volume and waits for it.
func (p *replay) volume(body map[string]any) {
	p.prepared = append(p.prepared, p.do("/volume/v3/"+p.project()+"/volumes", "volume", body))
	p.later(5 * time.Second)
}

// knownDifferences are exchanges that the simulator answers otherwise on
// purpose, and why.
var knownDifferences = map[string]string{
	"network/rule-update-refused":              "a defect of the real service: 500",
	"network/networks-page-past-end":           "the order of ids is another",
	"compute/server-create-user-data-too-long": "the request is shortened in the recording",
}
