package resource

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// A Set is a graph of resources, with the schemas of their types.
// The zero Set is empty and ready to use; it may be read by several goroutines
// at once as long as none writes. A Set must not be copied.
type Set struct {
	Schemas   Schemas
	resources map[Ref]*Resource
	order     atomic.Pointer[[]*Resource] // of resources; nil: to be sorted anew
}

// NewSet returns a Set of these resources; later ones replace earlier ones of
// the same Ref.
func NewSet(schemas Schemas, resources ...*Resource) *Set {
	s := &Set{Schemas: schemas}
	for _, r := range resources {
		s.Put(r)
	}
	return s
}

// Put adds r, in the place of the resource with the same Ref if there is one.
func (s *Set) Put(r *Resource) {
	if s.resources == nil {
		s.resources = map[Ref]*Resource{}
	}
	s.resources[r.Ref] = r
	s.order.Store(nil)
}

// Remove takes the resource out.
func (s *Set) Remove(ref Ref) {
	delete(s.resources, ref)
	s.order.Store(nil)
}

// Get returns the resource, or nil.
func (s *Set) Get(ref Ref) *Resource { return s.resources[ref] }

// Len returns the number of resources.
func (s *Set) Len() int { return len(s.resources) }

// Schema returns the schema of t, or nil.
func (s *Set) Schema(t Type) *Schema { return s.Schemas[t] }

// All iterates in order of type, scope and key. What is put or removed
// meanwhile makes no difference to it.
func (s *Set) All() iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, r := range s.sorted() {
			if !yield(r) {
				return
			}
		}
	}
}

func (s *Set) sorted() []*Resource {
	if list := s.order.Load(); list != nil {
		return *list
	}
	list := slices.SortedFunc(maps.Values(s.resources), compareResources)
	s.order.Store(&list)
	return list
}

// OfType iterates over the resources of one type in order.
func (s *Set) OfType(t Type) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		list := s.sorted()
		from, _ := slices.BinarySearchFunc(list, t, func(r *Resource, t Type) int { return strings.Compare(string(r.Type), string(t)) })
		for _, r := range list[from:] {
			if r.Type != t || !yield(r) {
				return
			}
		}
	}
}

// Children iterates over the resources whose parent is ref.
func (s *Set) Children(ref Ref) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for r := range s.All() {
			if r.Parent == ref && !yield(r) {
				return
			}
		}
	}
}

// Clone returns a copy that shares nothing with s but the schemas.
func (s *Set) Clone() *Set {
	c := &Set{Schemas: s.Schemas}
	for _, r := range s.resources {
		c.Put(r.Clone())
	}
	return c
}

// Check returns an error for every reference that leads nowhere, every
// invalid key, and every resource without a tenure.
func (s *Set) Check() error {
	var errs []error
	for r := range s.All() {
		if !r.Key.Valid() {
			errs = append(errs, fmt.Errorf("%s: not a valid key", r.Ref))
		}
		if r.Tenure == "" {
			errs = append(errs, fmt.Errorf("%s: no tenure", r.Ref))
		}
		for _, ref := range r.Refs() {
			if s.Get(ref) == nil {
				errs = append(errs, fmt.Errorf("%s: refers to %s, which is not in the set", r.Ref, ref))
			}
		}
	}
	return errors.Join(errs...)
}

func compareResources(a, b *Resource) int {
	if c := strings.Compare(string(a.Type), string(b.Type)); c != 0 {
		return c
	}
	if c := strings.Compare(a.Scope, b.Scope); c != 0 {
		return c
	}
	return strings.Compare(string(a.Key), string(b.Key))
}
