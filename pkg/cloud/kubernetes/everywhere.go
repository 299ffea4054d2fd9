package kubernetes

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// everywhereReason is why an object that the provider puts into every namespace
// is not listed.
const everywhereReason = "the provider's, who puts it into every namespace"

// isLimit: with objects of these types providers limit what a namespace may do,
// each of their namespaces alike.
func isLimit(t resource.Type) bool {
	return slices.Contains([]resource.Type{"core/LimitRange", "core/ResourceQuota", "networking.k8s.io/NetworkPolicy"}, t)
}

// everywhere returns what the provider puts into every namespace, by name: that
// is also in the namespace default, and no tool of a tenant has put it there.
// Whose it is nobody writes down; this rule takes it for the tenant's in doubt. A
// login that cannot read that namespace knows of none.
func (c *Cloud) everywhere(ctx context.Context, k *kind) (map[string]object, error) {
	if !isLimit(k.Type) {
		return nil, nil
	}
	out := map[string]object{}
	err := c.pagesOf(ctx, k, "default", url.Values{}, func(page []object) error {
		for _, o := range page {
			if ownerOf(o).IsZero() && controller(o) == "" && !isOfTenant(o) {
				out[text(o, "metadata", "name")] = o
			}
		}
		return nil
	})
	if errors.Is(err, cloud.ErrForbidden) {
		return nil, nil
	}
	return out, err
}

// isEverywhere: the object is one of these.
func isEverywhere(o object, everywhere map[string]object) bool {
	return everywhere[text(o, "metadata", "name")] != nil && ownerOf(o).IsZero() && !isOfTenant(o)
}

// isOfTenant reports whether one of the tools has written the object with which
// people bring their workloads.
func isOfTenant(o object) bool {
	return slices.ContainsFunc(objects(o, "metadata", "managedFields"), func(entry object) bool {
		by := strings.ToLower(text(entry, "manager"))
		return slices.ContainsFunc([]string{"kubectl", "helm", "kustomize", "argocd", "flux", "terraform", "pulumi", manager}, func(tool string) bool { return strings.HasPrefix(by, tool) })
	})
}
