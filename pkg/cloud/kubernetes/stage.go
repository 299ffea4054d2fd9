package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// stages is how many scratch namespaces there are at most. What is planned in
// more namespaces than that is rehearsed at home.
const stages = 10

// A stage is what is known of the rehearsal's namespaces.
type stage struct {
	scratch map[string]string // by planned namespace
	limited map[string]bool   // planned namespaces that get a LimitRange of the workload's
}

// Stage implements cloud.Stager: a scratch namespace for each planned one that
// is not there yet, with its labels and annotations, since Pod Security, the
// policies of the cluster, and what the provider puts into every namespace go by
// these. Namespaces that are alike share one. Its name begins as theirs, for
// there may be a rule for names.
func (c *Cloud) Stage(ctx context.Context, drill string, planned []*resource.Resource) ([]*resource.Resource, error) {
	s := stage{scratch: map[string]string{}, limited: map[string]bool{}}
	var namespaces []*resource.Resource
	names := map[string]bool{}
	for _, r := range planned {
		switch r.Type {
		case namespaceType:
			namespaces = append(namespaces, r)
			names[r.Name] = true
		case "core/LimitRange":
			s.limited[r.Scope] = true
		}
	}
	out, err := c.standIns(ctx, drill, namespaces, names, s.scratch)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stage = s
	return out, nil
}

func (c *Cloud) standIns(ctx context.Context, drill string, namespaces []*resource.Resource, names map[string]bool, scratch map[string]string) ([]*resource.Resource, error) {
	if may, err := c.mayScratch(ctx, len(namespaces)); err != nil || !may {
		return nil, err
	}
	var out []*resource.Resource
	alike := map[string]string{}
	for _, r := range namespaces {
		data, err := json.Marshal(r.Spec)
		if err != nil {
			return nil, err
		}
		name, known := alike[string(data)], alike[string(data)] != ""
		if !known {
			if name = scratchName(r.Name, drill); names[name] || len(out) == stages {
				continue
			}
		}
		absent, err := c.isAbsent(ctx, r.Name)
		if err != nil {
			return nil, err
		}
		if !absent {
			continue
		}
		scratch[r.Name], alike[string(data)], names[name] = name, name, true
		if !known {
			x := r.Clone()
			x.Name, x.Key, x.ID = name, resource.NameKey("", name), ""
			out = append(out, x)
		}
	}
	return out, nil
}

// scratchName is at most 63 characters long, as names of namespaces are.
func scratchName(namespace, drill string) string {
	tail := "-rehearsal-" + drill
	return strings.TrimRight(namespace[:min(len(namespace), 63-len(tail))], "-") + tail
}

// mayScratch asks whether these rights allow to make and to delete namespaces.
func (c *Cloud) mayScratch(ctx context.Context, namespaces int) (bool, error) {
	review := c.known("authorization.k8s.io/SelfSubjectAccessReview")
	if namespaces == 0 || review == nil {
		return false, nil
	}
	for _, verb := range []string{"create", "delete"} {
		version := review.versions[0]
		o, err := c.do(ctx, call{op: "ask for rights", method: http.MethodPost, path: review.path(version, "", ""), body: object{
			"apiVersion": review.apiVersion(version), "kind": review.name, "spec": object{"resourceAttributes": object{"verb": verb, "resource": "namespaces"}}}})
		if errors.Is(err, cloud.ErrForbidden) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if allowed, _ := value(o, "status", "allowed").(bool); !allowed {
			return false, nil
		}
	}
	return true, nil
}

// isAbsent reports whether the namespace is known not to be there.
func (c *Cloud) isAbsent(ctx context.Context, name string) (bool, error) {
	k := c.known(namespaceType)
	if k == nil {
		return false, nil
	}
	_, err := c.do(ctx, call{op: "look for namespace " + name, path: k.path(k.versions[0], "", name)})
	if errors.Is(err, cloud.ErrNotFound) {
		return true, nil
	}
	if errors.Is(err, cloud.ErrForbidden) {
		return false, nil
	}
	return false, err
}

// stagedAs is the scratch namespace for a planned one, or that one.
func (c *Cloud) stagedAs(namespace string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if name := c.stage.scratch[namespace]; name != "" {
		return name
	}
	return namespace
}

func (c *Cloud) isScratch(namespace string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, name := range c.stage.scratch {
		if name == namespace {
			return true
		}
	}
	return false
}

// asPlanned tells of a scratch namespace as of the one that it stands for.
func (c *Cloud) asPlanned(err error, namespace string) error {
	op := &cloud.OpError{}
	if staged := c.stagedAs(namespace); staged != namespace && errors.As(err, &op) {
		op.Message = strings.ReplaceAll(op.Message, staged, namespace)
	}
	return err
}

// checkFurnished lets scratch namespaces wait for what every namespace gets: its
// account, and the provider's quotas and limits. Before, nothing is judged as it
// will be.
func (c *Cloud) checkFurnished(ctx context.Context, list []seen) error {
	for _, r := range list {
		if r.Type != namespaceType || r.State != resource.Ready || !c.isScratch(r.Name) {
			continue
		}
		missing, err := c.unfurnished(ctx, r.Name)
		if err != nil {
			return err
		}
		if missing != "" {
			r.State, r.Why = resource.Pending, "has no "+missing+" yet"
		}
	}
	return nil
}

// unfurnished names the first thing that is missing in the namespace.
func (c *Cloud) unfurnished(ctx context.Context, namespace string) (string, error) {
	for _, t := range []resource.Type{accountType, "core/LimitRange", "core/ResourceQuota"} {
		k := c.known(t)
		if k == nil {
			continue
		}
		want, err := c.everywhere(ctx, k)
		if err != nil {
			return "", err
		}
		if t == accountType {
			want = map[string]object{"default": {}}
		}
		err = c.pagesOf(ctx, k, namespace, url.Values{}, func(page []object) error {
			for _, o := range page {
				if t != "core/ResourceQuota" || value(o, "status", "hard") != nil { // it counts
					delete(want, text(o, "metadata", "name"))
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, cloud.ErrForbidden) {
			return "", err
		}
		if err == nil && len(want) > 0 {
			return slices.Sorted(maps.Keys(want))[0], nil
		}
	}
	return "", nil
}
