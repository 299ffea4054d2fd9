package bundle

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Update is for the tests beside the package too.
var Update = flag.Bool("update", false, "write the golden files")

// What RESTORE.md says of a volume with bytes, a server that is off, and a server
// that boots from a volume of bytes that Nova has made for it.
func TestRestore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"volumes/data.img", "volumes/root.img"} {
		if err := w.Write(file, []byte("bytes")); err != nil {
			t.Fatal(err)
		}
	}
	ref := func(t resource.Type, k resource.Key) resource.Ref { return resource.Ref{Type: t, Key: k} }
	type spec = map[string]resource.Value
	flavor, image, net := ref("OS::Nova::Flavor", "small"), ref("OS::Glance::Image", "debian"), ref("OS::Neutron::Net", "net")
	web, root := ref(serverType, "web"), ref(volumeType, "web-root")
	set := resource.NewSet(nil,
		&resource.Resource{Ref: web, Name: "web", Tenure: resource.Own, Spec: spec{"flavor": flavor, "networks": []resource.Value{spec{"network": net}},
			"block_device_mapping_v2": []resource.Value{spec{"image": image, "volume_size": int64(10), "boot_index": int64(0), "delete_on_termination": true}}}},
		&resource.Resource{Ref: root, Tenure: resource.Implied, Parent: web, Spec: spec{"size": int64(10), "image": image},
			Attrs: spec{"bootable": true, "image_metadata": spec{"os_distro": "debian", "image_description": "Debian 12"}}, Content: &resource.Content{Size: 10 << 30, Length: 5, File: "volumes/root.img", Format: "qcow2"}},
		&resource.Resource{Ref: flavor, Name: "SCS-2V-4-20", Tenure: resource.Given},
		&resource.Resource{Ref: image, Name: "Debian 12", Tenure: resource.Given},
		&resource.Resource{Ref: net, Name: "net", Tenure: resource.Own, Spec: spec{}},
		&resource.Resource{Ref: ref(volumeType, "data"), Name: "data", Tenure: resource.Own, Spec: spec{"size": int64(1)},
			Content: &resource.Content{Size: 1 << 30, Length: 5, File: "volumes/data.img", Format: "qcow2"}},
		&resource.Resource{Ref: ref(volumeType, "vault"), Name: "vault", Tenure: resource.Own, Spec: spec{"size": int64(1)}, Unread: []resource.Path{"content"}},
		&resource.Resource{Ref: ref(serverType, "db"), Name: "it's off", Tenure: resource.Own, Unread: []resource.Path{"content"},
			Spec: spec{"flavor": flavor, "image": image, "networks": []resource.Value{spec{"network": net}}, "power": "off"}})
	if err := w.Close(resource.StreamOf(set), Manifest{Cloud: "my-cloud", Created: "2026-01-02T03:04:05Z"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{RestoreFile, TemplateFile} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *Update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
