package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Config is what a simulated cluster is told. Durations are Go's ("250ms").
type Config struct {
	Name        string       `json:"name"`                 // of the cloud; ends up in nodes' provider ids
	Version     string       `json:"version,omitempty"`    // minor release to emulate, such as "1.34"; default: the newest
	ServiceCIDR netip.Prefix `json:"serviceCIDR,omitzero"` // default: 10.96.0.0/16
	PodCIDR     netip.Prefix `json:"podCIDR,omitzero"`     // default: 10.244.0.0/16
	APIs        []string     `json:"apis,omitempty"`       // as --runtime-config: "batch/v1/cronjobs=false"
	Admission   []string     `json:"admission,omitempty"`  // more admission plugins, as --enable-admission-plugins
	PodSecurity PodSecurity  `json:"podSecurity,omitzero"` // of namespaces that say nothing themselves

	// Beside is a control plane that runs already: of this program then only the
	// stand-in for the provider is started.
	Beside *Ready `json:"beside,omitempty"`

	Nodes       []Node                      `json:"nodes"`
	Drivers     []Driver                    `json:"drivers,omitempty"`     // storage drivers that provision
	Balancers   []Balancer                  `json:"balancers,omitempty"`   // who gives addresses to Services, Ingresses and Gateways
	Kinds       []Kind                      `json:"kinds,omitempty"`       // custom kinds, of operators that the provider runs
	Objects     []unstructured.Unstructured `json:"objects,omitempty"`     // applied in this order before the cluster is ready: classes, CRDs, policies
	Namespaced  []unstructured.Unstructured `json:"namespaced,omitempty"`  // put into every namespace but kube-*: quotas, limit ranges
	Unreachable []string                    `json:"unreachable,omitempty"` // hosts of registries that nodes cannot pull from
	OpenStack   *OpenStack                  `json:"openStack,omitempty"`   // where volumes of Cinder's driver are made; default: they are only told
	PodStart    Duration                    `json:"podStart,omitempty"`    // from scheduled to ready; default: 100ms

	// What only people and plans are told: nothing here behaves otherwise.
	NetworkPolicies bool `json:"networkPolicies,omitempty"`
}

// PodSecurity are the levels (privileged, baseline, restricted) of Pod Security
// Admission; empty ones are privileged.
type PodSecurity struct {
	Enforce string   `json:"enforce,omitempty"`
	Warn    string   `json:"warn,omitempty"`
	Audit   string   `json:"audit,omitempty"`
	Exempt  []string `json:"exempt,omitempty"` // namespaces
}

// OpenStack is how the provider's cluster gets at the project's OpenStack, as the
// cloud.conf of a real one says it.
type OpenStack struct {
	AuthURL  string `json:"authURL"` // http://127.0.0.1:PORT/identity/v3
	User     string `json:"user"`
	Password string `json:"password"`
	Project  string `json:"project"`
	Domain   string `json:"domain"` // of user and project
	Region   string `json:"region"`
}

// A Node is a machine of the cluster.
type Node struct {
	Name     string              `json:"name"`
	Labels   map[string]string   `json:"labels,omitempty"`
	Taints   []corev1.Taint      `json:"taints,omitempty"`
	Capacity corev1.ResourceList `json:"capacity,omitempty"` // default: 4 CPUs, 16 GiB, 110 pods
	OSImage  string              `json:"osImage,omitempty"`  // as kubectl get nodes -o wide tells it
}

// A Driver is a storage driver (CSI) as its users feel it.
type Driver struct {
	Name        string                              `json:"name"`               // provisioner of the storage classes
	AccessModes []corev1.PersistentVolumeAccessMode `json:"accessModes"`        // what it can; a claim for more stays Pending
	MaxSize     *resource.Quantity                  `json:"maxSize,omitempty"`  // default: none
	Topology    string                              `json:"topology,omitempty"` // label of nodes whose value binds a volume; default: volumes are everywhere
	Snapshots   bool                                `json:"snapshots,omitempty"`
	Provision   Duration                            `json:"provision,omitempty"`
}

// A Balancer gives addresses: to Services of type LoadBalancer with Class (empty:
// those without a class), or to Ingresses and Gateways whose class names Controller.
type Balancer struct {
	Class      string        `json:"class,omitempty"`
	Controller string        `json:"controller,omitempty"`
	Pool       netip.Prefix  `json:"pool"`                 // addresses that it gives
	Internal   *netip.Prefix `json:"internal,omitempty"`   // for Services that ask for an internal address
	InternalBy []string      `json:"internalBy,omitempty"` // annotations that ask for it, each with the value "true"; others mean nothing to it
	Protocols  []string      `json:"protocols,omitempty"`  // default: TCP and UDP
	Octavia    string        `json:"octavia,omitempty"`    // provider of Octavia: amphora, or ovn, which cannot do all
	Hostname   string        `json:"hostname,omitempty"`   // answers with a name below this domain instead of an address
	Delay      Duration      `json:"delay,omitempty"`
}

// A Kind is a custom kind with a schema that takes anything. What its operator
// would do is not done.
type Kind struct {
	Group    string   `json:"group"`
	Kind     string   `json:"kind"`
	Plural   string   `json:"plural,omitempty"`  // default: the usual one
	Versions []string `json:"versions"`          // the first one is stored
	Cluster  bool     `json:"cluster,omitempty"` // not in namespaces
}

// Ready is what the cluster answers once it serves: all that a kubeconfig needs.
type Ready struct {
	Server               string `json:"server,omitempty"`               // https://127.0.0.1:PORT
	CertificateAuthority string `json:"certificateAuthority,omitempty"` // PEM
	Token                string `json:"token,omitempty"`                // of a member of system:masters
	Version              string `json:"version,omitempty"`              // as /version says
	Error                string `json:"error,omitempty"`                // instead of all others: why it did not start
}

// A Duration is a time.Duration that is written as Go writes it.
type Duration time.Duration

// UnmarshalJSON reads "250ms".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	*d = Duration(v)
	return err
}

// readConfig reads the one document that opens the input. What follows it is
// not read: the input stays open as the cluster's life line.
func readConfig(r io.Reader) (Config, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	c := Config{ServiceCIDR: netip.MustParsePrefix("10.96.0.0/16"), PodCIDR: netip.MustParsePrefix("10.244.0.0/16"), PodStart: Duration(100 * time.Millisecond)}
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("configuration on stdin: %w", err)
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Name == "" {
		bad("name is missing")
	}
	if hosts(c.ServiceCIDR) == 0 || hosts(c.PodCIDR) == 0 {
		bad("serviceCIDR and podCIDR must be IPv4 ranges with room")
	}
	if len(c.Nodes) == 0 {
		bad("nodes: a cluster needs at least one")
	}
	for _, level := range []string{c.PodSecurity.Enforce, c.PodSecurity.Warn, c.PodSecurity.Audit} {
		if !slices.Contains([]string{"", "privileged", "baseline", "restricted"}, level) {
			bad("podSecurity: %q is no level", level)
		}
	}
	if err := errors.Join(append(errs, c.validateOffer()...)...); err != nil {
		return fmt.Errorf("configuration on stdin: %w", err)
	}
	return nil
}

// validateOffer looks at what the provider offers beside the control plane.
func (c *Config) validateOffer() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for i, d := range c.Drivers {
		if d.Name == "" || len(d.AccessModes) == 0 {
			bad("drivers[%d]: name and accessModes are needed", i)
		}
	}
	for i, b := range c.Balancers {
		if hosts(b.Pool) == 0 || (b.Internal != nil && hosts(*b.Internal) == 0) {
			bad("balancers[%d]: pool and internal must be IPv4 ranges with room", i)
		}
	}
	if c.OpenStack != nil && (c.OpenStack.AuthURL == "" || c.OpenStack.User == "" || c.OpenStack.Project == "") {
		bad("openStack: authURL, user and project are needed")
	}
	for i, k := range c.Kinds {
		if k.Group == "" || k.Kind == "" || len(k.Versions) == 0 {
			bad("kinds[%d]: group, kind and versions are needed", i)
		}
	}
	return errs
}
