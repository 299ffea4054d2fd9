//go:build conformance

package openstack_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	keepBin  = flag.String("bin", "", "folder that keeps the compiled suites, so that another run need not compile them")
	keepLogs = flag.String("logs", "", "folder for the suites' output")
	only     = flag.String("only", "", "regular expression of the packages to run; no record is written")
)

// suites are the services whose acceptance tests are run; a name that ends in
// /... stands for all packages below.
var suites = []string{"identity/v3", "image/v2", "compute/v2", "networking/v2/...", "blockstorage", "blockstorage/v3"}

// hanging are tests that wait until they are killed: the lab has no
// cinder-backup, so a backup never becomes available.
const hanging = "^TestBackups(CRUD|ResetStatus|ForceDelete)$"

const suitesDir = "internal/acceptance/openstack"

func goTool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// acceptance are gophercloud's acceptance packages, compiled.
type acceptance struct {
	module, bin string
	packages    []string
}

func buildSuites(t *testing.T) *acceptance {
	t.Helper()
	a := &acceptance{module: goTool(t, "list", "-m", "-f", "{{.Dir}}", "github.com/gophercloud/gophercloud/v2"), bin: *keepBin}
	if a.bin == "" {
		a.bin = t.TempDir()
	}
	wanted := regexp.MustCompile(*only)
	for _, s := range suites {
		for _, dir := range a.withTests(t, s) {
			if wanted.MatchString(dir) {
				a.packages = append(a.packages, dir)
			}
		}
	}
	for _, p := range a.packages {
		if _, err := os.Stat(a.binary(p)); err != nil {
			goTool(t, "test", "-C", a.module, "-tags", "fixtures acceptance", "-c", "-o", a.binary(p), "./"+suitesDir+"/"+p)
		}
	}
	return a
}

// withTests lists the folders that a pattern stands for and that have tests.
func (a *acceptance) withTests(t *testing.T, pattern string) []string {
	t.Helper()
	root, below := strings.CutSuffix(pattern, "/...")
	var list []string
	err := filepath.WalkDir(filepath.Join(a.module, suitesDir, root), func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			dir, _ := filepath.Rel(filepath.Join(a.module, suitesDir), filepath.Dir(path))
			if (below || dir == root) && !slices.Contains(list, dir) {
				list = append(list, dir)
			}
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("no acceptance tests in %s: %v", pattern, err)
	}
	return list
}

func (a *acceptance) binary(pkg string) string {
	name, err := filepath.Abs(filepath.Join(a.bin, strings.ReplaceAll(pkg, "/", "-")))
	if err != nil {
		return pkg
	}
	return name
}

// run runs one package and tells what came of each test. A test that panics
// takes the program with it: what was not run yet is run again without it.
func (a *acceptance) run(t *testing.T, pkg string, env []string, log string) []verdict {
	t.Helper()
	start := func(args ...string) string {
		c := exec.Command(a.binary(pkg), args...)
		c.Dir, c.Env = filepath.Join(a.module, suitesDir, pkg), env
		out, _ := c.CombinedOutput() // its exit code says what the output says
		return string(out)
	}
	todo := slices.DeleteFunc(strings.Fields(start("-test.list", "^Test")), regexp.MustCompile(hanging).MatchString)
	var list []verdict
	var logged bytes.Buffer
	for len(todo) > 0 {
		out := start("-test.v", "-test.timeout", "15m", "-test.run", "^("+strings.Join(todo, "|")+")$")
		logged.WriteString(out)
		before := len(todo)
		for name, result := range results(out) {
			if i := slices.Index(todo, name); i >= 0 {
				list = append(list, verdict{pkg, name, result})
				todo = slices.Delete(todo, i, i+1)
			}
		}
		if len(todo) == before {
			t.Errorf("%s: %d tests do not run: %s\n%s", pkg, len(todo), todo, out)
			break
		}
	}
	if err := os.WriteFile(log, logged.Bytes(), 0o644); err != nil {
		t.Error(err)
	}
	return list
}

var startOrEnd = regexp.MustCompile(`(?m)^(=== RUN +|--- (PASS|FAIL|SKIP): )(Test\w+)(?:$| \()`)

// results reads the output of go test -v. A test that began and did not end
// has panicked, or ran out of time.
func results(out string) map[string]string {
	list := map[string]string{}
	for _, m := range startOrEnd.FindAllStringSubmatch(out, -1) {
		if m[2] != "" {
			list[m[3]] = m[2]
		} else if list[m[3]] == "" {
			list[m[3]] = "PANIC"
		}
	}
	return list
}

// runAll runs all packages as one user, some at a time, each with the
// environment that its cloud needs, and returns the verdicts in order.
func (a *acceptance) runAll(t *testing.T, run string, atOnce int, environment func(pkg string) []string) []verdict {
	t.Helper()
	logs := *keepLogs
	if logs == "" {
		logs = t.TempDir()
	} else if err := os.MkdirAll(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	var (
		all  []verdict
		lock sync.Mutex
		wg   sync.WaitGroup
		free = make(chan struct{}, atOnce)
	)
	for _, pkg := range a.packages {
		env := environment(pkg)
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			list := a.run(t, pkg, env, filepath.Join(logs, run+"-"+strings.ReplaceAll(pkg, "/", "-")+".log"))
			lock.Lock()
			defer lock.Unlock()
			all = append(all, list...)
		})
	}
	wg.Wait()
	slices.SortFunc(all, func(x, y verdict) int { return strings.Compare(x.name(), y.name()) })
	return all
}

// keep writes a record, unless only a part was run.
func keep(t *testing.T, run string, list []verdict) {
	t.Helper()
	var b strings.Builder
	count := map[string]int{}
	for _, v := range list {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", v.pkg, v.test, v.result)
		count[v.result]++
	}
	t.Logf("%s: %d tests %v", run, len(list), count)
	if *only == "" {
		if err := os.WriteFile(filepath.Join(records, run+".tsv"), []byte(b.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}
