package hot

// readOutputs evaluates the outputs.
func (t *template) readOutputs(n *node) {
	for _, e := range t.object(n, "outputs").entries {
		o := t.object(e.value, "an output", "description", "value", "condition")
		if c := o.get("condition"); c != nil && c.value != nil && !t.evaluator.condition(c) {
			continue
		}
		v := o.get("value")
		if v == nil {
			t.at(e.at, "output %q: value is missing", e.key)
			continue
		}
		t.outputs = append(t.outputs, entry{key: e.key, at: e.at, value: t.evaluator.eval(v)})
	}
}
