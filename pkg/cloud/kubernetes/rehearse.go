package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Rehearse implements cloud.Rehearser: the creating request as a dry run, which
// goes through validation, admission and quota and is not stored. Of what has a
// template of pods, one such pod is rehearsed too, because most policies judge
// pods and let pass what makes them.
//
// An object of a namespace that is not there yet is rehearsed in the scratch
// namespace that stands for it (Stage), else in the namespace of the kubeconfig's
// context. There, what says something of that namespace only is no finding; nor
// is what its Pod Security says, if the planned one has a level of its own.
func (c *Cloud) Rehearse(ctx context.Context, r *resource.Resource) error {
	k, err := c.kind(ctx, "rehearse", r.Ref)
	if err != nil {
		return err
	}
	o, version := k.object(r, resource.Owner{})
	if k.Type == namespaceType {
		c.mu.Lock()
		c.levelled[r.Name] = text(o, "metadata", "labels", enforceLabel) != ""
		c.mu.Unlock()
	}
	if err := c.rehearse(ctx, k, version, o); err != nil {
		return about(c.asPlanned(err, r.Scope), r)
	}
	pod := podOf(k, o)
	if pod == nil {
		return nil
	}
	err = c.rehearse(ctx, c.known("core/Pod"), "v1", pod)
	if c.isElsewhere(err, text(pod, "metadata", "namespace"), r.Scope) {
		return nil
	}
	return about(c.asPlanned(inTemplate(err, pods()[k.Type]), r.Scope), r)
}

// enforceLabel of a namespace is its level of Pod Security, in place of the
// cluster's.
const enforceLabel = "pod-security.kubernetes.io/enforce"

// isElsewhere reports whether what was said of a pod where it was rehearsed says
// nothing of the namespace that it is planned for: home has another level, or
// limits of the workload's own are not there yet, by which a pod gets what the
// quota asks for.
func (c *Cloud) isElsewhere(err error, where, planned string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	op := &cloud.OpError{}
	switch {
	case where == planned || !errors.As(err, &op):
		return false
	case strings.Contains(op.Message, "failed quota"):
		return c.stage.limited[planned]
	}
	return where == c.home && c.levelled[planned] && errors.Is(err, cloud.ErrForbidden)
}

// rehearse makes the dry run, where the object belongs or in what stands for
// that, else at home. The object tells afterwards where it was.
func (c *Cloud) rehearse(ctx context.Context, k *kind, version string, o object) error {
	if k == nil {
		return nil
	}
	query := strictly()
	query.Set("dryRun", "All")
	ask := func(namespace string) error {
		if metadata, _ := o["metadata"].(object); metadata != nil && k.namespaced {
			metadata["namespace"] = namespace
		}
		_, err := c.do(ctx, call{op: "rehearse", method: http.MethodPost, path: k.path(version, namespace, ""), query: query, body: o})
		return err
	}
	planned := text(o, "metadata", "namespace")
	where := c.stagedAs(planned)
	err := ask(where)
	if where != planned && isOfOthers(err) {
		return nil
	}
	if k.namespaced && errors.Is(err, cloud.ErrNotFound) && where != c.home {
		if err = ask(c.home); errors.Is(err, cloud.ErrConflict) || errors.Is(err, cloud.ErrQuota) || errors.Is(err, cloud.ErrForbidden) {
			return nil // home's own objects, quota and policies say nothing of another namespace
		}
	}
	op := &cloud.OpError{}
	if errors.As(err, &op) && (errors.Is(err, cloud.ErrTransient) || op.Status == http.StatusInternalServerError || strings.Contains(op.Message, "does not support dry run")) {
		return nil // a webhook that cannot rehearse
	}
	return err
}

// isOfOthers reports whether the server misses an object that is not there yet:
// an account or a class of a pod, a role. The scratch namespace itself is not meant.
func isOfOthers(err error) bool {
	op := &cloud.OpError{}
	return errors.Is(err, cloud.ErrConflict) || errors.As(err, &op) && !strings.HasPrefix(op.Message, "namespaces ") &&
		(strings.Contains(op.Message, "not found") || strings.Contains(op.Message, "no PriorityClass with name"))
}

// podOf is a pod of the object's template; nil if it has none. It runs as the
// account that every namespace has and without classes, for its own may not be
// there yet: whether they will be, the plan knows.
func podOf(k *kind, o object) object {
	spec, ok := pods()[k.Type]
	if !ok || k.Type == "core/Pod" {
		return nil
	}
	template, _ := resource.Lookup(o, resource.Path(strings.TrimSuffix(string(spec), ".spec")))
	t, _ := resource.Clone(template).(object)
	in, _ := t["spec"].(object)
	if in == nil {
		return nil
	}
	for _, named := range []string{"serviceAccountName", "priorityClassName", "runtimeClassName"} {
		delete(in, named)
	}
	for _, claim := range objects(o, "spec", "volumeClaimTemplates") { // a StatefulSet's pods have a volume for each
		volumes, _ := in["volumes"].([]any)
		in["volumes"] = append(volumes, object{"name": text(claim, "metadata", "name"), "emptyDir": object{}})
	}
	metadata, _ := t["metadata"].(object)
	if metadata == nil {
		metadata = object{}
	}
	metadata["name"], metadata["namespace"] = text(o, "metadata", "name"), text(o, "metadata", "namespace")
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": in}
}

// inTemplate tells the paths of a pod as those of the template. A pod that
// finds another of its name, or lacks an object that is not there yet, says
// nothing.
func inTemplate(err error, spec resource.Path) error {
	op := &cloud.OpError{}
	if !errors.As(err, &op) {
		return err
	}
	if errors.Is(err, cloud.ErrConflict) || errors.Is(err, cloud.ErrNotFound) || strings.Contains(op.Message, "not found") {
		return nil
	}
	head := strings.TrimSuffix(string(spec), "spec")
	for i, p := range op.Paths {
		op.Paths[i] = resource.Path(head) + p
	}
	return err
}
