package resource_test

import (
	"testing"

	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/resource"
)

// Equal says what the order of values says, only sooner.
func TestEqualIsCompare(t *testing.T) {
	type object = map[string]Value
	odd := []Value{nil, "", "1", int64(1), 1.0, true, false, []Value{}, []Value(nil), object{}, object(nil), Ref{Type: "t", Key: "k"}, []Value{int64(1)}, []Value{1.0},
		object{"a": nil}, object{"b": nil}, object{"a": int64(1)}, object{"a": 1.0}}
	for _, a := range odd {
		for _, b := range odd {
			if got, want := Equal(a, b), CompareValues(a, b) == 0; got != want {
				t.Errorf("%#v and %#v: %v, want %v", a, b, got, want)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		pick := rapid.SampledFrom(odd)
		a := object{"x": pick.Draw(t, "a"), "y": []Value{pick.Draw(t, "b"), pick.Draw(t, "c")}}
		b := object{"x": pick.Draw(t, "d"), "y": []Value{pick.Draw(t, "e"), pick.Draw(t, "f")}}
		if got, want := Equal(a, b), CompareValues(a, b) == 0; got != want {
			t.Errorf("%#v and %#v: %v, want %v", a, b, got, want)
		}
	})
}
