package cloudtest

import (
	"cmp"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// again makes all that the drill has a second time, from what List has shown
// and nothing else, and asserts that List then shows the same. That is what a
// drill does between two clouds.
func (r *run) again() {
	r.Helper()
	first := r.list()
	r.sweep()
	slices.SortStableFunc(first, func(a, b *resource.Resource) int {
		return cmp.Or(slices.Index(order, a.Type)-slices.Index(order, b.Type), cmp.Compare(a.Owner.Key, b.Owner.Key))
	})
	ids := map[string]string{} // new → old
	news := map[string]string{}
	for pending := slices.DeleteFunc(slices.Clone(first), func(x *resource.Resource) bool { return x.Tenure != resource.Own }); len(pending) > 0; {
		i := max(0, slices.IndexFunc(pending, func(x *resource.Resource) bool { return !r.refersTo(x, pending) }))
		old := pending[i]
		pending = slices.Delete(pending, i, i+1)
		x := r.rewritten(old, news)
		x.Key = cmp.Or(old.Owner.Key, "child")
		made := r.create(x)
		ids[made.ID], news[old.ID] = old.ID, made.ID
	}
	var want, got []string
	for _, x := range first {
		want = append(want, r.normal(x, nil))
	}
	for _, x := range r.list() {
		got = append(got, r.normal(x, ids))
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := gocmp.Diff(want, got); d != "" {
		r.Errorf("made again from what was read it is not the same (-first +again):\n%s", d)
	}
}

// refersTo reports whether x refers to one of the list, or comes after it by
// an edge of its schema.
func (r *run) refersTo(x *resource.Resource, list []*resource.Resource) bool {
	schema := r.schemas[x.Type]
	for _, edge := range schema.After {
		via, ok := resource.Lookup(x.Spec, edge.Via)
		if ok && slices.ContainsFunc(list, func(y *resource.Resource) bool {
			of, _ := resource.Lookup(y.Spec, edge.Of)
			return y.Type == edge.Type && of == via
		}) {
			return true
		}
	}
	for p, v := range resource.Leaves(x.Spec) {
		f, _ := schema.Field(p)
		for _, y := range list {
			if y.ID == v && y != x && slices.Contains(f.Refers, y.Type) {
				return true
			}
		}
	}
	return false
}

// rewritten returns a copy of x to create: less what the provider chooses, and
// with ids replaced.
func (r *run) rewritten(x *resource.Resource, ids map[string]string) *resource.Resource {
	c := x.Clone()
	c.Spec = r.chosen(x.Type, x.Spec, ids)
	if id, ok := ids[string(x.Parent.Key)]; ok {
		c.Parent.Key = resource.Key(id)
	}
	return c
}

// chosen returns the spec less what the provider chooses, with ids replaced.
func (r *run) chosen(t resource.Type, spec map[string]resource.Value, ids map[string]string) map[string]resource.Value {
	schema := r.schemas[t]
	var walk func(p resource.Path, v resource.Value) resource.Value
	walk = func(p resource.Path, v resource.Value) resource.Value {
		if f, _ := schema.Field(p); f.Chooser == resource.Provider || f.NoSet {
			return nil
		}
		switch v := v.(type) {
		case map[string]resource.Value:
			out := map[string]resource.Value{}
			for k, item := range v {
				out[k] = walk(p.Field(k), item)
			}
			return out
		case []resource.Value:
			out := make([]resource.Value, len(v))
			for i, item := range v {
				out[i] = walk(p.Index(i), item)
			}
			return out
		case string:
			if id, ok := ids[v]; ok {
				return id
			}
		}
		return v
	}
	out, _ := walk("", spec).(map[string]resource.Value)
	return schema.Canonical(out)
}

// normal returns x as text, with ids replaced.
func (r *run) normal(x *resource.Resource, ids map[string]string) string {
	r.Helper()
	data, err := resource.MarshalValue(r.chosen(x.Type, x.Spec, ids))
	if err != nil {
		r.Fatal(err)
	}
	return string(x.Type) + " " + string(x.Tenure) + " " + x.Name + " " + string(x.Owner.Key) + " " + string(data)
}

// cost returns how many requests one List of everything takes, or -1 if the
// driver has no Transport to tell.
func (r *run) cost() int {
	r.Helper()
	counted, ok := r.cloud.(interface{ Transport() *cloud.Transport })
	if !ok {
		return -1
	}
	before := requests(counted.Transport())
	r.list()
	return requests(counted.Transport()) - before
}

func requests(t *cloud.Transport) int {
	n := 0
	for _, c := range t.Calls() {
		n += c.Requests
	}
	return n
}

// spent asserts that a List takes as many requests as it did.
func (r *run) spent(want int, when string) {
	r.Helper()
	if got := r.cost(); got != want {
		r.Errorf("a List takes %d requests %s, and %d without", got, when, want)
	}
}
