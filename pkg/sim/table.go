package sim

import "iter"

// A Table holds the objects of one kind, in the order in which they were
// added. It needs the lock of its instance. The zero value is empty.
type Table[T any] struct {
	rows map[string]*row[T]
	all  []*row[T] // with the removed ones, until half of them are
	gone int
}

type row[T any] struct {
	id, project string
	value       T
	gone        bool
}

// Put adds an object, or replaces the one of that id at its place. Project is
// the one that it belongs to; empty: the provider's own.
func (t *Table[T]) Put(id, project string, value T) {
	if r, ok := t.rows[id]; ok {
		r.project, r.value = project, value
		return
	}
	if t.rows == nil {
		t.rows = map[string]*row[T]{}
	}
	r := &row[T]{id: id, project: project, value: value}
	t.rows[id] = r
	t.all = append(t.all, r)
}

// Get returns the object of that id, whoever it belongs to.
func (t *Table[T]) Get(id string) (value T, ok bool) {
	if r, found := t.rows[id]; found {
		return r.value, true
	}
	return value, false
}

// In returns the object of that id if it belongs to the project.
func (t *Table[T]) In(project, id string) (value T, ok bool) {
	if r, found := t.rows[id]; found && r.project == project {
		return r.value, true
	}
	return value, false
}

// Delete removes an object; it may be called while iterating.
func (t *Table[T]) Delete(id string) {
	r, ok := t.rows[id]
	if !ok {
		return
	}
	delete(t.rows, id)
	r.gone = true
	if t.gone++; t.gone > 32 && t.gone > len(t.all)/2 {
		t.compact()
	}
}

func (t *Table[T]) compact() {
	kept := make([]*row[T], 0, len(t.rows))
	for _, r := range t.all {
		if !r.gone {
			kept = append(kept, r)
		}
	}
	t.all, t.gone = kept, 0
}

// Len returns how many objects there are.
func (t *Table[T]) Len() int { return len(t.rows) }

// All yields all objects, oldest first.
func (t *Table[T]) All() iter.Seq[T] { return t.where(func(*row[T]) bool { return true }) }

// Of yields the objects of one project, oldest first.
func (t *Table[T]) Of(project string) iter.Seq[T] {
	return t.where(func(r *row[T]) bool { return r.project == project })
}

func (t *Table[T]) where(keep func(*row[T]) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, r := range t.all {
			if !r.gone && keep(r) && !yield(r.value) {
				return
			}
		}
	}
}
