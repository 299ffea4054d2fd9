package profile

import (
	"fmt"
	"net/netip"
	"time"
)

// Kubernetes is the provider's managed Kubernetes: what cmd/wechsel-cluster is
// told, in the same words, so that its JSON is that program's configuration. A
// profile without nodes offers no Kubernetes.
type Kubernetes struct {
	Version     string       `json:"version,omitempty"`    // minor release, such as "1.34"
	ServiceCIDR netip.Prefix `json:"serviceCIDR,omitzero"` // default: 10.96.0.0/16
	PodCIDR     netip.Prefix `json:"podCIDR,omitzero"`     // default: 10.244.0.0/16
	APIs        []string     `json:"apis,omitempty"`       // as kube-apiserver's --runtime-config: "batch/v1/cronjobs=false"
	Admission   []string     `json:"admission,omitempty"`  // more admission plugins, as --enable-admission-plugins
	PodSecurity PodSecurity  `json:"podSecurity,omitzero"` // of namespaces that say nothing themselves

	Nodes       []Node     `json:"nodes,omitempty"`       // at least one
	Drivers     []Driver   `json:"drivers,omitempty"`     // storage drivers
	Balancers   []Balancer `json:"balancers,omitempty"`   // who gives addresses to Services, Ingresses and Gateways
	Kinds       []Custom   `json:"kinds,omitempty"`       // of operators that the provider runs
	Objects     []Object   `json:"objects,omitempty"`     // what the provider has put there, in order: classes, CRDs, policies
	Namespaced  []Object   `json:"namespaced,omitempty"`  // what it puts into every namespace: quotas, limit ranges
	Unreachable []string   `json:"unreachable,omitempty"` // hosts of registries that nodes cannot pull from
	PodStart    Length     `json:"podStart,omitzero"`     // from scheduled to ready; default: 100ms

	// NetworkPolicies tells whether they are enforced. It is only known here: an API
	// server takes them in any case, and nothing in it tells who acts on them.
	NetworkPolicies bool `json:"networkPolicies,omitempty"`

	// Declared is not for the program that runs the cluster.
	Declared Declared `json:"declared,omitzero"`
}

// PodSecurity are the levels (privileged, baseline, restricted) of Pod Security
// Admission; empty ones are privileged.
type PodSecurity struct {
	Enforce string   `json:"enforce,omitempty"`
	Warn    string   `json:"warn,omitempty"`
	Audit   string   `json:"audit,omitempty"`
	Exempt  []string `json:"exempt,omitempty"` // namespaces
}

// A Custom kind is one with a schema that takes anything. A kind whose schema
// matters is a CustomResourceDefinition among the Objects.
type Custom struct {
	Group    string   `json:"group"`
	Kind     string   `json:"kind"`
	Plural   string   `json:"plural,omitempty"`  // default: the usual one
	Versions []string `json:"versions"`          // the first one is stored
	Cluster  bool     `json:"cluster,omitempty"` // not in namespaces
}

// A Node is a machine of the cluster.
type Node struct {
	Name     string            `json:"name"`
	Labels   map[string]string `json:"labels,omitempty"` // default: hostname, linux, amd64
	Taints   []Taint           `json:"taints,omitempty"`
	Capacity map[string]string `json:"capacity,omitempty"` // quantities; default: 4 CPUs, 16 GiB, 110 pods
	OSImage  string            `json:"osImage,omitempty"`  // such as "Ubuntu 24.04.3 LTS"
}

// A Taint keeps pods off a node, in Kubernetes' words.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// A Driver is a storage driver as its users feel it.
type Driver struct {
	Name        string   `json:"name"`                // provisioner of the storage classes
	AccessModes []string `json:"accessModes"`         // a claim for another stays Pending
	MaxSize     string   `json:"maxSize,omitempty"`   // quantity; default: none
	Topology    string   `json:"topology,omitempty"`  // label of nodes whose value binds a volume; default: volumes are everywhere
	Snapshots   bool     `json:"snapshots,omitempty"` // takes VolumeSnapshots
	Provision   Length   `json:"provision,omitzero"`
}

// A Balancer gives addresses: to Services of type LoadBalancer with Class (empty:
// those without one), or to Ingresses and Gateways whose class names Controller.
type Balancer struct {
	Class      string       `json:"class,omitempty"`
	Controller string       `json:"controller,omitempty"`
	Pool       netip.Prefix `json:"pool"`
	Internal   netip.Prefix `json:"internal,omitzero"`
	InternalBy []string     `json:"internalBy,omitempty"` // annotations that ask for Internal, each with the value "true"
	Protocols  []string     `json:"protocols,omitempty"`  // default: TCP, UDP
	Octavia    string       `json:"octavia,omitempty"`    // the provider of Octavia that does the work: amphora or ovn; default: it is not Octavia's
	Hostname   string       `json:"hostname,omitempty"`   // answers with a name below this domain
	Delay      Length       `json:"delay,omitzero"`
}

// The providers of Octavia (docs.openstack.org/octavia/latest/admin/providers).
const (
	Amphora = "amphora" // machines with HAProxy
	OVN     = "ovn"     // the network itself, which forwards connections
)

// An Object is any Kubernetes object, as in a manifest.
type Object map[string]any

// A Length is a duration, written as Go writes it: "250ms".
type Length time.Duration

// UnmarshalText reads "250ms".
func (l *Length) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no duration such as 250ms", text)
	}
	*l = Length(d)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (l Length) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// Octavia is the provider of Octavia behind Services of type LoadBalancer without a
// class; empty: it is not Octavia's, or the profile does not say it.
func (k Kubernetes) Octavia() string {
	for _, b := range k.Balancers {
		if b.Class == "" && b.Controller == "" {
			return b.Octavia
		}
	}
	return ""
}

// Serves tells whether the provider offers Kubernetes at all.
func (k Kubernetes) Serves() bool { return len(k.Nodes) > 0 }
