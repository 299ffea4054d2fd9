package gap_test

import (
	"maps"

	. "github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

type examples map[string][]Signal

func at(t resource.Type, path resource.Path) Signal {
	return Signal{Ref: resource.Ref{Type: t, Key: "r"}, Path: path}
}

func (s sig) foreseen(code string, effect resource.Effect) Signal {
	s.Seen, s.Code, s.Effect = Forecast, code, effect
	return Signal(s)
}

func (s sig) refused(code string, status int, message string, effect resource.Effect) Signal {
	s.Seen, s.Code, s.Status, s.Message, s.Effect = Refusal, code, status, message, effect
	return Signal(s)
}

func (s sig) found(code string, source, target resource.Value) Signal {
	s.Seen, s.Code, s.Source, s.Target = Change, code, source, target
	return Signal(s)
}

// sig makes signals of one place.
type sig Signal

func on(t resource.Type, path resource.Path) sig { return sig(at(t, path)) }

func (s sig) with(args ...string) sig {
	s.Args = maps.Clone(s.Args)
	if s.Args == nil {
		s.Args = map[string]string{}
	}
	for i := 0; i+1 < len(args); i += 2 {
		s.Args[args[i]] = args[i+1]
	}
	return s
}

const (
	server     resource.Type = "OS::Nova::Server"
	flavor     resource.Type = "OS::Nova::Flavor"
	srvGroup   resource.Type = "OS::Nova::ServerGroup"
	keyPair    resource.Type = "OS::Nova::KeyPair"
	network    resource.Type = "OS::Neutron::Net"
	subnet     resource.Type = "OS::Neutron::Subnet"
	router     resource.Type = "OS::Neutron::Router"
	port       resource.Type = "OS::Neutron::Port"
	floatingIP resource.Type = "OS::Neutron::FloatingIP"
	group      resource.Type = "OS::Neutron::SecurityGroup"
	rule       resource.Type = "OS::Neutron::SecurityGroupRule"
	volume     resource.Type = "OS::Cinder::Volume"
	snapshot   resource.Type = "OS::Cinder::Snapshot"
	image      resource.Type = "OS::Glance::Image"
)

// shown has, for each kind, signals that show it: at least one for each of its
// predicates.
func shown() examples {
	const (
		adapted, degraded, lost = resource.Adapted, resource.Degraded, resource.Lost
	)
	fromTo := []string{"from", "a", "to", "b"}
	implied := []string{"parent", "default", "parent-tenure", "implied"}
	e := examples{
		"compute/flavor-absent": {on(server, "flavor").with("from", "SCS-4V-8").foreseen("flavor/absent", lost),
			on(server, "flavor").refused("create", 400, "Flavor m1.tiny could not be found.", lost), on(server, "flavor").refused("create", 400, "Invalid flavorRef provided.", lost)},
		"compute/flavor-replaced": {on(server, "flavor").with(fromTo...).foreseen("flavor/nearest", adapted), on(server, "flavor").with(fromTo...).foreseen("flavor/by-rule", adapted)},
		"compute/flavor-differs": {on(server, "flavor").with(fromTo...).foreseen("flavor/other-meaning", adapted), on(flavor, "vcpus").found("chosen", int64(4), int64(2)), on(flavor, "ram").found("chosen", int64(4096), int64(2048)),
			on(flavor, "disk").found("chosen", int64(20), int64(10))},
		"compute/flavor-too-small": {on(server, "flavor").refused("create", 400, "Flavor's memory is too small for requested image.", lost)},
		"compute/root-volume-added": {on(server, "block_device_mapping_v2").with("size", "20").foreseen("root-volume/added", adapted),
			on(server, "").refused("create", 403, "Only volume-backed servers are allowed for flavors with zero disk.", lost)},
		"compute/root-disk-not-moved": {on(server, "content").foreseen("local-disk/not-moved", degraded)},
		"compute/root-disk-unread":    {on(server, "content").found("unread", nil, nil)},
		"compute/no-valid-host":       {on(server, "").refused("failed", 0, "No valid host was found. There are not enough hosts available.", lost), on(server, "").refused("failed", 0, "anti-affinity instance group policy was violated", lost)},
		"compute/zone-renamed":        {on(server, "availability_zone").with(fromTo...).foreseen("zone/renamed", adapted)},
		"compute/zone-absent":         {on(server, "availability_zone").with("from", "a").foreseen("zone/absent", adapted), on(server, "availability_zone").refused("create", 400, "The requested availability zone is not available", degraded)},
		"compute/zone-mismatch":       {on("OS::Cinder::VolumeAttachment", "").refused("create", 400, "Invalid volume: Instance 1 and volume 2 are not in the same availability_zone. Instance is in a. Volume is in b", lost)},
		"compute/server-group-policy": {on(srvGroup, "policies").refused("create", 400, "Invalid input for field/attribute policies.", lost), on(srvGroup, "policies").foreseen("microversion/absent", degraded)},
		"compute/keypair-refused":     {on(keyPair, "public_key").refused("create", 400, "Keypair data is invalid: failed to generate fingerprint", lost)},
		"compute/keypair-absent": {on(server, "key_name").with("from", "ops").foreseen("given/absent", lost),
			on(server, "").refused("create", 400, "Invalid key_name provided.", lost)},
		"compute/user-data-unread":     {on(server, "user_data").foreseen("user-data/unread", degraded), on(server, "user_data").found("unread", nil, nil)},
		"compute/config-drive":         {on(server, "config_drive").found("changed", true, nil), on(server, "config_drive").refused("create", 400, "Invalid config_drive provided.", degraded)},
		"compute/block-device-refused": {on(server, "").refused("create", 400, "Block Device Mapping is Invalid: failed to get volume 1.", lost)},
		"compute/address-in-use":       {on(server, "networks[0].fixed_ip").refused("create", 400, "Fixed IP 10.0.0.5 is already in use.", degraded)},
		"compute/external-attach-forbidden": {on(server, "networks[0].network").with(fromTo...).foreseen("network/not-shared", lost), on(server, "networks").refused("create", 403,
			"It is not allowed to create an interface on external network 11111111-2222-3333-4444-555555555555", lost)},
		"compute/server-failed":        {on(server, "").refused("failed", 0, "Build of instance aborted: disk is full", lost), on(server, "state").found("changed", "ready", "failed")},
		"compute/power-state":          {on(server, "power").found("changed", "off", "on"), on(server, "power").refused("settle", 409, "Cannot 'stop' instance", degraded)},
		"network/external-name":        {on(floatingIP, "floating_network").with(fromTo...).foreseen("network/external-name", adapted), on(router, "external_gateway_info.network").with(fromTo...).foreseen("network/by-rule", adapted)},
		"network/external-ambiguous":   {on(router, "external_gateway_info.network").with(fromTo...).foreseen("network/external-ambiguous", degraded)},
		"network/external-absent":      {on(router, "external_gateway_info.network").with("from", "public").foreseen("network/external-absent", lost), on(floatingIP, "").refused("create", 400, "Bad floatingip request: Network x is not a valid external network.", lost)},
		"network/external-unreachable": {on(floatingIP, "port_id").refused("create", 404, "External network x is not reachable from subnet y. Therefore, cannot associate Port", lost)},
		"network/shared-name": {on(port, "network").with(fromTo...).foreseen("network/shared-name", adapted), on(port, "network").with(fromTo...).foreseen("network/shared-ambiguous", degraded),
			on(port, "fixed_ips[0].subnet").with(fromTo...).foreseen("subnet/other-name", adapted), on(port, "fixed_ips[0].subnet").with(fromTo...).foreseen("subnet/by-rule", adapted)},
		"network/shared-absent": {on(port, "network").with("from", "a").foreseen("network/shared-absent", lost), on(port, "fixed_ips[0].subnet").with("from", "a").foreseen("subnet/absent", lost)},
		"network/group-absent": {on(port, "security_groups[0]").with("from", "web").foreseen("given/absent", lost),
			on(rule, "remote_group").with("from", "web").foreseen("given/absent", lost)},
		"network/provider-mtu-smaller": {on(server, "networks[0].network").with(fromTo...).foreseen("network/mtu-smaller", degraded)},
		"network/outside-without-ipv6": {on(router, "external_gateway_info.external_fixed_ips").foreseen("network/outside-without-ipv6", degraded),
			on(router, "external_gateway_info.external_fixed_ips").found("chosen", []resource.Value{"a", "b"}, []resource.Value{"a"})},
		"network/resolver-replaced": {on(subnet, "dns_nameservers").with("address", "100.64.0.1").foreseen("resolver/of-source", adapted)},
		"network/mtu-smaller": {on(network, "mtu").foreseen("network/tenant-mtu", degraded), on(network, "mtu").found("chosen", int64(1500), int64(1442)),
			on(network, "mtu").found("changed", int64(1500), int64(1442))},
		"network/mtu-refused": {on(network, "mtu").refused("create", 400, "Invalid input for operation: Requested MTU is too big, maximum is 1450.", adapted)},
		"network/address-not-kept": {on(floatingIP, "floating_ip_address").with("address", "203.0.113.9").foreseen("address/not-kept", adapted), on(floatingIP, "floating_ip_address").found("chosen", "203.0.113.9", "198.51.100.4"),
			on(floatingIP, "floating_ip_address").refused("create", 400, "no", adapted), on(floatingIP, "").refused("create", 403, "(rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed by policy", adapted)},
		"network/baked-in-address": {on(server, "metadata.db").with("value", "203.0.113.9", "of", "x").foreseen("address/baked-in", degraded)},
		"network/feature-absent":   {on(router, "").with("extension", "router").foreseen("extension/absent", lost), on(router, "").with("extension", "router").refused("create", 404, "The resource could not be found.", lost)},
		"network/extension-absent": {on(network, "dns_domain").with("extension", "dns-integration").foreseen("extension/absent", degraded), on(network, "dns_domain").refused("create", 400, "Unrecognized attribute(s) 'dns_domain'", degraded)},
		"network/qos-absent":       {on(port, "qos_policy").with("from", "gold").foreseen("qos/absent", degraded), on(port, "qos_policy").with("from", "gold").refused("create", 404, "QoS policy gold could not be found.", degraded)},
		"network/attribute-forbidden": {on(network, "shared").refused("create", 403, "(rule:create_network and rule:create_network:shared) is disallowed by policy", degraded),
			on(router, "external_gateway_info.enable_snat").refused("create", 403, "(rule:create_router and (rule:create_router:external_gateway_info and rule:create_router:external_gateway_info:enable_snat)) is disallowed by policy", adapted)},
		"network/snat-differs":         {on(router, "external_gateway_info.enable_snat").found("chosen", true, false), on(router, "external_gateway_info.enable_snat").found("changed", true, false)},
		"network/subnet-refused":       {on(subnet, "allocation_pools").refused("create", 400, "Found overlapping allocation pools: a b", lost)},
		"network/address-conflict":     {on(port, "fixed_ips").refused("create", 409, "IP address 10.0.0.5 already allocated in subnet x", degraded)},
		"network/default-group-rules":  {on(rule, "").with(implied...).found("missing", map[string]resource.Value{"direction": "egress"}, nil), on(rule, "").with(implied...).found("extra", nil, map[string]resource.Value{"direction": "ingress"})},
		"network/default-group-copied": {on(group, "").with(fromTo...).foreseen("default-group/copied", adapted)},
		"network/rule-lost":            {on(rule, "").with("parent", "web").found("missing", map[string]resource.Value{"direction": "egress"}, nil)},
		"network/rule-extra":           {on(rule, "").with("parent", "web").found("extra", nil, map[string]resource.Value{"direction": "ingress"})},
		"network/rule-refused":         {on(rule, "protocol").refused("create", 400, "Security group rule protocol ipv6-icmp not supported", lost)},
		"network/port-security": {on(port, "").refused("create", 409, "Port Security must be enabled in order to have allowed address pairs on a port.", lost),
			on(port, "").refused("create", 400, "The number of allowed address pair exceeds the maximum 1.", lost),
			on(port, "port_security_enabled").refused("create", 403, "no", degraded), on(port, "allowed_address_pairs").refused("create", 403, "no", degraded),
			on(port, "port_security_enabled").found("changed", false, true), on(port, "allowed_address_pairs").found("changed", []resource.Value{"a"}, nil)},
		"network/zone-differs": {on(network, "availability_zone_hints").with("from", "a").foreseen("zone/absent", adapted), on(router, "availability_zone_hints").refused("create", 404, "AvailabilityZone a could not be found.", degraded)},

		"storage/volume-type-absent":   {on(volume, "volume_type").with("from", "ssd").foreseen("volume-type/absent", lost), on(volume, "volume_type").refused("create", 404, "Volume type with name ssd could not be found.", lost)},
		"storage/volume-type-replaced": {on(volume, "volume_type").with(fromTo...).foreseen("volume-type/by-aspect", adapted), on(volume, "volume_type").with(fromTo...).foreseen("volume-type/by-rule", adapted)},
		"storage/volume-type-default":  {on(volume, "volume_type").with(fromTo...).foreseen("volume-type/default", degraded)},
		"storage/encryption-lost": {on(volume, "volume_type").with(fromTo...).foreseen("volume-type/encryption-lost", degraded), on(volume, "encrypted").found("chosen", true, false),
			on(volume, "encrypted").found("changed", true, false)},
		"storage/multiattach-lost":    {on(volume, "volume_type").with(fromTo...).foreseen("volume-type/multiattach-lost", degraded)},
		"storage/zone-differs":        {on(volume, "availability_zone").with(fromTo...).foreseen("zone/renamed", adapted), on(volume, "availability_zone").refused("create", 400, "Invalid input received: Availability zone 'a' is invalid.", degraded)},
		"storage/size-refused":        {on(volume, "").with("name", "block-storage.per_volume_gigabytes", "need", "8", "left", "4").foreseen("quota/exceeded", lost), on(volume, "size").refused("create", 400, "Invalid input received: Size of specified image 2GB is larger than volume size 1GB.", lost)},
		"storage/volume-in-use":       {on(volume, "").refused("create", 400, "Invalid volume: Volume status must be available, but current status is: in-use.", lost)},
		"storage/encrypted-content":   {on(volume, "content").foreseen("content/sealed", degraded)},
		"storage/content-not-carried": {on(volume, "").foreseen("content/not-carried", degraded)},
		"storage/content-differs":     {on(volume, "content").found("changed", "aa", "bb")},
		"storage/content-unread":      {on(volume, "content").found("unread", nil, nil)},
		"storage/boot-metadata": {on(volume, "bootable").found("changed", true, nil), on(volume, "image_metadata.hw_disk_bus").found("changed", "scsi", "virtio"),
			on(volume, "bootable").refused("settle", 403, "no", degraded)},
		"storage/size-differs":     {on(volume, "size").found("changed", int64(5), int64(8))},
		"storage/snapshot-absent":  {on(volume, "snapshot_id").with("from", "monday").foreseen("given/absent", lost)},
		"storage/snapshot-refused": {on(snapshot, "").refused("create", 400, "Invalid volume", lost), on(snapshot, "").refused("failed", 0, "error", lost)},
		"storage/volume-failed":    {on(volume, "").refused("failed", 0, "schedule allocate volume: no space", lost), on(volume, "state").found("changed", "ready", "failed")},

		"image/absent":    {on(server, "image").with("from", "Debian 12").foreseen("image/absent", lost), on(server, "image").refused("create", 400, "Can not find requested image", lost)},
		"image/replaced":  {on(server, "image").with(fromTo...).foreseen("image/by-properties", adapted), on(volume, "image").with(fromTo...).foreseen("image/by-rule", adapted)},
		"image/ambiguous": {on(server, "image").with("from", "a", "count", "2").foreseen("image/ambiguous", adapted)},
		"image/properties-differ": {on(image, "properties.hw_disk_bus").with(fromTo...).foreseen("image/properties", degraded), on(image, "properties.hw_disk_bus").found("chosen", "scsi", "virtio"), on(image, "properties.hw_scsi_model").found("chosen", "virtio-scsi", nil),
			on(image, "properties.hw_qemu_guest_agent").found("chosen", "yes", nil), on(image, "properties.hw_rng_model").found("chosen", "virtio", nil),
			on(image, "properties.os_version").found("chosen", "12", "11"), on(image, "properties.hw_disk_bus").found("changed", "scsi", "virtio")},
		"image/upload-forbidden":     {on(image, "").refused("create", 403, "You are not authorized to complete upload_image action.", lost), on(volume, "").refused("create", 403, "You are not authorized to complete add_image action.", lost)},
		"image/visibility-forbidden": {on(image, "visibility").refused("create", 403, "no", degraded), on(image, "").refused("create", 403, "You are not authorized to complete publicize_image action.", degraded)},
		"image/format-refused":       {on(image, "disk_format").refused("create", 400, "Invalid disk format 'vhdx' for image.", lost), on(volume, "").refused("create", 400, "Invalid disk format 'vhdx' for image.", lost)},
		"image/too-large":            {on(image, "").refused("create", 413, "Denying attempt to upload image", lost), on(image, "").refused("create", 400, "Image exceeds the storage quota", lost), on(volume, "").refused("create", 413, "Denying attempt to upload image larger than 1 bytes.", lost)},
		"image/content-not-carried":  {on(image, "").foreseen("content/not-carried", lost)},
		"image/content-differs":      {on(image, "content").found("changed", "aa", "bb")},
		"image/content-unread":       {on(image, "content").found("unread", nil, nil)},

		"identity/role-missing": {on(network, "").refused("create", 403, "Policy doesn't allow create_network to be performed.", lost), on(volume, "").refused("create", 403, "Policy doesn't allow volume:create to be performed.", lost)},
	}
	maps.Copy(e, shownInClusters())
	for domain, t := range map[string]resource.Type{"compute": "OS::Nova::Thing", "network": "OS::Neutron::Thing", "storage": "OS::Cinder::Thing", "image": "OS::Glance::Thing", "cluster": "apps/Thing", "other": "OS::Other::Thing"} {
		every(e, domain, t)
	}
	return e
}

func every(e examples, domain string, t resource.Type) {
	const (
		adapted, degraded, lost = resource.Adapted, resource.Degraded, resource.Lost
	)
	all := examples{
		"quota-exceeded": {on(t, "").with("name", "compute.cores").foreseen("quota/exceeded", lost), on(t, "").refused("create", 409, "Quota exceeded for resources: ['port'].", lost),
			on(t, "").refused("create", 403, "exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3", lost),
			on(t, "").refused("create", 413, "VolumeLimitExceeded: Maximum number of volumes allowed (5) exceeded for quota 'volumes'.", lost),
			on(t, "").refused("create", 413, "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 10G, quota is 100G and 94G has been consumed.", lost)},
		"microversion-absent": {on(t, "tags").foreseen("microversion/absent", degraded), on(t, "tags").refused("create", 406, "no", degraded), on(t, "tags").refused("create", 400, "Version 2.90 is not supported by the API. Minimum is 2.1 and maximum is 2.72.", degraded)},
		"forbidden":           {on(t, "description").refused("create", 403, "no", degraded)},
		"service-absent":      {on(t, "").with("service", "compute").foreseen("service/absent", lost)},
		"property-mapped":     {on(t, "description").foreseen("property/by-rule", adapted)},
		"property-unread":     {on(t, "secret").foreseen("property/unread", degraded), on(t, "secret").found("unread", nil, nil)},
		"property-changed":    {on(t, "description").found("changed", "a", "b")},
		"resource-lost":       {on(t, "").found("missing", map[string]resource.Value{"a": "b"}, nil)},
		"unexpected-resource": {on(t, "").found("extra", nil, map[string]resource.Value{"a": "b"})},
		"refused":             {on(t, "description").refused("create", 400, "Bad value", degraded)},
		"foretold":            {on(t, "description").foreseen("something/new", degraded), on(t, "description").found("something/new", "a", "b"), Signal{Seen: Probe, Code: "ping", Ref: resource.Ref{Type: t, Key: "r"}}},
	}
	for name, list := range all {
		e[domain+"/"+name] = list
	}
}
