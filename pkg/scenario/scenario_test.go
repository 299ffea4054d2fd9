package scenario

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestFull(t *testing.T) {
	for _, name := range []string{"full", "./full/", "full/scenario.yaml"} {
		s, err := Load(os.DirFS("testdata"), name, Options{Parameters: map[string]any{"flavor": "large", "unknown": 1}})
		if err != nil {
			t.Fatal(err)
		}
		checkFull(t, s)
	}
}

func checkFull(t *testing.T, s *Scenario) {
	t.Helper()
	web := s.Set.Get(resource.Ref{Type: "OS::Nova::Server", Key: "web-1"})
	own := s.Set.Get(resource.Ref{Type: image, Key: "own-image"})
	disk := s.Set.Get(resource.Ref{Type: volume, Key: "disk"})
	if web == nil || web.Spec["flavor"] != (resource.Ref{Type: "OS::Nova::Flavor", Key: "large"}) {
		t.Errorf("the cloud's parameter comes before the scenario's: %+v", web)
	}
	if err := s.Set.Check(); err != nil {
		t.Error(err)
	}
	want := []any{"full", map[string]string{"en": "All there is", "de": "Alles"}, "sim:a", "sim:b",
		[]Rule{{To: "sim:b", Type: "OS::Nova::Server", Path: "flavor", When: "medium", Replace: "m1.medium"},
			{Type: "OS::Neutron::Net", Path: "port_security_enabled", Replace: true}},
		[]Expectation{{"sim:b", "network/external-name"}}, resource.Own,
		&resource.Content{Size: 16 << 10, Seed: 6, Length: 16 << 10, Format: "raw"}, &resource.Content{Size: 2 << 30, Seed: 7, Length: 1 << 20},
		map[string]resource.Value{"disk_format": "raw", "container_format": "bare", "visibility": "private",
			"properties": map[string]resource.Value{"os_distro": "debian"}}}
	got := []any{s.Name, s.Title, s.From, s.To, s.Rules, s.Expect, own.Tenure, own.Content, disk.Content, own.Spec}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if text, ok := s.UserData("web-1"); !ok || text != "hello\n" {
		t.Errorf("user data %q", text)
	}
	if _, ok := s.UserData("db"); ok {
		t.Error("user data of a server that has none")
	}
}

// TestMistakes: each line with "# want: TEXT" has such an error, and no other
// line of any file has one.
func TestMistakes(t *testing.T) {
	for _, folder := range []string{"bad", "later"} {
		_, err := Load(os.DirFS("testdata"), folder, Options{})
		found := map[string]map[int][]string{}
		for _, e := range unjoin(err) {
			if found[e.File] == nil {
				found[e.File] = map[int][]string{}
			}
			found[e.File][e.Line] = append(found[e.File][e.Line], e.Message)
			if e.Line < 1 || e.Column < 1 {
				t.Errorf("%v: no place", e)
			}
		}
		files, _ := filepath.Glob("testdata/" + folder + "/*.yaml")
		for _, file := range files {
			name := strings.TrimPrefix(file, "testdata/")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, name, string(data), found[name])
			delete(found, name)
		}
		if len(found) > 0 {
			t.Errorf("errors in other files: %v", found)
		}
	}
}

func compareLines(t *testing.T, file, text string, found map[int][]string) {
	t.Helper()
	for i, line := range strings.Split(text, "\n") {
		wants := strings.Split(line, "# want: ")[1:]
		for _, want := range wants {
			if !strings.Contains(strings.Join(found[i+1], "\n"), strings.TrimSpace(want)) {
				t.Errorf("%s:%d: have %q, want %q", file, i+1, found[i+1], want)
			}
		}
		if len(found[i+1]) > len(wants) {
			t.Errorf("%s:%d: too much: %q", file, i+1, found[i+1])
		}
	}
}

func TestMissing(t *testing.T) {
	if _, err := Load(os.DirFS("testdata"), "nowhere", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a scenario that is not there: %v", err)
	}
}

func TestConfig(t *testing.T) {
	c, err := LoadConfig("wechsel.yaml", []byte("clouds:\n  mine: {openstack: prod, parameters: {image: Debian, count: 2}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"image": "Debian", "count": 2}, c.Clouds["mine"].Values()); d != "" || c.Clouds["mine"].OpenStack.Value != "prod" {
		t.Errorf("%s %+v", d, c)
	}
	for text, want := range map[string]string{
		"cluods: {}":                          "wechsel.yaml:1:1: the file has no key \"cluods\"; did you mean \"clouds\"?\nwechsel.yaml:1:1: the file: clouds is missing",
		"clouds: [a]":                         "wechsel.yaml:1:9: clouds wants a map",
		"clouds: {a: {kubernetes: x}}":        "wechsel.yaml:1:26: kubernetes: comes with a later version of wechsel: take it out",
		"clouds:\n  a: {parameters: {b: 1":    "did not find expected",
		"- &a [*a, *a]":                       "wechsel.yaml:1:1: the file wants a map",
		"clouds: {a: {openstack: &x {y: 1}}}": "openstack: wants text",
	} {
		_, err := LoadConfig("wechsel.yaml", []byte(text))
		var e *hot.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &e) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestSchema: the JSON Schemas name what the types read.
func TestSchema(t *testing.T) {
	for want, v := range map[string]any{`"apiVersion"`: Schema(), `"clouds"`: ConfigSchema()} {
		data, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(data), want) || strings.Contains(string(data), `"line"`) {
			t.Errorf("%v: %s", err, data)
		}
	}
	data, _ := json.Marshal(Schema())
	for _, want := range []string{`"required":["apiVersion","kind","metadata","spec"]`, `"additionalProperties":false`, `"required":["type","path","replace"]`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the schema has no %s: %s", want, data)
		}
	}
}
