//go:build cluster

package kubernetes_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A reason is why we and the oracle tell of different places, on purpose.
type reason string

const (
	agreed  reason = "told by both"
	refused reason = "no object that a server takes: the oracle says nothing"
	omitted reason = "the object is a controller's then, and is left out"
	taken   reason = "a server or a controller writes there: the driver takes it out"
	void    reason = "null, and labels or annotations that are none, say as much as absence"
	ordered reason = "init containers run in their order, although they have keys"
	filled  reason = "to us, a part of a key is missing that has a default: servers fill it in"
	beside  reason = "what a name is of is told by what stands beside it"
	twice   reason = "two items have one key, or are the same in a set: the oracle tells of them as one"
	content reason = "what is in a volume is no field"
)

// A judge compares two objects in both ways.
type judge struct {
	c        *kubernetes.Cloud
	of       resource.Type
	x, y     dict // as the driver leaves them
	reasons  map[reason]int
	problems []string
}

// judge returns what only one of us tells, without a reason.
func (o *oracle) judge(t *testing.T, c *kubernetes.Cloud, a, b dict, reasons map[reason]int) []string {
	t.Helper()
	left, _ := c.Resource(a)
	j := &judge{c: c, of: left.Type, reasons: reasons}
	theirs, err := o.compare(a, b)
	if err != nil {
		reasons[refused]++
		return nil
	}
	right, _ := c.Resource(b)
	if right == nil {
		reasons[omitted]++
		return nil
	}
	x, y := c.Object(left), c.Object(right)
	j.x, j.y = x, y
	rest, err := o.compare(x, y) // what the driver leaves of them
	if err != nil {
		t.Fatal(err)
	}
	j.cleaned(theirs, rest, a, b)
	j.cleaned(rest, theirs, a, b)
	typed, _ := o.typed(x)
	l, r := inventoried(t, c, left), inventoried(t, c, right)
	tr := &translation{typed.Schema(), onlyOne(l), onlyOne(r), x, y, c.Schemas()[left.Type]}
	var ours []finding
	for _, ch := range diff.Compare(l, r, resource.Mapping{}, diff.Options{Joined: true}).Changes {
		if ch.Path == "content" {
			reasons[content]++
			continue
		}
		if f, _ := tr.ours.Field(ch.Path); isMap(ch.Source) && isMap(ch.Target) || f.List == resource.Keyed && ch.Source != nil && ch.Target != nil {
			j.problems = append(j.problems, fmt.Sprintf("we tell of %s as a whole", ch.Path))
		}
		ours = append(ours, tr.finding(ch, typed.TypeRef()))
	}
	for _, q := range rest {
		j.theirs(q, ours)
	}
	for _, p := range ours {
		j.ours(p, rest)
	}
	return j.problems
}

func isMap(v any) bool { _, ok := v.(dict); return ok }

// cleaned: what only one of two answers has, of the objects or of what the driver
// leaves of them, is what it takes out.
func (j *judge) cleaned(have, other []finding, a, b dict) {
	for _, q := range have {
		switch {
		case slices.ContainsFunc(other, func(o finding) bool { return isIn(o.path, q.path) }):
		case j.isTaken(q.path):
			j.reasons[taken]++
		case isVoid(a, q.path), isVoid(b, q.path):
			j.reasons[void]++
		case throughTwo(a, q.path), throughTwo(b, q.path):
			j.reasons[twice]++
		default:
			j.problems = append(j.problems, "the driver hides, or makes up: "+q.note)
		}
	}
}

// isVoid reports whether the object has null at the path, or labels or annotations
// that are none.
func isVoid(o any, p fieldpath.Path) bool {
	for _, step := range p {
		list, _ := o.([]any)
		m, _ := o.(dict)
		i := slices.IndexFunc(list, func(item any) bool { return step.FieldName == nil && is(step, item) })
		switch {
		case i >= 0:
			o = list[i]
		case step.FieldName == nil:
			return false
		default:
			var ok bool
			if o, ok = m[*step.FieldName]; !ok {
				return false
			}
		}
	}
	m, ok := o.(dict)
	return o == nil || ok && len(m) == 0 && (p.String() == ".metadata.labels" || p.String() == ".metadata.annotations")
}

// isTaken reports whether one of the driver's tables says that it takes out what is
// at the path, or a part of it.
func (j *judge) isTaken(p fieldpath.Path) bool {
	var at resource.Path
	for _, step := range p {
		if step.FieldName == nil {
			at += "[]"
		} else {
			at = at.Field(*step.FieldName)
		}
		if slices.ContainsFunc(j.c.Taken(j.of), at.Matches) {
			return true
		}
	}
	return slices.ContainsFunc(j.c.Taken(j.of), func(pattern resource.Path) bool { return strings.HasPrefix(string(pattern), string(at)+"[") })
}

func (j *judge) theirs(q finding, ours []finding) {
	if why := j.matched(q, ours, func(p finding) bool { return isIn(q.path, p.path) }); why != "" {
		j.reasons[why]++
		return
	}
	j.problems = append(j.problems, "only the oracle says "+q.note)
}

func (j *judge) ours(p finding, theirs []finding) {
	why := j.matched(p, theirs, func(q finding) bool { return isIn(q.path, p.path) })
	switch {
	case why == agreed: // counted already
	case why != "":
		j.reasons[why]++
	case j.isOrdered(p.path):
		j.reasons[ordered]++
	case slices.ContainsFunc(theirs, func(q finding) bool { return tellsKind(q.path, p.path) }):
		j.reasons[beside]++
	default:
		j.problems = append(j.problems, fmt.Sprintf("only we say %s (%s)", p.note, p.path))
	}
}

// matched returns whether one of the others says the same of the same place, or why
// it says something else of it; "" if none says anything.
func (j *judge) matched(f finding, others []finding, covers func(finding) bool) reason {
	var why reason
	for _, o := range others {
		switch {
		case covers(o) && (f.how == "" || o.how == "" || f.how == o.how):
			return agreed
		case (covers(o) || isIn(f.path, o.path) || isIn(o.path, f.path)) && j.isTwice(f.path):
			why = twice
		case covers(o) && (lacks(j.x, f.path) || lacks(j.y, f.path)):
			why = filled
		}
	}
	return why
}

// isOrdered reports whether the path is a list's that has keys for the oracle, but
// an order for us.
func (j *judge) isOrdered(p fieldpath.Path) bool {
	var at resource.Path
	for _, step := range p {
		if step.FieldName == nil {
			return false
		}
		at = at.Field(*step.FieldName)
	}
	return slices.ContainsFunc(j.c.Ordered(j.of), at.Matches)
}

// tellsKind reports whether one path is of what stands beside a name, and tells
// what the name is of.
func tellsKind(q, name fieldpath.Path) bool {
	last := len(q) - 1
	if last < 0 || len(name) != len(q) || !q[:last].Equals(name[:last]) || name[last].FieldName == nil || *name[last].FieldName != "name" || q[last].FieldName == nil {
		return false
	}
	return *q[last].FieldName == "kind" || *q[last].FieldName == "namespace"
}

// isTwice reports whether the path leads through an item whose key another one has
// too, on one side.
func (j *judge) isTwice(p fieldpath.Path) bool {
	return throughTwo(j.x, p) || throughTwo(j.y, p)
}

func throughTwo(o any, p fieldpath.Path) bool {
	for _, step := range p {
		switch list, _ := o.([]any); {
		case step.FieldName != nil:
			o = entry(o, *step.FieldName)
		default:
			var found []any
			for _, item := range list {
				if is(step, item) {
					found = append(found, item)
				}
			}
			if len(found) != 1 {
				return len(found) > 1
			}
			o = found[0]
		}
	}
	return false
}

// lacks reports whether the path leads through an item that does not say all of
// its key.
func lacks(o any, p fieldpath.Path) bool {
	for _, step := range p {
		if step.FieldName != nil {
			o = entry(o, *step.FieldName)
			continue
		}
		list, _ := o.([]any)
		i := slices.IndexFunc(list, func(item any) bool { return is(step, item) })
		if i < 0 || step.Key == nil {
			return false
		}
		o = list[i]
		if slices.ContainsFunc(*step.Key, func(f value.Field) bool { return entry(o, f.Name) == nil }) {
			return true
		}
	}
	return false
}

// is reports whether the oracle calls the item so. What has a default need not be
// there.
func is(step fieldpath.PathElement, item any) bool {
	if step.Value != nil {
		return resource.Equal((*step.Value).Unstructured(), item)
	}
	return step.Key != nil && !slices.ContainsFunc(*step.Key, func(f value.Field) bool {
		v := entry(item, f.Name)
		return v != nil && !resource.Equal(v, f.Value.Unstructured())
	})
}

// inventoried is the resource as an inventory of it alone has it.
func inventoried(t *testing.T, c *kubernetes.Cloud, r *resource.Resource) *resource.Set {
	t.Helper()
	set, err := inventory.Take(t.Context(), only{c, r}, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// onlyOne is the resource of a Set that has no other but Given ones.
func onlyOne(set *resource.Set) *resource.Resource {
	for r := range set.All() {
		if r.Tenure != resource.Given {
			return r
		}
	}
	return nil
}

// only is a cluster that has nothing but one resource.
type only struct {
	*kubernetes.Cloud
	r *resource.Resource
}

func (o only) Catalogue(context.Context) (profile.Catalogue, error) { return profile.Catalogue{}, nil }

func (o only) List(context.Context, cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) { yield(o.r, nil) }
}
