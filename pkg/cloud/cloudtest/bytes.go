package cloudtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const mebibyte = 1 << 20

// bytes moves bytes into an image and back, and into a volume and back, which
// is how a drill does it.
func (s Suite) bytes(t *testing.T) {
	r := s.begin(t, "ctbytes")
	storer, ok := r.cloud.(cloud.Storer)
	if !ok {
		t.Fatal("the driver does not move bytes")
	}
	content := make([]byte, mebibyte)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(content) //nolint:errcheck // never fails
	content[len(content)-1] = 1

	image, err := r.cloud.Create(t.Context(), own("OS::Glance::Image", "ct image", spec{"disk_format": "raw", "min_disk": 1, "tags": []resource.Value{"carried"},
		"properties": spec{"os_distro": "debian", "os_version": "12"}}), resource.Owner{Drill: r.drill, Key: "image"})
	if err != nil {
		t.Fatal(err)
	}
	if image.State != resource.Pending {
		t.Errorf("an image without bytes is %s, want %s", image.State, resource.Pending)
	}
	if err := storer.Upload(t.Context(), image, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	shown := r.ready(image)
	for path, want := range map[resource.Path]resource.Value{"disk_format": "raw", "min_disk": int64(1), "tags[0]": "carried", "properties.os_distro": "debian", "properties.os_version": "12"} {
		if got, _ := resource.Lookup(shown.Spec, path); got != want {
			t.Errorf("image: %s is %v, want %v", path, got, want)
		}
	}
	if shown.Name != "ct image" || shown.Owner != (resource.Owner{Drill: r.drill, Key: "image"}) {
		t.Errorf("image: %q of %v", shown.Name, shown.Owner)
	}
	if got := download(t, storer, image); !bytes.Equal(got, content) {
		t.Error("the image's bytes are not those that were uploaded")
	}
	r.isKind("upload again", storer.Upload(t.Context(), image, bytes.NewReader(content)), cloud.ErrConflict)

	volume := r.create(own("OS::Cinder::Volume", "ct-restored", spec{"size": 1, "image": image.ID, "bootable": false, "image_metadata": spec{"os_distro": "ubuntu"}}))
	r.delete(image)
	volume = r.ready(volume)
	for path, want := range map[resource.Path]resource.Value{"image": nil, "bootable": nil, "image_metadata.os_distro": "ubuntu", "size": int64(1)} {
		if got, _ := resource.Lookup(volume.Spec, path); got != want {
			t.Errorf("volume: %s is %v, want %v", path, got, want)
		}
	}
	copied := r.create(own("OS::Glance::Image", "ct-copy", spec{"disk_format": "qcow2", "volume": volume.ID}))
	if copied.Name != "ct-copy" || copied.Owner != (resource.Owner{Drill: r.drill, Key: "ct-copy"}) {
		t.Errorf("image of volume: %q of %v", copied.Name, copied.Owner)
	}
	s.isDisk(t, download(t, storer, copied), content)
}

func download(t *testing.T, storer cloud.Storer, image *resource.Resource) []byte {
	t.Helper()
	body, err := storer.Download(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// isDisk asserts that a qcow2 file holds a disk of 1 GiB that begins with
// content and else is zero.
func (s Suite) isDisk(t *testing.T, file, content []byte) {
	t.Helper()
	got, err := s.Measure(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if want := hex.EncodeToString(sum[:]); got.Size != 1024*mebibyte || got.Length != int64(len(content)) || got.SHA256 != want {
		t.Errorf("the volume has %d bytes and %d before the zeros with sha256 %s; want %d, %d, %s", got.Size, got.Length, got.SHA256, 1024*mebibyte, len(content), want)
	}
}
