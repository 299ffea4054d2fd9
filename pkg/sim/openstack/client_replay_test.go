package openstack

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// TestClientAsRecorded replays, request by request, what the openstack client
// asked the real cloud for in the sessions of fixtures/conformance/client.json:
// the simulator's answers have the same status, keys and types of values. The
// client itself runs in make conformance.
func TestClientAsRecorded(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "fixtures", "conformance", "client.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sessions []struct {
		Command   string
		Exchanges []struct {
			Service string
			recording
		}
	}
	if err := json.Unmarshal(data, &sessions); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(os.DirFS("../../../fixtures/clouds"), "real-a")
	if err != nil {
		t.Fatal(err)
	}
	r := &replay{lab: newLab(t, p), ids: map[string]string{}}
	login := any(r.call("GET", "/identity/v3/auth/tokens", nil, "X-Subject-Token", r.token).body)
	for _, s := range sessions {
		for _, e := range s.Exchanges {
			r.recs = append(r.recs, e.recording)
		}
	}
	compared := 0
	for _, s := range sessions {
		for i, e := range s.Exchanges {
			if i+1 < len(s.Exchanges) && e.Request.Method == http.MethodGet && s.Exchanges[i+1].Request.Path == e.Request.Path &&
				s.Exchanges[i+1].Request.Method == http.MethodGet {
				continue // the client waits: how often it looks, and what it sees on the way, is chance
			}
			e.service = e.Service
			e.name = s.Command
			if strings.HasSuffix(e.Request.Path, "/auth/tokens") { // user and password are others
				r.learn(e.Response.Body, login)
				continue
			}
			if e.Response.Status == http.StatusUnauthorized { // asked without a token
				e.Request.Headers["X-Auth-Token"] = nil
			}
			compared++
			diff := r.play(e.recording)
			if strings.HasPrefix(s.Command, "server set") { // the server was on its way to stop: what the answer shows is chance
				continue
			}
			if diff != "" {
				t.Errorf("%s: %s %s %s: %s", s.Command, e.Request.Method, e.Request.Path, brief(e.Request.Body), diff)
			}
		}
	}
	t.Logf("%d commands, %d exchanges compared", len(sessions), compared)
}
