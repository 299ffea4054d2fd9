package bundle

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func write(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.File("volumes/data.raw")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, bytes.NewReader([]byte("bytes"))); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	set := resource.NewSet(nil, &resource.Resource{
		Ref: resource.Ref{Type: "OS::Cinder::Volume", Key: "data"}, Tenure: resource.Own, ID: "secret-id",
		Spec:    map[string]resource.Value{"size": int64(1)},
		Content: &resource.Content{Size: 5, File: "volumes/data.raw"},
	})
	if err := w.Close(resource.StreamOf(set), Manifest{Cloud: "a", Created: "2026-01-02T03:04:05Z"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWriteOpen(t *testing.T) {
	dir := write(t)
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := b.Set.Get(resource.Ref{Type: "OS::Cinder::Volume", Key: "data"})
	if r == nil || r.Spec["size"] != int64(1) || r.Content.File != "volumes/data.raw" {
		t.Errorf("read back %+v", r)
	}
	data, err := os.ReadFile(filepath.Join(dir, ResourcesFile))
	if err != nil || strings.Contains(string(data), "secret-id") {
		t.Errorf("%s holds a provider's id, or cannot be read: %v", ResourcesFile, err)
	}
	if _, err := Create(dir); err == nil {
		t.Error("a second bundle went into the folder of the first")
	}
}

func TestOpenDamaged(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"flipped": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "volumes/data.raw"), []byte("bytez"), 0o600)
		},
		"missing": func(dir string) error { return os.Remove(filepath.Join(dir, "volumes/data.raw")) },
		"longer": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "volumes/data.raw"), []byte("bytes "), 0o600)
		},
		"no manifest": func(dir string) error { return os.Remove(filepath.Join(dir, ManifestFile)) },
		"outside": func(dir string) error {
			name := filepath.Join(dir, ManifestFile)
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			return os.WriteFile(name, []byte(strings.Replace(string(data), "volumes/data.raw", "../../etc/passwd", 1)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t)
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil {
				t.Error("a damaged bundle was opened")
			}
		})
	}
}
