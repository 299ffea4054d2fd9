package openstack

import (
	"net/http"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// shelveServer stops a server and keeps its disk as an image; at once it is
// taken off its host, as with Nova's own shelved_offload_time.
func shelveServer(c *call, s *server, _ any) (*reply, error) {
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerAction, s.id)
	now := s.state(c.now)
	rep := empty(http.StatusAccepted)
	if s.image != "" {
		w, size, err := c.serverImage(s, map[string]any{"name": s.name + "-shelved"})
		if err != nil {
			return nil, err
		}
		im := c.beginImage(w)
		s.shelved = im.id
		rep.after = c.fillServerImage(im, size)
	}
	s.life = sim.Begin(c.now, serverState{now.vm, "shelving", now.power}, d/2).For(serverState{"shelved", "shelving_offloading", powerOff}, d-d/2).
		Then(serverState{"shelved_offloaded", "", powerOff})
	s.note(c, "shelve", c.now.Add(d))
	c.later(s, c.now.Add(d), func(c *call) { s.offload() })
	return rep, nil
}

// offload takes a server off its host; its ports and volumes stay its own.
func (s *server) offload() { s.host, s.zone = "", "" }

func offloadServer(c *call, s *server, _ any) (*reply, error) {
	at := c.proceed(s, "shelveOffload", "shelving_offloading", serverState{"shelved_offloaded", "", powerOff})
	c.later(s, at, func(*call) { s.offload() })
	return empty(http.StatusAccepted), nil
}

// unshelveServer brings a server back: on a host of the zone that is asked for
// since 2.77, or of its own.
func unshelveServer(c *call, s *server, arg any) (*reply, error) {
	want := scheduling{zone: s.zoneAsked, host: text(argument(arg)["host"])}
	if want.host != "" {
		if err := c.permit("os_compute_api:os-shelve:unshelve_to_host"); err != nil {
			return nil, err
		}
		if _, there := c.cloud.compute.hosts.Get(want.host); !there {
			return nil, refuse(http.StatusBadRequest, "Compute host %s could not be found.", want.host)
		}
	}
	if zone, given := argument(arg)["availability_zone"]; given {
		switch {
		case s.state(c.now).vm != "shelved_offloaded":
			return nil, refuse(http.StatusConflict, "New availability zone or unpin availability zone or host can only be used with a server in SHELVED_OFFLOADED state.")
		case zone != nil && !slices.Contains(c.cloud.zones(), text(zone)):
			return nil, refuse(http.StatusBadRequest, "The requested availability zone is not available")
		}
		want.zone, s.zoneAsked = text(zone), text(zone)
	}
	host, err := c.cloud.place(s, s.flavor, want)
	if err != nil {
		s.note(c, "unshelve", c.now).fail(asRefusal(err).message, "get_image_info", "schedule_instances")
		return empty(http.StatusAccepted), nil
	}
	s.host, s.zone = host, c.cloud.zoneOf(host)
	for _, p := range c.portsOf(s) {
		s.bind(c, p)
	}
	at := c.proceed(s, "unshelve", "unshelving", serverState{"active", "", powerRunning})
	c.later(s, at, func(c *call) {
		if im := c.findImage(s.shelved); im != nil {
			c.cloud.dropImage(im)
		}
		s.shelved = ""
	})
	return empty(http.StatusAccepted), nil
}
