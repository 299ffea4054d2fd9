package hot

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// FuzzParse: no template makes Parse panic, and one without mistakes gives a
// Set whose references lead somewhere, and which can be rendered and read
// again.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.hot.yaml", "testdata/bad/*.hot.yaml", "../../scenarios/*/*.hot.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no seeds: ", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	files := fstest.MapFS{"hello.txt": {Data: []byte("hello")}, "web.cloud-init.yaml": {}, "db.cloud-init.yaml": {}}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := Parse("fuzz.yaml", data, Options{Files: files, Schemas: testSchemas()})
		if err != nil {
			return
		}
		if err := out.Set.Check(); err != nil {
			t.Fatal(err)
		}
		rendering, err := Render(out.Set, out.Description)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("rendered.yaml", rendering.Template, Options{}); err != nil {
			t.Fatalf("%v\n%s", err, rendering.Template)
		}
	})
}
