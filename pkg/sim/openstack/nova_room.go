package openstack

import (
	"math"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// What a host has of which the profile says nothing.
const (
	hostVCPUs = 128
	hostRAM   = 512 << 10 // MiB
	hostDisk  = 20 << 10  // GiB
)

// A room is so much of a host: what it has, what it gives away or what a server
// needs of it.
type room struct{ vcpus, ram, disk int64 } // MiB, GiB

func (r room) plus(more room) room {
	return room{r.vcpus + more.vcpus, r.ram + more.ram, r.disk + more.disk}
}

func (r room) times(n int64) room { return room{r.vcpus * n, r.ram * n, r.disk * n} }

func (r room) fits(in room) bool { return r.vcpus <= in.vcpus && r.ram <= in.ram && r.disk <= in.disk }

// hostRoom is what each host has.
func (c *Cloud) hostRoom() room {
	if h := c.profile.Behaviour.Host; h != (profile.Host{}) {
		return room{h.VCPUs, h.RAM, h.Disk}
	}
	return room{hostVCPUs, hostRAM, hostDisk}
}

// givenAway is how much all servers of a host may have, and how much one of them,
// as Placement counts it. A host without a size is never full.
func (c *Cloud) givenAway() (all, one room) {
	h := c.profile.Behaviour.Host
	if h == (profile.Host{}) {
		boundless := room{math.MaxInt64, math.MaxInt64, math.MaxInt64}
		return boundless, boundless
	}
	return room{h.CPURatio.Of(h.VCPUs, 16), h.RAMRatio.Of(h.RAM-profile.ReservedRAM, 1.5), h.DiskRatio.Of(h.Disk, 1)}, c.hostRoom()
}

// needs is what the server takes of a host with this flavor. One that boots from a
// volume has no root disk there.
func (s *server) needs(f profile.Flavor) room {
	r := room{f.VCPUs, f.RAM, f.Ephemeral + (f.Swap+1023)>>10}
	if s.image != "" {
		r.disk += f.Disk
	}
	return r
}

// A claim is a place on a host that is kept for a server beside the one it runs in:
// where it goes to while it moves, and where it came from until that is confirmed.
type claim struct {
	host   string
	flavor profile.Flavor
}

// taken is what the servers have of each host.
func (c *Cloud) taken() map[string]room {
	use := map[string]room{}
	for s := range c.compute.servers.All() {
		if s.host != "" {
			use[s.host] = use[s.host].plus(s.needs(s.flavor))
		}
		if s.second != nil {
			use[s.second.host] = use[s.second.host].plus(s.needs(s.second.flavor))
		}
	}
	return use
}
