package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A size is all that is known of a flavor: its numbers, and its qualities as
// far as its extra specs or its name say them.
type size struct {
	cpus, ram, disk int64 // MiB, GB of local root disk
	ephemeral, swap int64
	q               quality
	demands         map[string]string // extra specs that ask for a device or a trait
	facts           bool              // the numbers are the service's, not the name's
}

// A quality is what an SCS name can say besides the numbers.
type quality struct {
	class                    byte // L, V, T, C; 0: unknown
	insecure, noECC, crowded bool
	disks                    int64
	medium                   byte // n, h, s, p; 0: unknown
	hyper                    string
	hwVirt                   bool
	cpu                      cpuName
	gpu                      gpuName
	ib                       bool
}

// sizeOf reads a flavor's size, from facts or else from its name; false if
// neither says anything.
func sizeOf(f *resource.Resource) (size, bool) {
	name, named := scsName(f)
	if !known(f) {
		if !named {
			return size{}, false
		}
		s := size{cpus: name.cpus, ram: name.ram, disk: max(name.disk.size, min(name.disk.count, 1)), q: qualityOf(name)}
		return s, true
	}
	s := size{cpus: number(f, "vcpus"), ram: number(f, "ram"), disk: number(f, "disk"), ephemeral: number(f, "ephemeral"), swap: number(f, "swap"), facts: true,
		demands: map[string]string{}}
	if named {
		s.q = qualityOf(name)
	}
	s.readSpecs(f)
	switch {
	case s.disk == 0:
		s.q.disks, s.q.medium = 0, 0
	case s.q.disks == 0:
		s.q.disks = 1
	}
	return s, true
}

// scsName returns what the flavor's extra specs or its name say in the SCS
// grammar. The long names of the specs say more than the flavor's own name.
func scsName(f *resource.Resource) (flavorName, bool) {
	for _, text := range []string{fact(f, "extra_specs", "scs:name-v2"), fact(f, "extra_specs", "scs:name-v1"), f.Name} {
		if name, ok := parseFlavorName(text); ok {
			return name, true
		}
	}
	return flavorName{}, false
}

// qualityOf completes what a name leaves to the standard: a disk of no medium
// is in the network, and the hypervisor is KVM.
func qualityOf(n flavorName) quality {
	q := quality{class: n.class, insecure: n.insecure, noECC: n.noECC, crowded: n.crowded, disks: n.disk.count, medium: n.disk.medium,
		hyper: cmp.Or(n.hyper, "kvm"), hwVirt: n.hwVirt, cpu: n.cpu, gpu: n.gpu, ib: n.ib}
	if q.disks > 0 && q.medium == 0 {
		q.medium = 'n'
	}
	return q
}

// readSpecs takes what the extra specs say beyond the name.
func (s *size) readSpecs(f *resource.Resource) {
	specs, _ := f.Spec["extra_specs"].(map[string]resource.Value)
	classes := map[string]byte{"crowded-core": 'L', "shared-core": 'V', "dedicated-thread": 'T', "dedicated-core": 'C'}
	media := map[string]byte{"network": 'n', "hdd": 'h', "ssd": 's', "nvme": 'p'}
	if c := classes[fact(f, "extra_specs", "scs:cpu-type")]; c != 0 && s.q.class == 0 {
		s.q.class = c
	}
	if m := media[fact(f, "extra_specs", "scs:disk0-type")]; m != 0 {
		s.q.medium = m
	}
	if fact(f, "extra_specs", "hw:cpu_policy") == "dedicated" && s.q.class == 0 {
		s.q.class = 'T'
	}
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		for _, prefix := range []string{"pci_passthrough:", "resources", "trait", "accel:"} {
			if strings.HasPrefix(name, prefix) {
				s.demands[name] = fact(f, "extra_specs", name)
			}
		}
	}
}

// rank orders letters; an unknown letter is the least.
func rank(order string, c byte) int {
	if c == 0 {
		return 0
	}
	return strings.IndexByte(order, c) + 1
}

// fits reports whether a server that needs s can run on t at all: it is not
// smaller, of the same architecture, and has the devices. Local disk is
// another question.
func (s size) fits(t size) bool {
	return t.cpus >= s.cpus && t.ram >= s.ram && t.ephemeral >= s.ephemeral && t.swap >= s.swap &&
		architecture(s.q.cpu.vendor) == architecture(t.q.cpu.vendor) && (t.q.ib || !s.q.ib) && (t.q.hwVirt || !s.q.hwVirt) &&
		(t.q.class == 0 || rank("LVTC", t.q.class) >= rank("LVTC", s.q.class)) &&
		(s.q.hyper == "" || s.q.hyper == "kvm" || s.q.hyper == t.q.hyper) && s.q.gpu.within(t.q.gpu) && includes(t.demands, s.demands)
}

// worse names the qualities that t does not promise as s does; unknown is
// worse than known.
func (s size) worse(t size, local bool) []string {
	var out []string
	add := func(bad bool, what string) {
		if bad {
			out = append(out, what)
		}
	}
	if s.q.class == 0 { // an ordinary flavor is not a heavily shared one
		add(t.q.class == 'L', "cpu class")
	} else {
		add(s.q.class != 'L' && t.q.class == 0, "cpu class")
	}
	add(t.q.insecure && !s.q.insecure, "mitigations")
	add(t.q.noECC && !s.q.noECC, "memory without ECC")
	add(t.q.crowded && !s.q.crowded, "oversubscribed memory")
	if s.q.cpu.vendor != 0 && s.q.cpu.gen > 0 {
		add(t.q.cpu.vendor != s.q.cpu.vendor || t.q.cpu.gen < s.q.cpu.gen, "cpu generation")
	}
	add(t.q.cpu.fast < s.q.cpu.fast, "cpu frequency")
	if local {
		add(!mediumHolds(s.q.medium, t.q.medium), "disk type")
		add(t.q.disks < s.q.disks && s.q.disks > 1, "number of disks")
	}
	return out
}

// mediumHolds: among local disks, the faster is as good; network storage is
// another thing, since it survives the host.
func mediumHolds(from, to byte) bool {
	switch from {
	case 0:
		return true
	case 'n':
		return to == 'n'
	}
	return to != 'n' && rank("hsp", to) >= rank("hsp", from)
}

func (g gpuName) within(t gpuName) bool {
	return g.kind == 0 || g.kind == t.kind && g.vendor == t.vendor && (g.gen == "" || g.gen == t.gen) && t.units >= g.units && t.vram >= g.vram
}

func includes(have, want map[string]string) bool {
	for k, v := range want {
		if have[k] != v {
			return false
		}
	}
	return true
}

func architecture(vendor byte) string {
	switch vendor {
	case 'a':
		return "aarch64"
	case 'r':
		return "riscv64"
	}
	return "x86_64"
}

// equal: the same numbers and the same qualities.
func (s size) equal(t size) bool {
	return s.cpus == t.cpus && s.ram == t.ram && s.disk == t.disk && s.ephemeral == t.ephemeral && s.swap == t.swap && s.q == t.q &&
		maps.Equal(s.demands, t.demands)
}

// cost says what t has more than s.
func (s size) cost(t size) string {
	var parts []string
	add := func(n int64, unit string) {
		if n != 0 {
			parts = append(parts, fmt.Sprintf("%+d %s", n, unit))
		}
	}
	add(t.cpus-s.cpus, "vCPU")
	add(t.ram-s.ram, "MiB")
	add(t.disk-s.disk, "GB of disk")
	if len(parts) == 0 {
		return "same size"
	}
	return strings.Join(parts, ", ")
}
