package openstack_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
)

// write makes a clouds.yaml with one cloud.
func write(t *testing.T, url, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	text := "clouds:\n  mine:\n    auth: {auth_url: '" + url + "', username: demo, password: " + password +
		", project_name: demo, user_domain_name: Default, project_domain_name: Default}\n  other: {auth: {auth_url: 'http://x'}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// quick gives up at once, as a test must.
func quick() *cloud.Transport {
	return cloud.NewTransport(cloud.TransportOptions{Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
}

func TestOpen(t *testing.T) {
	s := simulate(t, "scs-reference")
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "mine", Files: []string{"missing.yaml", write(t, s.url+"/identity/v3", "password")}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != "mine" || c.Project() == "" {
		t.Errorf("%q, project %q", c.Name(), c.Project())
	}
}

// TestEndpointOverride: what clouds.yaml says of an endpoint comes before the
// catalogue.
func TestEndpointOverride(t *testing.T) {
	s := simulate(t, "scs-reference")
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[strings.Split(r.URL.Path, "/")[1]]++
		mu.Unlock()
		httputil.NewSingleHostReverseProxy(target).ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	file := write(t, s.url+"/identity/v3", "password")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "  mine:\n", "  mine:\n    compute_endpoint_override: "+proxy.URL+"/compute/v2.1\n    network_endpoint_override: "+proxy.URL+
		"/network/\n    volume_endpoint_override: "+proxy.URL+"/volume/v3/%(project_id)s\n", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "mine", Files: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Catalogue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"compute", "network", "volume"} {
		if seen[name] == 0 {
			t.Errorf("%s: its endpoint in clouds.yaml was not asked: %v", name, seen)
		}
	}
	if len(seen) != 3 {
		t.Errorf("asked: %v", seen)
	}
}

func TestOpenRefused(t *testing.T) {
	s := simulate(t, "scs-reference")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("<html><head><title>x</title></head><body>back soon</body></html>"))
	}))
	t.Cleanup(page.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, c := range map[string]struct {
		options openstack.Options
		kind    error
		says    []string
	}{
		"wrong password":        {openstack.Options{Cloud: "mine", Files: []string{write(t, s.url+"/identity/v3", "nonsense")}}, cloud.ErrUnauthenticated, []string{"mine", "(401)", "demo", "clouds.yaml", "req-"}},
		"unknown cloud":         {openstack.Options{Cloud: "thine", Files: []string{write(t, s.url, "x")}}, cloud.ErrInvalid, []string{"thine", "mine, other"}},
		"no clouds.yaml":        {openstack.Options{Cloud: "mine", Files: []string{"missing.yaml"}}, cloud.ErrInvalid, []string{"mine", "missing.yaml"}},
		"nobody there":          {openstack.Options{Cloud: "mine", Files: []string{write(t, gone.URL+"/v3", "x")}}, cloud.ErrUnreachable, []string{"mine", gone.URL, "auth_url"}},
		"out of order":          {openstack.Options{Cloud: "mine", Files: []string{write(t, page.URL+"/v3", "x")}}, cloud.ErrTransient, []string{"mine", "(503)", "back soon"}},
		"secret in the address": {openstack.Options{Cloud: "mine", Files: []string{write(t, strings.Replace(gone.URL, "//", "//me:nonsense@", 1), "x")}}, cloud.ErrUnreachable, []string{"auth_url " + gone.URL}},
		"secret, out of order":  {openstack.Options{Cloud: "mine", Files: []string{write(t, strings.Replace(page.URL, "//", "//me:nonsense@", 1), "x")}}, cloud.ErrTransient, []string{"auth_url " + page.URL}},
		"by auth, no login":     {openstack.Options{Cloud: "sim:x", Auth: &openstack.Auth{URL: s.url + "/identity/v3", User: "demo", Password: "x", Project: "demo"}}, cloud.ErrUnauthenticated, []string{"sim:x", "demo"}},
		"no such region":        {openstack.Options{Cloud: "sim:x", Auth: &openstack.Auth{URL: s.url + "/identity/v3", User: "demo", Password: "password", Project: "demo", Region: "nowhere"}}, cloud.ErrInvalid, []string{"sim:x", `no region "nowhere", but `, "region_name"}},
		"no such project":       {openstack.Options{Cloud: "sim:x", Auth: &openstack.Auth{URL: s.url + "/identity/v3", User: "demo", Password: "password", Project: "nobody's"}}, cloud.ErrUnauthenticated, []string{"sim:x"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Transport = quick()
			_, err := openstack.Open(t.Context(), c.options)
			if !errors.Is(err, c.kind) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if strings.Contains(err.Error(), "nonsense") {
				t.Errorf("%q tells the password", err)
			}
		})
	}
}
