package sim

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
)

// cluster is the grain in which a blob knows where there is data: that of
// qcow2, so that one becomes the other without a second look.
const cluster = 64 << 10

// Blobs makes the blobs of one instance and closes them all. It may be used
// from many goroutines; the zero value is ready.
type Blobs struct {
	mu   sync.Mutex
	open map[*Blob]bool
}

// A Blob is a sequence of bytes, most of which may be zero: the content of an
// image or a volume. It is written once, by [Blobs.Copy] or by WriteAt before
// anybody else knows it, and never changed afterwards; that is why images,
// volumes and snapshots share blobs. Retain and Release count its owners.
type Blob struct {
	owner  *Blobs
	file   *os.File
	size   int64
	data   map[int64]bool // number of each cluster that is not all zero
	owners int
	parent *Blob // whose file it is
}

// New makes an empty blob of that size, all zero, with one owner.
func (b *Blobs) New(size int64) (*Blob, error) {
	file, err := os.CreateTemp("", "wechsel-blob-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a temporary file for an image or a volume: %w", err)
	}
	// Unlinked at once: nothing is left, even when the process is killed.
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	blob := &Blob{owner: b, file: file, size: size, data: map[int64]bool{}, owners: 1}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[*Blob]bool{}
	}
	b.open[blob] = true
	return blob, nil
}

// Copy makes a blob of all bytes of r. Memory use does not depend on how many.
// A sender that goes away in the middle has not sent a shorter file: that is an
// error (io.ErrUnexpectedEOF), which io.ReadFull would hide.
func (b *Blobs) Copy(r io.Reader) (*Blob, error) {
	blob, err := b.New(0)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, cluster)
	for {
		n, err := 0, error(nil)
		for n < len(buf) && err == nil {
			var more int
			more, err = r.Read(buf[n:])
			n += more
		}
		if n > 0 {
			if _, werr := blob.WriteAt(buf[:n], blob.size); werr != nil {
				blob.Release()
				return nil, werr
			}
		}
		if errors.Is(err, io.EOF) {
			return blob, nil
		}
		if err != nil {
			blob.Release()
			return nil, err
		}
	}
}

// Close closes all blobs.
func (b *Blobs) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for blob := range b.open {
		errs = append(errs, blob.file.Close())
	}
	b.open = nil
	return errors.Join(errs...)
}

// Size returns the length in bytes.
func (b *Blob) Size() int64 { return b.size }

// Stored returns how many bytes are not known to be zero: what the blob costs.
func (b *Blob) Stored() int64 { return int64(len(b.data)) * cluster }

// WriteAt writes and grows the blob when needed. Clusters of zeros cost nothing.
func (b *Blob) WriteAt(p []byte, off int64) (int, error) {
	b.size = max(b.size, off+int64(len(p)))
	done := 0
	for done < len(p) {
		at := off + int64(done)
		n := min(len(p)-done, int(cluster-at%cluster))
		part := p[done : done+n]
		if b.data[at/cluster] || !zero(part) {
			if _, err := b.file.WriteAt(part, at); err != nil {
				return done, err
			}
			b.data[at/cluster] = true
		}
		done += n
	}
	return done, nil
}

// ReadAt reads; behind the end there is io.EOF.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) {
	if off >= b.size {
		return 0, io.EOF
	}
	want := int(min(int64(len(p)), b.size-off))
	n, err := b.file.ReadAt(p[:want], off)
	if errors.Is(err, io.EOF) { // the file may end before the blob: the rest is zero
		clear(p[n:want])
		err = nil
	}
	if err == nil && want < len(p) {
		err = io.EOF
	}
	return want, err
}

// Reader reads the blob from its beginning, then zeros up to size.
func (b *Blob) Reader(size int64) io.Reader {
	return io.NewSectionReader(padded{b}, 0, size)
}

// padded is a blob that never ends.
type padded struct{ *Blob }

func (p padded) ReadAt(buf []byte, off int64) (int, error) {
	n, err := p.Blob.ReadAt(buf, off)
	if errors.Is(err, io.EOF) {
		clear(buf[n:])
		return len(buf), nil
	}
	return n, err
}

// Retain adds an owner and returns the blob, which may be nil.
func (b *Blob) Retain() *Blob {
	if b != nil {
		b.owner.mu.Lock()
		defer b.owner.mu.Unlock()
		b.owners++
	}
	return b
}

// Release takes an owner away; the last one takes the bytes with him.
func (b *Blob) Release() {
	for b != nil && b.last() {
		b = b.parent
	}
}

// last takes an owner away and tells whether that was the last one.
func (b *Blob) last() bool {
	b.owner.mu.Lock()
	defer b.owner.mu.Unlock()
	if b.owners--; b.owners > 0 {
		return false
	}
	if b.owner.open[b] {
		delete(b.owner.open, b)
		b.file.Close() // unlinked and only read: nothing can be lost
	}
	return true
}

// Sized returns a blob with the same bytes and another, not smaller size.
func (b *Blob) Sized(size int64) *Blob {
	return &Blob{owner: b.owner, file: b.file, size: size, data: b.data, owners: 1, parent: b.Retain()}
}

func zero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

// Scribble fills the blob behind its first line with bytes that depend on the
// seed only. Like WriteAt, it is for the one who makes the blob.
func (b *Blob) Scribble(seed uint64) error {
	src := rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "content/%d", seed)))
	buf := make([]byte, cluster)
	for off := int64(512); off < b.size; off += int64(len(buf)) {
		buf = buf[:min(cluster, b.size-off)]
		_, _ = src.Read(buf) // does not fail
		if _, err := b.WriteAt(buf, off); err != nil {
			return err
		}
	}
	return nil
}
