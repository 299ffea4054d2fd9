package openstack_test

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// asked counts who asks for one server.
type asked struct {
	http.RoundTripper
	times atomic.Int64
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	if id := path.Base(r.URL.Path); r.Method == http.MethodGet && strings.HasSuffix(path.Dir(r.URL.Path), "/servers") && id != "detail" {
		a.times.Add(1)
	}
	return a.RoundTripper.RoundTrip(r)
}

// TestWhyAServerHasNoHost: a list of servers does not tell, but the driver does, and
// asks for it only once.
func TestWhyAServerHasNoHost(t *testing.T) {
	t.Parallel()
	s := simulate(t, "real-b", func(p *profile.Profile) { p.Behaviour.Host = profile.Host{VCPUs: 1, RAM: 8192, Disk: 100} })
	count := &asked{RoundTripper: cloud.BaseTransport()}
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "sim", Auth: s.auth(), Transport: cloud.NewTransport(cloud.TransportOptions{Base: count})})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := c.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	flavor := offer.Flavors[slices.IndexFunc(offer.Flavors, func(f profile.Flavor) bool { return f.VCPUs > 1 && f.Disk > 0 })]
	made, err := c.Create(t.Context(), &resource.Resource{Ref: resource.Ref{Type: "OS::Nova::Server", Key: "web"}, Name: "web", Tenure: resource.Own,
		Spec: map[string]resource.Value{"flavor": flavor.ID, "image": offer.Images[0].ID, "networks": []resource.Value{map[string]resource.Value{"allocate_network": "none"}}}},
		resource.Owner{Drill: "d", Key: "web"})
	if err != nil {
		t.Fatal(err)
	}
	s.now.Add(int64(time.Minute))
	for range 3 {
		for r, err := range c.List(t.Context(), cloud.Selector{Types: []resource.Type{"OS::Nova::Server"}, States: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.ID != made.ID || r.State != resource.Failed || r.Why != "ERROR: No valid host was found." {
				t.Errorf("%s is %v: %q", r.Name, r.State, r.Why)
			}
		}
	}
	if n := count.times.Load(); n != 1 {
		t.Errorf("asked %d times for one server", n)
	}
}
