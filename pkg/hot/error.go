package hot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// An Error is one mistake in a template.
type Error struct {
	File         string
	Line, Column int // from 1; 0: not in the file
	Message      string
	Parameter    string // set if the value that the caller gave this parameter is wrong
}

// Error returns "file:line:column: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// problems collects errors, each once.
type problems struct {
	file string
	list []*Error
}

func (p *problems) at(n *node, format string, args ...any) {
	p.add(&Error{File: p.file, Line: n.line, Column: n.column, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) add(e *Error) {
	if !slices.ContainsFunc(p.list, func(o *Error) bool { return *o == *e }) {
		p.list = append(p.list, e)
	}
}

// err returns all errors in the order of the file, joined, or nil.
func (p *problems) err() error {
	p.sort()
	errs := make([]error, len(p.list))
	for i, e := range p.list {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// sort brings the errors into the order of the file.
func (p *problems) sort() {
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
