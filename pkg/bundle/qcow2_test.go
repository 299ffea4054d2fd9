package bundle

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// tinyQcow2 is a version 2 file with clusters of 512 bytes: a disk of 2,048
// bytes, of which the second cluster holds data.
func tinyQcow2(data []byte) []byte {
	be, out := binary.BigEndian, make([]byte, 4*512)
	be.PutUint32(out[0:], qcowMagic)
	be.PutUint32(out[4:], 2)
	be.PutUint32(out[20:], 9)
	be.PutUint64(out[24:], 2048)
	be.PutUint32(out[36:], 1)
	be.PutUint64(out[40:], 512)
	be.PutUint64(out[512:], 1024)
	be.PutUint64(out[1024+8:], 1536)
	copy(out[1536:], data)
	return out
}

func TestMeasureQcow2(t *testing.T) {
	data := bytes.Repeat([]byte{7}, 512)
	disk := make([]byte, 4096)
	copy(disk[512:], data)
	for name, c := range map[string]struct {
		file []byte
		size int64
	}{
		"qcow2":             {tinyQcow2(data), 2048},
		"compressed":        {compressedQcow2(t, data), 2048},
		"qcow2 grown":       {tinyQcow2(data), 4096},
		"raw":               {disk[:2048], 2048},
		"raw that is short": {disk[:1024], 2048},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := measure(bytes.NewReader(c.file), c.size)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(disk[:1024])
			if got.Size != c.size || got.Length != 1024 || got.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("got %+v; want %d bytes, 1024 not zero, sha256 %x", got, c.size, sum)
			}
		})
	}
}

// A flattened file is the disk itself, in the bundle's list of files too; what
// cannot be read stays as it was.
func TestFlatten(t *testing.T) {
	data := bytes.Repeat([]byte{7}, 512)
	disk := make([]byte, 2048)
	copy(disk[512:], data)
	for name, qcow := range map[string][]byte{"plain": tinyQcow2(data), "compressed": compressedQcow2(t, data)} {
		t.Run(name, func(t *testing.T) {
			w := flattened(t, qcow, false)
			got, err := os.ReadFile(w.Path("volumes/a.img"))
			if err != nil || !bytes.Equal(got, disk) {
				t.Errorf("got %d bytes %x, %v; want %x", len(got), got, err, disk)
			}
			sum := sha256.Sum256(disk)
			if want := []File{{Path: "volumes/a.img", Size: 2048, SHA256: hex.EncodeToString(sum[:])}}; !slices.Equal(w.files, want) {
				t.Errorf("the bundle has %+v, want %+v", w.files, want)
			}
		})
	}
	t.Run("damaged", func(t *testing.T) {
		qcow := tinyQcow2(data)[:600]
		w := flattened(t, qcow, true)
		if got, err := os.ReadFile(w.Path("volumes/a.img")); err != nil || !bytes.Equal(got, qcow) {
			t.Errorf("got %d bytes, %v; want the file as it was", len(got), err)
		}
		if _, err := os.Stat(w.Path("volumes/a.img") + partial); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("what was half written: %v; want none", err)
		}
	})
}

func flattened(t *testing.T, qcow []byte, fails bool) *Writer {
	t.Helper()
	w, err := Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write("volumes/a.img", qcow); err != nil {
		t.Fatal(err)
	}
	if err := w.Flatten("volumes/a.img"); (err != nil) != fails {
		t.Fatalf("flatten: %v", err)
	}
	return w
}

func TestMeasureRefuses(t *testing.T) {
	for name, spoil := range map[string]func(f []byte){
		"backing":    func(f []byte) { f[15] = 1 },
		"encrypted":  func(f []byte) { f[35] = 1 },
		"version":    func(f []byte) { f[7] = 9 },
		"compressed": func(f []byte) { f[1024+8] |= 0x40; f[1536] = 0xff },
		"table":      func(f []byte) { f[512+5] = 0xff },
	} {
		t.Run(name, func(t *testing.T) {
			f := tinyQcow2(nil)
			spoil(f)
			if _, err := measure(bytes.NewReader(f), 0); err == nil {
				t.Error("no error")
			}
		})
	}
}

// compressedQcow2 is tinyQcow2 with its cluster deflated, as Cinder uploads.
func compressedQcow2(t *testing.T, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := tinyQcow2(packed.Bytes())
	binary.BigEndian.PutUint64(out[1024+8:], qcowCompressed|1536)
	return out
}

func FuzzMeasure(f *testing.F) {
	f.Add(tinyQcow2([]byte("x")))
	f.Add([]byte("raw"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 31 && binary.BigEndian.Uint64(data[24:]) > 1<<24 {
			return // a disk that takes too long to read
		}
		_, _ = measure(bytes.NewReader(data), 0)
	})
}

func TestGenerateIsStable(t *testing.T) {
	c, err := MeasureReader(Generate(resource.Content{Seed: 7, Length: 1 << 16}), 1<<20)
	if err != nil || c.Size != 1<<20 {
		t.Fatalf("%+v, %v", c, err)
	}
	if want := "ee329b9b61768ac8d5138f25d493aa3731d2122b4d3a1adc2b70c515eed585e1"; c.SHA256 != want {
		t.Errorf("sha256 %s, want %s: seeds in scenarios would stand for other bytes", c.SHA256, want)
	}
}

func BenchmarkMeasure(b *testing.B) {
	b.SetBytes(1 << 30)
	for b.Loop() {
		if _, err := MeasureReader(bytes.NewReader(nil), 1<<30); err != nil {
			b.Fatal(err)
		}
	}
}
