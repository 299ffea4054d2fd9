package diff

import (
	"iter"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Reduce makes two Sets of two Streams that need not fit into memory: small ones
// of which [Compare], when nothing joins the two, finds all that it would find
// of the whole. It returns also how many resources are equal and therefore left
// out.
//
// A resource that is known by its name (Schema.Named) is left out with the one
// of that name on the other side if the hashes of both are equal, and if what
// they refer to is on both sides: then there is nothing to tell of them, and
// nothing that another one could be paired with. What is kept may refer to
// what is left out; of that the head is kept, which has no properties that could
// differ. Memory grows with the differences, not with what is there.
func Reduce(a, b resource.Stream) (x, y *resource.Set, equal int, err error) {
	r := &reduction{streams: [2]resource.Stream{a, b}}
	for i, s := range r.streams {
		r.sets[i], r.alone[i] = resource.NewSet(s.Schemas), map[resource.Ref]bool{}
	}
	for _, pass := range []func(*resource.Line, *resource.Line) error{r.lonely, r.keep} {
		if err := r.merge(pass); err != nil {
			return nil, nil, 0, err
		}
	}
	return r.sets[0], r.sets[1], r.equal, r.heads()
}

type reduction struct {
	streams [2]resource.Stream
	sets    [2]*resource.Set
	alone   [2]map[resource.Ref]bool // what has none of its name on the other side
	equal   int
}

// merge hands over both Streams' lines in order, those of one type and key
// together; nil where one side has none.
func (r *reduction) merge(hand func(a, b *resource.Line) error) error {
	left, stop := iter.Pull2(r.streams[0].Lines())
	defer stop()
	right, end := iter.Pull2(r.streams[1].Lines())
	defer end()
	a, err, more := left()
	b, failed, also := right()
	for more || also {
		switch {
		case err != nil:
			return err
		case failed != nil:
			return failed
		}
		order := 0
		switch {
		case !also:
			order = -1
		case !more:
			order = 1
		default:
			order = a.Compare(b.Ref)
		}
		x, y := a, b
		if order < 0 {
			y = nil
		}
		if order > 0 {
			x = nil
		}
		if err := hand(x, y); err != nil {
			return err
		}
		if order <= 0 {
			a, err, more = left()
		}
		if order >= 0 {
			b, failed, also = right()
		}
	}
	return nil
}

// lonely notes what has none of its name on the other side.
func (r *reduction) lonely(a, b *resource.Line) error {
	if a != nil && b != nil && sameName(a, b) {
		return nil
	}
	for i, l := range []*resource.Line{a, b} {
		if l != nil {
			r.alone[i][l.Ref] = true
		}
	}
	return nil
}

// sameName reports whether two lines are a pair, whatever else there is.
func sameName(a, b *resource.Line) bool {
	return a.Name == b.Name && a.Scope == b.Scope && a.Tenure == b.Tenure && a.Parent == b.Parent && a.Name != ""
}

// keep keeps what is not equal, and what is equal as far as it can be read, if
// that is not all.
func (r *reduction) keep(a, b *resource.Line) error {
	equal := a != nil && b != nil && sameName(a, b) && a.Sum == b.Sum && r.stands(0, a) && r.stands(1, b)
	if equal {
		r.equal++
		if len(a.Unread)+len(b.Unread) == 0 {
			return nil
		}
		whole, err := a.Resource() // as b's
		if err != nil || len(unread(whole.Spec, whole.Spec, a.Unread, b.Unread)) == 0 {
			return err
		}
	}
	for i, l := range []*resource.Line{a, b} {
		if l == nil {
			continue
		}
		whole, err := l.Resource()
		if err != nil {
			return err
		}
		r.sets[i].Put(whole)
	}
	return nil
}

// stands reports whether the resource and all that it refers to are known by
// their names and are on both sides.
func (r *reduction) stands(side int, l *resource.Line) bool {
	return r.isNamed(side, l.Type) && !slices.ContainsFunc(l.Refs, func(ref resource.Ref) bool {
		return r.alone[side][ref] || !r.isNamed(side, ref.Type)
	})
}

func (r *reduction) isNamed(side int, t resource.Type) bool {
	schema := r.streams[side].Schemas[t]
	return schema != nil && schema.Named
}

// heads adds the heads of what is referred to and was left out, and of what these
// belong to, on both sides.
func (r *reduction) heads() error {
	wanted := map[resource.Ref]bool{}
	for _, set := range r.sets {
		for kept := range set.All() {
			for _, ref := range kept.Refs() {
				wanted[ref] = true
			}
		}
	}
	for len(wanted) > 0 {
		next := map[resource.Ref]bool{}
		err := r.merge(func(a, b *resource.Line) error {
			for i, l := range []*resource.Line{a, b} {
				if l == nil || !wanted[l.Ref] || r.sets[i].Get(l.Ref) != nil {
					continue
				}
				head := l.Known()
				head.Unread = nil // it is left out, so it is equal, and there is nothing to tell
				r.sets[i].Put(head)
				if !l.Parent.IsZero() {
					next[l.Parent] = true
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for ref := range next {
			if r.sets[0].Get(ref) != nil && r.sets[1].Get(ref) != nil {
				delete(next, ref)
			}
		}
		wanted = next
	}
	return nil
}
