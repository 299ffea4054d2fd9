package scenario

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

const bareTemplate = "# ours\nheat_template_version: rocky\nresources:\n  net: {type: OS::Neutron::Net, properties: {name: {get_param: 'OS::stack_name'}}}\n"

// TestBareTemplate: a Heat template alone is a scenario.
func TestBareTemplate(t *testing.T) {
	s, err := Load(fstest.MapFS{"shop/My Shop_2.hot.yaml": {Data: []byte(bareTemplate)}}, "shop/My Shop_2.hot.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	net := s.Set.Get(resource.Ref{Type: "OS::Neutron::Net", Key: "net"})
	if s.Name != "my-shop-2" || s.Title["en"] != "my-shop-2" || net == nil || net.Name != "my-shop-2" {
		t.Errorf("%+v, %+v", s, net)
	}
	_, err = Load(fstest.MapFS{"a.yaml": {Data: []byte(bareTemplate + "  x: {type: OS::Neutron::Nett}\n")}}, "a.yaml", Options{})
	if err == nil || !strings.HasPrefix(err.Error(), `a.yaml:5:13: the type "OS::Neutron::Nett"`) {
		t.Error(err)
	}
}

// TestNoScenario: what is no scenario says how to write one, which can be read.
func TestNoScenario(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	for name, c := range map[string]struct{ files, want string }{
		"template":  {"shop.yaml", "openstack: {template: shop.yaml}"},
		"manifests": {"web.yaml,db.json", "- {manifests: db.json, namespace: default}\n    - {manifests: web.yaml, namespace: default}"},
		"overlay":   {"kustomization.yaml,web.yaml", "- kustomization: ."},
		"chart":     {"Chart.yaml,values.yaml", "- helm: {chart: ., release: chart}"},
		"nothing":   {"README.md", "neither Heat templates nor manifests"},
	} {
		fsys := fstest.MapFS{}
		for file := range strings.SplitSeq(c.files, ",") {
			data := pod
			switch file {
			case "db.json":
				data = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db"}}`
			case "shop.yaml":
				data = bareTemplate
			case "kustomization.yaml":
				data = "resources: [web.yaml]\n"
			case "Chart.yaml":
				data = "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
			}
			fsys[name+"/"+file] = &fstest.MapFile{Data: []byte(data)}
		}
		_, err := Load(fsys, name, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if _, file, ok := strings.Cut(err.Error(), "\n\n"); ok {
			fsys[name+"/scenario.yaml"] = &fstest.MapFile{Data: []byte(file)}
			if _, err := Load(fsys, name, Options{}); err != nil {
				t.Errorf("%s: what is proposed: %v", name, err)
			}
		}
	}
	_, err := Load(fstest.MapFS{"p.yaml": {Data: []byte(pod)}}, "p.yaml", Options{})
	if err == nil || err.Error() != "p.yaml:2:7: this is a Pod, and no scenario: one names it under spec.kubernetes, as {manifests: p.yaml}" {
		t.Error(err)
	}
}
