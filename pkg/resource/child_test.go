package resource

import (
	"strings"
	"testing"
)

func TestChildKey(t *testing.T) {
	parent := Ref{"OS::Neutron::Router", "r"}
	interfaces := &Schema{Type: "OS::Neutron::RouterInterface", Natural: []Path{"subnet", "port"}}
	rules := &Schema{Type: "OS::Neutron::SecurityGroupRule", Natural: []Path{""}, Fields: []Field{{Path: "port", Form: Int}}}
	for _, test := range []struct {
		name   string
		schema *Schema
		r      *Resource
		want   string
	}{
		{"a reference", interfaces, &Resource{Ref: Ref{Type: interfaces.Type}, Tenure: Own, Parent: parent, Spec: map[string]Value{"subnet": Ref{"OS::Neutron::Subnet", "s"}}}, "r-s"},
		{"its whole self", rules, &Resource{Ref: Ref{Type: rules.Type}, Tenure: Own, Parent: parent, Spec: map[string]Value{"port": "80"}}, "r-rule-64626bc2"},
		{"the same, canonical", rules, &Resource{Ref: Ref{Type: rules.Type}, Tenure: Own, Parent: parent, Spec: map[string]Value{"port": int64(80)}}, "r-rule-64626bc2"},
		{"made by the cloud", &Schema{}, &Resource{Ref: Ref{Type: "OS::Neutron::Port"}, Tenure: Implied, Parent: parent}, "r-port"},
		{"the schema's word", &Schema{Noun: "root"}, &Resource{Ref: Ref{Type: "OS::Cinder::Volume"}, Tenure: Implied, Parent: parent}, "r-root"},
		{"no schema", nil, &Resource{Ref: Ref{Type: "apps/Deployment"}, Tenure: Implied, Parent: parent}, "r-deployment"},
	} {
		if got := test.schema.ChildKey(test.r); string(got) != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	long := &Resource{Ref: Ref{Type: rules.Type}, Tenure: Own, Parent: Ref{"T", Key(strings.Repeat("x", MaxKey))}, Spec: map[string]Value{"port": int64(1)}}
	if key := rules.ChildKey(long); !key.Valid() {
		t.Errorf("%s is no key", key)
	}
}
