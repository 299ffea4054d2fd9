package openstack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A lab is one simulated cloud on a socket with a clock that stands still.
type lab struct {
	*testing.T
	cloud *Cloud
	url   string
	past  atomic.Int64 // since the beginning; a request whose answer is lost reads it while the test goes on
	token string
}

// newLab starts a cloud and logs demo in.
func newLab(t *testing.T, p *profile.Profile) *lab {
	t.Helper()
	l := &lab{T: t}
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cloud, err := New(p, sim.WithClock(func() time.Time { return began.Add(time.Duration(l.past.Load())) }))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		server.Close()
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	l.cloud, l.url = cloud, server.URL
	l.token = l.login("demo", "demo")
	return l
}

func (l *lab) login(user, project string) string {
	l.Helper()
	domain := map[string]any{"id": "default"}
	a := l.call("POST", "/identity/v3/auth/tokens", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"},
			"password": map[string]any{"user": map[string]any{"name": user, "password": "password", "domain": domain}}},
		"scope": map[string]any{"project": map[string]any{"name": project, "domain": domain}}}})
	if a.status != http.StatusCreated {
		l.Fatalf("login of %s: %d %v", user, a.status, a.body)
	}
	return a.header.Get("X-Subject-Token")
}

// later moves the clock.
func (l *lab) later(d time.Duration) { l.past.Add(int64(d)) }

// An answer of the cloud; body is decoded when it is JSON.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// call sends one request with the token of the lab. A body that is a string
// goes as it is. Headers come in pairs.
func (l *lab) call(method, path string, body any, headers ...string) answer {
	l.Helper()
	var data io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		data = bytes.NewReader([]byte(b))
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			l.Fatal(err)
		}
		data = bytes.NewReader(encoded)
	}
	r, err := http.NewRequest(method, l.url+path, data)
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", l.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return l.send(r)
}

func (l *lab) send(r *http.Request) answer {
	l.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // HTML stays in raw
	return a
}

// at walks into an answer: at(a, "volume", "id").
func (a answer) at(path ...string) any {
	var v any = a.body
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func testProfile() *profile.Profile {
	return &profile.Profile{Name: "test", Region: "here", Services: map[string]profile.Service{
		"compute": {Min: "2.1", Max: "2.93"}, "block-storage": {Min: "3.0", Max: "3.70"}}}
}

func TestLogin(t *testing.T) {
	l := newLab(t, testProfile())
	a := l.call("GET", "/identity/v3/auth/projects", nil)
	if a.status != 200 || len(a.at("projects").([]any)) != 1 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	l.later(2 * time.Hour)
	if a := l.call("GET", "/identity/v3/auth/projects", nil); a.status != http.StatusUnauthorized {
		t.Errorf("expired token: %d %s", a.status, a.raw)
	}
}
