package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A liar changes one thing in what a cloud answers.
type liar struct {
	mu  sync.Mutex
	lie func(path string, doc map[string]any)
}

func (l *liar) set(lie func(path string, doc map[string]any)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lie = lie
}

func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	l.mu.Lock()
	lie := l.lie
	l.mu.Unlock()
	if err != nil || lie == nil || r.Method != http.MethodGet || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	doc := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&doc) == nil {
		lie(r.URL.Path, doc)
		if changed, err := json.Marshal(doc); err == nil {
			data = changed
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// collections says where objects of a type are listed: the end of the path,
// the key of the list, and for what lies inside another object the key there.
func collections() map[resource.Type][3]string {
	return map[resource.Type][3]string{
		"OS::Nova::KeyPair":              {"/os-keypairs", "keypairs", ""},
		"OS::Nova::ServerGroup":          {"/os-server-groups", "server_groups", ""},
		"OS::Nova::Server":               {"/servers/detail", "servers", ""},
		"OS::Neutron::Net":               {"/networks", "networks", ""},
		"OS::Neutron::Subnet":            {"/subnets", "subnets", ""},
		"OS::Neutron::Port":              {"/ports", "ports", ""},
		"OS::Neutron::Router":            {"/routers", "routers", ""},
		"OS::Neutron::SecurityGroup":     {"/security-groups", "security_groups", ""},
		"OS::Neutron::SecurityGroupRule": {"/security-groups", "security_groups", "security_group_rules"},
		"OS::Neutron::FloatingIP":        {"/floatingips", "floatingips", ""},
		"OS::Cinder::Volume":             {"/volumes/detail", "volumes", ""},
		"OS::Cinder::Snapshot":           {"/snapshots/detail", "snapshots", ""},
	}
}

// objects finds the objects of a type in an answer, by id.
func objects(typ resource.Type, path string, doc map[string]any) map[string]map[string]any {
	where, out := collections()[typ], map[string]map[string]any{}
	if !strings.HasSuffix(path, where[0]) {
		return out
	}
	list, _ := doc[where[1]].([]any)
	for _, item := range list {
		o, _ := item.(map[string]any)
		if inner, ok := o["keypair"].(map[string]any); ok {
			o = inner
			o["id"] = o["name"]
		}
		if where[2] == "" {
			out[fmt.Sprint(o["id"])] = o
			continue
		}
		inside, _ := o[where[2]].([]any)
		for _, item := range inside {
			if o, ok := item.(map[string]any); ok {
				out[fmt.Sprint(o["id"])] = o
			}
		}
	}
	return out
}

// elsewhere are the properties that the services tell in another place than
// under their keys in the listing; each has a change of its own below, or in
// TestNoBlindness.
func elsewhere() []string {
	return []string{
		"OS::Nova::Server security_groups",                         // those of its ports
		"OS::Nova::Server OS-EXT-STS:power_state",                  // the status tells
		"OS::Nova::Server os-extended-volumes:volumes_attached",    // its inner keys tell
		"OS::Nova::Server os-extended-volumes:volumes_attached.id", // an attachment too
		"OS::Nova::Server server_groups",                           // the group's members
		"OS::Nova::ServerGroup policies",                           // before 2.64
		"OS::Neutron::Port fixed_ips",                              // its inner keys tell; without any it says no_fixed_ips
		"OS::Cinder::Volume volume_image_metadata",                 // not told of an image that is there
	}
}

// A lie is one change of what the target answers, and the property that it is
// about.
type lie struct {
	ref      resource.Ref
	key      string // of the body; OUTER.INNER: inside
	property resource.Path
	field    resource.Field
}

// lies makes one for each property that a tenant chooses and each key that
// tells it.
func lies(target *resource.Set) []lie {
	var out []lie
	for typ := range collections() {
		schema := target.Schema(typ)
		for _, key := range slices.Sorted(maps.Keys(schema.Body)) {
			path := resource.Path(schema.Body[key])
			f, ok := schema.Field(path)
			if f.Form == resource.Object && anyInner(schema, key) != "" {
				continue // the inner keys tell
			}
			if !ok || f.Chooser != resource.Tenant || f.Hidden || strings.HasSuffix(key, "*") || slices.Contains(elsewhere(), string(typ)+" "+key) {
				continue
			}
			out = append(out, lie{key: key, property: path, field: f, ref: resource.Ref{Type: typ}})
		}
	}
	return out
}

// anyInner returns a key of the body that lies inside key and has a name, or
// "".
func anyInner(schema *resource.Schema, key string) string {
	for k := range schema.Body {
		if strings.HasPrefix(k, key+".") && !strings.HasSuffix(k, "*") {
			return k
		}
	}
	return ""
}

// tell changes the key in o; false if the object has no such key.
func (l lie) tell(o map[string]any, target *resource.Set) bool {
	outer, inner, nested := strings.Cut(l.key, ".")
	if nested && !strings.HasPrefix(l.key, "OS-") {
		switch v := o[outer].(type) {
		case map[string]any:
			return l.change(v, inner, target)
		case []any:
			if len(v) > 0 {
				m, _ := v[0].(map[string]any)
				return m != nil && l.change(m, inner, target)
			}
		}
		return false
	}
	return l.change(o, l.key, target)
}

func (l lie) change(o map[string]any, key string, target *resource.Set) bool {
	v, there := o[key]
	if kind, _, _ := strings.Cut(l.field.Gate, ":"); !there && kind != "extension" {
		return false
	}
	if text, ok := v.(string); ok && text == "" && (key == "image" || key == "flavor") { // of a server: objects
		return false
	}
	switch v := v.(type) {
	case bool:
		o[key] = !v
	case json.Number:
		n, _ := v.Int64()
		o[key] = n + 1
	case string:
		o[key] = l.text(v, target)
	case nil:
		o[key] = l.fresh(target)
	case []any:
		if len(v) > 0 {
			if _, isMap := v[0].(map[string]any); isMap {
				o[key] = v[1:]
				return true
			}
		}
		item := l
		item.field, _ = target.Schema(l.ref.Type).Field(l.property + "[]")
		if item.field.Form == resource.Object && anyInner(target.Schema(l.ref.Type), key) != "" {
			return false // where it is not empty
		}
		if item.field.Form == resource.Object {
			o[key] = []any{l.whole(target)}
			return true
		}
		o[key] = append(slices.Clone(v), item.text("changed", target))
	case map[string]any:
		if len(l.field.Refers) > 0 {
			o[key] = map[string]any{"id": l.text(fmt.Sprint(v["id"]), target)}
			return true
		}
		if l.field.Form != resource.Object || !l.open(target) {
			return false
		}
		v["changed"] = "yes"
	}
	return true
}

// whole makes an item of a list of objects, of all that the schema knows.
func (l lie) whole(target *resource.Set) map[string]any {
	out := map[string]any{}
	for _, f := range target.Schema(l.ref.Type).Fields {
		if name, ok := strings.CutPrefix(string(f.Path), string(l.property)+"[]."); ok {
			inner := l
			inner.field = f
			out[name] = inner.fresh(target)
		}
	}
	return out
}

// open reports whether an object may have any keys.
func (l lie) open(target *resource.Set) bool {
	_, ok := target.Schema(l.ref.Type).Field(l.property.Field("any"))
	return ok
}

func (l lie) text(v string, target *resource.Set) string {
	for _, t := range l.field.Refers {
		for r := range target.OfType(t) {
			if r.ID != "" && r.ID != v && r.Name != v {
				if l.key == "volume_type" {
					return r.Name
				}
				return r.ID
			}
		}
	}
	if len(l.field.Refers) > 0 {
		return "11111111-2222-4333-8444-555555555555"
	}
	switch l.field.Form {
	case resource.IP:
		return "10.60.0.99"
	case resource.CIDR:
		return "10.199.0.0/16"
	case resource.MAC:
		return "fa:16:3e:99:99:99"
	case resource.Protocol:
		return "sctp"
	case resource.Bool:
		return map[bool]string{true: "false", false: "true"}[strings.EqualFold(v, "true")]
	default:
		return "x " + v // a mark stands at the end
	}
}

func (l lie) fresh(target *resource.Set) any {
	switch l.field.Form {
	case resource.Bool:
		return l.field.Default != true
	case resource.Int:
		return 7
	case resource.List, resource.Object:
		return nil
	default:
		return l.text("", target)
	}
}

// Whatever the target says of a property that a tenant chooses, one thing that
// is said otherwise is told as exactly that change: no property is overlooked,
// whether it can be changed later or is for good.
func TestNothingIsOverlooked(t *testing.T) {
	w := newWorld(t, "alster", "alster", 3)
	o, l := w.options(t, "vm-zoo"), &liar{}
	var err error
	o.To.Cloud, err = openstack.Open(t.Context(), openstack.Options{Cloud: "sim:alster", Transport: cloud.NewTransport(cloud.TransportOptions{Base: l}),
		Auth: &openstack.Auth{URL: w.to.url + "/identity/v3", User: "demo", Password: "password", Project: "demo", Domain: "Default", Region: w.to.cloud.Profile().Region}})
	if err != nil {
		t.Fatal(err)
	}
	lieAboutAll(t, o, l)
}

// lieAboutAll runs a drill without cleaning up, and tells one lie of the
// target after the other.
func lieAboutAll(t *testing.T, o Options, l *liar) {
	t.Helper()
	o.Bytes = false
	journal, err := openJournal(o)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	d := &drill{Options: o, journal: journal, result: &Result{}, bundleDir: path(o.Dir, BundleDir)}
	defer func() {
		l.set(nil)
		if err := d.cleanUp(context.WithoutCancel(t.Context())); err != nil || len(d.result.Left) > 0 {
			t.Errorf("clean up: %v, left %v", err, d.result.Left)
		}
	}()
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, target, tried := seen(d), d.result.Target, 0
	for _, c := range lies(target) {
		t.Run(fmt.Sprintf("%s %s", c.ref.Type, c.key), func(t *testing.T) {
			if d.tryLie(t, l, c, target, known) {
				tried++
			}
		})
	}
	t.Logf("%d properties were changed", tried)
	if tried < 80 {
		t.Errorf("only %d properties were changed", tried)
	}
}

// tryLie tells the lie of the first of the drill's own resources that has the
// key.
func (d *drill) tryLie(t *testing.T, l *liar, c lie, target *resource.Set, known []string) bool {
	t.Helper()
	var said string
	// Of these a change brings nothing else with it.
	first := []resource.Key{"named", "subnet-served"}
	candidates := slices.SortedStableFunc(target.OfType(c.ref.Type), func(a, b *resource.Resource) int {
		return slices.Index(first, b.Key) - slices.Index(first, a.Key)
	})
	l.set(func(path string, doc map[string]any) {
		all := objects(c.ref.Type, path, doc)
		for _, r := range candidates {
			if o := all[r.ID]; o != nil && r.Tenure == resource.Own && (said == "" || said == r.ID) && c.tell(o, target) {
				said = r.ID
				return
			}
		}
	})
	d.result.Signals = nil
	settle(t, d)
	l.set(nil)
	if said == "" {
		t.Errorf("nothing in the scenario has it")
		return false
	}
	news := slices.DeleteFunc(seen(d), func(s string) bool { return slices.Contains(known, s) })
	want := fmt.Sprintf("changed %s %s", c.ref.Type, c.property.Steps()[0])
	if len(news) != 1 || !strings.HasPrefix(news[0], want) {
		t.Errorf("want one signal %q, got %q", want, news)
	}
	return true
}
