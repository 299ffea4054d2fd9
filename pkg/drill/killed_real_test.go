//go:build real

package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestRealKilledAndResumed runs the program itself between two real clouds and
// ends it with SIGKILL, at points that a seed draws: after so many records of
// its journal, and a part of a second. Resumed, it has the verdict of an
// undisturbed drill, and an administrator finds in both projects the ids and
// the use of quota that were there before, beside others' things that look like
// the drill's. WECHSEL_SEED gives the points of an earlier run once more.
func TestRealKilledAndResumed(t *testing.T) {
	points := map[string]int{"tiny": 2}
	if os.Getenv("WECHSEL_ALL") != "" { // make proof-killed
		points = map[string]int{"tiny": 16, "web-shop": 2, "unnamed": 2}
	}
	p := buildProgram(t, "real-a", "real-b")
	draw := seeded(t)
	for _, name := range []string{"tiny", "web-shop", "unnamed"} {
		if points[name] == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p.crowd(t, name)
			want, records := p.undisturbed(t, name)
			for range points[name] {
				at, later := 1+draw.IntN(records), time.Duration(draw.IntN(1000))*time.Millisecond
				t.Run(fmt.Sprintf("record %d of %d and %s", at, records, later), func(t *testing.T) {
					p.killAndResume(t, name, at, later, want)
				})
			}
		})
	}
}

// program is the built wechsel, and the two clouds that it is to work on.
type program struct {
	lab
	file string
	env  []string
}

// lab is two of its projects, as their administrators see them.
type lab struct {
	names    [2]string // in clouds.yaml
	admins   [2]login
	projects [2]string
}

func labOf(t *testing.T, from, to string) lab {
	t.Helper()
	l, clouds := lab{names: [2]string{from, to}}, cloudsFile(t)
	for i, name := range l.names {
		l.admins[i], _ = loginOf(t, clouds, strings.TrimSuffix(name, "-2")+"-admin")
		var member login
		member, l.projects[i] = loginOf(t, clouds, name)
		// Neutron makes a project's default group when its first member asks for groups: that is not the drill's doing.
		administrate(t, member).get("network", "/security-groups", "")
	}
	return l
}

func buildProgram(t *testing.T, from, to string) *program {
	t.Helper()
	p := &program{lab: labOf(t, from, to), file: filepath.Join(t.TempDir(), "wechsel")}
	build := exec.Command("go", "build", "-o", p.file, "../../cmd/wechsel")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p.env = append(os.Environ(), "OS_CLIENT_CONFIG_FILE="+cloudsFile(t), "XDG_STATE_HOME="+t.TempDir())
	return p
}

func cloudsFile(t testing.TB) string {
	t.Helper()
	file := os.Getenv("OS_CLIENT_CONFIG_FILE")
	if file == "" {
		file = filepath.Join("..", "..", "fixtures", "lab", "openstack", "state", "clouds.yaml")
	}
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// loginOf reads an entry of clouds.yaml, and the name of its project.
func loginOf(t *testing.T, file, name string) (login, string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (start the lab with make lab-up)", err)
	}
	var config struct {
		Clouds map[string]struct {
			Region string `json:"region_name"`
			Auth   struct {
				URL      string `json:"auth_url"`
				User     string `json:"username"`
				Password string `json:"password"`
				Project  string `json:"project_name"`
			} `json:"auth"`
		} `json:"clouds"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	c := config.Clouds[name]
	return login{c.Auth.URL, c.Auth.User, c.Auth.Password, c.Auth.Project, c.Region}, c.Auth.Project
}

// command prepares a call of the program; it ends with the test.
func (p *program) command(ctx context.Context, args ...string) (c *exec.Cmd, stdout, stderr *bytes.Buffer) {
	c = exec.CommandContext(ctx, p.file, args...)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	c.Env, c.Stdout, c.Stderr = p.env, stdout, stderr
	return c, stdout, stderr
}

func (p *program) run(name, dir string) []string {
	return []string{"run", name, "--from", p.names[0], "--to", p.names[1], "--out", dir, "--shared-project", "--format", "json", "--fail-on", "none"}
}

// undisturbed returns the verdict of the scenario, and how many records its
// journal has.
func (p *program) undisturbed(t *testing.T, name string) ([]string, int) {
	t.Helper()
	dir, before := filepath.Join(t.TempDir(), "drill"), p.estates(t)
	c, stdout, stderr := p.command(t.Context(), p.run(name, dir)...)
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	p.sameAs(t, before)
	return verdictOf(t, stdout.Bytes()), countRecords(dir)
}

func (p *program) killAndResume(t *testing.T, name string, records int, later time.Duration, want []string) {
	t.Helper()
	dir, before := filepath.Join(t.TempDir(), "drill"), p.estates(t)
	t.Cleanup(func() {
		if t.Failed() {
			c, _, stderr := p.command(context.Background(), "cleanup", dir)
			t.Logf("cleanup: %v: %s", c.Run(), stderr)
		}
	})
	c, _, stderr := p.command(t.Context(), p.run(name, dir)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	killed := killAt(t, c, dir, records, later)
	t.Logf("killed %t after %.1f s, when the journal had %d records, in %s", killed, time.Since(began).Seconds(), countRecords(dir), lastStage(stderr.String()))
	began = time.Now()
	c, stdout, stderr := p.command(t.Context(), "resume", dir, "--format", "json", "--fail-on", "none")
	if err := c.Run(); err != nil {
		t.Fatalf("resume: %v: %s", err, stderr)
	}
	t.Logf("resumed in %.1f s", time.Since(began).Seconds())
	if diff := cmp.Diff(want, verdictOf(t, stdout.Bytes())); diff != "" {
		t.Errorf("another verdict than undisturbed: %s\n%s", diff, stderr)
	}
	p.sameAs(t, before)
}

// killAt ends the process once its journal is so long and a while has passed;
// false if it ended by itself.
func killAt(t *testing.T, c *exec.Cmd, dir string, records int, later time.Duration) bool {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	var due <-chan time.Time
	for {
		select {
		case <-look.C:
			if due == nil && countRecords(dir) >= records {
				due = time.NewTimer(later).C
			}
		case <-due:
			if err := c.Process.Kill(); err != nil {
				t.Log(err)
			}
			return <-ended != nil
		case err := <-ended:
			if err != nil {
				t.Errorf("it ended by itself: %v", err)
			}
			return false
		}
	}
}

func countRecords(dir string) int {
	data, err := os.ReadFile(path(dir, journalFile))
	if err != nil {
		return 0
	}
	return bytes.Count(data, []byte("\n"))
}

func lastStage(stderr string) string {
	stage := "no stage"
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, " ") {
			stage = strings.TrimSpace(line)
		}
	}
	return stage
}

// verdictOf reads a report, without what names a drill, a time or an id.
func verdictOf(t *testing.T, data []byte) []string {
	t.Helper()
	var r struct {
		Complete  bool
		Resources []struct{ Ref, Type, Outcome string }
		Gaps      []struct {
			Kind, Severity, Path string
			Seen                 []string
			Resources            []resource.Ref
		}
		Source  struct{ Unfit []struct{ Kind string } }
		Cleanup struct{ Left []string }
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	if !r.Complete || len(r.Cleanup.Left) > 0 || len(r.Resources) == 0 {
		t.Errorf("complete %t, left %v, %d resources", r.Complete, r.Cleanup.Left, len(r.Resources))
	}
	var out []string
	for _, x := range r.Resources {
		if x.Type != "OS::Neutron::SecurityGroupRule" { // their keys are numbered
			out = append(out, x.Ref+" "+x.Outcome)
		}
	}
	for _, g := range r.Gaps {
		out = append(out, fmt.Sprint(g.Severity, g.Kind, g.Path, len(g.Resources), g.Seen))
	}
	for _, g := range r.Source.Unfit {
		out = append(out, "unfit "+g.Kind)
	}
	slices.Sort(out)
	return out
}

func (l lab) estates(t *testing.T) [2]estate {
	t.Helper()
	var out [2]estate
	for i := range out {
		out[i] = administrate(t, l.admins[i]).estate(l.projects[i])
	}
	return out
}

func (l lab) sameAs(t *testing.T, before [2]estate) {
	t.Helper()
	for i, after := range l.estates(t) {
		compareEstates(t, l.names[i], before[i], after)
	}
}

// crowd puts others' things into both projects for as long as the test: tiny
// as another drill's, and unmarked things with the names of the scenario's.
func (p *program) crowd(t *testing.T, name string) {
	t.Helper()
	for _, at := range p.names {
		side, id := realSide(t, at), fmt.Sprintf("o%08d", rand.IntN(1e8))
		o := realOptions(t, name, at, at)
		t.Cleanup(func() {
			left, err := CleanUp(context.Background(), side, id, "", time.Now, o.Tick)
			if err != nil || len(left) > 0 {
				t.Errorf("others' things: left %v, %v", left, err)
			}
		})
		others := realOptions(t, "tiny", at, at)
		if name != "tiny" { // the lab's B has room for the drill's own servers and no more
			for r := range others.Workload.All() {
				if r.Type == "OS::Nova::Server" || r.Parent.Type == "OS::Nova::Server" {
					others.Workload.Remove(r.Ref)
				}
			}
		}
		marked(t, side, others, id)
		made := unmarked(t, side, o)
		t.Cleanup(func() {
			for _, r := range slices.Backward(made) {
				if err := side.Cloud.Delete(context.Background(), r); err != nil {
					t.Errorf("%s of others: %v", r.Ref, err)
				}
			}
		})
	}
}
