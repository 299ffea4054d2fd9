package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A volume that a driver has made for a claim goes with it, unless its class
// says Retain: then it stays when the claim is gone, and what lies under it too,
// and nothing tells whose it was but the claim's uid in it. So a clean-up is
// shown it as what the cluster has made for a claim of the drill, and may outlive
// that (Implied), while the claim is there to prove it.

// ofClaims reads which claims are the drill's: by their mark, and those of its
// StatefulSets. The parents are by uid.
func (c *Cloud) ofClaims(ctx context.Context, selector cloud.Selector) (*family, error) {
	f := &family{parent: claimType, parents: map[string]string{}}
	k := c.known(claimType)
	if k == nil || selector.Drill == "" {
		return f, nil
	}
	claims, err := c.family(ctx, k, selector)
	if err != nil {
		return nil, err
	}
	for _, query := range claims.queries(selector) {
		err := c.pages(ctx, k, query, func(page []object) error {
			for _, o := range page {
				r := k.head(o)
				claims.adopt(r)
				if r.Owner.Drill == selector.Drill || !r.Parent.IsZero() {
					f.parents[text(o, "metadata", "uid")] = r.ID
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// retained makes a resource of a volume that was made for a claim; nil if it is
// none that is asked for. Who asks for a drill's is shown what would stay, and
// who asks for volumes all, also those that are on their way by now.
func (k *kind) retained(o object, f *family, selector cloud.Selector) *resource.Resource {
	claim := id(text(o, "spec", "claimRef", "namespace"), text(o, "spec", "claimRef", "name"))
	switch {
	case selector.States || selector.Drill == "" && len(selector.Types) == 0:
		return nil
	case selector.Drill != "":
		if claim = f.parents[text(o, "spec", "claimRef", "uid")]; claim == "" || text(o, "spec", reclaimPolicy) != "Retain" {
			return nil
		}
	}
	r := k.head(o)
	r.Tenure, r.Parent = resource.Implied, resource.Ref{Type: claimType, Key: resource.Key(claim)}
	r.Attrs, r.Spec = attributes(o), object{}
	k.states(r, o)
	return r
}

const reclaimPolicy = "persistentVolumeReclaimPolicy"

// letGo lets the driver delete the volume with all that is on it, as one whose
// class says Delete: to delete the object would leave what lies under it where
// nobody sees it any more. As long as a claim is bound to it, it stays.
func (c *Cloud) letGo(ctx context.Context, k *kind, o object, r *resource.Resource) error {
	claim := id(text(o, "spec", "claimRef", "namespace"), text(o, "spec", "claimRef", "name"))
	switch {
	case claim != string(r.Parent.Key):
		return nil // somebody has taken it over
	case text(o, "status", "phase") == "Bound":
		return &cloud.OpError{Op: "delete", Cloud: c.name, Err: cloud.ErrConflict, Message: "the claim " + claim + " is still bound to it"}
	case text(o, "spec", reclaimPolicy) == "Delete":
		return nil
	}
	return c.setPolicy(ctx, k, o, reclaimPolicy)
}

// setPolicy lets the object go with what it is for, unless somebody has changed it
// since it was looked at.
func (c *Cloud) setPolicy(ctx context.Context, k *kind, o object, policy string) error {
	metadata := object{}
	for _, name := range []string{"name", "uid", "resourceVersion"} {
		metadata[name] = text(o, "metadata", name)
	}
	version := k.versions[0]
	_, err := c.do(ctx, call{op: "delete", method: http.MethodPatch, path: k.path(version, "", text(metadata, "name")), patch: true, query: url.Values{"fieldManager": {manager}, "force": {"true"}},
		body: object{"apiVersion": k.apiVersion(version), "kind": k.name, "metadata": metadata, "spec": object{policy: "Delete"}}})
	if isGone(err) {
		return nil
	}
	return err
}

// letContentGo lets what lies under a snapshot go with it, where its class says
// Retain: nothing of the drill's names it afterwards, and in the storage it would
// keep its volume from being deleted. Who may not change it leaves it.
func (c *Cloud) letContentGo(ctx context.Context, snapshot object) error {
	k, name := c.known(contentType), text(snapshot, "status", "boundVolumeSnapshotContentName")
	if k == nil || name == "" {
		return nil
	}
	o, err := c.do(ctx, call{op: "delete", path: k.path(k.versions[0], "", name)})
	switch {
	case isGone(err) || errors.Is(err, cloud.ErrForbidden):
		return nil
	case err != nil:
		return err
	case text(o, "spec", "volumeSnapshotRef", "uid") != text(snapshot, "metadata", "uid") || text(o, "spec", "source", "volumeHandle") == "" || text(o, "spec", "deletionPolicy") != "Retain":
		return nil // it is for another one, or was there before
	}
	if err := c.setPolicy(ctx, k, o, "deletionPolicy"); !errors.Is(err, cloud.ErrForbidden) {
		return err
	}
	return nil
}
