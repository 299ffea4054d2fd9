package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A demand is what the servers of one flavor need from it.
type demand struct {
	size
	local   bool  // a server's root disk is the flavor's
	minDisk int64 // GB that the image of such a server needs
	minRAM  int64 // MiB that an image needs
}

// matchFlavor finds the flavor that comes nearest and promises no less: the
// same name and facts; the same in all but the name; the smallest that is not
// smaller, first by vCPUs, then memory, then disk.
func (b *builder) matchFlavor(from *resource.Resource) choice {
	src, ok := sizeOf(from)
	need := b.demandOf(from, src)
	other := ""
	for _, f := range b.offers[flavor] {
		t, _ := sizeOf(f)
		switch {
		case f.Name != from.Name:
		case !ok || need.holds(t) && (!known(from) || src.equal(t)):
			return choice{to: f, rule: "flavor/same-name", effect: resource.Same}
		case known(from) && !src.equal(t):
			other = src.cost(t)
		}
	}
	if !ok {
		return choice{rule: "flavor/absent", effect: resource.Lost, args: map[string]string{"why": "nothing is known of it but its name"}}
	}
	for _, f := range b.offers[flavor] {
		if t, _ := sizeOf(f); src.means(t) && need.holds(t) {
			return choice{to: f, rule: "flavor/same-meaning", effect: resource.Same}
		}
	}
	c := b.nearestFlavor(need)
	if c.to != nil && other != "" {
		c.rule, c.args["differs"] = "flavor/other-meaning", other
	}
	return c
}

// means: equal in all that both are known to promise. A size that is read
// from a name has fewer numbers than the service's.
func (s size) means(t size) bool {
	if s.facts {
		return s.q.class != 0 && s.equal(t)
	}
	return s.cpus == t.cpus && s.ram == t.ram && s.disk == t.disk && s.q == t.q
}

func (d demand) holds(t size) bool {
	return t.ram >= d.minRAM && (!d.local || t.disk == 0 || t.disk >= d.minDisk)
}

func (b *builder) demandOf(from *resource.Resource, src size) demand {
	d := demand{size: src}
	for _, u := range b.uses[from.Ref] {
		if u.by.Type != server {
			continue
		}
		spec := b.out.Get(u.by.Ref).Spec
		local := !HasRootVolume(spec)
		d.local = d.local || local
		if img := b.imageOf(spec); img != nil {
			d.minRAM = max(d.minRAM, number(img, "min_ram"))
			if local {
				d.minDisk = max(d.minDisk, number(img, "min_disk"))
			}
		}
	}
	return d
}

// imageOf returns the image that a server is made from: the target's in the
// place of a Given one; nil if there is none.
func (b *builder) imageOf(spec map[string]resource.Value) *resource.Resource {
	ref, ok := spec["image"].(resource.Ref)
	if !ok {
		return nil
	}
	if to, ok := b.mapped[ref]; ok {
		return to
	}
	return b.out.Get(ref)
}

// A candidate is a flavor that fits, and what is lost with it.
type candidate struct {
	flavor     *resource.Resource
	size       size
	worse      []string
	rootVolume bool // there is no local disk, so servers need a volume
}

// nearestFlavor prefers what loses least, a local disk to a volume, and then
// what is smallest.
func (b *builder) nearestFlavor(need demand) choice {
	var list []candidate
	for _, f := range b.offers[flavor] {
		t, ok := sizeOf(f)
		if c := (candidate{flavor: f, size: t}); ok && need.fits(t) && t.ram >= need.minRAM && c.disk(need) {
			c.worse = need.worse(t, need.local && need.disk > 0 && !c.rootVolume)
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return choice{rule: "flavor/absent", effect: resource.Lost, args: map[string]string{"need": need.String()}}
	}
	best := slices.MinFunc(list, b.compareCandidates)
	c := choice{to: best.flavor, rule: "flavor/nearest", effect: resource.Adapted, args: map[string]string{"cost": need.cost(best.size)}}
	if len(best.worse) > 0 {
		c.effect, c.args["worse"] = resource.Degraded, strings.Join(best.worse, ", ")
	}
	return c
}

// disk reports whether the candidate's local disk is large enough, or there is
// none and a volume takes its place.
func (c *candidate) disk(need demand) bool {
	switch {
	case !need.local:
		return true
	case c.size.disk == 0:
		c.rootVolume = true
		return true
	}
	return c.size.disk >= max(need.disk, need.minDisk)
}

func (b *builder) compareCandidates(x, y candidate) int {
	if byVolume := compareBool(x.rootVolume, y.rootVolume); b.frugal && byVolume != 0 {
		return byVolume
	}
	wasteful := func(c candidate) int64 { // devices that nobody asked for
		if c.size.q.gpu.kind != 0 || len(c.size.demands) > 0 {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(x.losses(), y.losses()),
		compareBool(x.rootVolume, y.rootVolume),
		cmp.Compare(wasteful(x), wasteful(y)),
		cmp.Compare(x.size.cpus, y.size.cpus),
		cmp.Compare(x.size.ram, y.size.ram),
		cmp.Compare(x.size.disk, y.size.disk),
		cmp.Compare(x.size.excess(), y.size.excess()),
		strings.Compare(x.flavor.Name, y.flavor.Name),
		x.flavor.Ref.Compare(y.flavor.Ref))
}

// losses counts what the candidate lacks. A root volume in the place of a local
// disk counts as two: the server starts from something else, and the volume
// takes quota that it did not need before.
func (c candidate) losses() int {
	if c.rootVolume {
		return len(c.worse) + 2
	}
	return len(c.worse)
}

// excess tells equally large flavors apart: the plainer is the nearer.
func (s size) excess() int {
	return 10*rank("LVTC", s.q.class) + rank("nhsp", s.q.medium) + int(s.q.cpu.gen) + s.q.cpu.fast
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// String names what is needed: "2 vCPU, 4096 MiB, 20 GB of disk".
func (d demand) String() string {
	text := (size{}).cost(d.size)
	text = strings.ReplaceAll(text, "+", "")
	for _, k := range slices.Sorted(maps.Keys(d.demands)) {
		text += ", " + k + "=" + d.demands[k]
	}
	return text
}
