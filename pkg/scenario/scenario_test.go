package scenario

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestFull(t *testing.T) {
	for _, name := range []string{"full", "./full/", "full/scenario.yaml"} {
		s, err := Load(os.DirFS("testdata"), name, Options{Parameters: ofCloud(map[string]any{"flavor": "large", "unknown": 1})})
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
			{Type: "storage.k8s.io/StorageClass", Path: "metadata.name", When: "fast", Replace: "ssd"},
			{Type: "OS::Neutron::Net", Path: "port_security_enabled", Replace: true}},
		[]Expectation{{"sim:b", "network/external-name"}}, resource.Own,
		&resource.Content{Size: 16 << 10, Seed: 6, Length: 16 << 10, Format: "raw"}, &resource.Content{Size: 2 << 30, Seed: 7, Length: 1 << 20},
		map[string]resource.Value{"disk_format": "raw", "container_format": "bare", "visibility": "private",
			"properties": map[string]resource.Value{"os_distro": "debian"}}}
	got := []any{s.Name, s.Title, s.From, s.To, s.Rules, s.Expect, own.Tenure, own.Content, disk.Content, own.Spec}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Claim{{Namespace: "shop", Name: "data", Content: resource.Content{Seed: 8, Length: 4 << 10}, Where: "full/scenario.yaml:22:15"}}, s.Claims); d != "" {
		t.Error(d)
	}
	checkSources(t, s.Kubernetes)
	if text, ok := s.UserData("web-1"); !ok || text != "hello\n" {
		t.Errorf("user data %q", text)
	}
	if _, ok := s.UserData("db"); ok {
		t.Error("user data of a server that has none")
	}
}

func checkSources(t *testing.T, sources []Source) {
	t.Helper()
	type summary struct {
		Form, Path, Namespace, Release, Values string
		Files                                  []string
	}
	var got []summary
	for _, s := range sources {
		got = append(got, summary{s.Form, s.Path, s.Namespace, s.Release, string(s.Values), slices.Sorted(maps.Keys(s.Files))})
	}
	want := []summary{
		{Form: Manifests, Path: "k8s", Namespace: "shop", Files: []string{"k8s/app.yaml", "k8s/more/list.json"}},
		{Form: Manifests, Path: "k8s/app.yaml", Namespace: "default", Files: []string{"k8s/app.yaml"}},
		{Form: Kustomization, Path: "overlay", Namespace: "default", Files: []string{"base/kustomization.yaml", "base/settings.txt", "k8s/app.yaml", "overlay/kustomization.yaml", "overlay/more.yaml"}},
		{Form: Helm, Path: "chart", Namespace: "apps", Release: "front", Values: "replicas: 2\n", Files: []string{"chart/.helmignore", "chart/Chart.yaml", "chart/templates/_helpers.tpl"}},
		{Form: Helm, Path: "chart", Namespace: "default", Release: "chart", Values: "replicas: 3\n", Files: []string{"chart/.helmignore", "chart/Chart.yaml", "chart/templates/_helpers.tpl"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
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
		for _, file := range yamlFiles(t, "testdata/"+folder) {
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

func yamlFiles(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(folder, func(name string, _ os.DirEntry, err error) error {
		if filepath.Ext(name) == ".yaml" {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
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
	c, err := LoadConfig("wechsel.yaml", []byte("clouds:\n  mine: {openstack: prod, kubernetes: shoot, kubeconfig: kube.yaml, parameters: {image: Debian, count: 2}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"image": "Debian", "count": 2}, c.Clouds["mine"].Values()); d != "" || c.Clouds["mine"].OpenStack.Value != "prod" ||
		c.Clouds["mine"].Kubernetes.Value != "shoot" || c.Clouds["mine"].Kubeconfig.Value != "kube.yaml" {
		t.Errorf("%s %+v", d, c)
	}
	for text, want := range map[string]string{
		"cluods: {}":                          "wechsel.yaml:1:1: the file has no key \"cluods\" (did you mean \"clouds\"?)\nwechsel.yaml:1:1: the file: clouds is missing",
		"clouds: [a]":                         "wechsel.yaml:1:9: clouds wants a map",
		"clouds: {a: {kubernetes: [x]}}":      "wechsel.yaml:1:26: kubernetes: wants text",
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

func ofCloud(values map[string]any) func(string) (map[string]any, error) {
	return func(string) (map[string]any, error) { return values, nil }
}

// What only the cloud to leave has a value for needs none in the scenario, whose
// own default for that cloud counts when nobody names another.
func TestParametersOfTheCloud(t *testing.T) {
	const template = "heat_template_version: 2021-04-16\nparameters: {lan: {type: string}}\nresources:\n  net: {type: OS::Neutron::Net, properties: {name: {get_param: lan}}}\n"
	fsys := fstest.MapFS{"s/s.hot.yaml": {Data: []byte(template)}, "s/scenario.yaml": {Data: []byte(
		"apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: s, title: {en: S}}\nspec: {from: home, openstack: {template: s.hot.yaml}}\n")}}
	of := func(from string) (map[string]any, error) {
		if from == "gone" {
			return nil, errors.New("no such cloud")
		}
		return map[string]any{"lan": "lan of " + from}, nil
	}
	for _, c := range []struct{ name, from, want string }{
		{"s", "", "lan of home"}, {"s", "away", "lan of away"}, {"s/s.hot.yaml", "away", "lan of away"},
	} {
		s, err := Load(fsys, c.name, Options{From: c.from, Parameters: of})
		if err != nil {
			t.Fatal(err)
		}
		if net := s.Set.Get(resource.Ref{Type: "OS::Neutron::Net", Key: "net"}); net == nil || net.Name != c.want {
			t.Errorf("%s from %q: %+v, want %s", c.name, c.from, net, c.want)
		}
	}
	if _, err := Load(fsys, "s", Options{From: "gone", Parameters: of}); err == nil || err.Error() != "no such cloud" {
		t.Error(err)
	}
	if _, err := Load(fsys, "s", Options{}); err == nil || !strings.Contains(err.Error(), `parameter "lan" has no value`) {
		t.Error(err)
	}
}
