package profile

// A Cluster is what a Kubernetes API server offers to a tenant, as that tenant
// can read it. Lists are sorted by group, kind and name. It is the Kubernetes
// part of a [Catalogue]; the [Kubernetes] part of a profile is what makes it.
type Cluster struct {
	Version    string       `json:"version"`              // of the server: v1.34.2
	Domain     string       `json:"domain,omitempty"`     // below which Services have names: cluster.local; empty: not known
	Kinds      []Kind       `json:"kinds"`                // all that is served
	Given      []Offered    `json:"given"`                // what the provider has put there for workloads to name
	Everywhere []Offered    `json:"everywhere,omitempty"` // what the provider puts into every namespace: quotas, limits
	Namespaces []string     `json:"namespaces,omitempty"` // that are there already
	Nodes      []Machine    `json:"nodes,omitempty"`      // as far as the tenant may see them
	Unread     []Unreadable `json:"unread,omitempty"`     // what these rights could not read
	Declared   Declared     `json:"declared,omitzero"`    // what no API shows
}

// Declared is what a provider states of its control planes and no API shows. What
// it does not state is not known to be so.
type Declared struct {
	SecretsEncrypted bool  `json:"secretsEncrypted,omitempty"` // in etcd (kube-apiserver's --encryption-provider-config)
	AuditLog         bool  `json:"auditLog,omitempty"`         // of the API server, for the customer
	EtcdGiB          int64 `json:"etcdGiB,omitempty"`          // that all objects may take (etcd's --quota-backend-bytes); 0: not stated
}

// A Kind is one that the server has.
type Kind struct {
	Group      string   `json:"group,omitempty"` // empty: core
	Kind       string   `json:"kind"`
	Plural     string   `json:"plural"`   // in paths: deployments
	Versions   []string `json:"versions"` // the preferred one first
	Namespaced bool     `json:"namespaced"`
	Custom     bool     `json:"custom,omitempty"` // by a CustomResourceDefinition or an aggregated server
}

// Offered is an object of the provider's: a storage, ingress, priority, runtime,
// gateway or snapshot class, a ClusterIssuer, a CustomResourceDefinition.
type Offered struct {
	Type    string         `json:"type"` // as resources name it: storage.k8s.io/StorageClass
	Name    string         `json:"name"`
	Default bool           `json:"default,omitempty"` // taken when nothing is named
	Facts   map[string]any `json:"facts,omitempty"`   // the object without its metadata; values as in JSON
}

// A Machine is a node, without its name.
type Machine struct {
	Labels   map[string]string `json:"labels,omitempty"`
	Taints   []Taint           `json:"taints,omitempty"`
	Capacity map[string]string `json:"capacity,omitempty"` // allocatable quantities
	Count    int               `json:"count"`              // how many are alike
}

// Unreadable is a kind that the server refuses to list, in its own words.
type Unreadable struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// With returns the catalogue of a provider of whose layers c has one and other
// the other: what c does not have comes from other.
func (c Catalogue) With(other Catalogue) Catalogue {
	if c.Cluster == nil {
		c.Cluster = other.Cluster
	}
	if c.Services == nil {
		cluster := c.Cluster
		c, c.Cluster = other, cluster
	}
	return c
}
