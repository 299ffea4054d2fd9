package scenario

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestEnvironment: the values of a Heat environment come after the scenario's;
// its defaults come last, and may be for other templates.
func TestEnvironment(t *testing.T) {
	load := func(env, parameters string) (*Scenario, error) {
		return Load(fstest.MapFS{
			"s/scenario.yaml": {Data: []byte("apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: s, title: {en: S}}\nspec:\n  openstack: {template: t.yaml, environment: e.yaml, parameters: {" + parameters + "}}\n")},
			"s/t.yaml": {Data: []byte("heat_template_version: rocky\nparameters:\n  a: {type: string}\n  b: {type: string}\n  c: {type: string, default: own}\n" +
				"resources:\n  net: {type: OS::Neutron::Net, properties: {name: {list_join: ['-', [{get_param: a}, {get_param: b}, {get_param: c}]]}}}\n")},
			"s/e.yaml": {Data: []byte(env)},
		}, "s", Options{})
	}
	s, err := load("parameters: {a: env, b: env}\nparameter_defaults: {b: late, c: late, other: x}\n", "a: scenario")
	if err != nil {
		t.Fatal(err)
	}
	for net := range s.Set.OfType("OS::Neutron::Net") {
		if net.Name != "scenario-env-late" {
			t.Errorf("have %s", net.Name)
		}
	}
	for env, want := range map[string]string{
		"parameters: {a: x, b: y, d: z}\n":                                    `s/e.yaml:1:29: the template declares no parameter "d"`,
		"parameters: {a: x, b: [y]}\n":                                        `s/e.yaml:1:23: parameter "b": the value must be text`,
		"parameter_defaults: {b: x}\n":                                        `s/t.yaml:3:3: parameter "a" has no value and no default: write one under spec.openstack.parameters`,
		"resource_registry: {'My::Type': x.yaml}\nparameters: {a: x, b: y}\n": "s/e.yaml:1:33: resource_registry: My::Type: a template inside another is not supported",
		"parameter: {}\n":                                                     `the file has no key "parameter"`,
	} {
		if _, err := load(env, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", env, err, want)
		}
	}
}
