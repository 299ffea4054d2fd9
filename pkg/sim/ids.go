package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"
)

// IDs draws ids from a seed. It may be used from many goroutines.
type IDs struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

// NewIDs makes a stream of ids; streams of other names are independent.
func NewIDs(seed uint64, name string) *IDs {
	return &IDs{src: rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d/%s", seed, name)))}
}

// UUID draws a random UUID, as Nova, Neutron, Glance and Cinder use.
func (s *IDs) UUID() string { return uuid(s.draw()) }

// Hex draws 32 hexadecimal digits, as Keystone uses.
func (s *IDs) Hex() string {
	b := s.draw()
	return hex.EncodeToString(b[:])
}

// Fraction draws a number in [0, 1).
func (s *IDs) Fraction() float64 {
	b := s.draw()
	return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
}

func (s *IDs) draw() (b [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	binary.LittleEndian.PutUint64(b[:8], s.src.Uint64())
	binary.LittleEndian.PutUint64(b[8:], s.src.Uint64())
	return b
}

// NamedUUID returns the UUID that always belongs to those names: the id of
// what a provider's profile describes.
func NamedUUID(names ...string) string { return uuid(named(names)) }

// NamedHex is NamedUUID for Keystone's 32 hexadecimal digits.
func NamedHex(names ...string) string {
	b := named(names)
	return hex.EncodeToString(b[:])
}

func named(names []string) (b [16]byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", names))
	copy(b[:], sum[:])
	return b
}

func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
