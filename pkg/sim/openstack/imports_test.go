package openstack

import (
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The simulator must not know its clients: an error that both shared would
// cancel out. So it imports the standard library, pkg/sim and pkg/profile.
func TestImports(t *testing.T) {
	const ours = "github.com/wechsel-project/wechsel/pkg/"
	for _, folder := range []string{".", ".."} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files: %v", err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range parsed.Imports {
				path, _ := strconv.Unquote(i.Path.Value)
				if strings.Contains(strings.Split(path, "/")[0], ".") && path != ours+"sim" && path != ours+"profile" {
					t.Errorf("%s imports %s", file, path)
				}
			}
		}
	}
}
