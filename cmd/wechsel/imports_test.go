package main

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wechsel-project/wechsel/"

// mayImport is the house's table of layers (README, "The house"): what of ours
// each package may import. A new edge needs a line here.
func mayImport() map[string][]string {
	return map[string][]string{
		"pkg/resource":         {},
		"pkg/profile":          {},
		"pkg/suggest":          {},
		"pkg/hot":              {"pkg/resource", "pkg/suggest"},
		"pkg/scenario":         {"pkg/resource", "pkg/hot", "pkg/suggest"},
		"pkg/gap":              {"pkg/resource"},
		"pkg/plan":             {"pkg/resource", "pkg/profile", "pkg/gap"},
		"pkg/cloud":            {"pkg/resource", "pkg/profile"},
		"pkg/cloud/openstack":  {"pkg/cloud", "pkg/resource", "pkg/profile"},
		"pkg/cloud/kubernetes": {"pkg/cloud", "pkg/resource", "pkg/profile", "pkg/suggest"},
		"pkg/cloud/cloudtest":  {"pkg/cloud", "pkg/resource", "pkg/profile"},
		"pkg/sim":              {"pkg/profile"},
		"pkg/sim/openstack":    {"pkg/sim", "pkg/profile"},
		"pkg/sim/cluster":      {"pkg/profile"},
		"pkg/deploy":           {"pkg/resource", "pkg/plan", "pkg/cloud", "pkg/gap"},
		"pkg/extsort":          {},
		"pkg/inventory":        {"pkg/resource", "pkg/cloud", "pkg/profile", "pkg/extsort"},
		"pkg/diff":             {"pkg/resource", "pkg/gap"},
		"pkg/bundle":           {"pkg/resource", "pkg/hot", "pkg/extsort"},
		"pkg/drill": {"pkg/resource", "pkg/scenario", "pkg/profile", "pkg/gap", "pkg/plan", "pkg/cloud", "pkg/deploy",
			"pkg/inventory", "pkg/diff", "pkg/bundle"},
		"pkg/report": {"pkg/drill", "pkg/plan", "pkg/gap", "pkg/resource", "pkg/profile"},
		"scenarios":  {},
		// a module of its own: what it imports does not choose our versions of Kubernetes
		"cmd/wechsel-cluster": {},
		"fixtures":            {},
	}
}

// onlyHere are libraries that only these packages may import.
func onlyHere() map[string][]string {
	return map[string][]string{
		"github.com/gophercloud/":                {"pkg/cloud/openstack"},
		"github.com/urfave/cli":                  {"cmd/wechsel"},
		"github.com/olekukonko/tablewriter":      {"pkg/report"},
		"k8s.io/":                                {"pkg/cloud/kubernetes", "cmd/wechsel-cluster"},
		"sigs.k8s.io/kustomize/":                 {"pkg/cloud/kubernetes"},
		"sigs.k8s.io/structured-merge-diff/":     {"pkg/cloud/kubernetes"},
		"filippo.io/age":                         {"pkg/bundle"},
		"helm.sh/":                               {"pkg/cloud/kubernetes"},
		"github.com/wechsel-project/wechsel/cmd": {},
	}
}

func TestImports(t *testing.T) {
	layers := mayImport()
	for _, dir := range packages(t) {
		pkg, err := build.ImportDir(filepath.Join("../..", dir), 0)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		allowed, known := layers[dir]
		if !known && dir != "cmd/wechsel" {
			t.Errorf("%s is not in the table of layers", dir)
		}
		for _, imported := range pkg.Imports {
			if own, ok := strings.CutPrefix(imported, module); ok && dir != "cmd/wechsel" && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s, which its layer may not", dir, own)
			}
			for library, users := range onlyHere() {
				if strings.HasPrefix(imported, library) && !slices.Contains(users, dir) {
					t.Errorf("%s imports %s, which belongs to %v", dir, imported, users)
				}
			}
			if strings.HasPrefix(dir, "pkg/sim") && strings.Contains(imported, ".") && !strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s: the simulator uses the standard library only", dir, imported)
			}
		}
	}
}

// packages returns the folders with Go files, with slashes.
func packages(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, top := range []string{"cmd", "pkg", "scenarios", "fixtures"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				dir, err := filepath.Rel("../..", filepath.Dir(path))
				found[filepath.ToSlash(dir)] = true
				return err
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var dirs []string
	for dir := range found {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs
}
