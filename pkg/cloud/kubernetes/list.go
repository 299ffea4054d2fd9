package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	pageSize = 500 // what kubectl asks for, and what a request may cost that is not queued
	readers  = 4   // kinds that are read at once: as many pages are in memory
	fewest   = 10  // up to so many namespaces are listed one by one
)

// List implements cloud.Reader. It holds a page of each of a few kinds in
// memory, however many objects there are.
func (c *Cloud) List(ctx context.Context, selector cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		inner, cancel := context.WithCancel(ctx)
		found := make(chan []*resource.Resource)
		failed := make(chan error, 1)
		selector.Omit = oneByOne(selector.Omit)
		go func() {
			failed <- c.readAll(inner, selector, found)
			close(found)
		}()
		defer func() {
			cancel()
			for range found { // until all readers have ended
			}
		}()
		for page := range found {
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
		}
		if err := <-failed; err != nil {
			yield(nil, err)
		}
	}
}

// oneByOne lets several goroutines call f.
func oneByOne(f func(*resource.Resource)) func(*resource.Resource) {
	if f == nil {
		return nil
	}
	var mu sync.Mutex
	return func(r *resource.Resource) {
		mu.Lock()
		defer mu.Unlock()
		f(r)
	}
}

// readAll sends what the selector asks for, page by page.
func (c *Cloud) readAll(ctx context.Context, selector cloud.Selector, found chan<- []*resource.Resource) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	c.omitTypes(selector)
	told := &news{}
	for _, k := range c.wanted(selector.Types) {
		g.Go(func() error {
			return c.read(ctx, k, selector, told, func(page []*resource.Resource) error {
				select {
				case found <- page:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	}
	return g.Wait()
}

// wanted returns the kinds of these types that are served; of all types, if
// none are named, those that somebody can make and that are not left out.
func (c *Cloud) wanted(types []resource.Type) []*kind {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*kind
	for t, k := range c.kinds {
		if k.can("list") && k.rule.whole == "" && (slices.Contains(types, t) || len(types) == 0 && k.can("create", "delete")) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *kind) int { return resource.Ref{Type: a.Type}.Compare(resource.Ref{Type: b.Type}) })
	return out
}

// read sends what there is of one kind.
func (c *Cloud) read(ctx context.Context, k *kind, selector cloud.Selector, told *news, send func([]*resource.Resource) error) error {
	family, err := c.family(ctx, k, selector)
	if err != nil {
		return err
	}
	if isMadeByOthers(k.Type) && (k.Type != podType || selector.Omit == nil) { // of pods, the images are wanted then
		if some, err := c.hasOwn(ctx, k, selector); err != nil || !some {
			return err
		}
		selector.Omit = nil // it has told
	}
	var everywhere map[string]object
	if selector.Drill == "" { // it carries no mark
		if everywhere, err = c.everywhere(ctx, k); err != nil {
			return err
		}
	}
	for _, query := range family.queries(selector) {
		err := c.pages(ctx, k, query, func(page []object) error {
			var out []*resource.Resource
			var all []seen
			for _, o := range page {
				if isEverywhere(o, everywhere) {
					if c.isOurs(k, o) {
						k.omit(selector, o, everywhereReason)
					}
					continue
				}
				s := look(k, o)
				if s.Resource = c.one(k, o, family, selector); s.Resource != nil {
					out, all = append(out, s.Resource), append(all, s)
				}
			}
			if err := c.explain(ctx, all, told); err != nil {
				return err
			}
			if err := c.checkServed(ctx, all); err != nil {
				return err
			}
			if err := c.checkFurnished(ctx, all); err != nil {
				return err
			}
			return send(out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// one makes a resource of an object; nil if it is none that is asked for.
func (c *Cloud) one(k *kind, o object, family *family, selector cloud.Selector) *resource.Resource {
	if k.Type == volumeType && isProvisioned(o) && ownerOf(o).IsZero() && (selector.Drill != "" || len(selector.Types) > 0) {
		return k.retained(o, family, selector)
	}
	if !c.isOurs(k, o) {
		return nil
	}
	if selector.States {
		r := k.head(o)
		if k.leftOut(o, r.Owner) != "" || r.Owner.IsZero() {
			return nil
		}
		k.states(r, o)
		return r
	}
	if k.Type == volumeType && selector.Drill == "" && len(selector.Types) == 0 && isProvisioned(o) {
		return nil // it goes with its claim, also when we have made it for that
	}
	r, reason := k.resource(o)
	if reason != "" {
		k.omit(selector, o, reason)
		return nil
	}
	family.adopt(r)
	if selector.Drill != "" && r.Owner.Drill != selector.Drill && r.Parent.IsZero() {
		return nil
	}
	if k.Type == secretType && !selector.Secrets {
		c.hideSecret(r)
	}
	return r
}

// isOurs reports whether the object is in the project: in one of its
// namespaces, or one of them. Of what is in no namespace it is what we have
// made, and all if the project is the whole cluster.
func (c *Cloud) isOurs(k *kind, o object) bool {
	switch {
	case !ownerOf(o).IsZero():
		return true
	case k.namespaced:
		namespace := text(o, "metadata", "namespace")
		if len(c.namespaces) == 0 {
			return namespace == "default" || !isSystem(namespace)
		}
		return slices.Contains(c.namespaces, namespace)
	case len(c.namespaces) == 0:
		return true
	case k.Type == namespaceType && slices.Contains(c.namespaces, text(o, "metadata", "name")):
		return true
	}
	return false
}

// pages lists the kind and hands over page by page: of the whole cluster in
// one go, or by namespace, where there are few or where rights demand it. What
// these rights cannot read at all is empty; the catalogue tells of it.
func (c *Cloud) pages(ctx context.Context, k *kind, query url.Values, hand func([]object) error) error {
	if k.namespaced && query.Get("labelSelector") == "" && len(c.namespaces) > 0 && len(c.namespaces) <= fewest {
		return c.byNamespace(ctx, k, c.namespaces, query, hand)
	}
	err := c.pagesOf(ctx, k, "", query, hand)
	if !errors.Is(err, cloud.ErrForbidden) {
		return err
	}
	if !k.namespaced {
		return nil
	}
	namespaces, err := c.readable(ctx)
	if err != nil {
		return err
	}
	return c.byNamespace(ctx, k, namespaces, query, hand)
}

func (c *Cloud) byNamespace(ctx context.Context, k *kind, namespaces []string, query url.Values, hand func([]object) error) error {
	for _, namespace := range namespaces {
		if err := c.pagesOf(ctx, k, namespace, query, hand); err != nil && !errors.Is(err, cloud.ErrForbidden) {
			return err
		}
	}
	return nil
}

// readable returns the namespaces that these rights may be for: those that are
// asked for, else all that can be seen, else that of the kubeconfig's context.
func (c *Cloud) readable(ctx context.Context) ([]string, error) {
	if len(c.namespaces) > 0 {
		return c.namespaces, nil
	}
	all, err := c.namespaceNames(ctx)
	if errors.Is(err, cloud.ErrForbidden) {
		return []string{c.home}, nil
	}
	return all, err
}

// namespaceNames lists the names of all namespaces.
func (c *Cloud) namespaceNames(ctx context.Context) ([]string, error) {
	k := c.known(namespaceType)
	if k == nil {
		return nil, nil
	}
	var out []string
	err := c.pagesOf(ctx, k, "", url.Values{accepting: {metadataOnly}}, func(page []object) error {
		for _, o := range page {
			out = append(out, text(o, "metadata", "name"))
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

// accepting in a query is not sent: it is the header Accept.
const accepting = "Accept"

// pagesOf lists the kind in one namespace, or in all. A kind that is not served
// any more has no objects. A listing that has taken too long for the server's
// memory goes on with what is there now, as the server offers it.
func (c *Cloud) pagesOf(ctx context.Context, k *kind, namespace string, query url.Values, hand func([]object) error) error {
	q := call{op: "list " + string(k.Type), path: k.path(k.versions[0], namespace, ""), query: url.Values{"limit": {strconv.Itoa(pageSize)}}, accept: query.Get(accepting)}
	for name, v := range query {
		if name != accepting {
			q.query[name] = v
		}
	}
	for {
		items, next, err := c.page(ctx, k, q)
		if old, ok := errors.AsType[*expiredError](err); ok && old.next != "" && old.next != q.query.Get("continue") {
			q.query.Set("continue", old.next)
			continue
		}
		if errors.Is(err, cloud.ErrUnsupported) || errors.Is(err, cloud.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := hand(items); err != nil || next == "" {
			return err
		}
		q.query.Set("continue", next)
	}
}

// page asks for one page, and returns how to ask for the next one. Who has set
// which field is half of what the server sends, and matters for Services alone
// (isSet): what is decoded of it is gone before the next object is.
func (c *Cloud) page(ctx context.Context, k *kind, q call) (items []object, next string, err error) {
	data, err := c.raw(ctx, q)
	if err != nil {
		return nil, "", err
	}
	var list struct {
		Metadata struct {
			Continue string `json:"continue"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if err := utiljson.Unmarshal(data, &list); err != nil {
		return nil, "", c.wrap(q, err)
	}
	items = make([]object, 0, len(list.Items))
	for _, item := range list.Items {
		var o object
		if err := utiljson.Unmarshal(item, &o); err != nil {
			return nil, "", c.wrap(q, err)
		}
		if metadata, ok := o["metadata"].(object); ok && k.Type != serviceType {
			delete(metadata, "managedFields")
		}
		o["apiVersion"] = k.apiVersion(k.versions[0]) // a list tells once of what its items are
		items = append(items, o)
	}
	return items, list.Metadata.Continue, nil
}
