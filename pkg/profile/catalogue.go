package profile

// A Catalogue is what a cloud offers to one project, as that project's member
// can read it. Lists are sorted by name, then id.
type Catalogue struct {
	Cloud        string              `json:"cloud"`            // the name under which the user knows the cloud
	Region       string              `json:"region,omitempty"` // region of the endpoints
	Services     map[string]Service  `json:"services"`         // by service type as in Keystone's catalog aliases: identity, compute, network, image, block-storage, orchestration
	Extensions   []string            `json:"extensions"`       // aliases of Neutron's extensions
	Flavors      []Flavor            `json:"flavors"`
	Images       []Image             `json:"images"` // all the project may use and does not own
	VolumeTypes  []VolumeType        `json:"volumeTypes"`
	Networks     []Network           `json:"networks"`              // external or shared, not the project's own
	MTU          int64               `json:"mtu,omitempty"`         // of the networks that tenants make; 0: nothing tells
	Octavia      string              `json:"octavia,omitempty"`     // the provider behind the cluster's load balancers; "": nothing tells, as no API does
	QoSPolicies  []QoSPolicy         `json:"qosPolicies,omitempty"` // of the network service
	Zones        map[string][]string `json:"zones"`                 // available zones by service: compute, network, block-storage
	DefaultGroup Group               `json:"defaultGroup"`          // the project's security group that takes what names none
	Cluster      *Cluster            `json:"cluster,omitempty"`     // the managed Kubernetes; nil: there is none, or it was not asked
	Quota        map[string]Quota    `json:"quota"`                 // by resource as the service calls it, with the service before it: compute.instances, network.port, block-storage.gigabytes
}

// A Service is one API with the range of microversions it takes. Both are
// empty for a service without microversions.
type Service struct {
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
}

// A Flavor is a size of servers.
type Flavor struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	VCPUs     int64             `json:"vcpus"`
	RAM       int64             `json:"ram"`  // MiB
	Disk      int64             `json:"disk"` // GiB of local root disk; 0: boot from a volume
	Ephemeral int64             `json:"ephemeral,omitempty"`
	Swap      int64             `json:"swap,omitempty"`
	Specs     map[string]string `json:"specs,omitempty"` // extra specs, as far as the tenant may see them
}

// An Image is something servers and volumes are made from.
type Image struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	Status          string            `json:"status"`
	Visibility      string            `json:"visibility"`
	Owner           string            `json:"owner,omitempty"` // project id
	Hidden          bool              `json:"hidden,omitempty"`
	Size            int64             `json:"size"`        // bytes as stored
	VirtualSize     int64             `json:"virtualSize"` // bytes as a disk; 0: unknown
	MinDisk         int64             `json:"minDisk"`     // GiB
	MinRAM          int64             `json:"minRAM"`      // MiB
	DiskFormat      string            `json:"diskFormat"`
	ContainerFormat string            `json:"containerFormat"`
	Created         string            `json:"created,omitempty"` // RFC 3339
	HashAlgorithm   string            `json:"hashAlgorithm,omitempty"`
	Hash            string            `json:"hash,omitempty"`
	Properties      map[string]string `json:"properties,omitempty"` // os_distro, os_version, hw_*, …
}

// A VolumeType is a kind of storage.
type VolumeType struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Default     bool              `json:"default,omitempty"`   // taken when a volume names none
	Encrypted   bool              `json:"encrypted,omitempty"` // its volumes are; a tenant sees that on them only, so a cloud's catalogue does not say it
	Specs       map[string]string `json:"specs,omitempty"`
}

// A Network is one that the provider has made for its tenants.
type Network struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	External bool     `json:"external"`
	Shared   bool     `json:"shared"`
	Default  bool     `json:"default,omitempty"` // is_default of the external networks
	MTU      int64    `json:"mtu,omitempty"`
	Ranges   int64    `json:"ranges,omitempty"`  // how many subnets it has, also those that the tenant may not see
	Subnets  []Subnet `json:"subnets,omitempty"` // as far as the tenant may see them
}

// A Subnet of a provider's network.
type Subnet struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CIDR      string `json:"cidr"`
	IPVersion int64  `json:"ipVersion"`
}

// A QoSPolicy is a named promise of the network service. What it promises only
// its owner may read.
type QoSPolicy struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A Quota is a limit and how much of it is used; a limit of -1 is none.
type Quota struct {
	Limit int64 `json:"limit"`
	Used  int64 `json:"used"`
}

// Left returns how much may still be used, and false if there is no limit.
func (q Quota) Left() (int64, bool) {
	if q.Limit < 0 {
		return 0, false
	}
	return max(0, q.Limit-q.Used), true
}

// A Group is a security group with its rules.
type Group struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// A Rule of a security group, as Neutron writes it; absent values are empty,
// absent ports -1.
type Rule struct {
	Direction   string `json:"direction"`
	EtherType   string `json:"ethertype"`
	Protocol    string `json:"protocol,omitempty"`
	PortMin     int64  `json:"portMin"`
	PortMax     int64  `json:"portMax"`
	RemoteIP    string `json:"remoteIP,omitempty"`
	RemoteGroup string `json:"remoteGroup,omitempty"` // id; the group's own id means itself
}
