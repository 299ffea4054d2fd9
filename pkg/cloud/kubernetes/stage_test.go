package kubernetes

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// stagedOn opens a cluster that has these namespaces, and allows these verbs.
func stagedOn(t *testing.T, namespaces, verbs string) *Cloud {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/selfsubjectaccessreviews") {
			var review object
			_ = json.NewDecoder(r.Body).Decode(&review)
			_ = json.NewEncoder(w).Encode(object{"status": object{"allowed": strings.Contains(verbs, text(review, "spec", "resourceAttributes", "verb"))}})
			return
		}
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		if !strings.Contains(namespaces, name) {
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(object{"kind": "Status", "reason": "NotFound", "message": `namespaces "` + name + `" not found`})
			return
		}
		_ = json.NewEncoder(w).Encode(object{"metadata": object{"name": name}})
	}))
	t.Cleanup(s.Close)
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Cloud{base: base, client: s.Client(), kinds: map[resource.Type]*kind{
		namespaceType: {Type: namespaceType, versions: []string{"v1"}, name: "Namespace", plural: "namespaces"},
		"authorization.k8s.io/SelfSubjectAccessReview": {group: "authorization.k8s.io", versions: []string{"v1"}, name: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews"},
	}}
}

// Each namespace that is not there yet gets a scratch one, with its labels;
// those that are alike share one. Without the rights there is none.
func TestStage(t *testing.T) {
	namespace := func(name string, labels object) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: namespaceType, Key: resource.Key(name)}, Name: name, ID: "old", Tenure: resource.Own, Spec: object{"metadata": object{"labels": labels}}}
	}
	long := strings.Repeat("long", 15)
	planned := []*resource.Resource{namespace("there", nil), namespace("shop", object{"team": "a"}), namespace("shop-2", object{"team": "a"}), namespace("office", object{"team": "b"}),
		namespace(long, nil), namespace("taken", object{"team": "c"}), namespace("taken-rehearsal-d1", object{"team": "d"}),
		{Ref: resource.Ref{Type: "core/LimitRange"}, Name: "own", Scope: "shop"}}
	for _, c := range []struct {
		verbs string
		want  []string
	}{
		{"create delete", []string{"shop-rehearsal-d1", "office-rehearsal-d1", long[:50] + "-rehearsal-d1", "taken-rehearsal-d1-rehearsal-d1"}},
		{"create", nil}, {"", nil},
	} {
		cluster := stagedOn(t, "there", c.verbs)
		list, err := cluster.Stage(t.Context(), "d1", planned)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range list {
			names = append(names, r.Name)
			if r.ID != "" || string(r.Key) == "" || len(r.Name) > 63 || !strings.HasPrefix(r.Name, "long") && text(r.Spec, "metadata", "labels", "team") == "" {
				t.Errorf("%+v", r)
			}
		}
		if d := cmp.Diff(c.want, names); d != "" {
			t.Errorf("with %q: %s", c.verbs, d)
		}
		as := map[string]string{}
		for _, r := range planned {
			if s := cluster.stagedAs(r.Name); s != r.Name {
				as[r.Name] = s
			}
		}
		if c.want != nil && (as["shop-2"] != "shop-rehearsal-d1" || as["there"] != "" || as["taken"] != "" || len(as) != 5) || c.want == nil && len(as) > 0 {
			t.Errorf("with %q: %v", c.verbs, as)
		}
		if !cluster.stage.limited["shop"] || cluster.stage.limited["office"] {
			t.Errorf("limits are planned in %v", cluster.stage.limited)
		}
	}
}

func TestStageIsToldOfAsPlanned(t *testing.T) {
	c := &Cloud{home: "default", levelled: map[string]bool{"shop": true}, stage: stage{scratch: map[string]string{"shop": "shop-rehearsal-d1"}, limited: map[string]bool{"office": true}}}
	err := c.asPlanned(&cloud.OpError{Message: `services "x" in shop-rehearsal-d1 is forbidden`}, "shop")
	if err.(*cloud.OpError).Message != `services "x" in shop is forbidden` { //nolint:errorlint // it is not wrapped
		t.Error(err)
	}
	for message, want := range map[string]bool{`pods "alone" is forbidden: error looking up service account zoo/keeper: serviceaccount "keeper" not found`: true,
		`roles.rbac.authorization.k8s.io "reader" not found`: true, `namespaces "shop-rehearsal-d1" not found`: false, `violates PodSecurity`: false,
		`pods "web" is forbidden: no PriorityClass with name high was found`: true} {
		if got := isOfOthers(&cloud.OpError{Message: message, Err: cloud.ErrForbidden}); got != want {
			t.Errorf("%s: %t", message, got)
		}
	}
	forbidden := func(message string) error { return &cloud.OpError{Message: message, Err: cloud.ErrForbidden} }
	for _, x := range []struct {
		err            error
		where, planned string
		want           bool
	}{
		{forbidden("violates PodSecurity"), "shop-rehearsal-d1", "shop", false},
		{forbidden("violates PodSecurity"), "default", "shop", true},    // which has a level of its own
		{forbidden("violates PodSecurity"), "default", "office", false}, // which has home's
		{forbidden("failed quota: must specify limits.cpu"), "office-rehearsal-d1", "office", true},
		{forbidden("failed quota: must specify limits.cpu"), "shop-rehearsal-d1", "shop", false},
		{forbidden("failed quota: must specify limits.cpu"), "office", "office", false},
		{nil, "default", "shop", false},
	} {
		if got := c.isElsewhere(x.err, x.where, x.planned); got != x.want {
			t.Errorf("%v in %s for %s: %t", x.err, x.where, x.planned, got)
		}
	}
}
