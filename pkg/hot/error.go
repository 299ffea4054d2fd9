package hot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(p.list))
	for i, e := range p.list {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// Suggest returns "; did you mean X?" for the candidate nearest to word, or "".
func Suggest(word string, candidates []string) string {
	return suggestWithin(max(2, len(word)/3), word, candidates)
}

// suggestWithin is Suggest for candidates that are at most so far away.
func suggestWithin(edits int, word string, candidates []string) string {
	best, least := "", edits+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the number of single-character edits that make b of a.
func distance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 100
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			swap := diagonal
			if a[i] != b[j] {
				swap++
			}
			diagonal = row[j+1]
			row[j+1] = min(swap, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
