package openstack

import (
	"cmp"
	"net/http"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// resizeServer gives a server another flavor, which is to be confirmed.
func resizeServer(c *call, s *server, arg any) (*reply, error) {
	id := pyStr(argument(arg)["flavorRef"])
	f, there := c.findFlavor(id)
	if err := c.mayAct(s, serverAction{word: "resize", from: []string{"active", "stopped"}}); err != nil {
		return nil, err
	}
	switch {
	case !there:
		return nil, refuse(http.StatusBadRequest, "Flavor %s could not be found.", id)
	case f.ID == s.flavor.ID:
		return nil, refuse(http.StatusBadRequest, "When resizing, instances must change flavor!")
	case f.Disk == 0 && s.flavor.Disk != 0 && s.image != "":
		return nil, refuse(http.StatusBadRequest, "Resize to zero disk flavor is not allowed.")
	}
	if err := c.checkGrowth(f.VCPUs-s.flavor.VCPUs, f.RAM-s.flavor.RAM); err != nil {
		return nil, err
	}
	if kind, given := argument(arg)["OS-DCF:diskConfig"].(string); given {
		s.diskConfig = kind
	}
	return c.moveServer(s, "resize", f.Flavor, scheduling{zone: s.zoneAsked})
}

// moveServer takes a server to another host, if there is one with room, with a
// flavor that is to be confirmed. A simulated cloud of one host resizes in place.
func (c *call) moveServer(s *server, kind string, flavor profile.Flavor, want scheduling) (*reply, error) {
	elsewhere := want
	elsewhere.not = s.host
	host, err := c.cloud.place(s, flavor, elsewhere)
	if err != nil && kind == "resize" && want.host == "" {
		host, _ = c.cloud.place(s, flavor, scheduling{host: s.host})
	}
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerAction, s.id)
	m := c.newMigration(s, kind, host)
	if host == "" {
		m.status = "error"
		what := map[string]string{"resize": "resize", "migrate": "cold migrate"}[kind]
		s.note(c, kind, c.now).fail("No valid host was found. No valid host found for "+what, "conductor_migrate_server")
		return empty(http.StatusAccepted), nil
	}
	st := s.state(c.now)
	s.life = sim.Begin(c.now, serverState{st.vm, "resize_prep", st.power}, d/4).For(serverState{st.vm, "resize_migrating", st.power}, d/4).
		For(serverState{st.vm, "resize_migrated", st.power}, d/4).For(serverState{st.vm, "resize_finish", st.power}, d-3*(d/4)).Then(serverState{"resized", "", st.power})
	s.note(c, kind, c.now.Add(d))
	s.before, s.second = &serverBefore{flavor: s.flavor, host: s.host, state: st}, &claim{host, flavor}
	c.later(s, c.now.Add(d), func(c *call) {
		s.second = &claim{s.host, s.flavor}
		s.flavor = flavor
		c.arrive(s, host)
		m.finish("finished", c.now)
	})
	return empty(http.StatusAccepted), nil
}

// serverBefore is what a server was before a resize that is not confirmed.
type serverBefore struct {
	flavor profile.Flavor
	host   string
	state  serverState
}

// arrive puts a server on a host, with its ports.
func (c *call) arrive(s *server, host string) {
	s.host, s.zone = host, c.cloud.zoneOf(host)
	for _, p := range c.portsOf(s) {
		s.bind(c, p)
	}
}

// confirmResize keeps the new flavor.
func confirmResize(c *call, s *server, _ any) (*reply, error) {
	vm, power := "active", powerRunning
	if s.before != nil && s.before.state.vm == "stopped" {
		vm, power = "stopped", powerOff
	}
	c.proceed(s, "confirmResize", "", serverState{vm, "", power})
	s.before, s.second = nil, nil
	c.endMigration(s, "confirmed")
	return empty(http.StatusNoContent), nil
}

// revertResize takes the old one back.
func revertResize(c *call, s *server, _ any) (*reply, error) {
	old := s.before
	if old == nil {
		return nil, refuse(http.StatusBadRequest, "Instance has not been resized.")
	}
	if err := c.checkGrowth(old.flavor.VCPUs-s.flavor.VCPUs, old.flavor.RAM-s.flavor.RAM); err != nil {
		return nil, err
	}
	vm, power := "active", powerRunning
	if old.state.vm == "stopped" {
		vm, power = "stopped", powerOff
	}
	at := c.proceed(s, "revertResize", "resize_reverting", serverState{vm, "", power})
	s.before = nil
	c.later(s, at, func(c *call) {
		s.flavor, s.second = old.flavor, nil
		c.arrive(s, old.host)
		c.endMigration(s, "reverted")
	})
	return empty(http.StatusAccepted), nil
}

// migrateServer takes a server to another host, to be confirmed.
func migrateServer(c *call, s *server, arg any) (*reply, error) {
	host := ""
	if c.version.since(2, 56) {
		host = text(argument(arg)["host"])
	}
	if host != "" {
		_, there := c.cloud.compute.hosts.Get(host)
		switch {
		case !there:
			return nil, refuse(http.StatusBadRequest, "Compute host %s could not be found.", host)
		case host == s.host:
			return nil, refuse(http.StatusBadRequest, "Cannot migrate to the host where the server exists.")
		}
	}
	return c.moveServer(s, "migrate", s.flavor, scheduling{zone: s.zoneAsked, host: host})
}

// liveMigrate takes a running server to another host.
func liveMigrate(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	want := scheduling{zone: s.zoneAsked, host: text(doc["host"]), not: s.host}
	if force, _ := asBool(doc["force"]); force && want.host == "" {
		return nil, refuse(http.StatusBadRequest, "Can't force to a non-provided destination")
	}
	if want.host != "" {
		_, there := c.cloud.compute.hosts.Get(want.host)
		switch {
		case !there:
			return nil, refuse(http.StatusBadRequest, "Compute host %s could not be found.", want.host)
		case want.host == s.host && !c.version.since(2, 34):
			return nil, refuse(http.StatusBadRequest, "Unable to migrate instance (%s) to current host (%s).", s.id, s.host)
		}
	}
	host, err := c.cloud.place(s, s.flavor, want)
	if err != nil {
		if c.version.since(2, 34) { // found out later
			c.newMigration(s, "live-migration", host).finish("error", c.now)
			s.note(c, "live-migration", c.now).fail(asRefusal(err).message, "conductor_live_migrate_instance")
			return empty(http.StatusAccepted), nil
		}
		return nil, err
	}
	m, st := c.newMigration(s, "live-migration", host), s.state(c.now)
	m.status, s.second = "running", &claim{host, s.flavor}
	at := c.proceed(s, "live-migration", "migrating", serverState{st.vm, "", st.power})
	m.later = c.laterThan(s, at, func(c *call) {
		s.second = nil
		c.arrive(s, host)
		m.finish("completed", c.now)
	})
	return empty(http.StatusAccepted), nil
}

// evacuateServer rebuilds a server elsewhere, when its host is down.
func evacuateServer(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	want := scheduling{zone: s.zoneAsked, host: text(doc["host"]), not: s.host}
	force, _ := asBool(doc["force"])
	h, there := c.cloud.compute.hosts.Get(want.host)
	switch {
	case c.version.since(2, 29) && force && want.host == "":
		return nil, refuse(http.StatusBadRequest, "Can't force to a non-provided destination")
	case want.host != "" && !there:
		return nil, refuse(http.StatusNotFound, "Compute host %s not found.", want.host)
	case want.host != "" && h.name == s.host:
		return nil, refuse(http.StatusBadRequest, "The target host can't be the same one.")
	}
	if err := c.mayAct(s, serverAction{word: "evacuate", from: []string{"active", "stopped", "error"}, busy: anyTask}); err != nil {
		return nil, err
	}
	if own, there := c.cloud.compute.hosts.Get(s.host); there && !own.down {
		return nil, refuse(http.StatusBadRequest, "Compute service of %s is still in use.", s.host)
	}
	rep := empty(http.StatusOK)
	if !c.version.since(2, 14) {
		rep = ok(map[string]any{"adminPass": cmp.Or(text(doc["adminPass"]), c.cloud.compute.secret(c.cloud))})
	}
	host, err := c.cloud.place(s, s.flavor, want)
	m := c.newMigration(s, "evacuation", host)
	if err != nil {
		m.finish("error", c.now)
		s.note(c, "evacuate", c.now).fail(asRefusal(err).message, "conductor_rebuild_server")
		s.life, s.fault = sim.Steady(c.now, serverState{"error", "", powerNone}), &serverFault{message: asRefusal(err).message, created: c.now}
		return rep, nil
	}
	s.second = &claim{host, s.flavor}
	at := c.proceed(s, "evacuate", "rebuilding", serverState{"active", "", powerRunning})
	c.later(s, at, func(c *call) {
		s.second = nil
		c.arrive(s, host)
		m.finish("done", c.now)
	})
	return rep, nil
}

// laterThan is later, with a way to call it off.
func (c *call) laterThan(s *server, at time.Time, do func(*call)) *bool {
	off := false
	c.later(s, at, func(c *call) {
		if !off {
			do(c)
		}
	})
	return &off
}
