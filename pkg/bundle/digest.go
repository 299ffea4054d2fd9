package bundle

import (
	"bytes"
	"encoding/hex"
	"hash"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// digest hashes a disk up to its last byte that is not zero. A disk is mostly
// zeros at its end, and hashing them would cost seconds for every GiB.
type digest struct {
	hash    hash.Hash
	size    int64 // bytes so far, zeros included
	pending int64 // zeros at the end, not hashed yet
}

func (d *digest) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	data := bytes.TrimRight(p, "\x00")
	if len(data) > 0 {
		d.flush()
		d.hash.Write(data)
	}
	d.pending += int64(len(p) - len(data))
	return len(p), nil
}

func (d *digest) zeros(n int64) error {
	d.size += max(0, n)
	d.pending += max(0, n)
	return nil
}

func (d *digest) length() int64 { return d.size }

func (d *digest) flush() {
	block := make([]byte, 64<<10)
	for ; d.pending > 0; d.pending -= int64(len(block)) {
		block = block[:min(d.pending, int64(len(block)))]
		d.hash.Write(block)
	}
}

func (d *digest) content() resource.Content {
	return resource.Content{Size: d.size, Length: d.size - d.pending, SHA256: hex.EncodeToString(d.hash.Sum(nil))}
}
