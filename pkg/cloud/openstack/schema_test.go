package openstack

import (
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestSchemas: the schemas agree with themselves and with each other.
func TestSchemas(t *testing.T) {
	all := Schemas()
	classes := []string{classID, className, classMark, classClock, classProvider, classLink, classSecret}
	for _, s := range all {
		isField := func(p resource.Path) bool {
			return slices.ContainsFunc(s.Fields, func(f resource.Field) bool { return f.Path == p || p.Matches(f.Path) })
		}
		seen := map[resource.Path]bool{}
		for _, f := range s.Fields {
			if seen[f.Path] {
				t.Errorf("%s: %s twice", s.Type, f.Path)
			}
			seen[f.Path] = true
			for _, to := range f.Refers {
				if all[to] == nil {
					t.Errorf("%s: %s refers to the unknown type %s", s.Type, f.Path, to)
				}
			}
			if f.Default != nil && !resource.Equal(s.Canonical(map[string]resource.Value{"x": f.Default})["x"], f.Default) {
				t.Errorf("%s: the default of %s is not canonical", s.Type, f.Path)
			}
			if f.Form == "" || f.Chooser == "" {
				t.Errorf("%s: %s has no form or chooser", s.Type, f.Path)
			}
		}
		for key, class := range s.Body {
			if !slices.Contains(classes, class) && !strings.HasPrefix(class, attrPrefix) && !isField(resource.Path(class)) {
				t.Errorf("%s: body key %q is %q, which is no field", s.Type, key, class)
			}
		}
		for _, p := range append(slices.Clone(s.Natural), s.Exclusive...) {
			if !isField(p) {
				t.Errorf("%s: %s is no field", s.Type, p)
			}
		}
	}
	if len(all) != len(kinds())+len(givenSchemas()) {
		t.Errorf("%d schemas", len(all))
	}
}

// TestMarksAreStripped: a mark is found wherever a type keeps it, and nothing
// of it is left.
func TestMarksAreStripped(t *testing.T) {
	owner := resource.Owner{Drill: "d1", Key: "web-1"}
	for _, k := range kinds() {
		if k.schema.Mark == resource.MarkParent {
			continue
		}
		r := &resource.Resource{Ref: resource.Ref{Type: k.schema.Type}, Name: "front end", Spec: map[string]resource.Value{}}
		if k.isField("description") {
			r.Spec["description"] = "of the house"
		}
		for _, p := range []string{"metadata", "tags"} {
			f, ok := k.schema.Field(resource.Path(p))
			switch {
			case ok && f.Form == resource.Object:
				r.Spec[p] = map[string]resource.Value{"a": "b"}
			case ok:
				r.Spec[p] = []resource.Value{"blue"}
			}
		}
		plain, marked := k.toBody(r, resource.Owner{}), k.toBody(r, owner)
		if f, ok := k.schema.Field("tags"); ok && f.Gate == "extension:standard-attr-tag" {
			delete(r.Spec, "tags") // Neutron takes them later
		}
		for b, want := range map[*map[string]any]resource.Owner{&plain: {}, &marked: owner} {
			got := k.fromBody(*b)
			if got.Owner != want || got.Name != r.Name || !resource.Equal(k.schema.Canonical(got.Spec), k.schema.Canonical(r.Spec)) {
				t.Errorf("%s: %v %q %v, want %v %q %v", k.schema.Type, got.Owner, got.Name, got.Spec, want, r.Name, r.Spec)
			}
		}
	}
}

// TestInterfaceOrder: the order of a server's interfaces is in the order of
// keys in the answer, which maps lose.
func TestInterfaceOrder(t *testing.T) {
	b, err := decode([]byte(`{"id": "s", "image": "", "addresses": {"z": [{"OS-EXT-IPS-MAC:mac_addr": "m1"}, {"OS-EXT-IPS-MAC:mac_addr": "m3"}], "a": [{"OS-EXT-IPS-MAC:mac_addr": "m2"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := &project{id: "p", lists: map[collection][]body{}, byID: map[collection]map[string]body{}}
	p.put(portList, []body{{"id": "2", "mac_address": "m2", "device_id": "s"}, {"id": "new", "mac_address": "m9", "device_id": "s"}, {"id": "3", "mac_address": "m3", "device_id": "s"},
		{"id": "x", "mac_address": "m1", "device_id": "other"}, {"id": "1", "mac_address": "m1", "device_id": "s"}})
	var got []string
	for _, port := range p.portsOf(b) {
		got = append(got, port.text("id"))
	}
	if want := "1 3 2 new"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestNovaMade: what Nova has made is told from what a user has made and left
// unnamed.
func TestNovaMade(t *testing.T) {
	server := body{"id": "s", "image": "", "created": "2026-01-02T03:04:05Z",
		"os-extended-volumes:volumes_attached": []any{map[string]any{"id": "v", "delete_on_termination": false}, map[string]any{"id": "w", "delete_on_termination": false}}}
	volume := func(id, device, created, name string) body {
		return body{"id": id, "name": name, "bootable": "true", "created_at": created, "volume_image_metadata": map[string]any{"image_id": "i"},
			"attachments": []any{map[string]any{"server_id": "s", "device": device}}}
	}
	const before, after = "2026-01-02T03:04:04.000000", "2026-01-02T03:04:05.000000"
	for name, c := range map[string]struct {
		port   body
		root   body
		mark   string
		byNova [2]bool
	}{
		"both made with the server": {body{"device_id": "s", "created_at": after + "Z"}, volume("v", "/dev/vda", after, ""), "", [2]bool{true, true}},
		"both made before":          {body{"device_id": "s", "created_at": before}, volume("v", "/dev/vda", before, ""), "", [2]bool{false, false}},
		"before, of a drill":        {body{"device_id": "s", "created_at": before}, volume("v", "/dev/vda", before, ""), "wechsel-d1-web", [2]bool{true, true}},
		"named":                     {body{"device_id": "s", "created_at": after, "name": "mine"}, volume("v", "/dev/vda", after, "mine"), "", [2]bool{false, false}},
		"described, not the root":   {body{"device_id": "s", "created_at": after, "description": "x"}, volume("v", "/dev/vdc", after, ""), "", [2]bool{false, false}},
		"nobody's":                  {body{"device_id": "other", "created_at": after}, volume("v", "/dev/vda", after, ""), "", [2]bool{false, true}},
	} {
		p := &project{id: "p", lists: map[collection][]body{}, byID: map[collection]map[string]body{}}
		s := body{}
		for k, v := range server {
			s[k] = v
		}
		s["tags"] = []any{c.mark}
		p.put(serverList, []body{s})
		p.put(volumeList, []body{volume("w", "/dev/vdb", before, "data"), c.root})
		if got := [2]bool{p.isNovaPort(c.port), p.isNovaVolume(c.root)}; got != c.byNova {
			t.Errorf("%s: made by Nova: %v, want %v", name, got, c.byNova)
		}
	}
}
