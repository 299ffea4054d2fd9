package scenario

import (
	"testing"
	"testing/fstest"
)

// FuzzManifest: whatever a manifest holds, it is read or told with its place.
func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]\n",
		"a: &a [*a]", "- x", "{", "---\n---\n", "a: {<<: {b: 1}}", "kind: ? [x]\n", "metadata: &m {name: x}\nspec: *m", "\xff", "apiVersion: v1\nkind: List\nitems: x",
		"&a {apiVersion: v1, kind: List, items: [*a]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"x.yaml": {Data: data}, FileName: {Data: []byte("apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: x, title: {en: x}}\nspec: {kubernetes: [{manifests: x.yaml}]}\n")}}
		s, err := Load(fsys, ".", Options{})
		if err == nil && (len(s.Kubernetes) != 1 || s.Set == nil) {
			t.Errorf("%+v", s)
		}
		for _, e := range unjoin(err) {
			if e.File != "x.yaml" || e.Message == "" {
				t.Errorf("no place: %v", e)
			}
		}
		if err != nil && len(unjoin(err)) == 0 {
			t.Errorf("no error of ours: %v", err)
		}
	})
}
