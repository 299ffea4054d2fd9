package openstack

import (
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A server. What it is doing follows from its life; what becomes of its ports
// and volumes meanwhile is on the agenda of the instance.
type server struct {
	id, project, user, name    string
	description                any // string or nil
	flavor                     profile.Flavor
	before                     *profile.Flavor // what it had before a resize that is not confirmed
	image                      string          // id; empty: booted from a volume
	key                        any             // name of the keypair, or nil
	zoneAsked, zone, host      string
	hostname, userData, drive  string // drive: "True" or ""
	adminPass, reservation     string
	access4, access6           string
	metadata                   map[string]string
	tags                       []string
	group                      *serverGroup
	certificates, groups       []string // ids of trusted certificates; of security groups asked for
	number, launchIndex        int
	locked                     bool
	lockReason                 any
	diskConfig                 string
	bus                        string // begin of device names: vd, or sd with a SCSI image
	created, changed, launched time.Time
	life                       sim.Life[serverState]
	fault                      *serverFault
	disks                      []*serverDisk
	nics                       []*serverNIC
	actions                    []serverAction
	ending                     bool // a deletion has begun
	requestedNetworks          []nicWish
	requestedDisks             []diskWish
}

// serverState is what Nova knows of a server: its own state, what it is doing,
// and whether the machine runs.
type serverState struct {
	vm, task string
	power    int
}

const (
	powerNone    = 0
	powerRunning = 1
	powerPaused  = 3
	powerOff     = 4
)

type serverFault struct {
	message string
	created time.Time
}

// A serverDisk is a volume at a server.
type serverDisk struct {
	volume, device string
	tag            any
	deleteToo      bool
	boot           bool
	mapping        string // bdm_uuid
	attachment     *attachment
}

// A serverNIC is a port at a server.
type serverNIC struct {
	port string
	made bool // Nova made it, and takes it away again
	tag  any
}

// A serverAction is what was asked of a server, for os-instance-actions.
type serverAction struct {
	name, request, user string
	start               time.Time
}

func (s *server) state(now time.Time) serverState { return s.life.At(now) }

// status is the word that users see.
func (s *server) status(now time.Time) string {
	st := s.state(now)
	switch {
	case slices.Contains([]string{"rebooting", "reboot_pending", "reboot_started"}, st.task):
		return "REBOOT"
	case st.task == "rebooting_hard":
		return "HARD_REBOOT"
	case st.task == "rebuilding":
		return "REBUILD"
	case st.task == "resize_prep":
		return "RESIZE"
	}
	if word, known := serverStatus[st.vm]; known {
		return word
	}
	return "UNKNOWN"
}

var serverStatus = map[string]string{"building": "BUILD", "active": "ACTIVE", "stopped": "SHUTOFF", "error": "ERROR", "paused": "PAUSED",
	"suspended": "SUSPENDED", "resized": "VERIFY_RESIZE", "rescued": "RESCUE", "deleted": "DELETED", "shelved_offloaded": "SHELVED_OFFLOADED"}

// updated is when the server changed last.
func (s *server) updated(now time.Time) time.Time {
	if t := s.life.Since(now); t.After(s.changed) {
		return t
	}
	return s.changed
}

// note remembers what was asked.
func (s *server) note(c *call, name string) {
	s.actions = append(s.actions, serverAction{name, c.id, c.token.user.id, c.now})
}

// disk finds a volume of the server.
func (s *server) disk(volume string) *serverDisk {
	for _, d := range s.disks {
		if d.volume == volume {
			return d
		}
	}
	return nil
}

func (s *server) nic(port string) *serverNIC {
	for _, n := range s.nics {
		if n.port == port {
			return n
		}
	}
	return nil
}

// later notes what is to be done with a server at a moment, by the one who
// asked, unless the server is gone by then.
func (c *call) later(s *server, at time.Time, do func(*call)) {
	then := *c
	c.cloud.At(at, func(now time.Time) {
		if _, there := c.cloud.compute.servers.Get(s.id); there {
			then.now = now
			do(&then)
		}
	})
}
