package kubernetes

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A flapping server has a definition, and serves what it defines from time to
// time, as one does that has just lost an earlier definition of the same name.
type flapping struct {
	server
	serves atomic.Bool
}

const orders = "/apis/shop.example/v1"

func (f *flapping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	definitions := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	body, _ := io.ReadAll(r.Body)
	switch path := r.URL.Path; {
	case path == "/apis":
		w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
		items := []any{group("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", "Cluster")}
		if f.serves.Load() {
			items = append(items, group("shop.example", "orders", "Order", "Namespaced"))
		}
		_ = json.NewEncoder(w).Encode(object{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
	case strings.HasPrefix(path, orders) && !f.serves.Load() || path == "/openapi/v3":
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"kind":"Status","reason":"NotFound","message":"the server could not find the requested resource"}`)
	case r.Method == http.MethodPost:
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	case path == definitions:
		_ = json.NewEncoder(w).Encode(object{"kind": "CustomResourceDefinitionList", "items": []any{definition().Spec}})
	default:
		f.server.ServeHTTP(w, r)
	}
}

func group(name, plural, kind, scope string) object {
	return object{"metadata": object{"name": name}, "versions": []any{object{"version": "v1", "freshness": "Current", "resources": []any{
		object{"resource": plural, "scope": scope, "verbs": []string{"list", "create", "delete", "get"}, "responseKind": object{"group": name, "version": "v1", "kind": kind}}}}}}
}

// definition is a CustomResourceDefinition that is established.
func definition() *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: definitionType, Key: "orders"}, ID: "orders.shop.example", Name: "orders.shop.example", Tenure: resource.Own, Spec: map[string]resource.Value{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": object{"name": "orders.shop.example", "labels": object{markLabel: "d1"}},
		"spec":   object{"group": "shop.example", "names": object{"kind": "Order", "plural": "orders"}, "scope": "Namespaced", "versions": []resource.Value{object{"name": "v1", "served": true, "storage": true}}},
		"status": object{"conditions": []resource.Value{object{"type": "Established", "status": "True"}, object{"type": "NamesAccepted", "status": "True"}}}}}
}

// What the server still serves of an earlier definition says nothing of the
// one that was just made; and what has been seen to be served and is missing
// again is waited for.
func TestDefinitionAfterAnother(t *testing.T) {
	f := &flapping{}
	f.serves.Store(true) // the earlier one's
	c := openAt(t, f, Options{})
	owner := resource.Owner{Drill: "d1", Key: "orders"}
	if _, err := c.Create(t.Context(), definition(), owner); err != nil {
		t.Fatal(err)
	}
	state := func() resource.State {
		t.Helper()
		for r, err := range c.List(t.Context(), cloud.Selector{Types: []resource.Type{definitionType}, States: true}) {
			if err != nil {
				t.Fatal(err)
			}
			return r.State
		}
		t.Fatal("the definition is not listed")
		return ""
	}
	f.serves.Store(false)
	if got := state(); got != resource.Pending {
		t.Errorf("the definition of what is not served is %s", got)
	}
	order := &resource.Resource{Ref: resource.Ref{Type: "shop.example/Order", Key: "a"}, Name: "a", Tenure: resource.Own,
		Spec: map[string]resource.Value{"apiVersion": "shop.example/v1", "metadata": object{"name": "a", "namespace": "n1"}}}
	if _, err := c.Create(t.Context(), order, owner); !errors.Is(err, cloud.ErrUnsupported) {
		t.Errorf("before it was served: %v", err)
	}
	f.serves.Store(true)
	if got := state(); got != resource.Ready {
		t.Errorf("the definition of what is served is %s", got)
	}
	f.serves.Store(false) // known to the driver, and not to the server
	if _, err := c.Create(t.Context(), order, owner); !errors.Is(err, cloud.ErrConflict) {
		t.Errorf("forgotten by the server: %v", err)
	}
	if err := c.rediscover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), order, owner); !errors.Is(err, cloud.ErrConflict) {
		t.Errorf("missing in what the server tells: %v", err)
	}
	f.serves.Store(true)
	if _, err := c.Create(t.Context(), order, owner); err != nil {
		t.Errorf("served again: %v", err)
	}
}
