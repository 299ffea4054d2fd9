package openstack

import (
	"net/http"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// groups finds the security groups by id or name.
func (p *serverPlan) groups() error {
	list, _ := p.doc["security_groups"].([]any)
	for _, item := range list {
		word := text(item.(map[string]any)["name"])
		found := p.cloud.network.groupsNamed(p.call, word)
		byID := slices.IndexFunc(found, func(o *netObject) bool { return o.id == word })
		switch {
		case len(found) == 0:
			return refuse(http.StatusBadRequest, "Unable to find security_group with name or id '%s'", word)
		case byID >= 0:
			found = found[byID : byID+1]
		case len(found) > 1:
			return refuse(http.StatusConflict, "Multiple security_group matches found for name '%s', use an ID to be more specific.", word)
		}
		p.groupIDs = append(p.groupIDs, found[0].id)
		p.groupWords = append(p.groupWords, map[string]any{"name": word})
	}
	if len(list) == 0 {
		p.groupWords = []any{map[string]any{"name": "default"}}
	}
	return nil
}

// checkNetworks asks the network about each wish, or finds the network of a
// server that names none.
func (p *serverPlan) checkNetworks() error {
	if len(p.nics) == 0 && p.doc["networks"] != "none" {
		return p.anyNetwork()
	}
	for _, w := range p.nics {
		if err := p.checkNIC(w); err != nil {
			return err
		}
	}
	return nil
}

func (p *serverPlan) anyNetwork() error {
	list := p.cloud.network.usableNetworks(p.call)
	switch {
	case len(list) > 1:
		return refuse(http.StatusConflict, "Multiple possible networks found, use a Network ID to be more specific.")
	case len(list) == 0 && p.doc["networks"] == "auto":
		return refuse(http.StatusBadRequest, "Unable to automatically allocate a network for project %s", p.project())
	case len(list) == 1:
		p.nics = []nicWish{{network: list[0].id}}
		return p.checkNIC(p.nics[0])
	}
	return nil
}

func (p *serverPlan) checkNIC(w nicWish) error {
	n := &p.cloud.network
	if w.port != "" {
		port, there := n.ports.objects.Get(w.port)
		switch {
		case !there || !n.sees(p.call, port):
			return refuse(http.StatusBadRequest, "Port id %s could not be found.", w.port)
		case port.text("device_id") != "":
			return refuse(http.StatusConflict, "Port %s is still in use.", w.port)
		}
		return nil
	}
	net := n.networkOf(p.call, w.network)
	switch {
	case net == nil:
		return refuse(http.StatusBadRequest, "Network %s could not be found.", w.network)
	case len(n.subnetsOf(p.call, net.id)) == 0 && net.project == p.project():
		return refuse(http.StatusBadRequest, "Network %s requires a subnet in order to boot instances on.", net.id)
	}
	if device, used := n.addressUser(net.id, w.address); used && w.address != "" {
		return refuse(http.StatusBadRequest, "Fixed IP address %s is already in use on instance %s.", w.address, device)
	}
	return nil
}

func (p *serverPlan) key() error {
	if name := text(p.doc["key_name"]); name != "" {
		if _, there := p.cloud.compute.keypairs.Get(p.token.user.id + "/" + name); !there {
			return refuse(http.StatusBadRequest, "Invalid key_name provided.")
		}
	}
	return nil
}

// checkDisks checks the block devices as a whole and each for itself.
func (p *serverPlan) checkDisks() error {
	roots := slices.DeleteFunc(slices.Clone(p.disks), func(w diskWish) bool { return w.bootIndex != 0 })
	if len(p.disks) > 0 && len(roots) != 1 && (p.imageID == "" || len(roots) > 1 || slices.ContainsFunc(p.disks, func(w diskWish) bool { return w.bootIndex > 0 })) {
		return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.")
	}
	for _, w := range p.disks {
		if err := p.checkDisk(w); err != nil {
			return err
		}
	}
	return nil
}

func (p *serverPlan) checkDisk(w diskWish) error {
	if w.kind != "" && p.cloud.volumeType(w.kind) == nil {
		return refuse(http.StatusBadRequest, "Volume type %s could not be found.", w.kind)
	}
	switch w.source {
	case "image":
		if w.destination == "volume" && w.size == 0 {
			return refuse(http.StatusBadRequest, "Images with destination_type 'volume' need to have a non-zero size specified")
		}
		if p.findImage(w.uuid) == nil {
			return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get image %s.", w.uuid)
		}
	case "snapshot":
		if _, err := p.oneSnapshot(w.uuid); err != nil {
			return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get snapshot %s.", w.uuid)
		}
	case "volume":
		v, err := p.oneVolume(w.uuid)
		if err != nil {
			return refuse(http.StatusBadRequest, "Volume %s could not be found.", w.uuid)
		}
		return p.checkVolume(v)
	}
	return nil
}

// bootable tells whether a server can be started from a volume.
func (p *serverPlan) bootable(id string) error {
	v, err := p.oneVolume(id)
	switch {
	case err != nil:
		return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get volume %s.", id)
	case !v.bootable || v.filled.After(p.now):
		return refuse(http.StatusBadRequest, "Block Device %s is not bootable.", v.id)
	}
	return nil
}

func (p *serverPlan) checkVolume(v *volume) error {
	status := v.status(p.now)
	switch {
	case status == "in-use" || status == "reserved" || status == "attaching" || status == "detaching":
		return refuse(http.StatusBadRequest, "Invalid volume: Invalid input received: Invalid volume: Volume %s status must be available or downloading to reserve, "+
			"but the current status is %s. (HTTP 400) (Request-ID: %s)", v.id, status, p.cloud.RequestID())
	case status != "available":
		return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get volume %s.", v.id)
	}
	return nil
}

func (p *serverPlan) metadata() error { return p.checkMetadata(p.doc) }

// checkMetadata refuses too many items in a document of a server.
func (c *call) checkMetadata(doc map[string]any) error {
	m, _ := doc["metadata"].(map[string]any)
	if most := c.cloud.limit(c.project(), "compute.metadata_items"); most >= 0 && int64(len(m)) > most {
		return refuse(http.StatusForbidden, "Maximum number of metadata items exceeds %d", most)
	}
	return nil
}

// checkImageMetadata is the same for an image, as long as Nova stood for
// Glance.
func (c *call) checkImageMetadata(doc map[string]any) error {
	if c.version.since(2, 39) || c.checkMetadata(doc) == nil {
		return nil
	}
	return refuse(http.StatusForbidden, "Image metadata limit exceeded")
}

// disk compares the image with the flavor.
func (p *serverPlan) disk() error {
	local := p.imageID != "" && !slices.ContainsFunc(p.disks, func(w diskWish) bool { return w.bootIndex == 0 && w.destination == "volume" })
	return p.fitsFlavor(p.source, p.flavor, local)
}

// fitsFlavor tells whether servers of a flavor can be made of an image; local:
// with a disk of the flavor's own.
func (c *call) fitsFlavor(im *image, f profile.Flavor, local bool) error {
	switch {
	case im != nil && f.RAM < im.minRAM:
		return refuse(http.StatusBadRequest, "Flavor's memory is too small for requested image.")
	case im != nil && im.life.At(c.now) != "active":
		return refuse(http.StatusBadRequest, "Image %s is not active.", im.id)
	case !local:
		return nil
	case f.Disk == 0:
		if c.permit("os_compute_api:servers:create:zero_disk_flavor") != nil {
			return refuse(http.StatusForbidden, "Only volume-backed servers are allowed for flavors with zero disk.")
		}
	case im != nil && f.Disk<<30 < im.size():
		return refuse(http.StatusBadRequest, "Flavor's disk is too small for requested image. Flavor disk is %d bytes, image is %d bytes.", f.Disk<<30, im.size())
	case im != nil && f.Disk < im.minDisk:
		return refuse(http.StatusBadRequest, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is %d bytes, minimum size is %d bytes.",
			f.Disk<<30, im.minDisk<<30)
	}
	return nil
}

// group finds the server group of the scheduler hints.
func (p *serverPlan) group() error {
	body, _ := p.body.(map[string]any)
	hints, _ := body["os:scheduler_hints"].(map[string]any)
	if hints == nil {
		hints, _ = body["OS-SCH-HNT:scheduler_hints"].(map[string]any)
	}
	id := text(hints["group"])
	if id == "" {
		return nil
	}
	g, there := p.cloud.compute.groups.Get(id)
	if !there || g.project != p.project() {
		return refuse(http.StatusBadRequest, "Instance group %s could not be found.", id)
	}
	if most := p.cloud.limit(p.project(), "compute.server_group_members"); most >= 0 && int64(len(g.members))+p.count > most {
		return refuse(http.StatusForbidden, "Quota exceeded, too many servers in group")
	}
	p.member = g
	return nil
}
