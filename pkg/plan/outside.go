package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// foretellOutside tells what objects know of the cluster that they run on and of
// its provider: its release, its domain, its metadata service, who signs its
// tokens. The API server of the target takes all of it without a word.
func (b *builder) foretellOutside() {
	b.foretellRelease()
	b.foretellUndeclared()
	before, now := b.domains()
	for r := range b.out.All() {
		if r.Tenure != resource.Own || !inCluster(r.Type) {
			continue
		}
		audience := podsAt(r.Type) + ".volumes[].projected.sources[].serviceAccountToken.audience"
		for path, leaf := range resource.Leaves(r.Spec) {
			word, _ := leaf.(string)
			notice := func(code string, source resource.Value, args map[string]string) {
				b.foretell(gap.Signal{Code: code, Ref: r.Ref, Path: path, Source: source, Effect: resource.Degraded, Args: args})
			}
			if before != now && strings.Contains(word, ".svc."+before) {
				notice("name/of-cluster", ".svc."+before, map[string]string{"from": before, "to": now})
			}
			if service := providerService(path, word); service != "" {
				notice("provider/service", nil, map[string]string{"service": service})
			}
			if path.Matches(audience) {
				notice("token/audience", word, map[string]string{"audience": word})
			}
		}
	}
}

// domains are those of the two clusters; equal if one is not known.
func (b *builder) domains() (before, now string) {
	if b.opts.Source == nil || b.opts.Source.Cluster == nil || b.cat.Cluster == nil || b.opts.Source.Cluster.Domain == "" || b.cat.Cluster.Domain == "" {
		return "", ""
	}
	return b.opts.Source.Cluster.Domain, b.cat.Cluster.Domain
}

// providerService returns which service of its provider a value leads to: the
// metadata of virtual machines by their link-local address (RFC 3927; the same
// with OpenStack and the hyperscalers), or OpenStack's API by what its clients
// read (openstacksdk, cloud-provider-openstack).
func providerService(path resource.Path, word string) string {
	if strings.Contains(word, "169.254.169.254") {
		return "169.254.169.254"
	}
	clients := []string{"clouds.yaml", "cloud.conf", "OS_AUTH_URL"}
	steps := path.Steps()
	if last, _ := steps[len(steps)-1].(string); slices.Contains(clients, last) && slices.Contains([]any{"data", "stringData"}, steps[0]) {
		return last
	}
	if slices.Contains(clients, word) && strings.HasSuffix(string(path), "].name") && strings.Contains(string(path), ".env[") {
		return word
	}
	return ""
}

// foretellRelease tells that the target is of another minor release: once, of a
// namespace, for it concerns all that is in it.
func (b *builder) foretellRelease() {
	if b.opts.Source == nil || b.opts.Source.Cluster == nil || b.cat.Cluster == nil {
		return
	}
	before, now := minorOf(b.opts.Source.Cluster), minorOf(b.cat.Cluster)
	if before == now || before == 0 || now == 0 {
		return
	}
	if of := b.first(namespace); of != nil {
		b.foretell(gap.Signal{Code: "release/differs", Ref: of.Ref, Args: map[string]string{"from": "1." + strconv.Itoa(before), "to": "1." + strconv.Itoa(now)}})
	}
}

// first returns what a statement about the whole cluster is told of: the first
// object of the type, else of any.
func (b *builder) first(t resource.Type) *resource.Resource {
	var of *resource.Resource
	for r := range b.out.All() {
		if r.Tenure == resource.Own && inCluster(r.Type) && (of == nil || r.Type == t && of.Type != t) {
			of = r
		}
	}
	return of
}

// foretellUndeclared tells what the source's provider states of its control plane
// and the target's does not. Kubernetes keeps Secrets as they are unless it is told
// to encrypt them (kubernetes.io/docs/tasks/administer-cluster/encrypt-data), has
// no audit log unless there is a policy (…/debug/debug-cluster/audit), and etcd
// takes 2 GiB unless it is told otherwise (etcd.io/docs/v3.6/dev-guide/limit).
func (b *builder) foretellUndeclared() {
	if b.opts.Source == nil || b.opts.Source.Cluster == nil || b.cat.Cluster == nil {
		return
	}
	before, now := b.opts.Source.Cluster.Declared, b.cat.Cluster.Declared
	tell := func(of *resource.Resource, what string) {
		if of != nil {
			b.foretell(gap.Signal{Code: "control-plane/undeclared", Ref: of.Ref, Effect: resource.Degraded, Args: map[string]string{"what": what}})
		}
	}
	if of := b.first(secret); before.SecretsEncrypted && !now.SecretsEncrypted && of != nil && of.Type == secret {
		tell(of, "Secrets encrypted at rest")
	}
	if before.AuditLog && !now.AuditLog {
		tell(b.first(namespace), "an audit log of the API server")
	}
	if before.EtcdGiB > now.EtcdGiB {
		tell(b.first(namespace), strconv.FormatInt(before.EtcdGiB, 10)+" GiB for objects in etcd")
	}
}

// minorOf is the N of a server's v1.N.P; 0: not known.
func minorOf(c *profile.Cluster) int {
	parts := strings.SplitN(c.Version, ".", 3)
	if len(parts) < 2 || parts[0] != "v1" {
		return 0
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0
	}
	return n
}
