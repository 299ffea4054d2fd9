package openstack

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A Cloud is one running simulated OpenStack cloud. The embedded instance
// gives access to its clock, its log of requests, its faults and its seed.
type Cloud struct {
	*sim.Instance
	profile  *profile.Profile
	mux      *http.ServeMux
	services []*service
	quotas   map[string]map[string]int64 // project → resource → limit that an administrator has set

	identity identity
	image    images
	volume   volumes
	network  network
	compute  compute
}

// New starts the cloud that the profile describes. Nothing listens yet: serve
// the Cloud with any http.Server. Close it to give its disk space back.
func New(p *profile.Profile, opts ...sim.Option) (*Cloud, error) {
	c := &Cloud{Instance: sim.New(opts...), profile: p, mux: http.NewServeMux(), quotas: map[string]map[string]int64{}}
	c.Faults.Add(p.Behaviour.Faults...)
	for _, start := range []func(*Cloud) error{startKeystone, startGlance, startCinder, startNeutron, startNova} {
		if err := start(c); err != nil {
			c.Close()
			return nil, err
		}
	}
	c.identity.publish(c)
	return c, nil
}

// Profile returns what the cloud was made from; it must not be changed.
func (c *Cloud) Profile() *profile.Profile { return c.profile }

// ServeHTTP answers one request to any of the services.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// ServeMux would redirect a path with an empty segment; the real services
	// just do not find it.
	if strings.Contains(r.URL.Path, "//") {
		http.NotFound(w, r)
		return
	}
	c.mux.ServeHTTP(w, whole(withoutProject(inOneForm(r))))
}

// id is the id of something that the profile describes: its own, or one that
// is the same in every run.
func (c *Cloud) id(given, kind, name string) string {
	if given != "" {
		return given
	}
	return sim.NamedUUID(c.profile.Name, kind, name)
}

// takes returns how long something takes for the object of that id: always the
// same, wherever in the span it is.
func (c *Cloud) takes(s profile.Span, id string) time.Duration {
	sum := sha256.Sum256([]byte(id))
	return s.Pick(float64(binary.BigEndian.Uint16(sum[:])) / (1 << 16))
}

// limit returns how many of a resource a project may have; -1: no limit.
// Resources are named as in [profile.Catalogue]: compute.instances.
func (c *Cloud) limit(project, resource string) int64 {
	if n, ok := c.quotas[project][resource]; ok {
		return n
	}
	if n, ok := c.profile.Quota[resource]; ok {
		return n
	}
	return c.defaultLimit(resource)
}

// defaultLimit is what a service shows as its default, whatever the profile
// gives to each project; an administrator may have changed it.
func (c *Cloud) defaultLimit(resource string) int64 {
	if n, ok := c.quotas[everyProject][resource]; ok {
		return n
	}
	return profile.DefaultQuota(resource)
}

// everyProject stands for the defaults among the limits of projects.
const everyProject = ""

// setLimit is what an administrator does with a quota set.
func (c *Cloud) setLimit(project, resource string, limit int64) {
	if c.quotas[project] == nil {
		c.quotas[project] = map[string]int64{}
	}
	c.quotas[project][resource] = limit
}

// pageLimit is how many objects a service lists at once, at most.
func (c *Cloud) pageLimit(service string) int {
	if n := c.profile.Behaviour.PageLimits[service]; n > 0 {
		return int(n)
	}
	return 1000
}
