package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// world is a configuration in which project is in clouds.yaml, cluster a context
// of the kubeconfig, and both are both.
func world(t *testing.T) *scenario.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"clouds.yaml": "clouds:\n  project: {auth: {auth_url: http://127.0.0.1:1}}\n  both: {auth: {auth_url: http://127.0.0.1:1}}\n",
		"kubeconfig":  "apiVersion: v1\nkind: Config\ncontexts:\n- {name: cluster, context: {cluster: c, user: u}}\n- {name: both, context: {cluster: c, user: u}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("OS_CLIENT_CONFIG_FILE", filepath.Join(dir, "clouds.yaml"))
	t.Setenv("KUBECONFIG", filepath.Join(dir, "kubeconfig"))
	config, err := scenario.LoadConfig("wechsel.yaml", []byte("clouds:\n  named: {openstack: project, kubernetes: cluster}\n  one: {kubernetes: cluster}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func whole() *scenario.Scenario {
	return &scenario.Scenario{Name: "s", Set: resource.NewSet(nil, &resource.Resource{Ref: resource.Ref{Type: "OS::Neutron::Net", Key: "n"}}),
		Kubernetes: []scenario.Source{{}}, Claims: []scenario.Claim{{}}}
}

// Without --layers, what the source does not have is left out, and noted; what
// the target does not have is the finding.
func TestLayers(t *testing.T) {
	config := world(t)
	const both, openStack, kubernetes = layersBoth, layersOpenStack, layersKubernetes
	for name, c := range map[string]struct {
		layers, from, to string
		left             string // the parts that remain
		why              string // of the other
	}{
		"all":                           {"", "both", "named", both, ""},
		"by its name":                   {"auto", "named", "both", both, ""},
		"asked for":                     {"both", "both", "both", both, ""},
		"one asked for":                 {"openstack", "both", "both", openStack, report.NotAsked},
		"the other":                     {"kubernetes", "both", "both", kubernetes, report.NotAsked},
		"the first":                     {"first", "both", "both", openStack, report.NotAsked},
		"no cluster":                    {"auto", "project", "both", openStack, report.NotOffered},
		"no project":                    {"auto", "cluster", "both", kubernetes, report.NotOffered},
		"no project, by name":           {"auto", "one", "both", kubernetes, report.NotOffered},
		"no cluster on the target":      {"auto", "both", "project", both, ""},
		"no project on the target":      {"both", "both", "cluster", both, ""},
		"a profile without it":          {"auto", "sim:plain", "both", openStack, report.NotOffered},
		"one of clusters alone":         {"auto", "sim:t8s", "both", kubernetes, report.NotOffered},
		"nobody knows it, so it errs":   {"auto", "unknown", "both", both, ""},
		"a target without, no program":  {"auto", "both", "sim:plain", both, ""},
		"what is asked for is not both": {"openstack", "sim:plain", "both", openStack, report.NotAsked},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := &app{clusterProgram: "named"}, whole()
			r := request{From: c.from, To: c.to, Layers: c.layers}
			if err := a.settleLayers(s, &r, config); err != nil {
				t.Fatal(err)
			}
			var why string
			if len(r.NotRun) > 0 {
				why = r.NotRun[0].Why
			}
			if r.Layers != c.left || why != c.why {
				t.Errorf("%s is left, %v is not run", r.Layers, r.NotRun)
			}
			got := wantedBy(s, nil)
			if got.openStack != (c.left != kubernetes) || got.kubernetes != (c.left != openStack) || got.storage != (c.left == kubernetes) || !got.kubernetes && len(s.Claims) > 0 {
				t.Errorf("%+v is wanted", got)
			}
			again, resumed := whole(), r
			if err := a.settleLayers(again, &resumed, config); err != nil || resumed.Layers != r.Layers || !slices.Equal(resumed.NotRun, r.NotRun) || wantedBy(again, nil).storage != got.storage {
				t.Errorf("resumed: %+v, %v", resumed, err)
			}
		})
	}
}

func TestLayersThatCannotRun(t *testing.T) {
	config := world(t)
	alone := &scenario.Scenario{Name: "s", Kubernetes: whole().Kubernetes}
	for name, c := range map[string]struct {
		s            *scenario.Scenario
		layers, from string
		want         string
	}{
		"no such word":           {whole(), "opnstack", "both", `--layers=opnstack: want openstack, kubernetes, both, first or auto (did you mean "openstack"?)`},
		"no such part":           {alone, "openstack", "both", "--layers=openstack: the scenario s has no OpenStack part"},
		"nor the other":          {&scenario.Scenario{Name: "s", Set: whole().Set}, "kubernetes", "both", "--layers=kubernetes: the scenario s has no Kubernetes part"},
		"no cluster":             {whole(), "kubernetes", "project", "project has no cluster that wechsel was told of: name its context in wechsel.yaml (clouds, kubernetes)"},
		"not both":               {whole(), "both", "project", "project has no cluster"},
		"not both, of a profile": {whole(), "both", "sim:plain", "sim:plain offers no Kubernetes"},
		"no project":             {whole(), "openstack", "cluster", "cluster is no cloud of clouds.yaml"},
		"nothing is left":        {alone, "auto", "project", "project has no cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request{From: c.from, To: "both", Layers: c.layers}
			a := &app{Streams: Streams{Err: io.Discard}, clusterProgram: "named"}
			err := a.settleLayers(c.s, &r, config)
			if a.exit(err) != exitUsage || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Without the program that is a simulated cluster, what needs one is left out,
// on whichever side it is needed.
func TestNoProgram(t *testing.T) {
	config := world(t)
	t.Setenv("PATH", "")
	for pair, want := range map[[2]string]string{{"sim:alster", "sim:isar"}: report.NoProgram, {"both", "sim:isar"}: report.NoProgram, {"both", "sim:plain"}: ""} {
		r := request{From: pair[0], To: pair[1], Layers: layersAuto}
		if err := new(app).settleLayers(whole(), &r, config); err != nil {
			t.Fatal(err)
		}
		if (want != "") != (len(r.NotRun) == 1) || want != "" && r.NotRun[0].Why != want {
			t.Errorf("%v: %v is not run", pair, r.NotRun)
		}
	}
	r := request{From: "sim:alster", To: "sim:isar", Layers: layersKubernetes}
	if err := new(app).settleLayers(whole(), &r, config); err == nil || !strings.Contains(err.Error(), "make cluster") {
		t.Errorf("got %v", err)
	}
}
