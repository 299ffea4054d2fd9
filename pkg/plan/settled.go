package plan

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// leaveFinished leaves out the Jobs that have done their work: made again, they
// would do it again, on the target's data.
func (b *builder) leaveFinished() {
	for _, r := range slices.Collect(b.out.OfType(job)) {
		if src := b.set.Get(r.Ref); r.Tenure == resource.Own && finished(src) {
			b.out.Remove(r.Ref)
			b.decide(resource.Decision{Ref: r.Ref, From: r.Ref, Effect: resource.Adapted, Rule: "job/finished", Args: map[string]string{"from": label(r)}})
		}
	}
}

// finished: a Job that was read is ready when it is complete, or told to wait.
func finished(r *resource.Resource) bool {
	return r.State == resource.Ready && !yes(r, "spec.suspend")
}

// observeInCluster foretells what does not travel with an object that was read.
func (b *builder) observeInCluster() {
	for _, src := range b.all {
		r := b.out.Get(src.Ref)
		if r == nil || r.Tenure == resource.Given || !wasRead(src) {
			continue
		}
		switch r.Type {
		case claim:
			if rule := b.staysBehind(src); rule != "" {
				b.decide(resource.Decision{Ref: r.Ref, Path: "content", Effect: resource.Degraded, Rule: rule, Args: map[string]string{"size": text(r, "spec.resources.requests.storage")}})
			}
		case service:
			if ip := text(r, "spec.loadBalancerIP"); ip != "" {
				b.foretell(gap.Signal{Code: "address/not-kept", Ref: r.Ref, Path: "spec.loadBalancerIP", Source: ip, Effect: resource.Adapted, Args: map[string]string{"address": ip}})
			}
		case "rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding":
			b.observeSubjects(r)
		}
	}
}

// foretellReleases: objects travel, and what Helm has noted of their release
// does not. Helm takes over what names the release in these annotations.
func (b *builder) foretellReleases() {
	for r := range b.out.All() {
		const name, in resource.Path = `metadata.annotations."meta.helm.sh/release-name"`, `metadata.annotations."meta.helm.sh/release-namespace"`
		if release := text(r, name); release != "" && r.Tenure == resource.Own {
			b.foretell(gap.Signal{Code: "release/lost", Ref: r.Ref, Path: name, Source: release, Effect: resource.Adapted, Args: map[string]string{"release": release, "namespace": text(r, in)}})
		}
	}
}

// observeSubjects: users and groups are those of the source's identity provider.
func (b *builder) observeSubjects(r *resource.Resource) {
	for _, f := range find(nil, r.Spec, "subjects[]") {
		m, _ := f.value.(map[string]resource.Value)
		name, _ := m["name"].(string)
		if (m["kind"] == "User" || m["kind"] == "Group") && !strings.HasPrefix(name, "system:") {
			b.foretell(gap.Signal{Code: "subject/of-source", Ref: r.Ref, Path: f.path.Field("name"), Source: name, Effect: resource.Degraded, Args: map[string]string{"name": name}})
		}
	}
}

// orderAfter adds the order that no reference shows: a webhook that nobody
// answers would refuse everything, so its registration waits for what runs in
// the namespace of its service.
func (b *builder) orderAfter() {
	for r := range b.out.All() {
		if !strings.HasPrefix(string(r.Type), "admissionregistration.k8s.io/") || !strings.HasSuffix(string(r.Type), "WebhookConfiguration") {
			continue
		}
		for _, f := range find(nil, r.Spec, "webhooks[].clientConfig.service.name") {
			ref, _ := f.value.(resource.Ref)
			svc := b.out.Get(ref)
			if svc == nil {
				continue
			}
			for w := range b.out.All() {
				if w.Scope == svc.Scope && podsAt(w.Type) != "" && w.Tenure == resource.Own && !slices.Contains(w.Refs(), r.Ref) {
					r.After = append(r.After, w.Ref)
				}
			}
		}
	}
}
