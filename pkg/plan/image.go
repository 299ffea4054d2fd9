package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A system is the operating system in an image. Empty parts are unknown.
type system struct{ distro, version, arch string }

// matchImage finds the image of the same name that holds the same system, or
// else the newest that holds it. Another version is another system.
func (b *builder) matchImage(from *resource.Resource) choice {
	src := systemOf(from)
	var named, alike []*resource.Resource
	for _, i := range b.offers[image] {
		if status := text(i, "status"); yes(i, "hidden") || status != "" && status != "active" {
			continue
		}
		t := systemOf(i)
		if i.Name == from.Name && !src.contradicts(t) {
			named = append(named, i)
		}
		if src.distro != "" && src.version != "" && src.distro == t.distro && src.version == t.version && src.architecture() == t.architecture() {
			alike = append(alike, i)
		}
	}
	args := map[string]string{}
	switch len(named) {
	case 0:
	case 1:
		return choice{to: named[0], rule: "image/same-name", effect: resource.Same}
	default:
		return choice{to: newestImage(named, from), rule: "image/ambiguous", effect: resource.Adapted, args: map[string]string{"count": strconv.Itoa(len(named))}}
	}
	if len(alike) > 0 {
		args["system"] = src.String()
		return choice{to: newestImage(alike, from), rule: "image/by-properties", effect: resource.Adapted, args: args}
	}
	args["system"] = cmp.Or(src.String(), "unknown")
	return choice{rule: "image/absent", effect: resource.Lost, args: args}
}

// compareImages tells of what the hypervisor gives a server because its image
// says so: disks of other names, no guest agent, no entropy.
func (b *builder) compareImages(from, to *resource.Resource) {
	if from.Type != image || to == nil || !known(from) || !known(to) {
		return
	}
	for _, name := range []string{"hw_disk_bus", "hw_scsi_model", "hw_vif_model", "hw_rng_model", "hw_qemu_guest_agent", "hw_firmware_type"} {
		x, y := fact(from, "properties", name), fact(to, "properties", name)
		if x == y {
			continue
		}
		b.decide(resource.Decision{Ref: from.Ref, Path: resource.Path("properties").Field(name), From: orNothing(x), To: orNothing(y), Effect: resource.Degraded,
			Rule: "image/properties", Args: map[string]string{"from": label(from), "to": label(to), "differs": name + " " + cmp.Or(x, "–") + " → " + cmp.Or(y, "–")}})
	}
}

// orNothing is nil for a fact that is not there.
func orNothing(fact string) resource.Value {
	if fact == "" {
		return nil
	}
	return fact
}

// newestImage prefers the purpose of from, then the generic one, then what was
// made last.
func newestImage(list []*resource.Resource, from *resource.Resource) *resource.Resource {
	purpose := func(i *resource.Resource) int {
		switch fact(i, "properties", "os_purpose") {
		case fact(from, "properties", "os_purpose"):
			return 0
		case "generic", "":
			return 1
		}
		return 2
	}
	return slices.MinFunc(list, func(x, y *resource.Resource) int {
		return cmp.Or(cmp.Compare(purpose(x), purpose(y)), strings.Compare(text(y, "created"), text(x, "created")),
			strings.Compare(x.Name, y.Name), x.Ref.Compare(y.Ref))
	})
}

// systemOf reads the image's properties, and its name for what they leave out.
func systemOf(i *resource.Resource) system {
	name := systemInName(i.Name)
	s := system{
		distro:  strings.ToLower(fact(i, "properties", "os_distro")),
		version: fact(i, "properties", "os_version"),
		arch:    canonicalArch(fact(i, "properties", "architecture"))}
	if s.distro == "" || s.distro == name.distro {
		s.distro, s.version = cmp.Or(s.distro, name.distro), cmp.Or(s.version, name.version)
	}
	s.arch = cmp.Or(s.arch, name.arch)
	return s
}

// contradicts reports whether both know a part, and differently.
func (s system) contradicts(t system) bool {
	differ := func(x, y string) bool { return x != "" && y != "" && x != y }
	return differ(s.distro, t.distro) || differ(s.version, t.version) || differ(s.arch, t.arch)
}

// architecture: an image that names none is for the common one.
func (s system) architecture() string { return cmp.Or(s.arch, "x86_64") }

// String returns "debian 12 x86_64", or "" if nothing is known.
func (s system) String() string {
	return strings.Join(slices.DeleteFunc([]string{s.distro, s.version, s.arch}, func(t string) bool { return t == "" }), " ")
}

// canonicalArch returns the name that Glance uses.
func canonicalArch(arch string) string {
	aliases := map[string]string{"amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64", "risc-v": "riscv64"}
	arch = strings.ToLower(arch)
	return cmp.Or(aliases[arch], arch)
}

// systemInName reads names such as "Debian 12", "debian-12-generic-amd64",
// "Ubuntu 24.04 LTS x64" and "Ubuntu Noble 24.04 (20250115)".
func systemInName(name string) system {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !(r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z')
	})
	distros := map[string]string{"ubuntu": "ubuntu", "debian": "debian", "centos": "centos", "rocky": "rocky", "almalinux": "almalinux", "alma": "almalinux",
		"fedora": "fedora", "flatcar": "flatcar", "opensuse": "opensuse", "sles": "sles", "rhel": "rhel", "cirros": "cirros", "alpine": "alpine",
		"freebsd": "freebsd", "windows": "windows"}
	codenames := map[string]string{"focal": "20.04", "jammy": "22.04", "noble": "24.04", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13"}
	archs := []string{"x86_64", "amd64", "x64", "aarch64", "arm64", "riscv64"}
	var s system
	for _, word := range words {
		switch {
		case s.distro == "" && distros[word] != "":
			s.distro = distros[word]
		case slices.Contains(archs, word):
			s.arch = canonicalArch(word)
		case s.distro != "" && s.version == "" && isVersion(word):
			s.version = release(s.distro, word)
		}
	}
	for word, version := range maps.All(codenames) {
		if s.version == "" && s.distro != "" && slices.Contains(words, word) {
			s.version = version
		}
	}
	if s.version == "" { // a name without a version says too little
		s.distro = ""
	}
	return s
}

// isVersion: digits and dots, and no date.
func isVersion(word string) bool {
	return strings.Trim(word, "0123456789.") == "" && strings.Trim(word, ".") == word && len(strings.Split(word, ".")[0]) <= 4
}

// release writes "2404" as Ubuntu does.
func release(distro, version string) string {
	if distro == "ubuntu" && len(version) == 4 && !strings.Contains(version, ".") {
		return version[:2] + "." + version[2:]
	}
	return version
}
