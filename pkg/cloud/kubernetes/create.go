package kubernetes

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Create implements cloud.Cloud. It is a POST: a server-side apply would take
// over a foreign object of the same name. What the server does not know is
// refused, and not dropped.
func (c *Cloud) Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	k, err := c.kind(ctx, "create", r.Ref)
	if err != nil {
		return nil, err
	}
	o, version := k.object(r, owner)
	namespace := text(o, "metadata", "namespace")
	answer, err := c.do(ctx, call{op: "create", method: http.MethodPost, path: k.path(version, namespace, ""), query: strictly(), body: o})
	if err != nil {
		return nil, about(err, r)
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
	uid, known := r.Attrs["uid"]
	if known && uid != text(o, "metadata", "uid") || ownerOf(o).Drill != r.Owner.Drill || text(o, "metadata", "deletionTimestamp") != "" {
		return nil // another object of the same name, or on its way already
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

func isGone(err error) bool {
	return errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrUnsupported)
}
