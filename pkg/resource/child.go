package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// ChildKey returns the key of a child: its parent's key, and what tells it
// from its siblings. For what the cloud made (Implied) that is the type's noun
// ("web-port"; the caller numbers siblings), for a child whose natural
// identity is a reference the key of what it refers to ("router-subnet"),
// else the noun and a hash of the natural identity ("web-rule-1f2e3d4c").
//
// r.Parent.Key and every reference in r.Spec are keys of the Set.
func (s *Schema) ChildKey(r *Resource) Key {
	if r.Tenure == Implied {
		return NewKey(string(r.Parent.Key) + "-" + s.noun(r.Type))
	}
	natural := s.NaturalOf(r.Spec)
	if refs := Refs(natural); len(refs) > 0 && allRefs(natural) {
		parts := []string{string(r.Parent.Key)}
		for _, ref := range refs {
			parts = append(parts, string(ref.Key))
		}
		return NewKey(strings.Join(parts, "-"))
	}
	data := sortKey(natural)
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:4])
	head := NewKey(string(r.Parent.Key) + "-" + s.noun(r.Type))
	if len(head)+1+len(hash) > MaxKey {
		head = NewKey(string(r.Parent.Key) + "-" + s.noun(r.Type) + "-" + hash)
		return head
	}
	return head + "-" + Key(hash)
}

// NaturalOf returns the values of the natural identity in canonical form, in
// the schema's order; nil where spec has none.
func (s *Schema) NaturalOf(spec map[string]Value) []Value {
	if s == nil {
		return nil
	}
	canonical := s.Canonical(spec)
	out := make([]Value, len(s.Natural))
	for i, p := range s.Natural {
		out[i], _ = Lookup(canonical, p)
	}
	return out
}

func allRefs(list []Value) bool {
	for _, v := range list {
		if _, ok := v.(Ref); v != nil && !ok {
			return false
		}
	}
	return true
}

// noun is what one resource of the type is called in keys: the schema's word,
// or the last word of the type's name ("rule" of SecurityGroupRule).
func (s *Schema) noun(t Type) string {
	if s != nil && s.Noun != "" {
		return s.Noun
	}
	name := string(t)
	if i := strings.LastIndexAny(name, ":/"); i >= 0 {
		name = name[i+1:]
	}
	if i := strings.LastIndexFunc(name, unicode.IsUpper); i >= 0 {
		name = name[i:]
	}
	return strings.ToLower(name)
}
