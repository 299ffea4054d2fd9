package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The bodies are those of kube-apiserver 1.36, shortened.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   error
		paths  []resource.Path
	}{
		{422, `{"kind":"Status","reason":"Invalid","message":"Deployment.apps \"web\" is invalid: spec.template.spec.containers[0].image: Required value","details":{"causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.template.spec.containers[0].image"}]}}`,
			cloud.ErrInvalid, []resource.Path{"spec.template.spec.containers[0].image"}},
		{422, `{"kind":"Status","reason":"Invalid","message":"metadata.annotations: Invalid value","details":{"causes":[{"field":"metadata.annotations[example.com/x]"},{"field":"<nil>"}]}}`,
			cloud.ErrInvalid, []resource.Path{`metadata.annotations."example.com/x"`}},
		{400, `{"kind":"Status","reason":"BadRequest","message":"Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.replica\", unknown field \"spec.template.spec.containers[0].imagee\""}`,
			cloud.ErrInvalid, []resource.Path{"spec.replica", "spec.template.spec.containers[0].imagee"}},
		{409, `{"kind":"Status","reason":"AlreadyExists","message":"configmaps \"a\" already exists"}`, cloud.ErrConflict, []resource.Path{"metadata.name"}},
		{409, `{"kind":"Status","reason":"AlreadyExists","message":"object is being deleted: namespaces \"a\" already exists"}`, cloud.ErrConflict, nil},
		{403, `{"kind":"Status","reason":"Forbidden","message":"pods \"a\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"}`, cloud.ErrQuota, nil},
		{403, `{"kind":"Status","reason":"Forbidden","message":"configmaps \"a\" is forbidden: unable to create new content in namespace x because it is being terminated"}`, cloud.ErrConflict, nil},
		{403, `{"kind":"Status","reason":"Forbidden","message":"pods \"a\" is forbidden: error looking up service account x/default: serviceaccount \"default\" not found"}`, cloud.ErrConflict, nil},
		{403, `{"kind":"Status","reason":"Forbidden","message":"pods is forbidden: User \"jane\" cannot create resource \"pods\" in API group \"\" in the namespace \"x\""}`, cloud.ErrForbidden, nil},
		{404, `{"kind":"Status","reason":"NotFound","message":"namespaces \"x\" not found"}`, cloud.ErrNotFound, nil},
		{404, `{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource"}`, cloud.ErrUnsupported, nil},
		{404, "404 page not found\n", cloud.ErrUnsupported, nil},
		{401, `{"kind":"Status","reason":"Unauthorized","message":"Unauthorized"}`, cloud.ErrUnauthenticated, nil},
		{500, `{"kind":"Status","reason":"InternalError","message":"Internal error occurred: failed calling webhook \"w\": connection refused"}`, cloud.ErrConflict, nil},
		{503, `upstream is gone`, cloud.ErrTransient, nil},
		{410, `{"kind":"Status","reason":"Expired","message":"The provided continue parameter is too old"}`, cloud.ErrTransient, nil},
	} {
		resp := &http.Response{StatusCode: c.status, Header: http.Header{"Audit-Id": {"audit-1"}}}
		var e *cloud.OpError
		err := (&Cloud{name: "test"}).refused(call{op: "create"}, resp, []byte(c.body))
		if !errors.As(err, &e) || !errors.Is(err, c.kind) || !slices.Equal(e.Paths, c.paths) || e.RequestID != "audit-1" || e.Status != c.status || e.Message == "" {
			t.Errorf("%s\nis %v, paths %q", c.body, err, e.Paths)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	c := &Cloud{name: "test", base: &url.URL{Host: "cluster.example"}}
	if err := c.wrap(call{op: "list"}, &url.Error{Op: "Get", Err: errors.New("no route")}); !errors.Is(err, cloud.ErrUnreachable) {
		t.Error(err)
	}
	if err := c.wrap(call{op: "list"}, &url.Error{Op: "Get", Err: context.Canceled}); !errors.Is(err, context.Canceled) || errors.Is(err, cloud.ErrUnreachable) {
		t.Error(err)
	}
	if err := c.wrap(call{op: "list"}, json.Unmarshal([]byte("<"), &struct{}{})); !errors.Is(err, cloud.ErrProtocol) {
		t.Error(err)
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	for _, o := range []Options{
		{Config: []byte("{")}, {Config: []byte(`{"apiVersion": "v1", "kind": "Config"}`), Context: "x"}, {Kubeconfig: "testdata/none"},
	} {
		var e *cloud.OpError
		if _, err := Open(t.Context(), o); !errors.Is(err, cloud.ErrInvalid) || !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("%s %s: %v", o.Config, o.Kubeconfig, err)
		}
	}
	nowhere := `{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}], "contexts": [{"name": "x", "context": {"cluster": "x"}}]}`
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Options{Config: []byte(nowhere)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
