//go:build cluster

package kubernetes

import (
	"context"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Get asks the cluster for what is at the address, a path with its query.
func (c *Cloud) Get(ctx context.Context, address string) ([]byte, error) {
	path, query, _ := strings.Cut(address, "?")
	return c.raw(ctx, call{op: "get", path: path, query: parsed(query)})
}

// Address is where the cluster has the resource, or with no name those beside it.
func (c *Cloud) Address(r *resource.Resource, name string) string {
	k := c.known(r.Type)
	return k.path(k.versions[0], r.Scope, name)
}

// Resource is what the driver makes of an object of the cluster, or why nothing.
func (c *Cloud) Resource(o map[string]any) (*resource.Resource, string) {
	copied, _ := resource.Clone(o).(object)
	return c.known(Type(text(o, "apiVersion"), text(o, "kind"))).resource(copied)
}

// Object is what the driver sends for a resource.
func (c *Cloud) Object(r *resource.Resource) map[string]any {
	o, _ := c.known(r.Type).object(r, resource.Owner{})
	return o
}

// Taken are the patterns of what the driver's tables take out of the objects of
// a type.
func (c *Cloud) Taken(t resource.Type) []resource.Path {
	out := append(slices.Clone(c.known(t).rule.taken), resource.Path("metadata.labels").Field(markLabel))
	for _, name := range append(annotations(), markAnnotation) {
		out = append(out, resource.Path("metadata.annotations").Field(name))
	}
	switch t { // the cleaners
	case serviceType:
		out = append(out, "spec.clusterIP", "spec.clusterIPs", "spec.healthCheckNodePort", "spec.ipFamilies", "spec.ipFamilyPolicy", "spec.ports[].nodePort")
	case claimType:
		out = append(out, "spec.volumeName")
	case "batch/Job":
		out = append(out, "spec.selector")
		for _, labels := range []resource.Path{"metadata.labels", "spec.template.metadata.labels"} {
			out = append(out, labels.Field("controller-uid"), labels.Field("job-name"), labels.Field("batch.kubernetes.io/controller-uid"), labels.Field("batch.kubernetes.io/job-name"))
		}
	case podType:
		out = append(out, "spec.volumes[]", "spec.containers[].volumeMounts[]", "spec.initContainers[].volumeMounts[]", "spec.tolerations")
	}
	return out
}

// Ordered are the patterns of the keyed lists whose order means something to us.
func (c *Cloud) Ordered(t resource.Type) []resource.Path { return c.known(t).rule.ordered }
