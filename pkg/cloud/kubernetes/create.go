package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Create implements cloud.Cloud. It is a POST: a server-side apply would take
// over a foreign object of the same name. What the server does not know is
// refused, and not dropped.
func (c *Cloud) Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	k, err := c.kind(ctx, "create", r.Ref)
	if err != nil {
		return nil, c.notYet(err, r)
	}
	o, version := k.object(r, owner)
	namespace := text(o, "metadata", "namespace")
	answer, err := c.do(ctx, call{op: "create", method: http.MethodPost, path: k.path(version, namespace, ""), query: strictly(), body: o})
	if err != nil {
		return nil, c.notYet(about(err, r), r)
	}
	if defines := look(k, answer).defines; defines != "" {
		c.promise(defines, false)
	}
	made := r.Clone()
	head := k.head(answer)
	made.ID, made.Name, made.Scope, made.Owner, made.Attrs = head.ID, head.Name, head.Scope, owner, attributes(answer)
	k.states(made, answer)
	return made, nil
}

// strictly lets the server refuse what it does not know.
func strictly() url.Values {
	return url.Values{"fieldManager": {manager}, "fieldValidation": {"Strict"}}
}

// Settle implements cloud.Settler: what the cluster has made by itself for us
// (Implied) becomes as it shall be, by a server-side apply that changes
// nothing else. What we have created is as it shall be.
func (c *Cloud) Settle(ctx context.Context, r *resource.Resource) error {
	if r.Tenure != resource.Implied {
		return nil
	}
	k, err := c.kind(ctx, "settle", r.Ref)
	if err != nil {
		return err
	}
	o, version := k.object(r, resource.Owner{})
	namespace, name := split(r.ID)
	_, err = c.do(ctx, call{op: "settle", method: http.MethodPatch, path: k.path(version, namespace, name), query: strictly(), body: o, patch: true})
	return about(err, r)
}

// Delete implements cloud.Cloud. It looks before: what carries another mark
// than r is not r any more, and r is gone. The uid in the deleting request
// makes sure that it is the object that was looked at.
func (c *Cloud) Delete(ctx context.Context, r *resource.Resource) error {
	k, err := c.kind(ctx, "delete", r.Ref)
	if errors.Is(err, cloud.ErrUnsupported) {
		return nil // what brings the kind is gone, and all of the kind with it
	}
	if err != nil {
		return err
	}
	namespace, name := split(r.ID)
	q := call{op: "delete", path: k.path(k.versions[0], namespace, name)}
	o, err := c.do(ctx, q)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return about(err, r)
	}
	if isAnother(o, r) || text(o, "metadata", "deletionTimestamp") != "" {
		return nil
	}
	if k.Type == volumeType && isProvisioned(o) && ownerOf(o).IsZero() {
		return about(c.letGo(ctx, k, o, r), r)
	}
	if k.Type == snapshotType {
		if err := c.letContentGo(ctx, o); err != nil {
			return about(err, r)
		}
	}
	if k.Type == namespaceType {
		if err := c.empty(ctx, name, ownerOf(o).Drill); err != nil {
			return about(err, r)
		}
	}
	q.method = http.MethodDelete
	q.body = object{"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground",
		"preconditions": object{"uid": text(o, "metadata", "uid")}}
	_, err = c.do(ctx, q)
	if isGone(err) {
		return nil
	}
	return about(err, r)
}

// isAnother reports whether the object has only the name of r: what r was is
// gone.
func isAnother(o object, r *resource.Resource) bool {
	uid, known := r.Attrs["uid"]
	return known && uid != text(o, "metadata", "uid") || !r.Owner.IsZero() && ownerOf(o).Drill != r.Owner.Drill
}

// empty returns an error if the namespace holds anything that the drill has not
// made, for that would go with it.
func (c *Cloud) empty(ctx context.Context, namespace, drill string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for _, k := range c.wanted(nil) {
		if !k.namespaced {
			continue
		}
		g.Go(func() error {
			everywhere, err := c.everywhere(ctx, k)
			if err != nil {
				return err
			}
			query := url.Values{accepting: {metadataOnly}, "labelSelector": {markLabel + "!=" + drill}}
			return c.pagesOf(ctx, k, namespace, query, func(page []object) error {
				for _, o := range page {
					if isEverywhere(o, everywhere) {
						continue
					}
					if name := text(o, "metadata", "name"); k.leftOut(o, ownerOf(o)) == "" && (k.Type != accountType || name != "default") {
						return &cloud.OpError{Op: "delete", Cloud: c.name, Err: cloud.ErrConflict, Message: "the namespace holds " + k.name + " " + name + ", which this drill has not made",
							Hint: "move or delete it, then clean up again"}
					}
				}
				return nil
			})
		})
	}
	return g.Wait()
}

func isGone(err error) bool {
	return errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrUnsupported)
}
