//go:build conformance

package openstack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A clientRun is one command of the openstack client: how it ended, the keys
// and types of what it printed, and what it asked the cloud for.
type clientRun struct {
	Command   string           `json:"command"`
	Exit      int              `json:"exit"`
	Output    []string         `json:"output"`
	Exchanges []clientExchange `json:"exchanges"`
}

// A clientExchange is one request with its answer, in the form of
// fixtures/recorded.
type clientExchange struct {
	Service  string         `json:"service"`
	Request  map[string]any `json:"request"`
	Response map[string]any `json:"response"`
}

// TestConformanceOfSimulatorForClient gives the simulator the commands that
// were recorded on the real cloud. Without the client, their requests alone
// are compared, which TestClientAsRecorded does everywhere.
func TestConformanceOfSimulatorForClient(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openstack"); err != nil {
		t.Log("no openstack client here (python3-openstackclient): its recorded requests are replayed by make test")
		return
	}
	data, err := os.ReadFile(filepath.Join(records, "client.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want []clientRun
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for i, got := range runClient(t, simulated(t), "demo", "password", func() []clientExchange { return nil }) {
		switch kept := want[i]; {
		case kept.Command != got.Command:
			t.Fatalf("the record has %q in the place of %q: make conformance-real", kept.Command, got.Command)
		case kept.Exit != got.Exit:
			t.Errorf("%s: exit code %d, real %d", got.Command, got.Exit, kept.Exit)
		case !slices.Equal(kept.Output, got.Output):
			t.Errorf("%s: only real %q, only simulated %q", got.Command, missing(kept.Output, got.Output), missing(got.Output, kept.Output))
		}
	}
}

func missing(from, in []string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(s string) bool { return slices.Contains(in, s) })
}

// TestConformanceOfRealCloudForClient records the commands on the lab's cloud
// A, in a project of their own.
func TestConformanceOfRealCloudForClient(t *testing.T) {
	c := testedCloud{"http://127.0.0.11:5000/v3"}
	c.tenant(t, "client")
	seen := record(t)
	runs := runClient(t, c, "client", "lab", seen)
	data, err := json.MarshalIndent(runs, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(records, "client.json"), append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		t.Logf("%d %3d requests %s", r.Exit, len(r.Exchanges), r.Command)
	}
}

// tenant makes a project with a member of the same name, and removes both.
func (c testedCloud) tenant(t *testing.T, name string) {
	t.Helper()
	admin := c.login(t, "admin", "lab")
	project := admin.create("identity", "/projects", "project", map[string]any{"name": name, "domain_id": "default"})["id"].(string)
	user := admin.create("identity", "/users", "user", map[string]any{"name": name, "password": "lab", "domain_id": "default",
		"default_project_id": project})["id"].(string)
	role := admin.id("identity", "/roles?name=member", "roles", nil)
	admin.call("PUT", "identity", fmt.Sprintf("/projects/%s/users/%s/roles/%s", project, user, role), nil)
	t.Cleanup(func() {
		for _, g := range admin.list("network", "/v2.0/security-groups?project_id="+project, "security_groups") {
			admin.remove("network", "/v2.0/security-groups/"+g["id"].(string))
		}
		admin.remove("identity", "/users/"+user)
		admin.remove("identity", "/projects/"+project)
	})
	c.cleanAfter(t, name)
}

// runClient runs the commands of client.txt, one after the other.
func runClient(t *testing.T, c testedCloud, user, password string, seen func() []clientExchange) []clientRun {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(records, "client.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	known := map[string]string{"file": filepath.Join(dir, "disk"), "key": filepath.Join(dir, "key.pub"), "project": user, "user": user}
	for name, content := range map[string]string{"file": "a disk of the client's\n",
		"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB24m/VZo1nX6JonkP64xrfDfo5DWR2XsHI2FaRIaBM1 client\n"} {
		if err := os.WriteFile(known[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "OS_") }), "OS_AUTH_URL="+c.identity,
		"OS_USERNAME="+user, "OS_PASSWORD="+password, "OS_PROJECT_NAME="+user, "OS_USER_DOMAIN_ID=default", "OS_PROJECT_DOMAIN_ID=default",
		"OS_REGION_NAME=RegionOne", "OS_IDENTITY_API_VERSION=3", "PYTHONWARNINGS=ignore", "no_proxy=", "http_proxy="+os.Getenv("WECHSEL_RECORDER"))
	openstack := startClient(t, env)
	var runs []clientRun
	for line := range strings.Lines(string(script)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		variable, command, keeps := strings.Cut(line, " = ")
		if !keeps {
			command = line
		}
		exit, printed := openstack.run(words(command, known))
		if fields, ok := printed.(map[string]any); ok && keeps {
			known[variable] = fmt.Sprint(fields["id"])
		}
		kinds := map[string]bool{}
		kindsOf(printed, "", kinds)
		runs = append(runs, clientRun{command, exit, slices.Sorted(maps.Keys(kinds)), seen()})
	}
	return runs
}

// words splits a command as a shell does, and puts in what is known.
func words(command string, known map[string]string) []string {
	var list []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		for _, w := range strings.Fields(part) {
			for name, value := range known {
				w = strings.ReplaceAll(w, "{"+name+"}", value)
			}
			list = append(list, w)
		}
	}
	return list
}

// shell runs the client's commands in one process, since starting it takes
// longer than most of them: a line with the arguments comes in, a line with
// exit code, output and errors goes out.
const shell = `
import contextlib, io, json, sys
from openstackclient import shell
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        app = shell.OpenStackShell()
        app.stdout, app.stderr = out, err
        try:
            code = app.run(json.loads(line))
        except SystemExit as e:
            code = e.code
    print(json.dumps([int(code or 0), out.getvalue(), err.getvalue()]), flush=True)
`

// A client is the openstack client, waiting for commands.
type client struct {
	t   *testing.T
	in  *json.Encoder
	out *json.Decoder
}

func startClient(t *testing.T, env []string) *client {
	t.Helper()
	c := exec.Command("/usr/bin/python3", "-c", shell) // Debian's own has the client
	c.Env, c.Stderr = env, os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &client{t, json.NewEncoder(in), json.NewDecoder(out)}
}

// run runs one command, as JSON where it prints anything.
func (c *client) run(args []string) (int, any) {
	c.t.Helper()
	for _, verb := range []string{"list", "show", "create", "issue", "absolute"} {
		if slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, verb) }) {
			args = append(args, "-f", "json")
			break
		}
	}
	if err := c.in.Encode(args); err != nil {
		c.t.Fatal(err)
	}
	var exit int
	var out, errs string
	if err := c.out.Decode(&[]any{&exit, &out, &errs}); err != nil {
		c.t.Fatalf("openstack %s: %v", strings.Join(args, " "), err)
	}
	if exit != 0 {
		c.t.Logf("openstack %s: %s", strings.Join(args, " "), strings.TrimSpace(errs))
	}
	var printed any
	if at := strings.IndexAny(out, "{["); at >= 0 { // --wait writes a line before
		if err := json.Unmarshal([]byte(out[at:]), &printed); err != nil {
			c.t.Errorf("openstack %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	return exit, printed
}

// kindsOf lists the keys of a value with the types of what they hold.
func kindsOf(v any, at string, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, w := range v {
			kindsOf(w, at+"."+k, out)
		}
	case []any:
		for _, w := range v {
			kindsOf(w, at+"[]", out)
		}
	case nil:
		out[at+" null"] = true
	default:
		out[fmt.Sprintf("%s %T", at, v)] = true
	}
}

// record starts a proxy for the client that remembers what goes through it;
// the function returns what has come since it was last called.
func record(t *testing.T) func() []clientExchange {
	t.Helper()
	services := map[string]string{"5000": "identity", "8774": "compute", "9696": "network", "9292": "image", "8776": "volume"}
	var lock sync.Mutex
	var list []clientExchange
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(r.Host)
		body, _ := io.ReadAll(r.Body)
		out, _ := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
		out.Header = r.Header.Clone()
		out.Header.Del("Accept-Encoding")
		resp, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		lock.Lock()
		list = append(list, clientExchange{services[port], map[string]any{"method": r.Method, "path": r.URL.RequestURI(), "headers": picked(r.Header,
			"Content-Type", "Accept", "Openstack-Api-Version", "X-Openstack-Nova-Api-Version"), "body": decoded(body)}, map[string]any{
			"status": resp.StatusCode, "headers": picked(resp.Header, "Content-Type", "Location"), "body": decoded(answer)}})
		lock.Unlock()
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WECHSEL_RECORDER", u.String())
	return func() []clientExchange {
		lock.Lock()
		defer lock.Unlock()
		since := list
		list = nil
		return since
	}
}

// picked are those of the headers that matter, in lower case.
func picked(h http.Header, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := h.Get(n); v != "" {
			out[strings.ToLower(n)] = v
		}
	}
	return out
}

// decoded is a body as JSON, or as text; nothing is null. Secrets are left out.
func decoded(body []byte) any {
	if len(body) == 0 {
		return nil
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return string(body)
	}
	redact(v)
	return v
}

func redact(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if k == "adminPass" || k == "secret" || k == "private_key" {
				v[k] = "REDACTED"
			}
			redact(v[k])
		}
	case []any:
		for _, w := range v {
			redact(w)
		}
	}
}
