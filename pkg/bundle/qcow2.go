package bundle

import (
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Volumes travel as qcow2, which leaves out what is zero; QEMU's
// docs/interop/qcow2.txt has the format. Two clouds write the same disk as
// different files, so what is compared is the disk inside.

const (
	qcowMagic      = 0x514649fb // "QFI" and 0xfb
	qcowHeader     = 104        // bytes of a version 3 header
	qcowOffset     = 0x00fffffffffffe00
	qcowCompressed = 1 << 62
	qcowZero       = 1
	qcowDirty      = 1 // the only incompatible feature that reading can ignore
)

// Measure returns the size, the length up to the last byte that is not zero,
// and the sha256 over that length, of the disk that the file holds: the same
// for a raw file and a qcow2 file of one disk. size is what the disk must have
// at least: a file that is shorter is taken to end in zeros.
func Measure(name string, size int64) (resource.Content, error) {
	f, err := os.Open(name)
	if err != nil {
		return resource.Content{}, err
	}
	defer f.Close()
	content, err := measure(f, size)
	if err != nil {
		return resource.Content{}, fmt.Errorf("%s: %w", name, err)
	}
	return content, nil
}

func measure(f io.ReaderAt, size int64) (resource.Content, error) {
	d := &digest{hash: sha256.New()}
	header := make([]byte, qcowHeader)
	n, err := f.ReadAt(header, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return resource.Content{}, err
	}
	format, media := "raw", "application/octet-stream"
	if n >= 72 && binary.BigEndian.Uint32(header) == qcowMagic {
		format, media = "qcow2", "application/x-qcow2"
		err = readQcow2(f, header, d)
	} else {
		_, err = io.Copy(d, io.NewSectionReader(f, 0, 1<<62))
	}
	if err != nil {
		return resource.Content{}, err
	}
	_ = d.zeros(size - d.size) // a digest takes everything
	content := d.content()
	content.Format, content.MediaType = format, media
	return content, nil
}

// inflate reads a compressed cluster, which is a raw deflate stream: the entry
// has its offset in the low bits and, above, how many sectors of 512 bytes it
// reaches into. Cinder compresses what it uploads.
func (q *qcow2) inflate(buf []byte, entry uint64) error {
	split := 62 - (bits.TrailingZeros64(uint64(q.cluster)) - 8)
	offset := int64(entry & (1<<split - 1))
	sectors := int64(entry&(qcowCompressed-1)) >> split
	stream := flate.NewReader(io.NewSectionReader(q.f, offset, (sectors+1)*512-offset%512))
	if _, err := io.ReadFull(stream, buf); err != nil {
		return fmt.Errorf("read a compressed qcow2 cluster: %w", err)
	}
	return nil
}

// MeasureReader is Measure for raw bytes that are made as they are read.
func MeasureReader(r io.Reader, size int64) (resource.Content, error) {
	d := &digest{hash: sha256.New()}
	if _, err := io.Copy(d, r); err != nil {
		return resource.Content{}, err
	}
	_ = d.zeros(size - d.size) // a digest takes everything
	return d.content(), nil
}

// disk is what takes the bytes of a disk in their order.
type disk interface {
	io.Writer
	zeros(n int64) error // n below 0 is 0
	length() int64       // so far
}

func readQcow2(f io.ReaderAt, h []byte, d disk) error {
	be := binary.BigEndian
	version, backing := be.Uint32(h[4:]), be.Uint64(h[8:])
	clusterBits, size, crypt := be.Uint32(h[20:]), be.Uint64(h[24:]), be.Uint32(h[32:])
	l1Size, l1Offset := be.Uint32(h[36:]), be.Uint64(h[40:])
	var incompatible uint64
	if version >= 3 {
		incompatible = be.Uint64(h[72:])
	}
	switch {
	case version != 2 && version != 3:
		return fmt.Errorf("qcow2 version %d is not known", version)
	case backing != 0:
		return errors.New("the qcow2 file needs a backing file")
	case crypt != 0:
		return errors.New("the qcow2 file is encrypted")
	case incompatible&^qcowDirty != 0:
		return fmt.Errorf("the qcow2 file has features that are not known: %#x", incompatible)
	case clusterBits < 9 || clusterBits > 21 || size > 1<<50 || l1Size > 1<<22:
		return errors.New("the qcow2 header makes no sense")
	}
	q := &qcow2{f: f, cluster: int64(1) << clusterBits, perTable: int64(1) << (clusterBits - 3)}
	l1, err := q.table(int64(l1Offset), int64(l1Size))
	if err != nil {
		return fmt.Errorf("read the qcow2 tables: %w", err)
	}
	return q.copyTo(d, l1, int64(size))
}

type qcow2 struct {
	f        io.ReaderAt
	cluster  int64 // bytes
	perTable int64 // entries of an L2 table
}

func (q *qcow2) table(offset, entries int64) ([]uint64, error) {
	raw := make([]byte, entries*8)
	if _, err := q.f.ReadAt(raw, offset); err != nil {
		return nil, err
	}
	table := make([]uint64, entries)
	for i := range table {
		table[i] = binary.BigEndian.Uint64(raw[i*8:])
	}
	return table, nil
}

func (q *qcow2) copyTo(d disk, l1 []uint64, size int64) error {
	if need := (size + q.cluster*q.perTable - 1) / (q.cluster * q.perTable); int64(len(l1)) < need {
		return errors.New("the qcow2 table is too short for the disk")
	}
	for _, entry := range l1 {
		left := size - d.length()
		if left <= 0 {
			return nil
		}
		if entry&qcowOffset == 0 {
			if err := d.zeros(min(left, q.cluster*q.perTable)); err != nil {
				return err
			}
			continue
		}
		l2, err := q.table(int64(entry&qcowOffset), q.perTable)
		if err != nil {
			return fmt.Errorf("read a qcow2 table: %w", err)
		}
		if err := q.copyTable(d, l2, size); err != nil {
			return err
		}
	}
	return nil
}

func (q *qcow2) copyTable(d disk, l2 []uint64, size int64) error {
	buf := make([]byte, q.cluster)
	for _, entry := range l2 {
		n := min(q.cluster, size-d.length())
		if n <= 0 {
			return nil
		}
		if err := q.copyCluster(d, entry, buf, n); err != nil {
			return err
		}
	}
	return nil
}

func (q *qcow2) copyCluster(d disk, entry uint64, buf []byte, n int64) error {
	switch {
	case entry&qcowCompressed != 0:
		if err := q.inflate(buf, entry); err != nil {
			return err
		}
	case entry&qcowOffset == 0 || entry&qcowZero != 0:
		return d.zeros(n)
	default:
		if _, err := q.f.ReadAt(buf[:n], int64(entry&qcowOffset)); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read a qcow2 cluster: %w", err)
		}
	}
	_, err := d.Write(buf[:n])
	return err
}
