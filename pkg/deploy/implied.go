package deploy

import (
	"cmp"
	"context"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// findExisting finds what is there before the first step: what comes with an
// id, and what the cloud has made for the whole project, by its name.
func (e *engine) findExisting(ctx context.Context) error {
	created := map[resource.Ref]bool{}
	for _, s := range e.Plan.Steps {
		created[s.Ref] = created[s.Ref] || s.Action == plan.Create
	}
	var wanted []*resource.Resource
	for r := range e.set.All() {
		switch {
		case created[r.Ref] || created[r.Parent] || e.at(r.Ref) != nil || e.outcomes[r.Ref] != "":
		case r.ID != "":
			e.show(r.Ref, r)
		case r.Tenure == resource.Implied && r.Parent.IsZero():
			wanted = append(wanted, r)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	list, err := e.calls.list(ctx, cloud.Selector{Types: typesOf(wanted)})
	if err != nil {
		return err
	}
	for _, want := range wanted {
		i := slices.IndexFunc(list, func(r *resource.Resource) bool {
			return r.Type == want.Type && r.Tenure == resource.Implied && r.Name == want.Name && r.Scope == want.Scope
		})
		if i < 0 {
			if err := e.missing(want); err != nil {
				return err
			}
			continue
		}
		e.show(want.Ref, list[i])
		e.conclude(plan.Step{Ref: want.Ref}, Made, nil)
	}
	return nil
}

func typesOf(list []*resource.Resource) []resource.Type {
	var out []resource.Type
	for _, r := range list {
		out = append(out, r.Type)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// findImplied finds what the cloud has made for the parent that the plan
// expects. Siblings are told apart by as much of their natural identity as the
// plan knows, and by their order where it knows nothing.
func (t *task) findImplied(ctx context.Context, parent *resource.Resource) error {
	for kind, wanted := range t.impliedOf(parent.Ref) {
		last := t.looks(kind)
		for look := 1; len(wanted) > 0; look++ {
			list, err := t.poll.whole(ctx, kind)
			if err != nil {
				return err
			}
			wanted, err = t.pair(wanted, t.childrenOf(parent.Ref, list), look == last)
			if err != nil {
				return err
			}
			if look == last {
				break
			}
		}
		for _, r := range wanted {
			if err := t.missing(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// looks is how often to look for what the cloud makes. A Kubernetes controller
// makes it some time after its parent is there, and nothing tells when.
func (e *engine) looks(kind resource.Type) int {
	if schema := e.set.Schema(kind); schema != nil && schema.Named {
		return 20 * absentTicks
	}
	return absentTicks
}

// impliedOf returns what the plan expects the cloud to make for the parent and
// is not found yet, by type: what is known best first, else in order of keys.
func (e *engine) impliedOf(parent resource.Ref) map[resource.Type][]*resource.Resource {
	out := map[resource.Type][]*resource.Resource{}
	for _, r := range e.implied[parent] {
		if e.at(r.Ref) == nil {
			out[r.Type] = append(out[r.Type], r)
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b *resource.Resource) int {
			known := func(r *resource.Resource) (n int) {
				for range resource.Leaves(e.natural(r)) {
					n++
				}
				return n
			}
			return cmp.Or(known(b)-known(a), len(a.Key)-len(b.Key), cmp.Compare(a.Key, b.Key))
		})
	}
	return out
}

// natural returns the values of r's natural identity as far as they are
// known, references as ids.
func (e *engine) natural(r *resource.Resource) []resource.Value {
	schema := e.set.Schema(r.Type)
	if schema == nil {
		return nil
	}
	spec := resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
		switch leaf := leaf.(type) {
		case resource.Ref:
			if live := e.at(leaf); live != nil {
				return live.ID
			}
			return nil
		case resource.Attr, resource.Join:
			return nil
		}
		return leaf
	})
	return schema.NaturalOf(spec)
}

// childrenOf returns those of the list that belong to the parent and are not
// taken yet, in an order that does not depend on the listing's.
func (e *engine) childrenOf(parent resource.Ref, list []*resource.Resource) []*resource.Resource {
	live, taken := e.at(parent), e.known()
	var out []*resource.Resource
	for _, r := range list {
		isChild := r.Parent.Type == parent.Type && string(r.Parent.Key) == live.ID
		if isChild && !taken[thing{r.Type, r.ID}] {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *resource.Resource) int {
		return cmp.Or(resource.CompareValues(a.Spec, b.Spec), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// pair joins what is wanted with what is there, and returns what is still
// wanted. With anyOf set, natural identity does not matter any more.
func (t *task) pair(wanted, there []*resource.Resource, anyOf bool) ([]*resource.Resource, error) {
	var left []*resource.Resource
	for _, want := range wanted {
		schema := t.set.Schema(want.Type)
		natural := t.natural(want)
		fits := func(r *resource.Resource) bool {
			if schema != nil && schema.Named && r.Name != want.Name {
				return false
			}
			for i, have := range schema.NaturalOf(r.Spec) {
				if !covers(natural[i], have) {
					return false
				}
			}
			return true
		}
		i := slices.IndexFunc(there, fits)
		if i < 0 && anyOf && len(there) > 0 && (schema == nil || !schema.Named) {
			i = 0
		}
		if i < 0 {
			left = append(left, want)
			continue
		}
		found := there[i]
		there = slices.Delete(there, i, i+1)
		t.show(want.Ref, found)
		if err := t.Journal.Append(Record{Type: RecordFound, Stage: t.Stage, Cloud: t.Plan.Cloud, Ref: want.Ref, ID: found.ID, Parent: found.Parent}); err != nil {
			return nil, err
		}
		t.conclude(plan.Step{Ref: want.Ref}, Made, nil)
	}
	return left, nil
}

// missing records that the cloud has not made what the plan expects of it.
func (e *engine) missing(r *resource.Resource) error {
	signals := []gap.Signal{{Seen: gap.Refusal, Code: "create", Ref: r.Ref, Effect: resource.Lost, Cloud: e.Plan.Cloud, Message: "the cloud has not made it by itself"}}
	e.conclude(plan.Step{Ref: r.Ref}, Lost, signals)
	return e.Journal.Append(Record{Type: RecordLost, Stage: e.Stage, Ref: r.Ref, Signals: signals})
}
