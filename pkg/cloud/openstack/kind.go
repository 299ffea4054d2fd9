package openstack

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A kind is all that the driver knows of one type. What is nil is done as for
// all types: from the schema's Body.
type kind struct {
	schema     *resource.Schema
	service    service
	collection string // the path of the collection: "networks"
	key        string // of the object in requests and answers: "network"
	needs      []collection
	brief      bool                     // the first of needs tells the states
	words      map[string]resource.Path // words of a message (lower case) → the property that they mean

	// read completes what the schema has read; false: not yielded.
	read func(p *project, b body, r *resource.Resource) bool
	// list replaces reading a collection item by item.
	list func(p *project) []*resource.Resource
	// state maps the service's state.
	state func(b body) (resource.State, string)
	// request completes the body of the creating request.
	request func(r *resource.Resource, b map[string]any)
	// create replaces the creating request.
	create func(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error)
	settle func(ctx context.Context, c *Cloud, r *resource.Resource) error
	remove func(ctx context.Context, c *Cloud, r *resource.Resource) error
}

// kinds returns the table of types.
func kinds() []*kind {
	return []*kind{
		keyPairs(), serverGroups(), servers(),
		networks(), subnets(), ports(), routers(), interfaces(), routes(), groups(), rules(), floatingIPs(),
		volumes(), attachments(), snapshots(), images(),
	}
}

// Schemas returns the schemas of all types, by type.
func Schemas() resource.Schemas {
	out := resource.Schemas{}
	for _, k := range kinds() {
		out[k.schema.Type] = k.schema
	}
	for _, s := range givenSchemas() {
		out[s.Type] = s
	}
	return out
}

// kind returns the type's entry, or an error that says that there is none.
func (c *Cloud) kind(op string, ref resource.Ref) (*kind, error) {
	for _, k := range c.kinds {
		if k.schema.Type == ref.Type {
			return k, nil
		}
	}
	return nil, &cloud.OpError{Op: op, Cloud: c.name, Ref: ref, Err: cloud.ErrUnsupported, Message: "no driver for this type"}
}

// The classes of Schema.Body that are no property.
const (
	classID       = "id"
	className     = "name"
	classMark     = "mark"
	classClock    = "clock"
	classProvider = "provider"
	classLink     = "link"
	classSecret   = "secret"
	attrPrefix    = "attr:"
	anyKey        = "*" // the class of all keys that are not named
)

// path returns the property that a key of the service's body holds.
func (k *kind) path(key string) (resource.Path, bool) {
	class, ok := k.schema.Body[key]
	switch {
	case !ok:
		if p, ok := k.words[strings.ToLower(key)]; ok {
			return p, true
		}
		_, ok = k.schema.Field(resource.Path(key))
		return resource.Path(key), ok
	case slices.Contains([]string{classID, classMark, classClock, classProvider, classLink, classSecret}, class), strings.HasPrefix(class, attrPrefix):
		return "", false
	}
	return resource.Path(class), true
}

// fromBody reads what the schema's Body says.
func (k *kind) fromBody(b body) *resource.Resource {
	r := &resource.Resource{Ref: resource.Ref{Type: k.schema.Type}, Tenure: resource.Own, ID: b.text("id"),
		Spec: map[string]resource.Value{}, Attrs: map[string]resource.Value{}}
	for key, v := range b {
		class, ok := k.schema.Body[key]
		attr, isAttr := strings.CutPrefix(class, attrPrefix)
		switch {
		case !ok || v == nil:
		case class == className:
			r.Name, _ = v.(string)
		case isAttr:
			r.Attrs[attr] = v
		case !strings.Contains(class, ".") && k.isField(class):
			r.Spec[class] = v
		}
	}
	r.State, r.Why = resource.Ready, b.text("status")
	if k.state != nil {
		r.State, r.Why = k.state(b)
	}
	k.liftMark(r)
	return r
}

func (k *kind) isField(name string) bool {
	_, ok := k.schema.Field(resource.Path(name))
	return ok
}

// markKey is the key of metadata that holds the owner's mark.
const markKey = "wechsel"

// liftMark takes the owner's mark out of the resource.
func (k *kind) liftMark(r *resource.Resource) {
	cut := func(text string) string {
		before, owner := cloud.CutMark(text)
		if !owner.IsZero() {
			r.Owner = owner
			return before
		}
		return text
	}
	if description, ok := r.Spec["description"].(string); ok && k.schema.Mark == resource.MarkDescription {
		r.Spec["description"] = cut(description)
	}
	if k.schema.Mark == resource.MarkName || r.Type == cloud.Image {
		r.Name = cut(r.Name)
	}
	if tags, ok := r.Spec["tags"].([]any); ok && k.schema.Mark == resource.MarkTags {
		r.Spec["tags"] = slices.DeleteFunc(slices.Clone(tags), func(tag any) bool {
			text, _ := tag.(string)
			owner, ok := cloud.ParseMark(text)
			if ok {
				r.Owner = owner
			}
			return ok
		})
	}
	if metadata, ok := r.Spec["metadata"].(map[string]any); ok {
		text, _ := metadata[markKey].(string)
		if owner, ok := cloud.ParseMark(text); ok {
			r.Owner = owner
			rest := maps.Clone(metadata)
			delete(rest, markKey)
			r.Spec["metadata"] = rest
		}
	}
}

// toBody makes the object of a creating request: the properties under their
// keys, the name, and the owner's mark.
func (k *kind) toBody(r *resource.Resource, owner resource.Owner) map[string]any {
	b := map[string]any{}
	for key, class := range k.schema.Body {
		if v, ok := r.Spec[class]; ok && v != nil && k.settable(class) && !strings.Contains(key, ".") {
			b[key] = resource.Clone(v)
		}
	}
	if r.Name != "" {
		b["name"] = r.Name
	}
	if k.request != nil {
		k.request(r, b)
	}
	if owner.IsZero() {
		return b
	}
	switch k.schema.Mark {
	case resource.MarkDescription:
		text, _ := b["description"].(string)
		b["description"] = cloud.WithMark(text, owner)
	case resource.MarkName:
		b["name"] = cloud.WithMark(r.Name, owner)
	case resource.MarkTags:
		tags, _ := b["tags"].([]any)
		b["tags"] = append(slices.Clone(tags), cloud.Mark(owner))
	case resource.MarkMetadata:
		setMetadataMark(b, owner)
	case resource.MarkParent, resource.MarkNone:
	}
	return b
}

func setMetadataMark(b map[string]any, owner resource.Owner) {
	metadata, _ := b["metadata"].(map[string]any)
	marked := map[string]any{markKey: cloud.Mark(owner)}
	maps.Copy(marked, metadata)
	b["metadata"] = marked
}

func (k *kind) settable(property string) bool {
	f, ok := k.schema.Field(resource.Path(property))
	return ok && !f.NoSet
}

// Create implements cloud.Cloud.
func (c *Cloud) Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	k, err := c.kind("create", r.Ref)
	if err != nil {
		return nil, err
	}
	create := k.create
	if create == nil {
		create = func(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
			return c.post(ctx, call{op: "create", service: k.service, path: k.collection, body: map[string]any{k.key: k.toBody(r, owner)}}, k.key)
		}
	}
	b, err := create(ctx, c, r, owner)
	if err != nil {
		return nil, k.about(err, r)
	}
	made := r.Clone()
	made.ID, made.Owner, made.State, made.Why = b.text("id"), owner, resource.Ready, b.text("status")
	if k.state != nil {
		made.State, made.Why = k.state(b)
	}
	return made, nil
}

// Settle implements cloud.Settler.
func (c *Cloud) Settle(ctx context.Context, r *resource.Resource) error {
	k, err := c.kind("settle", r.Ref)
	if err != nil || k.settle == nil {
		return err
	}
	return k.about(k.settle(ctx, c, r), r)
}

// Delete implements cloud.Cloud.
func (c *Cloud) Delete(ctx context.Context, r *resource.Resource) error {
	k, err := c.kind("delete", r.Ref)
	if err != nil {
		return err
	}
	remove := k.remove
	if remove == nil {
		remove = func(ctx context.Context, c *Cloud, r *resource.Resource) error {
			return c.delete(ctx, k.service, k.collection+"/"+r.ID)
		}
	}
	return k.about(goneIsFine(remove(ctx, c, r)), r)
}

func (c *Cloud) delete(ctx context.Context, s service, path string) error {
	_, err := c.do(ctx, call{op: "delete", service: s, method: http.MethodDelete, path: path})
	return err
}
