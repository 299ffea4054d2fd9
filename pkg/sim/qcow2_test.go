package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// disk makes a blob of that size with some data at some places.
func disk(t testing.TB, size int64, at ...int64) *Blob {
	t.Helper()
	blobs := &Blobs{}
	t.Cleanup(func() { blobs.Close() })
	b, err := blobs.New(size)
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range at {
		if _, err := b.WriteAt([]byte("wechsel"), off); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// same compares the clusters that are not zero; the others are equal.
func same(t testing.TB, a, b *Blob) {
	t.Helper()
	if a.Size() != b.Size() || !maps.Equal(a.data, b.data) {
		t.Fatalf("size %d with %v, want %d with %v", a.Size(), a.data, b.Size(), b.data)
	}
	one, two := make([]byte, cluster), make([]byte, cluster)
	for n := range a.data {
		_, err1 := (padded{a}).ReadAt(one, n*cluster)
		_, err2 := (padded{b}).ReadAt(two, n*cluster)
		if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
			t.Errorf("cluster %d differs (%v, %v)", n, err1, err2)
		}
	}
}

func TestQCOW2RoundTrip(t *testing.T) {
	for name, b := range map[string]*Blob{
		"empty":         disk(t, 1<<20),
		"one":           disk(t, 1<<20, 0),
		"odd size":      disk(t, 100_001, 99_990),
		"two tables":    disk(t, 600<<20, 5, 70_000, 599<<20),
		"over the edge": disk(t, 1<<20, cluster-3),
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := WriteQCOW2(&file, b, b.Size()); err != nil {
				t.Fatal(err)
			}
			back, err := b.owner.ReadQCOW2(bytes.NewReader(file.Bytes()), int64(file.Len()))
			if err != nil {
				t.Fatal(err)
			}
			same(t, back, b)
		})
	}
}

// The bytes were checked once with qemu-img check and qemu-img compare.
func TestQCOW2Golden(t *testing.T) {
	var file bytes.Buffer
	if err := WriteQCOW2(&file, disk(t, 1<<30, 0, 700<<20), 1<<30); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file.Bytes())
	const want = "ba825953964d9410e827cf32515b32b8def3ecf923c134290f1ed2d2f5f5e727"
	if got := hex.EncodeToString(sum[:]); got != want || file.Len() != 8*cluster {
		t.Errorf("%d bytes, sha256 %s, want %d, %s", file.Len(), got, 8*cluster, want)
	}
	header := "514649fb" + "00000003" + "0000000000000000" + "00000000" + "00000010" + "0000000040000000"
	if got := hex.EncodeToString(file.Bytes()[:32]); got != header {
		t.Errorf("header %s, want %s", got, header)
	}
}

// QEMU itself must be content with what we write and we with what it writes.
// It is no part of what the tests need, so where it is absent our own two
// halves check each other in the tests above.
func TestQCOW2QEMU(t *testing.T) {
	qemu, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Log("no qemu-img here: nothing to compare with")
		return
	}
	dir := t.TempDir()
	b := disk(t, 600<<20, 0, 70_000, 599<<20)
	ours, raw, theirs := filepath.Join(dir, "ours.qcow2"), filepath.Join(dir, "raw"), filepath.Join(dir, "theirs.qcow2")
	f, err := os.Create(ours)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteQCOW2(f, b, b.Size()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "-f", "qcow2", ours},
		{"convert", "-f", "qcow2", "-O", "raw", ours, raw},
		{"convert", "-c", "-f", "raw", "-O", "qcow2", raw, theirs},
	} {
		if out, err := exec.Command(qemu, args...).CombinedOutput(); err != nil {
			t.Fatalf("qemu-img %v: %v\n%s", args, err, out)
		}
	}
	in, err := os.Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	back, err := b.owner.ReadQCOW2(in, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	same(t, back, b)
}

func FuzzReadQCOW2(f *testing.F) {
	var file bytes.Buffer
	if err := WriteQCOW2(&file, disk(f, 1<<20, 3), 1<<20); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes()[:104])
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		blobs := &Blobs{}
		defer blobs.Close()
		b, err := blobs.ReadQCOW2(bytes.NewReader(data), int64(len(data)))
		if err == nil && b.Stored() > 0 && b.Size() == 0 {
			t.Error("data in an empty disk")
		}
	})
}
