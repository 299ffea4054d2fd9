package openstack

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A nicWish is one entry of the networks of a new server.
type nicWish struct {
	network, port, address string // ids; address may be empty
	tag                    any
}

// A diskWish is one entry of block_device_mapping_v2.
type diskWish struct {
	source, destination, uuid string // source: volume, image, snapshot, blank
	size                      int64
	kind, device              string
	bootIndex                 int64 // -1: not to be booted from
	deleteToo                 bool
	tag                       any
}

// build begins a server's life: it is scheduled, then gets its network and its
// disks, then starts. What goes wrong on the way shows as ERROR.
func (s *server) build(c *call) {
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerBuild, s.id)
	s.life = sim.Begin(c.now, serverState{"building", "scheduling", powerNone}, d/4).
		For(serverState{"building", "networking", powerNone}, d/4).
		For(serverState{"building", "spawning", powerNone}, d-2*(d/4)).
		Then(serverState{"active", "", powerRunning})
	s.launched = s.life.End()
	for _, w := range s.requestedDisks {
		if w.source == "volume" { // reserved at once, so that nobody else takes it
			v, _ := c.cloud.volume.table.Get(w.uuid)
			s.attach(c, v, w, s.launched)
		}
	}
	c.later(s, c.now.Add(d/4), func(c *call) { s.equip(c, d-d/4) })
}

// equip gives the server a host, ports and volumes. It ends the life as an
// error when one of them cannot be had.
func (s *server) equip(c *call, left time.Duration) {
	if s.ending {
		return
	}
	if f, struck := c.cloud.Faults.Object("server", s.name); struck {
		s.strand(c, cmp.Or(f.Message, asRefusal(errNoValidHost).message))
		return
	}
	host, err := c.cloud.place(s, s.flavor, s.scheduling(c.cloud))
	if err != nil {
		s.strand(c, asRefusal(err).message)
		return
	}
	s.host, s.zone = host, c.cloud.zoneOf(host)
	for _, step := range []func(*call) error{s.plug, func(c *call) error { return s.makeDisks(c, left) }} {
		if err := step(c); err != nil {
			s.abort(c, fmt.Sprintf("Build of instance %s aborted: %s", s.id, asRefusal(err).message))
			return
		}
	}
}

// scheduling is where a new server may be: with none asked for, in the first
// zone.
func (s *server) scheduling(c *Cloud) scheduling {
	want := scheduling{zone: s.zoneAsked, host: s.hostAsked}
	if want.zone == "" && want.host == "" {
		want.zone = c.zones()[0]
	}
	return want
}

// strand ends the building of a server that the scheduler has no host for. Nova
// keeps such a server apart, in cell0, where lists do not look for its fault.
func (s *server) strand(c *call, message string) {
	s.abort(c, message)
	s.fault.unlisted, s.zone = true, s.scheduling(c.cloud).zone
	s.history[0].fail(message, "conductor_schedule_and_build_instances")
}

// abort ends the building of a server with an error; what it had got is free
// again. To Nova the building itself was carried out.
func (s *server) abort(c *call, message string) {
	s.life = sim.Steady(c.now, serverState{"error", "", powerNone})
	s.fault = &serverFault{message: message, created: c.now}
	s.history[0].end, s.launched = c.now, time.Time{}
	s.release(c)
	s.offload()
}

// plug makes the ports that were asked for, and takes those that are there.
func (s *server) plug(c *call) error {
	for _, w := range s.requestedNetworks {
		nic, err := s.makeNIC(c, w)
		if err != nil {
			return err
		}
		s.nics = append(s.nics, nic)
	}
	return nil
}

func (s *server) makeNIC(c *call, w nicWish) (*serverNIC, error) {
	n := &c.cloud.network
	if w.port != "" {
		p, there := n.ports.objects.Get(w.port)
		if !there {
			return nil, refuse(http.StatusNotFound, "Port id %s could not be found.", w.port)
		}
		s.bind(c, p)
		return &serverNIC{port: p.id, tag: w.tag}, nil
	}
	p, err := n.portForServer(c, w, s)
	if err != nil {
		return nil, err
	}
	s.bind(c, p)
	return &serverNIC{port: p.id, made: true, tag: w.tag}, nil
}

// bind gives a port to the server.
func (s *server) bind(c *call, p *netObject) {
	p.attrs["device_id"], p.attrs["device_owner"], p.attrs["binding:host_id"], p.attrs["status"] = s.id, "compute:"+s.zone, s.host, "ACTIVE"
	if p.text("dns_name") == "" {
		p.attrs["dns_name"] = s.hostname
	}
	p.touch(c.now)
}

// unbind takes a port away from its server.
func (c *call) unbind(p *netObject) {
	p.attrs["device_id"], p.attrs["device_owner"], p.attrs["binding:host_id"], p.attrs["status"] = "", "", "", "DOWN"
	p.attrs["dns_name"] = ""
	p.touch(c.now)
}

// makeDisks makes the volumes that Nova has to make and attaches all; the
// server starts when the last of them is there.
func (s *server) makeDisks(c *call, left time.Duration) error {
	done := c.now.Add(left)
	for _, w := range s.requestedDisks {
		if w.destination != "volume" || w.source == "volume" {
			continue
		}
		wish := volumeWish{name: "", description: "", size: w.size, kind: w.kind}
		switch w.source {
		case "image":
			wish.image = w.uuid
		case "snapshot":
			wish.snapshot = w.uuid
		}
		v, err := c.makeVolume(wish)
		if err != nil {
			return err
		}
		w.uuid = v.id
		a := s.attach(c, v, w, done)
		if a.since.After(done) {
			done = a.since
		}
	}
	if done.After(s.life.End()) {
		s.life = sim.Begin(c.now, serverState{"building", "block_device_mapping", powerNone}, done.Sub(c.now)).Then(serverState{"active", "", powerRunning})
		s.launched = done
	}
	return nil
}

// attach gives a volume to the server; it is in use from done on.
func (s *server) attach(c *call, v *volume, w diskWish, done time.Time) *attachment {
	d := &serverDisk{volume: v.id, device: w.device, tag: w.tag, deleteToo: w.deleteToo, boot: w.bootIndex == 0, mapping: c.cloud.Objects.UUID()}
	if d.device == "" {
		d.device = s.nextDevice(d.boot)
	}
	d.attachment = c.attachVolume(v, s.id, d.device, s.host, done)
	s.disks = append(s.disks, d)
	return d.attachment
}

// nextDevice is the first free name; the root disk's is always the first.
func (s *server) nextDevice(boot bool) string {
	if boot {
		return "/dev/" + s.bus + "a"
	}
	for letter := 'b'; letter <= 'z'; letter++ {
		name := "/dev/" + s.bus + string(letter)
		if !slices.ContainsFunc(s.disks, func(d *serverDisk) bool { return d.device == name }) {
			return name
		}
	}
	return "/dev/" + s.bus + "z"
}

// release takes away all ports and volumes: what Nova made goes, the rest
// becomes free.
func (s *server) release(c *call) {
	n := &c.cloud.network
	for _, nic := range s.nics {
		p, there := n.ports.objects.Get(nic.port)
		switch {
		case !there:
		case nic.made:
			n.drop(c, p)
		default:
			c.unbind(p)
		}
	}
	for _, d := range s.disks {
		v, there := c.cloud.volume.table.Get(d.volume)
		if !there {
			continue
		}
		c.cloud.detachVolume(v, s.id, c.now, c.now)
		if d.deleteToo {
			c.cloud.dropVolume(v, c.now)
		}
	}
	s.nics, s.disks = nil, nil
}

// deleteServer begins the end of a server; a moment later nothing is left.
func deleteServer(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:delete"); err != nil {
		return nil, err
	}
	if err := c.unlocked(s); err != nil {
		return nil, err
	}
	c.endServer(s)
	return empty(http.StatusNoContent), nil
}

func (c *call) endServer(s *server) {
	if s.ending {
		return
	}
	s.ending = true
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerDelete, s.id)
	s.note(c, "delete", c.now.Add(d))
	st := s.state(c.now)
	st.task = "deleting"
	s.life = sim.Steady(c.now, st)
	if d == 0 {
		s.vanish(c)
		return
	}
	c.later(s, c.now.Add(d), s.vanish)
}

// vanish is the end of a server. What is known of it stays for those who ask
// for changes.
func (s *server) vanish(c *call) {
	s.release(c)
	if s.group != nil {
		s.group.members = slices.DeleteFunc(s.group.members, func(m string) bool { return m == s.id })
	}
	c.cloud.compute.servers.Delete(s.id)
	s.life, s.metadata, s.ended = sim.Steady(c.now, serverState{"deleted", "", powerNone}), map[string]string{}, c.now
	c.cloud.compute.past.Put(s.id, s.project, s)
}
