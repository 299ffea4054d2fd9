//go:build cluster

package kubernetes_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
)

// A questioner asks a cluster about objects, as somebody of these rights.
type questioner struct {
	server string
	client *http.Client
	as     string // a user; empty: the administrator
}

func question(t *testing.T, config []byte) *questioner {
	t.Helper()
	a := administrator(t, config)
	return &questioner{server: a.server, client: a.client}
}

// A verdict is what a server says.
type verdict struct {
	Status  int
	Message string // why it refuses
	Warning string
	Object  dict // as it would be
}

// asked sends the object, as a user that may be another one than the administrator.
func (q questioner) asked(t *testing.T, method, path, kind string, o dict) verdict {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, q.server+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if q.as != "" {
		req.Header.Set("Impersonate-User", q.as)
	}
	answer, err := q.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	out := verdict{Status: answer.StatusCode, Warning: strings.Join(answer.Header.Values("Warning"), "; ")}
	if err := json.NewDecoder(answer.Body).Decode(&out.Object); err != nil {
		t.Fatal(err)
	}
	if out.Status >= http.StatusBadRequest {
		out.Message, _ = out.Object["message"].(string)
	}
	return out
}

// post and apply ask in a strict dry run whether the object may come, as our driver
// does and as a server-side apply does; forced is one that takes fields from others.
func (q questioner) post(t *testing.T, path string, o dict) verdict {
	t.Helper()
	return q.asked(t, http.MethodPost, path+"?dryRun=All&fieldValidation=Strict&fieldManager=wechsel", "application/json", o)
}

func (q questioner) apply(t *testing.T, path string, o dict, forced bool) verdict {
	t.Helper()
	name, _ := entry(o["metadata"], "name").(string)
	query := "?dryRun=All&fieldValidation=Strict&fieldManager=wechsel"
	if forced {
		query += "&force=true"
	}
	return q.asked(t, http.MethodPatch, path+"/"+name+query, "application/apply-patch+yaml", o)
}

// TestClusterApplyOrPost: what a real API server says of the same objects when they
// are to be made (what we rehearse by), and when they are to be applied (what others
// rehearse by). An apply says yes where the name is somebody else's, and takes it
// over; and it refuses objects that exist by the thousand.
func TestClusterApplyOrPost(t *testing.T) {
	config := start(t, "alster")
	q, driver := question(t, config), open(t, kubernetes.Options{Config: config})
	const (
		configMaps, podList, services = "/api/v1/namespaces/shop/configmaps", "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/services"
		roles                         = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/"
	)
	named := func(name string) dict { return dict{"name": name, "namespace": "shop"} }
	settings := func(name string, data dict) dict {
		return dict{"apiVersion": "v1", "kind": "ConfigMap", "metadata": named(name), "data": data}
	}
	box := func(more dict) dict {
		out := dict{"name": "main", "image": "busybox:1.37"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	alone := func(spec dict) dict {
		return dict{"apiVersion": "v1", "kind": "Pod", "metadata": named("alone"), "spec": spec}
	}
	put := func(path string, o dict) {
		t.Helper()
		if v := q.asked(t, http.MethodPost, path+"?fieldManager=somebody", "application/json", o); v.Status != http.StatusCreated {
			t.Fatal(v.Message)
		}
	}
	put("/api/v1/namespaces", dict{"apiVersion": "v1", "kind": "Namespace", "metadata": dict{"name": "shop"}})
	put("/api/v1/namespaces/shop/serviceaccounts", dict{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named("runner")})
	put(configMaps, settings("theirs", dict{"theirs": "1"}))
	put(roles+"roles", dict{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": named("maker"),
		"rules": []any{dict{"apiGroups": []any{""}, "resources": []any{"configmaps"}, "verbs": []any{"get", "list", "create"}}}})
	put(roles+"rolebindings", dict{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": named("makers"),
		"roleRef":  dict{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "maker"},
		"subjects": []any{dict{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "anna"}}})

	type said struct {
		status int
		words  string // of the refusal or the warning
	}
	for name, c := range map[string]struct {
		path                string
		object              dict
		as                  string
		post, apply, forced said
	}{
		"a new object": {configMaps, settings("new", dict{"ours": "1"}), "", said{201, ""}, said{201, ""}, said{201, ""}},
		// whose name it is
		"somebody else's name, other fields":     {configMaps, settings("theirs", dict{"ours": "1"}), "", said{409, "already exists"}, said{200, ""}, said{200, ""}},
		"somebody else's name, the same content": {configMaps, settings("theirs", dict{"theirs": "1"}), "", said{409, "already exists"}, said{200, ""}, said{200, ""}},
		"somebody else's name, a field of both":  {configMaps, settings("theirs", dict{"theirs": "2"}), "", said{409, "already exists"}, said{409, "conflict with \"somebody\""}, said{200, ""}},
		// lists with keys
		"a variable twice": {podList, alone(dict{"serviceAccountName": "runner", "containers": []any{box(dict{"env": []any{dict{"name": "A", "value": "1"}, dict{"name": "A", "value": "2"}}})}}), "",
			said{201, "hides previous definition"}, said{500, "duplicate"}, said{500, "duplicate"}},
		"a pull secret twice": {podList, alone(dict{"serviceAccountName": "runner", "imagePullSecrets": []any{dict{"name": "a"}, dict{"name": "a"}}, "containers": []any{box(nil)}}), "",
			said{201, ""}, said{500, "duplicate"}, said{500, "duplicate"}},
		"a port of a container twice": {podList, alone(dict{"serviceAccountName": "runner", "containers": []any{box(dict{"ports": []any{dict{"containerPort": 80, "name": "a"}, dict{"containerPort": 80, "name": "b"}}})}}), "",
			said{201, "duplicate"}, said{500, "duplicate"}, said{500, "duplicate"}},
		"a port of a service twice": {services, dict{"apiVersion": "v1", "kind": "Service", "metadata": named("web"), "spec": dict{"ports": []any{dict{"port": 80, "name": "a"}, dict{"port": 80, "name": "b"}}}}, "",
			said{422, "Duplicate value"}, said{500, "duplicate"}, said{500, "duplicate"}},
		// what is no such object
		"an unknown field": {podList, alone(dict{"serviceAccountName": "runner", "containres": []any{}, "containers": []any{box(nil)}}), "",
			said{400, "unknown field \"spec.containres\""}, said{500, "field not declared in schema"}, said{500, "field not declared in schema"}},
		"a number for a text": {configMaps, settings("new", dict{"a": 1}), "", said{400, "cannot unmarshal"}, said{500, "expected string"}, said{500, "expected string"}},
		// rights
		"may create, and not patch": {configMaps, settings("new", dict{"ours": "1"}), "anna", said{201, ""}, said{403, "cannot patch"}, said{403, "cannot patch"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := *q
			q.as = c.as
			for how, one := range map[string]struct {
				got  verdict
				want said
			}{
				"post": {q.post(t, c.path, c.object), c.post}, "apply": {q.apply(t, c.path, c.object, false), c.apply}, "forced apply": {q.apply(t, c.path, c.object, true), c.forced},
			} {
				if one.got.Status != one.want.status || !strings.Contains(one.got.Message+one.got.Warning, one.want.words) {
					t.Errorf("%s: %d %q, warning %q; want %d %q", how, one.got.Status, one.got.Message, one.got.Warning, one.want.status, one.want.words)
				}
			}
			if c.as != "" {
				return
			}
			r, why := driver.Resource(c.object)
			if r == nil {
				t.Fatal(why)
			}
			if err := driver.Rehearse(t.Context(), r); (err == nil) != (c.post.status == http.StatusCreated) || errors.Is(err, cloud.ErrConflict) != (c.post.status == http.StatusConflict) {
				t.Errorf("the driver's rehearsal says %v", err)
			}
		})
	}

	mixed := q.apply(t, configMaps, settings("theirs", dict{"ours": "1"}), false)
	if data, _ := mixed.Object["data"].(dict); len(data) != 2 {
		t.Errorf("applied over another's object, its data are %v", data)
	}
}
