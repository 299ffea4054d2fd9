package openstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A stub is a cloud that answers what a test tells it to.
type stub struct {
	*httptest.Server
	mux *http.ServeMux

	mu     sync.Mutex
	tokens int
	spoilt bool // the next request is told that its token has ended
	paths  []string
}

func newStub(t *testing.T, types ...string) *stub {
	t.Helper()
	s := &stub{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	s.mux.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, _ *http.Request) {
		s.tokens++
		w.Header().Set("X-Subject-Token", fmt.Sprintf("token-%d", s.tokens))
		w.WriteHeader(http.StatusCreated)
		var catalog []map[string]any
		for _, name := range types {
			catalog = append(catalog, map[string]any{"type": name, "endpoints": []any{map[string]any{"interface": "public", "region_id": "r", "url": s.URL + "/" + name}}})
		}
		s.write(w, map[string]any{"token": map[string]any{"expires_at": "2030-01-01T00:00:00.000000Z", "project": map[string]any{"id": "p"}, "catalog": catalog}})
	})
	return s
}

func (s *stub) write(w http.ResponseWriter, body any) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, r.Method+" "+r.URL.RequestURI())
	if s.spoilt && r.Header.Get("X-Auth-Token") != "" {
		s.spoilt = false
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *stub) open(t *testing.T) *Cloud {
	t.Helper()
	c, err := Open(t.Context(), Options{Cloud: "stub", Auth: &Auth{URL: s.URL + "/v3", User: "u", Password: "p", Project: "p"},
		Transport: cloud.NewTransport(cloud.TransportOptions{Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// names lists a type and returns the names.
func names(t *testing.T, c *Cloud, of resource.Type) []string {
	t.Helper()
	var out []string
	for r, err := range c.List(t.Context(), cloud.Selector{Types: []resource.Type{of}}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Name)
	}
	return out
}

// TestPages: pages are followed in both dialects, on the host that was asked,
// whatever host the links name.
func TestPages(t *testing.T) {
	s := newStub(t, "network", "image")
	s.mux.HandleFunc("GET /network/v2.0/routers", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("marker") {
		case "":
			s.write(w, map[string]any{"routers": []any{map[string]any{"id": "1", "name": "a"}}, "routers_links": []any{map[string]any{"rel": "next", "href": "http://inside:9696/v2.0/routers?marker=1"}}})
		case "1":
			s.write(w, map[string]any{"routers": []any{map[string]any{"id": "2", "name": "b"}}, "routers_links": []any{map[string]any{"rel": "previous", "href": "x"},
				map[string]any{"rel": "next", "href": s.URL + "/network/v2.0/routers?marker=2"}}})
		default:
			s.write(w, map[string]any{"routers": []any{}, "routers_links": []any{map[string]any{"rel": "next", "href": s.URL + "/network/v2.0/routers?marker=2"}}})
		}
	})
	s.mux.HandleFunc("GET /image/v2/images", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		image := map[string]any{"id": q.Get("marker") + "1" + q.Get("os_hidden"), "name": "page " + q.Get("marker") + q.Get("os_hidden"), "owner": "p", "visibility": "private", "status": "active"}
		page := map[string]any{"images": []any{image}}
		if q.Get("marker") == "" && q.Get("os_hidden") == "" {
			page["next"] = "/v2/images?limit=500&marker=m"
		}
		s.write(w, page)
	})
	c := s.open(t)
	if got := strings.Join(names(t, c, typeRouter), " "); got != "a b" {
		t.Errorf("routers: %q", got)
	}
	if got := strings.Join(names(t, c, typeImage), ","); got != "page ,page m,page true" {
		t.Errorf("images: %q", got)
	}
}

// TestTokenEnds: a token that ends is renewed once, and the request is made
// again.
func TestTokenEnds(t *testing.T) {
	s := newStub(t, "network")
	s.mux.HandleFunc("GET /network/v2.0/routers", func(w http.ResponseWriter, r *http.Request) {
		s.write(w, map[string]any{"routers": []any{map[string]any{"id": "1", "name": r.Header.Get("X-Auth-Token")}}})
	})
	c := s.open(t)
	s.spoilt = true
	if got := strings.Join(names(t, c, typeRouter), " "); got != "token-2" {
		t.Errorf("listed with %q", got)
	}
}

// TestMissingService: what a cloud does not have is left out of everything,
// and refused when it is asked for.
func TestMissingService(t *testing.T) {
	s := newStub(t, "network")
	s.mux.HandleFunc("GET /network/v2.0/{collection}", func(w http.ResponseWriter, r *http.Request) {
		key := strings.ReplaceAll(r.PathValue("collection"), "-", "_")
		s.write(w, map[string]any{key: []any{map[string]any{"id": "1", "name": key}}})
	})
	c := s.open(t)
	n := 0
	for _, err := range c.List(t.Context(), cloud.Selector{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d resources, want one of each of Neutron's collections", n)
	}
	for _, err := range c.List(t.Context(), cloud.Selector{Types: []resource.Type{typeServer}}) {
		if !errors.Is(err, cloud.ErrUnsupported) || !strings.Contains(err.Error(), "no compute endpoint") {
			t.Errorf("list servers: %v", err)
		}
	}
	_, err := c.Create(t.Context(), &resource.Resource{Ref: resource.Ref{Type: typeVolume, Key: "v"}, Spec: spec{"size": 1}}, resource.Owner{})
	if !errors.Is(err, cloud.ErrUnsupported) || !strings.Contains(err.Error(), "OS::Cinder::Volume/v") {
		t.Errorf("create volume: %v", err)
	}
}

// TestSeveralRegions: the first of several regions would be anybody's guess.
func TestSeveralRegions(t *testing.T) {
	s := newStub(t, "network")
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		s.write(w, map[string]any{"token": map[string]any{"expires_at": "2030-01-01T00:00:00.000000Z", "project": map[string]any{"id": "p"}, "catalog": []any{map[string]any{"type": "network",
			"endpoints": []any{map[string]any{"interface": "public", "region_id": "east", "url": "x"}, map[string]any{"interface": "public", "region_id": "west", "url": "y"}}}}}})
	})
	_, err := Open(t.Context(), Options{Cloud: "stub", Auth: &Auth{URL: s.URL + "/v3", User: "u", Password: "p", Project: "p"}})
	if !errors.Is(err, cloud.ErrInvalid) || !strings.Contains(err.Error(), "east, west") {
		t.Errorf("%v", err)
	}
}

// TestOddAnswers: what is no answer to the question is ErrProtocol, and a
// refusal in whatever dialect keeps its words.
func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		says   string
	}{
		"not JSON":        {200, "<html>hello</html>", cloud.ErrProtocol, "list routers"},
		"no list":         {200, "{}", cloud.ErrProtocol, "routers"},
		"page of a proxy": {502, "<html><head><style>x{}</style></head><body><h1>Bad gateway</h1></body></html>", cloud.ErrTransient, "Bad gateway"},
		"no words":        {404, "", cloud.ErrNotFound, "(404)"},
		"webob's words":   {403, `{"code": "403 Forbidden", "title": "Forbidden", "message": "You may not.<br /><br />\n\n"}`, cloud.ErrForbidden, "You may not."},
		"Keystone's":      {400, `{"error": {"code": 400, "message": "no good", "title": "Bad Request"}}`, cloud.ErrInvalid, "no good"},
		"microversions'":  {406, `{"errors": [{"status": 406, "title": "Not Acceptable", "detail": "too new"}]}`, cloud.ErrUnsupported, "too new"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, "network")
			s.mux.HandleFunc("GET /network/v2.0/routers", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Openstack-Request-Id", "req-1")
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			})
			for _, err := range s.open(t).List(t.Context(), cloud.Selector{Types: []resource.Type{typeRouter}}) {
				if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || c.status >= 400 && !strings.Contains(err.Error(), "req-1") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
