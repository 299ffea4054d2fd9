package openstack

import (
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
	before                     *serverBefore // a resize that is not confirmed
	image                      string        // id; empty: booted from a volume
	key                        any           // name of the keypair, or nil
	zoneAsked, zone, host      string
	hostAsked                  string // by an administrator
	hostname, userData, drive  string // drive: "True" or ""
	adminPass, reservation     string
	access4, access6           string
	metadata                   map[string]string
	tags                       []string
	group                      *serverGroup
	certificates, groups       []string // ids of trusted certificates; of security groups asked for
	number, launchIndex        int
	locked                     bool
	lockedBy                   string // owner or admin
	lockReason                 any
	diskConfig                 string
	bus                        string // begin of device names: vd, or sd with a SCSI image
	created, changed, launched time.Time
	life                       sim.Life[serverState]
	fault                      *serverFault
	disks                      []*serverDisk
	nics                       []*serverNIC
	history                    []*historyEntry
	second                     *claim // beside its own host
	shelved                    string // id of the image that a shelved one is kept in
	ending                     bool   // a deletion has begun
	ended                      time.Time
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
	message  string
	created  time.Time
	unlisted bool // seen only by who asks for this server
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

func (s *server) state(now time.Time) serverState { return s.life.At(now) }

// status is the word that users see.
func (s *server) status(now time.Time) string {
	st := s.state(now)
	if word, known := taskStatus[st.vm+" "+st.task]; known {
		return word
	}
	if word, known := serverStatus[st.vm]; known {
		return word
	}
	return "UNKNOWN"
}

var serverStatus = map[string]string{"building": "BUILD", "active": "ACTIVE", "stopped": "SHUTOFF", "error": "ERROR", "paused": "PAUSED",
	"suspended": "SUSPENDED", "resized": "VERIFY_RESIZE", "rescued": "RESCUE", "deleted": "DELETED", "soft-delete": "SOFT_DELETED", "shelved": "SHELVED",
	"shelved_offloaded": "SHELVED_OFFLOADED"}

// taskStatus is what a server is called while it is doing something.
var taskStatus = map[string]string{"active rebooting": "REBOOT", "active reboot_pending": "REBOOT", "active reboot_started": "REBOOT",
	"active rebooting_hard": "HARD_REBOOT", "active updating_password": "PASSWORD", "active rebuilding": "REBUILD", "stopped rebuilding": "REBUILD",
	"error rebuilding": "REBUILD", "active migrating": "MIGRATING", "paused migrating": "MIGRATING", "resized resize_reverting": "REVERT_RESIZE",
	"active resize_prep": "RESIZE", "active resize_migrating": "RESIZE", "active resize_migrated": "RESIZE", "active resize_finish": "RESIZE",
	"stopped resize_prep": "RESIZE", "stopped resize_migrating": "RESIZE", "stopped resize_migrated": "RESIZE", "stopped resize_finish": "RESIZE"}

// updated is when the server changed last.
func (s *server) updated(now time.Time) time.Time {
	if t := s.life.Since(now); t.After(s.changed) {
		return t
	}
	return s.changed
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
