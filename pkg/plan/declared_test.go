package plan

import (
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// What only the source's provider states is told once, of Secrets only if there
// are any; what the target's states too is no gap.
func TestUndeclared(t *testing.T) {
	all := profile.Declared{SecretsEncrypted: true, AuditLog: true, EtcdGiB: 8}
	none := profile.Declared{}
	const encryption, audit, size = "Secrets encrypted at rest", "an audit log of the API server", "8 GiB for objects in etcd"
	for name, c := range map[string]struct {
		from, to profile.Declared
		without  bool // Secrets
		want     []string
	}{
		"nothing on the target":   {all, none, false, []string{encryption, audit, size}},
		"no Secrets":              {all, none, true, []string{audit, size}},
		"less":                    {all, profile.Declared{SecretsEncrypted: true, EtcdGiB: 2}, false, []string{audit, size}},
		"the same":                {all, all, false, nil},
		"more":                    {profile.Declared{EtcdGiB: 2}, all, false, nil},
		"nothing on the source":   {none, all, false, nil},
		"nobody has told of both": {none, none, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			if c.without {
				for _, r := range slices.Collect(w.set.OfType(secret)) {
					w.set.Remove(r.Ref)
				}
			} else {
				w.set.Put(&resource.Resource{Ref: resource.Ref{Type: secret, Key: "password"}, Name: "password", Scope: "shop", Tenure: resource.Own, Spec: map[string]resource.Value{"apiVersion": "v1"}})
			}
			w.source.Declared, w.target.Declared = c.from, c.to
			p, err := Build(w.set, target(profile.Catalogue{Cluster: w.target}), Options{Drill: "d", Cloud: "b", Source: &profile.Catalogue{Cluster: w.source}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Forecast {
				if s.Code != "control-plane/undeclared" {
					continue
				}
				if got = append(got, s.Args["what"]); (s.Ref.Type == secret) != (s.Args["what"] == encryption) {
					t.Errorf("%s is told of %s", s.Args["what"], s.Ref)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("foretold is %v, want %v", got, c.want)
			}
		})
	}
}
