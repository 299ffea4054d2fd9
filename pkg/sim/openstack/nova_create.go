package openstack

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

func createServer(c *call) (*reply, error) {
	doc, _ := c.document("server")
	p := &serverPlan{call: c, doc: doc, count: 1}
	// In the order in which Nova finds out what is wrong.
	for _, step := range []func() error{p.name, p.counts, p.rights, p.legacyMappings, p.mappings, p.networks, p.imageRef, p.flavorRef, p.limits, p.zone, p.image,
		p.groups, p.checkNetworks, p.key, p.metadata, p.personality, p.disk, p.group, p.quota, p.checkDisks} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p.make()
}

// A serverPlan gathers what a request for servers says.
type serverPlan struct {
	*call
	doc        map[string]any
	count      int64 // of servers, at most
	least      int64
	title      string
	nics       []nicWish
	disks      []diskWish
	imageID    string
	source     *image
	flavor     profile.Flavor
	groupIDs   []string
	groupWords []any
	member     *serverGroup

	zoneAsked, hostAsked string
}

func (p *serverPlan) name() error {
	p.title = strings.TrimSpace(text(p.doc["name"]))
	return nil
}

func (p *serverPlan) counts() error {
	low, hasLow := asInt(p.doc["min_count"])
	high, hasHigh := asInt(p.doc["max_count"])
	if !hasLow {
		low = 1
	}
	if !hasHigh {
		high = low
	}
	if low > high {
		return refuse(http.StatusBadRequest, "min_count must be <= max_count")
	}
	p.count, p.least = high, low
	return nil
}

func (p *serverPlan) rights() error {
	rules := []string{"os_compute_api:servers:create"}
	if p.doc["trusted_image_certificates"] != nil {
		rules = append(rules, "os_compute_api:servers:create:trusted_certs")
	}
	zone, host, forced := strings.Cut(text(p.doc["availability_zone"]), ":")
	if p.zoneAsked, p.hostAsked = zone, host; forced {
		rules = append(rules, "os_compute_api:servers:create:forced_host")
	}
	if p.doc["host"] != nil || p.doc["hypervisor_hostname"] != nil {
		rules = append(rules, "compute:servers:create:requested_destination")
		p.hostAsked = cmp.Or(text(p.doc["host"]), text(p.doc["hypervisor_hostname"]))
	}
	for _, rule := range rules {
		if err := p.permit(rule); err != nil {
			return err
		}
	}
	return nil
}

// mappings reads block_device_mapping_v2.
func (p *serverPlan) mappings() error {
	list, _ := p.doc["block_device_mapping_v2"].([]any)
	for _, item := range list {
		m := item.(map[string]any)
		w := diskWish{source: text(m["source_type"]), destination: text(m["destination_type"]), uuid: text(m["uuid"]), kind: text(m["volume_type"]),
			device: text(m["device_name"]), bootIndex: -1, tag: m["tag"]}
		w.size, _ = asInt(m["volume_size"])
		if n, given := asInt(m["boot_index"]); given {
			w.bootIndex = n
		}
		w.deleteToo, _ = asBool(m["delete_on_termination"])
		if w.destination == "" {
			w.destination = "volume"
			if w.source == "image" || w.source == "blank" && w.size == 0 {
				w.destination = "local"
			}
		}
		p.disks = append(p.disks, w)
	}
	return nil
}

// networks reads which networks are asked for.
func (p *serverPlan) networks() error {
	list, _ := p.doc["networks"].([]any)
	for _, item := range list {
		m := item.(map[string]any)
		w := nicWish{network: text(m["uuid"]), port: text(m["port"]), address: text(m["fixed_ip"]), tag: m["tag"]}
		switch {
		case w.port != "":
			w.network = ""
		case w.network == "":
			return refuse(http.StatusBadRequest, "Bad network format: missing 'uuid'")
		case !isUUID(w.network):
			return refuse(http.StatusBadRequest, "Bad networks format: network uuid is not in proper format (%s)", w.network)
		}
		p.nics = append(p.nics, w)
	}
	return nil
}

func (p *serverPlan) imageRef() error {
	p.imageID = text(p.doc["imageRef"])
	if p.imageID == "" && len(p.disks) == 0 {
		return refuse(http.StatusBadRequest, "Missing imageRef attribute")
	}
	return nil
}

func (p *serverPlan) flavorRef() error {
	id := pyStr(p.doc["flavorRef"])
	f, there := p.findFlavor(id[strings.LastIndex(id, "/")+1:])
	if !there {
		return refuse(http.StatusBadRequest, "Flavor %s could not be found.", id)
	}
	p.flavor = f.Flavor
	return nil
}

// limits are what goes only with a single server.
func (p *serverPlan) limits() error {
	if p.count == 1 {
		return nil
	}
	for _, w := range p.nics {
		switch {
		case w.port != "":
			return refuse(http.StatusBadRequest, "Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.")
		case w.address != "":
			return refuse(http.StatusBadRequest, "Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
		}
	}
	return nil
}

func (p *serverPlan) zone() error {
	if z := p.zoneAsked; z != "" && !slices.Contains(p.cloud.zones(), z) {
		return refuse(http.StatusBadRequest, "The requested availability zone is not available")
	}
	if _, there := p.cloud.compute.hosts.Get(p.hostAsked); p.hostAsked != "" && !there {
		if p.doc["host"] == nil && p.doc["hypervisor_hostname"] == nil {
			return nil // it will be found out when the server is placed
		}
		return refuse(http.StatusBadRequest, "Compute host %s could not be found.", p.hostAsked)
	}
	return nil
}

// image finds what the root disk is made of.
func (p *serverPlan) image() error {
	id := p.imageID
	if id == "" {
		for _, w := range p.disks {
			switch {
			case w.bootIndex == 0 && w.source == "image":
				id = w.uuid
			case w.bootIndex == 0 && w.source == "volume":
				return p.bootable(w.uuid)
			}
		}
	}
	if id == "" {
		return nil
	}
	if p.source = p.findImage(id); p.source == nil {
		return refuse(http.StatusBadRequest, "Can not find requested image")
	}
	return nil
}

// quota takes as many servers as there is room for, unless these are fewer
// than are asked for at least.
func (p *serverPlan) quota() error {
	asked := pyStr(p.count)
	if p.least < p.count {
		asked = pyStr(p.least) + "-" + asked
	}
	err := p.checkComputeQuota(p.count, asked, p.flavor.VCPUs, p.flavor.RAM)
	for n := p.count - 1; err != nil && n >= p.least && n > 0; n-- {
		if p.checkComputeQuota(n, asked, p.flavor.VCPUs, p.flavor.RAM) == nil {
			p.count = n
			return nil
		}
	}
	return err
}

// make makes the servers and tells about the first.
func (p *serverPlan) make() (*reply, error) {
	secrets := p.cloud.compute.secret(p.cloud)
	var first *server
	for i := range p.count {
		s := p.server(int(i))
		s.adminPass, s.reservation = cmp.Or(text(p.doc["adminPass"]), secrets), "r-"+strings.ToLower(secrets[:8])
		p.cloud.compute.servers.Put(s.id, s.project, s)
		if s.group != nil {
			s.group.members = append(s.group.members, s.id)
		}
		s.build(p.call)
		s.note(p.call, "create", s.launched)
		if first == nil {
			first = s
		}
	}
	if wants, _ := asBool(p.doc["return_reservation_id"]); wants {
		return with(http.StatusAccepted, map[string]any{"reservation_id": first.reservation}), nil
	}
	body := map[string]any{"id": first.id, "links": selfLinks(p.call, "/servers/"+first.id), "OS-DCF:diskConfig": first.diskConfig,
		"security_groups": p.groupWords, "adminPass": first.adminPass}
	return with(http.StatusAccepted, map[string]any{"server": body}).set("Location", p.url("/v2.1/servers/"+first.id)), nil
}

// secret draws a password from the ids' stream.
func (*compute) secret(c *Cloud) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.Objects.Hex()))[:12]
}

func (p *serverPlan) server(index int) *server {
	id := p.cloud.Objects.UUID()
	p.cloud.compute.made++
	s := &server{id: id, project: p.project(), user: p.token.user.id, name: p.title, flavor: p.flavor, image: p.imageID, key: p.doc["key_name"],
		zone: p.zoneAsked, zoneAsked: p.zoneAsked, hostAsked: p.hostAsked, userData: text(p.doc["user_data"]), access4: text(p.doc["accessIPv4"]), access6: text(p.doc["accessIPv6"]),
		metadata: map[string]string{}, group: p.member, groups: p.groupIDs, number: p.cloud.compute.made, launchIndex: index, diskConfig: "MANUAL",
		bus: "vd", created: p.now, changed: p.now, requestedNetworks: p.nics, requestedDisks: p.disks}
	if p.count > 1 {
		s.name = fmt.Sprintf("%s-%d", p.title, index+1)
	}
	if slices.ContainsFunc(p.disks, func(w diskWish) bool { return w.bootIndex == 0 && w.destination == "volume" }) {
		s.image = ""
	}
	p.details(s)
	return s
}

func (p *serverPlan) details(s *server) {
	if d, given := p.doc["description"]; given {
		s.description = d
	} else if !p.version.since(2, 19) {
		s.description = s.name
	}
	s.hostname = cmp.Or(text(p.doc["hostname"]), hostname(s))
	if on, _ := asBool(p.doc["config_drive"]); on {
		s.drive = "True"
	}
	if p.source != nil && p.source.props["hw_disk_bus"] == "scsi" {
		s.bus = "sd"
	}
	s.diskConfig = cmp.Or(text(p.doc["OS-DCF:diskConfig"]), "MANUAL")
	m, _ := p.doc["metadata"].(map[string]any)
	for k, v := range m {
		s.metadata[k] = text(v)
	}
	tags, _ := p.doc["tags"].([]any)
	for _, t := range tags {
		s.tags = append(s.tags, text(t))
	}
	slices.Sort(s.tags)
	s.tags = slices.Compact(s.tags)
	certificates, _ := p.doc["trusted_image_certificates"].([]any)
	for _, id := range certificates {
		s.certificates = append(s.certificates, text(id))
	}
}

// hostname makes a host name of a server's name.
func hostname(s *server) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s.name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			b.WriteRune(r)
		case r == '_', r == ' ', r == '.':
			b.WriteRune('-')
		}
	}
	return cmp.Or(strings.Trim(b.String(), "-"), "server-"+s.id)
}
