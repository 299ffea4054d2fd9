package openstack

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A collection is what one request (and one more per page) lists.
type collection string

const (
	keyPairList     collection = "keypairs"
	serverGroupList collection = "server_groups"
	serverList      collection = "servers"
	networkList     collection = "networks"
	subnetList      collection = "subnets"
	portList        collection = "ports"
	routerList      collection = "routers"
	groupList       collection = "security_groups"
	floatingIPList  collection = "floatingips"
	volumeList      collection = "volumes"
	snapshotList    collection = "snapshots"
	volumeTypeList  collection = "volume_types"
	imageList       collection = "images"
	hiddenImageList collection = "hidden images"
)

// source says how a collection is listed.
func (n collection) source() call {
	switch n {
	case keyPairList:
		return call{service: compute, path: "os-keypairs", microversion: "2.35"}
	case serverGroupList:
		return call{service: compute, path: "os-server-groups", microversion: "2.64"}
	case serverList:
		return call{service: compute, path: "servers/detail", microversion: "2.46"}
	case groupList:
		return call{service: network, path: "security-groups"}
	case networkList, subnetList, portList, routerList, floatingIPList:
		return call{service: network, path: string(n)}
	case volumeList, snapshotList:
		return call{service: blockStorage, path: string(n) + "/detail"}
	case volumeTypeList:
		return call{service: blockStorage, path: "types"}
	case imageList:
		return call{service: image, path: "images?limit=500"}
	case hiddenImageList:
		return call{service: image, path: "images?limit=500&os_hidden=true"}
	}
	return call{}
}

// A project is what was listed of one, by collection.
type project struct {
	id string

	mu    sync.Mutex
	lists map[collection][]body
	byID  map[collection]map[string]body
	ports map[string][]body // by the device they belong to
}

func (p *project) put(n collection, items []body) {
	byID := make(map[string]body, len(items))
	for _, b := range items {
		byID[b.text("id")] = b
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists[n], p.byID[n] = items, byID
	if n == portList {
		p.ports = map[string][]body{}
		for _, b := range items {
			p.ports[b.text("device_id")] = append(p.ports[b.text("device_id")], b)
		}
	}
}

// find returns the object with this id, or nil.
func (p *project) find(n collection, id string) body { return p.byID[n][id] }

// owns reports whether the object is the project's: an administrator is shown
// those of all projects, and everybody what is shared.
func (p *project) owns(b body) bool {
	for _, key := range []string{"project_id", "tenant_id", "owner", "os-vol-tenant-attr:tenant_id", "os-extended-snapshot-attributes:project_id"} {
		if id := b.text(key); id != "" {
			return id == p.id
		}
	}
	return true
}

// fetch lists the collections, all at once.
func (c *Cloud) fetch(ctx context.Context, names []collection) (*project, error) {
	p := &project{id: c.project, lists: map[collection][]body{}, byID: map[collection]map[string]body{}}
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range names {
		g.Go(func() error {
			items, err := c.collection(ctx, n)
			if err == nil {
				p.put(n, items)
			}
			return err
		})
	}
	return p, g.Wait()
}

func (c *Cloud) collection(ctx context.Context, n collection) ([]body, error) {
	q := n.source()
	q.op = "list " + string(n)
	if !c.has(q.service) {
		return nil, nil
	}
	if q.microversion != "" {
		var err error
		if q.microversion, _, err = c.atMost(ctx, q.service, q.microversion); err != nil {
			return nil, err
		}
	}
	key := string(n)
	if n == hiddenImageList {
		key = string(imageList)
	}
	items, err := c.all(ctx, q, key)
	if q.service == network && notThere(err) { // the extension is not loaded
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if n == keyPairList {
		for i, b := range items {
			items[i] = b.object("keypair")
		}
	}
	if n == serverList {
		err = c.explain(ctx, items)
	}
	return items, err
}

// List implements cloud.Reader.
func (c *Cloud) List(ctx context.Context, selector cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		wanted, err := c.wanted(selector.Types)
		if err != nil {
			yield(nil, err)
			return
		}
		var needs []collection
		for _, k := range wanted {
			needs = append(needs, k.needed(selector.States)...)
		}
		slices.Sort(needs)
		p, err := c.fetch(ctx, slices.Compact(needs))
		if err != nil {
			yield(nil, err)
			return
		}
		for _, k := range wanted {
			for _, r := range k.resources(p, selector.States) {
				if (selector.Drill == "" || r.Owner.Drill == selector.Drill) && !yield(r, nil) {
					return
				}
			}
		}
	}
}

// wanted returns the kinds of these types; of all types, if none are named,
// whose services the cloud has.
func (c *Cloud) wanted(types []resource.Type) ([]*kind, error) {
	if len(types) == 0 {
		return slices.DeleteFunc(slices.Clone(c.kinds), func(k *kind) bool { return !c.has(k.service) }), nil
	}
	var out []*kind
	for _, t := range types {
		k, err := c.kind("list", resource.Ref{Type: t})
		if err != nil {
			return nil, err
		}
		if _, err := c.url(k.service, ""); err != nil {
			return nil, c.wrap(call{op: "list " + string(t)}, err)
		}
		out = append(out, k)
	}
	return out, nil
}

// has reports whether the cloud has the service.
func (c *Cloud) has(s service) bool {
	_, err := c.url(s, "")
	return err == nil
}

// needed returns what has to be listed for the kind, or for its states alone.
func (k *kind) needed(states bool) []collection {
	if states && k.brief {
		return k.needs[:1]
	}
	return k.needs
}

// resources returns all of the kind, in canonical form; or their states.
func (k *kind) resources(p *project, states bool) []*resource.Resource {
	var out []*resource.Resource
	if k.list != nil {
		out = k.list(p)
	} else {
		for _, b := range p.lists[k.needs[0]] {
			if !p.owns(b) {
				continue
			}
			r := k.fromBody(b)
			if k.read == nil || states && k.brief || k.read(p, b, r) {
				out = append(out, r)
			}
		}
	}
	for _, r := range out {
		r.Spec = k.schema.Canonical(r.Spec)
		if r.State == resource.Ready && r.Why == "" {
			r.Why = "exists"
		}
	}
	return out
}

// notThere: the service has no such path.
func notThere(err error) bool {
	return errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrUnsupported)
}

// goneIsFine makes nil of the error that something is not there.
func goneIsFine(err error) error {
	if errors.Is(err, cloud.ErrNotFound) {
		return nil
	}
	return err
}

// owner returns the owner of what belongs to the object of a kind: its drill,
// without a key, because the mark is the parent's.
func (p *project) owner(k *kind, parent body) resource.Owner {
	if parent == nil {
		return resource.Owner{}
	}
	return resource.Owner{Drill: k.fromBody(parent).Owner.Drill}
}
