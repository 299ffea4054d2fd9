package plan

import (
	"slices"
	"strconv"
	"strings"
)

// A flavorName is what an SCS flavor name says (standard scs-0100, versions 1
// to 3): "SCS-2V-4-20s_i3". The zero value of a part means that the name does
// not say.
type flavorName struct {
	cpus     int64
	class    byte  // L, V, T, C: from heavily shared to a core of its own
	insecure bool  // mitigations against flaws of the processor may be off
	ram      int64 // MiB
	noECC    bool
	crowded  bool // memory is given out more than once
	disk     diskName
	hyper    string // kvm, chy, xen, vmw, hyv, bms
	hwVirt   bool   // servers can run virtual machines
	cpu      cpuName
	gpu      gpuName
	ib       bool // InfiniBand
}

// A diskName is the local root disk. A count of 0: there is none.
type diskName struct {
	count  int64
	size   int64 // GB; 0: the provider picks
	medium byte  // n, h, s, p; 0: unspecified
}

// A cpuName is the processor.
type cpuName struct {
	vendor byte // i, z (AMD), a (Arm), r (RISC-V)
	gen    int64
	fast   int // number of h
}

// A gpuName is the graphics processor.
type gpuName struct {
	kind, vendor byte // g (a share) or G (whole); N, A, I
	gen          string
	units        int64
	unitsFast    int
	vram         int64
	vramFast     int
}

// parseFlavorName reads a name in the spelling of version 2 and 3 or of
// version 1 (colons between the sizes); false if it is not an SCS name.
func parseFlavorName(name string) (flavorName, bool) {
	if rest, ok := strings.CutPrefix(name, "SCS-"); ok {
		if f, ok := parseFlavorParts(rest); ok {
			return f, true
		}
		if strings.Contains(rest, ":") {
			return parseFlavorParts(strings.ReplaceAll(strings.ReplaceAll(rest, "-", "_"), ":", "-"))
		}
	}
	return flavorName{}, false
}

func parseFlavorParts(text string) (flavorName, bool) {
	var f flavorName
	s := &scanner{rest: text}
	ok := f.cpuRAM(s) && f.disks(s)
	if name := s.oneOf("_kvm", "_chy", "_xen", "_vmw", "_hyv", "_bms"); name != "" {
		f.hyper = name[1:]
	}
	f.hwVirt = s.cut("_hwv")
	ok = ok && f.processor(s) && f.graphics(s)
	f.ib = s.cut("_ib")
	return f, ok && s.rest == ""
}

func (f *flavorName) cpuRAM(s *scanner) bool {
	f.cpus = s.number()
	f.class = s.letter("LVTC")
	f.insecure = s.cut("i")
	dash := s.cut("-")
	f.ram = s.halfGiB()
	f.noECC, f.crowded = s.cut("u"), s.cut("o")
	return f.cpus > 0 && f.class != 0 && dash && f.ram > 0
}

func (f *flavorName) disks(s *scanner) bool {
	if !s.cut("-") {
		return true
	}
	n, said := s.maybe()
	f.disk.count = 1
	if said && s.cut("x") {
		f.disk.count = n
		if n == 0 {
			return false
		}
		n, said = s.maybe()
	}
	f.disk.size = n
	f.disk.medium = s.letter("nhsp")
	return !said || n > 0
}

func (f *flavorName) processor(s *scanner) bool {
	before := *s
	if !s.cut("_") {
		return true
	}
	f.cpu.vendor = s.letter("izar")
	f.cpu.gen = s.number()
	f.cpu.fast = s.count('h')
	if f.cpu.vendor == 0 || s.rest != "" && s.rest[0] != '_' { // another part, such as "_ib"
		*s, f.cpu = before, cpuName{}
		return true
	}
	newest := map[byte]int64{'i': 6, 'z': 6, 'a': 5, 'r': 0}
	return f.cpu.gen <= newest[f.cpu.vendor] && f.cpu.fast <= 3
}

func (f *flavorName) graphics(s *scanner) bool {
	if !strings.HasPrefix(s.rest, "_g") && !strings.HasPrefix(s.rest, "_G") {
		return true
	}
	f.gpu.kind = s.rest[1]
	s.rest = s.rest[2:]
	f.gpu.vendor = s.letter("NAI")
	f.gpu.gen = s.until("-h")
	generations := map[byte][]string{
		'N': {"", "f", "k", "m", "p", "v", "t", "a", "l", "g", "b", "u"},
		'A': {"", "0.4", "0.5", "1", "1.1", "2", "2.1", "3", "3.1", "3.5", "4", "4.1", "5.1"},
		'I': {"", "0.9", "0.95", "1", "2", "3", "4"}}
	if !slices.Contains(generations[f.gpu.vendor], f.gpu.gen) {
		return false
	}
	if !s.cut("-") {
		return true
	}
	f.gpu.units, f.gpu.unitsFast = s.number(), s.count('h')
	if s.cut("-") {
		f.gpu.vram, f.gpu.vramFast = s.number(), s.count('h')
		if f.gpu.vram == 0 {
			return false
		}
	}
	return f.gpu.units > 0 && f.gpu.unitsFast <= 2 && f.gpu.vramFast <= 2
}

// String writes the name in the spelling of version 2, which version 3 keeps.
func (f flavorName) String() string {
	var b strings.Builder
	b.WriteString("SCS-" + digits(f.cpus) + letter(f.class) + flag(f.insecure, "i"))
	b.WriteString("-" + strconv.FormatFloat(float64(f.ram)/1024, 'f', -1, 64) + flag(f.noECC, "u") + flag(f.crowded, "o"))
	b.WriteString(f.disk.String() + flag(f.hyper != "", "_"+f.hyper) + flag(f.hwVirt, "_hwv"))
	b.WriteString(f.cpu.String() + f.gpu.String() + flag(f.ib, "_ib"))
	return b.String()
}

func (d diskName) String() string {
	if d.count == 0 {
		return ""
	}
	return "-" + flag(d.count > 1, digits(d.count)+"x") + digits(d.size) + letter(d.medium)
}

func (c cpuName) String() string {
	if c.vendor == 0 {
		return ""
	}
	return "_" + letter(c.vendor) + digits(c.gen) + strings.Repeat("h", c.fast)
}

func (g gpuName) String() string {
	if g.kind == 0 {
		return ""
	}
	text := "_" + letter(g.kind) + letter(g.vendor) + g.gen
	if g.units > 0 {
		text += "-" + digits(g.units) + strings.Repeat("h", g.unitsFast)
	}
	if g.vram > 0 {
		text += "-" + digits(g.vram) + strings.Repeat("h", g.vramFast)
	}
	return text
}

func flag(on bool, text string) string {
	if on {
		return text
	}
	return ""
}

func digits(n int64) string { return flag(n > 0, strconv.FormatInt(n, 10)) }

func letter(c byte) string { return flag(c != 0, string(rune(c))) }
