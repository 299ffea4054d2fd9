package profile

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

const base = `
name: mine
title: {en: Mine, de: Meine}
description: {en: Mine, de: Meine}
region: one
services: {identity: {}, compute: {min: "2.1", max: "2.93"}, network: {}, image: {}, block-storage: {}}
flavors: [{name: small, vcpus: 1, ram: 512}]
volumeTypes: [{name: ssd, default: true}]
extensions: [dns-integration]
behaviour: {network: {type: geneve, mtu: 1442}, hashAlgorithm: sha256}
`

func TestOverlay(t *testing.T) {
	p, err := Parse("mine.yaml", []byte(base),
		Overlay{"clouds/older.yaml", []byte("title: {en: older, de: älter}\nservices: {compute: {max: \"2.79\"}}\nflavors: [{name: large, vcpus: 8, ram: 8192}]\n")},
		Overlay{"bare.yaml", []byte("extensions: null\nbehaviour: {hashAlgorithm: null}\nquota: {compute.cores: 4}\n")})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "mine+older+bare" || p.Title["de"] != "Meine + älter" || p.Description["en"] != "Mine" {
		t.Errorf("it is %s, %v", p.Name, p.Title)
	}
	if s := p.Services["compute"]; s.Min != "2.1" || s.Max != "2.79" {
		t.Errorf("a mapping is not both: %v", s)
	}
	if len(p.Flavors) != 1 || p.Flavors[0].Name != "large" {
		t.Errorf("a list is not the overlay's: %v", p.Flavors)
	}
	if p.Extensions != nil || p.Behaviour.HashAlgorithm != "" || p.Behaviour.Network.MTU != 1442 || p.Quota["compute.cores"] != 4 {
		t.Errorf("null does not take away: %+v", p)
	}
}

// Mistakes are told where they are, in whichever file.
func TestOverlayMistakes(t *testing.T) {
	for name, c := range map[string]struct{ overlay, want string }{
		"unknown key":     {"flavours: []\n", "over.yaml:1:1: flavours is not known here"},
		"of wrong kind":   {"\n- a\n", "over.yaml:2:1: "},
		"wrong value":     {"behaviour:\n  network: {type: token-ring}\n", `over.yaml:2:19: behaviour.network.type: "token-ring" is none of`},
		"what is missing": {"region: null\n", "region: is missing"},
		"no YAML":         {"a: [", "over.yaml: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("mine.yaml", []byte(base), Overlay{"over.yaml", []byte(c.overlay)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// Each overlay that wechsel brings along goes with each of its clouds.
func TestCarriedOverlays(t *testing.T) {
	clouds := os.DirFS("../../fixtures/clouds")
	names, err := Names(clouds)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(clouds, "overlays/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		overlay, err := fs.ReadFile(clouds, file)
		if err != nil {
			t.Fatal(err)
		}
		o := Overlay{file, overlay}
		if titles, err := o.Titles(); err != nil || titles["en"] == "" || titles["de"] == "" {
			t.Errorf("%s: titles are %v, %v", file, titles, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(clouds, name+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			p, err := Parse(name+".yaml", data)
			if err != nil || !p.OpenStack() {
				continue
			}
			if _, err := Parse(name+".yaml", data, o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
