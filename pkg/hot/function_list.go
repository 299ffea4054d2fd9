package hot

import "slices"

// listArgs evaluates a list of lists, in which nothing is an empty list.
func (e *evaluator) listArgs(n *node, name string) ([][]*node, bool) {
	args, ok := e.args(n, name+": [LIST, …]")
	if !ok {
		return nil, false
	}
	out := make([][]*node, len(args))
	for i, a := range args {
		list, ok := a.value.([]*node)
		if !ok && a.value != nil {
			e.at(a, "%s wants lists, this is %s", name, describe(a))
			return nil, false
		}
		out[i] = list
	}
	return out, true
}

func (e *evaluator) listConcat(n *node) *node {
	lists, ok := e.listArgs(n, "list_concat")
	if !ok {
		return n.with(invalid{})
	}
	return n.with(slices.Concat(lists...))
}

func (e *evaluator) listConcatUnique(n *node) *node {
	lists, ok := e.listArgs(n, "list_concat_unique")
	if !ok {
		return n.with(invalid{})
	}
	var out []*node
	for _, item := range slices.Concat(lists...) {
		if !slices.ContainsFunc(out, func(have *node) bool { return same(have, item) }) {
			out = append(out, item)
		}
	}
	return n.with(out)
}

// filter takes the values of the first list out of the second.
func (e *evaluator) filter(n *node) *node {
	lists, ok := e.listArgs(n, "filter")
	switch {
	case !ok:
		return n.with(invalid{})
	case len(lists) != 2:
		return e.fail(n, "filter wants [VALUES, LIST]")
	}
	for _, item := range slices.Concat(lists...) {
		if late(item) {
			return e.fail(n, "filter compares values that are known only later")
		}
	}
	out := slices.DeleteFunc(slices.Clone(lists[1]), func(item *node) bool {
		return slices.ContainsFunc(lists[0], func(v *node) bool { return same(v, item) })
	})
	return n.with(out)
}

func (e *evaluator) contains(n *node) *node {
	args, ok := e.args(n, "contains: [VALUE, LIST]")
	if !ok {
		return n.with(invalid{})
	}
	if len(args) != 2 {
		return e.fail(n, "contains wants [VALUE, LIST]")
	}
	list, ok := args[1].value.([]*node)
	switch {
	case !ok:
		return e.fail(args[1], "contains looks into a list, this is %s", describe(args[1]))
	case late(n.with(args)):
		return e.fail(n, "contains compares values that are known only later")
	}
	return n.with(slices.ContainsFunc(list, func(item *node) bool { return same(args[0], item) }))
}
