//go:build real

package drill

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestRealExportServesWithoutUs brings an export back with nothing but what
// its RESTORE.md says: a shell, the openstack client and the other cloud's
// Heat. What is there then is what wechsel's own deployment of the same export
// was, but for what the bundle itself lists as not expressible.
func TestRealExportServesWithoutUs(t *testing.T) {
	names := []string{"web-shop"}
	if os.Getenv("WECHSEL_ALL") != "" { // make test-real
		names = onServers()
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			to := "real-b-2"
			if tooSmall("real-b", name) { // Heat makes all or nothing
				to = "real-a"
			}
			o := realOptions(t, name, "real-a-2", to)
			own := run(t, o)
			b, err := bundle.Open(path(o.Dir, BundleDir))
			if err != nil {
				t.Fatal(err)
			}
			restore(t, path(o.Dir, BundleDir), to, own.Plan)
			compareRestored(t, b, own, readRestored(t, name, to))
		})
	}
}

// restore runs the commands of RESTORE.md, and deletes at the test's end what
// they have made.
func restore(t *testing.T, dir, cloud string, p *plan.Plan) {
	t.Helper()
	before := projectEstate(t, cloud)
	t.Cleanup(func() { compareEstates(t, cloud, before, projectEstate(t, cloud)) })
	script := restoreScript(t, dir, cloud, p)
	t.Cleanup(func() {
		images := regexp.MustCompile(`(?m)^openstack image create (\S+)`).FindAllStringSubmatch(script, -1)
		undo := "openstack stack delete --yes --wait restored\n"
		for _, m := range images {
			undo += "openstack image delete " + m[1] + " 2>/dev/null || true\n"
		}
		if out, err := shell(t, cloud, undo); err != nil {
			t.Errorf("delete the stack: %v: %s", err, out)
		}
	})
	out, err := shell(t, cloud, script)
	if err != nil {
		t.Fatalf("RESTORE.md: %v:\n%s\n%s", err, script, out)
	}
}

func projectEstate(t *testing.T, cloud string) estate {
	t.Helper()
	admin, _ := loginOf(t, cloudsFile(t), strings.TrimSuffix(cloud, "-2")+"-admin")
	_, project := loginOf(t, cloudsFile(t), cloud)
	return administrate(t, admin).estate(project)
}

// restoreScript takes the shell blocks out of RESTORE.md, and does what it
// asks of its reader: name the folder, the cloud and what that calls things.
func restoreScript(t *testing.T, dir, cloud string, p *plan.Plan) string {
	t.Helper()
	text, err := os.ReadFile(path(dir, bundle.RestoreFile))
	if err != nil {
		t.Fatal(err)
	}
	script := "set -e\n"
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllSubmatch(text, -1) {
		script += string(m[1])
	}
	script = strings.ReplaceAll(script, "cd THIS-FOLDER", "cd "+dir)
	script = strings.ReplaceAll(script, "OS_CLOUD=…", "OS_CLOUD="+cloud)
	type name struct {
		volumeZone bool // compute and block storage may call two things the same
		name       string
	}
	called := map[name]string{}
	for _, d := range p.Mapping.Decisions {
		if from, to := d.Args["from"], d.Args["to"]; from != "" && to != "" {
			called[name{d.Ref.Type == "OS::Cinder::Volume" && d.Path == "availability_zone", from}] = to
		}
	}
	return regexp.MustCompile(`--parameter ('?)([^=\s]+)=([^'\n]*?)('?) \\`).ReplaceAllStringFunc(script, func(line string) string {
		parameter, value, _ := strings.Cut(strings.Trim(strings.TrimSuffix(strings.TrimPrefix(line, "--parameter "), ` \`), "'"), "=")
		if to, ok := called[name{strings.HasPrefix(parameter, "volume_zone_"), value}]; ok {
			value = to
		}
		return fmt.Sprintf(`--parameter '%s=%s' \`, parameter, value)
	})
}

func shell(t *testing.T, cloud, script string) (string, error) {
	t.Helper()
	c := exec.CommandContext(context.Background(), "bash", "-c", script)
	c.Env = append(os.Environ(), "OS_CLIENT_CONFIG_FILE="+cloudsFile(t), "OS_CLOUD="+cloud)
	out, err := c.CombinedOutput()
	return string(out), err
}

// readRestored reads the project back, bytes included.
func readRestored(t *testing.T, name, cloud string) *resource.Set {
	t.Helper()
	o := realOptions(t, name, cloud, cloud)
	catalogue, err := o.To.Cloud.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := inventory.Take(t.Context(), o.To.Cloud, inventory.Options{Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	journal, err := openJournal(o)
	if err != nil {
		t.Fatal(err)
	}
	d := &drill{Options: o, journal: journal, result: &Result{}}
	err = d.readBack(t.Context(), set)
	left, cleanErr := cleanUp(context.WithoutCancel(t.Context()), o.To, deploy.CleanupOptions{Drill: o.ID, Journal: journal, Now: o.Now, Tick: o.Tick})
	if err != nil || cleanErr != nil || len(left) > 0 || len(d.result.Signals) > 0 {
		t.Fatalf("read the bytes: %v, %v, left %v, %v", err, cleanErr, left, d.result.Signals)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	return set
}

// compareRestored reports what differs from wechsel's own deployment and is
// not in the bundle's list.
func compareRestored(t *testing.T, b *bundle.Bundle, own *Result, restored *resource.Set) {
	t.Helper()
	listed := func(c diff.Change) bool {
		return slices.ContainsFunc(b.Manifest.Left, func(l bundle.Left) bool {
			return l.Ref == c.Ref && (l.Path == "" || l.Path == c.Path || strings.HasPrefix(string(c.Path), string(l.Path)+"."))
		})
	}
	for _, l := range b.Manifest.Left {
		t.Logf("the bundle says: %s %s: %s", l.Ref, l.Path, l.Reason)
	}
	result := diff.Compare(own.Target, restored, resource.Mapping{}, diff.Options{})
	for _, c := range result.Changes {
		line := fmt.Sprintf("%s %s %s: %v → %v", c.Verdict, c.Ref, c.Path, c.Source, c.Target)
		switch {
		case c.Verdict == diff.Unread || c.Verdict == diff.Chosen || listed(c):
			t.Log("allowed: " + line)
		default:
			t.Error(line)
		}
	}
	if len(result.Pairs) == 0 {
		t.Error("nothing was compared")
	}
}
