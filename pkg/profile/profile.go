package profile

// A Profile is one simulated provider: what it offers, and how its services
// behave. It is written by hand in YAML, or captured from a real cloud.
//
// Ids are optional everywhere: without one, the simulator derives it from the
// profile's name and the thing's name, so that it is the same in every run.
type Profile struct {
	Name        string            `json:"name"`        // as in sim:NAME
	Title       map[string]string `json:"title"`       // by language: en, de
	Description map[string]string `json:"description"` // by language: en, de
	Region      string            `json:"region"`

	Services    map[string]Service  `json:"services"`   // by service type as in [Catalogue]
	Extensions  []string            `json:"extensions"` // aliases of Neutron's extensions
	Flavors     []Flavor            `json:"flavors"`
	Images      []PublicImage       `json:"images"`
	VolumeTypes []VolumeType        `json:"volumeTypes"`
	Networks    []PublicNetwork     `json:"networks"`
	Zones       map[string][]string `json:"zones"` // by service; the first is the default
	Quota       map[string]int64    `json:"quota"` // limit of each project, by resource as in [Catalogue]; -1: none

	Parameters map[string]string `json:"parameters,omitempty"` // of scenarios that start here: what their parameters are on this cloud, such as the name of an image

	Kubernetes Kubernetes `json:"kubernetes,omitzero"` // the provider's managed Kubernetes

	Users     []User    `json:"users,omitempty"` // added to demo, demo2 and admin, which every simulated cloud has
	Behaviour Behaviour `json:"behaviour"`
}

// OpenStack tells whether the provider offers OpenStack; one who does not offers
// Kubernetes alone.
func (p *Profile) OpenStack() bool { return len(p.Services) > 0 }

// A PublicImage is an image of the provider's together with its bytes, which
// are generated: a disk of Content.Size that begins with the image's name.
type PublicImage struct {
	Image
	Tags      []string     `json:"tags,omitempty"`
	Protected bool         `json:"protected,omitempty"`
	Content   ImageContent `json:"content"`
}

// ImageContent tells how an image's bytes are generated.
type ImageContent struct {
	Size int64  `json:"size"`           // bytes of the disk
	Seed uint64 `json:"seed,omitempty"` // 0: zeros behind the name
}

// A PublicNetwork is a network of the provider's with what only he sees.
type PublicNetwork struct {
	ID       string         `json:"id,omitempty"`
	Name     string         `json:"name"`
	External bool           `json:"external"`
	Shared   bool           `json:"shared,omitempty"`
	Default  bool           `json:"default,omitempty"`
	MTU      int64          `json:"mtu,omitempty"`
	Subnets  []PublicSubnet `json:"subnets"`
}

// A PublicSubnet is a subnet of a provider's network.
type PublicSubnet struct {
	Subnet
	Gateway string `json:"gateway,omitempty"` // default: the first address
	DHCP    bool   `json:"dhcp,omitempty"`
	Pools   []Pool `json:"pools,omitempty"` // default: the whole subnet
}

// A Pool is a range of addresses that the cloud may give away.
type Pool struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// A User may log in with a password and holds roles in projects.
type User struct {
	Name     string              `json:"name"`
	Password string              `json:"password"`
	Roles    map[string][]string `json:"roles"` // project: its roles; the project is made when it is not there
}

// Behaviour is what a tenant does not read but feels.
type Behaviour struct {
	Durations     Durations         `json:"durations"`
	Network       TenantNetwork     `json:"network"`
	Hosts         int64             `json:"hosts,omitempty"`         // compute hosts in each zone; default: 1
	Host          Host              `json:"host,omitzero"`           // what each of them has; without it, none is ever full
	PageLimits    map[string]int64  `json:"pageLimits,omitempty"`    // osapi_max_limit and its like, by service; default: 1000
	Policy        map[string]string `json:"policy,omitempty"`        // rule: the role that it needs, e.g. publicize_image: admin; nobody: nobody may
	HashAlgorithm string            `json:"hashAlgorithm,omitempty"` // of Glance; default: sha512

	// Glance's limits, in bytes: on one image (image_size_cap; 0: none), and on all that a project has
	// uploaded or had saved (user_storage_quota; 0: none).
	ImageSizeCap     int64 `json:"imageSizeCap,omitempty"`
	UserStorageQuota int64 `json:"userStorageQuota,omitempty"`

	Faults []Fault `json:"faults,omitempty"`
}

// A Host is what a compute host has, and how much of it Nova gives away: times
// these ratios, less [ReservedRAM]. No single server gets more than the host has.
type Host struct {
	VCPUs     int64 `json:"vcpus"`
	RAM       int64 `json:"ram"`                          // MiB
	Disk      int64 `json:"disk"`                         // GiB for root disks that are no volumes, ephemeral disks and swap
	CPURatio  Ratio `json:"cpuAllocationRatio,omitzero"`  // default: 16.0, as Nova's initial_cpu_allocation_ratio
	RAMRatio  Ratio `json:"ramAllocationRatio,omitzero"`  // default: 1.5
	DiskRatio Ratio `json:"diskAllocationRatio,omitzero"` // default: 1.0
}

// ReservedRAM is what a host keeps for itself, in MiB: Nova's usual
// reserved_host_memory_mb.
const ReservedRAM = 512

// Durations are how long the cloud takes. A step of a life cycle that takes no
// time is not seen from outside.
type Durations struct {
	ServerBuild    Span `json:"serverBuild"`
	ServerAction   Span `json:"serverAction"` // stop, start, reboot
	ServerDelete   Span `json:"serverDelete"`
	VolumeCreate   Span `json:"volumeCreate"`
	VolumeAttach   Span `json:"volumeAttach"`
	VolumeDetach   Span `json:"volumeDetach"`
	VolumeDelete   Span `json:"volumeDelete"`
	SnapshotCreate Span `json:"snapshotCreate"`
	SnapshotDelete Span `json:"snapshotDelete"`
	ImageSave      Span `json:"imageSave"` // from queued or uploading to active
}

// TenantNetwork is how the networks of tenants are made.
type TenantNetwork struct {
	Type         string      `json:"type"`                   // geneve, vxlan or vlan
	MTU          int64       `json:"mtu"`                    // of a network made without one, and the most that one may have
	HelperPorts  []string    `json:"helperPorts,omitempty"`  // device owners of the ports that the cloud adds: network:dhcp, network:distributed
	DefaultRules []GroupRule `json:"defaultRules,omitempty"` // of a project's group "default"; none: Neutron's own four
	NewRules     []GroupRule `json:"newRules,omitempty"`     // of every other new group; none: egress for IPv4 and IPv6
	ExternalDNS  bool        `json:"externalDNS,omitempty"`  // an external DNS driver is set up; without one Neutron takes names of floating IPs and forgets them
	AddressPairs int64       `json:"addressPairs,omitempty"` // max_allowed_address_pair; default: 10
}

// A GroupRule is one rule of a security group as the cloud makes it by itself.
type GroupRule struct {
	Direction string `json:"direction"`
	EtherType string `json:"etherType"`
	Protocol  string `json:"protocol,omitempty"`
	PortMin   int64  `json:"portMin,omitempty"`
	PortMax   int64  `json:"portMax,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	SameGroup bool   `json:"sameGroup,omitempty"` // the remote group is the group itself
}

// A Fault is something that goes wrong on purpose. It either answers a request
// instead of the service (Path is set), or lets an object fail (Kind is set).
type Fault struct {
	Service string `json:"service,omitempty"` // service type; empty: every one
	Method  string `json:"method,omitempty"`  // empty: every one
	Path    string `json:"path,omitempty"`    // glob over the path within the service, e.g. /v2.1/servers/*
	Kind    string `json:"kind,omitempty"`    // server, volume, snapshot or image
	Name    string `json:"name,omitempty"`    // glob over the object's name
	Skip    int64  `json:"skip,omitempty"`    // let the first n pass
	Times   int64  `json:"times,omitempty"`   // then strike n times; 0: always
	Status  int    `json:"status,omitempty"`  // answer of a request; default: 503
	Message string `json:"message,omitempty"` // the service's words, or why the object failed
	After   bool   `json:"after,omitempty"`   // the request is carried out, only its answer is lost
}
