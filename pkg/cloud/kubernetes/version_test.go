package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const aThing resource.Type = "example.org/Thing"

// A converter is an API server that has one thing and tells it in each of the
// versions, the preferred one first: v1 calls count what later ones call size.
type converter struct {
	versions []string
	asked    []string // versions of lists
}

func (s *converter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	version := strings.Split(strings.TrimPrefix(r.URL.Path, "/apis/example.org/"), "/")[0]
	switch path := r.URL.Path; {
	case path == "/version":
		fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
	case path == "/api", path == "/apis":
		w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
		var items []any
		if path == "/apis" {
			var versions []any
			for _, v := range s.versions {
				versions = append(versions, object{"version": v, "freshness": "Current", "resources": []any{object{"resource": "things", "scope": "Namespaced", "verbs": []string{"list", "create", "delete", "get"},
					"responseKind": object{"group": "example.org", "version": v, "kind": "Thing"}}}})
			}
			items = append(items, object{"metadata": object{"name": "example.org"}, "versions": versions})
		}
		_ = json.NewEncoder(w).Encode(object{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
	case strings.HasSuffix(path, "/things"):
		s.asked = append(s.asked, version)
		field := map[bool]string{true: "count", false: "size"}[version == "v1"]
		_ = json.NewEncoder(w).Encode(object{"items": []any{object{"metadata": object{"namespace": "shop", "name": "one"}, "spec": object{field: 3}}}})
	default:
		fmt.Fprint(w, `{"paths": {}}`)
	}
}

func (s *converter) open(t *testing.T) *Cloud {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	c, err := Open(t.Context(), Options{Cloud: "test", Config: []byte(`{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": "` + h.URL + `"}}], "contexts": [{"name": "x", "context": {"cluster": "x"}}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Two servers of different releases are read in the best version that both
// have, whichever either prefers; and a plan has nothing to convert then.
func TestVersionsInCommon(t *testing.T) {
	for name, c := range map[string]struct {
		from, to            []string
		reads, compares     string
		isConvertedByNobody bool
	}{
		"to an older one":             {[]string{"v2", "v1"}, []string{"v1"}, "v1", "v1", false},
		"to a newer one":              {[]string{"v1"}, []string{"v2", "v1"}, "v1", "v1", false},
		"to one that prefers another": {[]string{"v2", "v1"}, []string{"v1", "v2"}, "v2", "v2", false},
		"beta gives way":              {[]string{"v2beta1", "v1"}, []string{"v2beta1", "v1"}, "v1", "v1", false},
		"nothing in common":           {[]string{"v2"}, []string{"v1"}, "v2", "v1", true},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := (&converter{versions: c.from}).open(t), (&converter{versions: c.to}).open(t)
			there, err := to.Catalogue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			here, err := from.Catalogue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{cloud.Speak(t.Context(), from, cloud.Versions(there)), cloud.Speak(t.Context(), to, cloud.Versions(here))} {
				if err != nil {
					t.Fatal(err)
				}
			}
			set := thing(t, from, c.reads)
			thing(t, to, c.compares)
			p, err := plan.Build(set, plan.Target{Catalogue: there}, plan.Options{Drill: "d", Cloud: "to"})
			if err != nil {
				t.Fatal(err)
			}
			converted := false
			for _, d := range p.Mapping.Decisions {
				converted = converted || d.Rule == "kind/other-version"
			}
			if converted != c.isConvertedByNobody {
				t.Errorf("decided is %v", p.Mapping.Decisions)
			}
		})
	}
}

// thing reads what the server has, in the version.
func thing(t *testing.T, c *Cloud, version string) *resource.Set {
	t.Helper()
	set, err := inventory.Take(t.Context(), c, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	one := set.Get(resource.Ref{Type: aThing, Key: "shop-one"})
	spec, _ := one.Spec["spec"].(object)
	field := map[bool]string{true: "count", false: "size"}[version == "v1"]
	if one.Spec["apiVersion"] != "example.org/"+version || spec[field] != int64(3) {
		t.Errorf("%+v", one.Spec)
	}
	if have := cloud.VersionsIn(set)[aThing]; len(have) != 1 || have[0] != version {
		t.Errorf("the set has %v", have)
	}
	return set
}
