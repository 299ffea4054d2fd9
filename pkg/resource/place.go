package resource

// A Place is where a walk through a Spec is: the fields of the schema that its
// path, or one below, may be. Each step leaves few of them, while [Schema.Field]
// looks at all for each path.
type Place []candidate

// A candidate is a field whose pattern fits so far.
type candidate struct {
	field *Field
	rest  string // of the pattern
}

// Whole is the place of the whole Spec.
func (s *Schema) Whole() Place {
	if s == nil {
		return nil
	}
	out := make(Place, len(s.Fields))
	for i := range s.Fields {
		out[i] = candidate{&s.Fields[i], string(s.Fields[i].Path)}
	}
	return out
}

// Entry is the place of a map's entry here.
func (p Place) Entry(name string) Place { return p.step(step{kind: entry, name: name}) }

// Index is the place of a list's item here.
func (p Place) Index(i int) Place { return p.step(step{kind: index, index: i}) }

func (p Place) step(to step) Place {
	var out Place
	for _, c := range p {
		if c.rest == "" {
			continue
		}
		if want, rest := cutStep(c.rest); want.kind == wildcard || want == to {
			out = append(out, candidate{c.field, rest})
		}
	}
	return out
}

// Field returns the field of the property here, and whether there is one.
func (p Place) Field() (Field, bool) {
	for _, c := range p {
		if c.rest == "" {
			return *c.field, true
		}
	}
	return Field{}, false
}
