package bundle

import (
	"encoding/binary"
	"io"
	"math/rand/v2"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Generate streams the bytes that the content's Seed stands for: Length bytes
// that do not compress, the same for every run and machine (ChaCha8).
func Generate(c resource.Content) io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], c.Seed)
	return io.LimitReader(rand.NewChaCha8(seed), c.Length)
}
