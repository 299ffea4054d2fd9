package sim

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The format is described in QEMU's docs/interop/qcow2.txt; names of fields
// are those of that text. We write version 3 with clusters of 64 KiB, and read
// versions 2 and 3 without backing file, encryption and external data.

const (
	qcow2Magic      = 0x514649fb // "QFI\xfb"
	clusterBits     = 16
	tableEntries    = cluster / 8 // of an L2 table
	refcountEntries = cluster / 2 // 16 bits each
	offsetMask      = 0x00fffffffffffe00
	copied          = 1 << 63 // refcount is exactly one
	compressed      = 1 << 62
)

// ErrNotQCOW2 says that there is something else in place of a qcow2 image.
var ErrNotQCOW2 = errors.New("not a qcow2 image")

type qcow2Header struct {
	Magic, Version                      uint32
	BackingFileOffset                   uint64
	BackingFileSize, ClusterBits        uint32
	Size                                uint64
	CryptMethod, L1Size                 uint32
	L1TableOffset, RefcountTableOffset  uint64
	RefcountTableClusters, NbSnapshots  uint32
	SnapshotsOffset                     uint64
	Incompatible, Compatible, Autoclear uint64
	RefcountOrder, HeaderLength         uint32
}

// A qcow2Layout tells where in the file everything goes, in clusters: header,
// refcount table, refcount blocks, L1 table, L2 tables, data.
type qcow2Layout struct {
	size       int64
	data       []int64 // guest clusters that hold data, ascending
	tables     []int64 // numbers of the L2 tables that there are
	blocks, l1 int64   // clusters of refcount blocks, of the L1 table
	firstTable int64
	firstData  int64
	total      int64
}

func layoutQCOW2(b *Blob, size int64) qcow2Layout {
	y := qcow2Layout{size: size}
	for _, n := range slices.Sorted(maps.Keys(b.data)) {
		if n*cluster >= size {
			break
		}
		y.data = append(y.data, n)
		if t := n / tableEntries; len(y.tables) == 0 || y.tables[len(y.tables)-1] != t {
			y.tables = append(y.tables, t)
		}
	}
	y.l1 = max(1, ceil(y.l1Size()*8, cluster))
	for {
		y.firstTable = 2 + y.blocks + y.l1
		y.firstData = y.firstTable + int64(len(y.tables))
		y.total = y.firstData + int64(len(y.data))
		if need := ceil(y.total, refcountEntries); need > y.blocks {
			y.blocks = need
			continue
		}
		return y
	}
}

func (y qcow2Layout) l1Size() int64 { return ceil(ceil(y.size, cluster), tableEntries) }

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// WriteQCOW2 writes the first size bytes of a blob as a qcow2 image. Only
// clusters that are not all zero take room, so that an empty disk of 1 GiB is
// a file of 256 KiB.
func WriteQCOW2(w io.Writer, b *Blob, size int64) error {
	y := layoutQCOW2(b, size)
	for _, part := range []func() []byte{y.header, y.refcountTable, y.refcounts, y.l1Table, y.l2Tables} {
		if _, err := w.Write(part()); err != nil {
			return err
		}
	}
	buf := make([]byte, cluster)
	for _, n := range y.data {
		if _, err := (padded{b}).ReadAt(buf, n*cluster); err != nil {
			return err
		}
		clear(buf[min(cluster, size-n*cluster):])
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func (y qcow2Layout) header() []byte {
	var buf bytes.Buffer
	h := qcow2Header{Magic: qcow2Magic, Version: 3, ClusterBits: clusterBits, Size: uint64(y.size), L1Size: uint32(y.l1Size()),
		L1TableOffset: uint64(2+y.blocks) * cluster, RefcountTableOffset: cluster, RefcountTableClusters: 1,
		RefcountOrder: 4, HeaderLength: 104}
	_ = binary.Write(&buf, binary.BigEndian, h) // a Buffer does not fail
	return append(buf.Bytes(), make([]byte, cluster-buf.Len())...)
}

func (y qcow2Layout) refcountTable() []byte {
	out := make([]byte, cluster)
	for i := range y.blocks {
		binary.BigEndian.PutUint64(out[i*8:], uint64(2+i)*cluster)
	}
	return out
}

func (y qcow2Layout) refcounts() []byte {
	out := make([]byte, y.blocks*cluster)
	for i := range y.total {
		binary.BigEndian.PutUint16(out[i*2:], 1)
	}
	return out
}

func (y qcow2Layout) l1Table() []byte {
	out := make([]byte, y.l1*cluster)
	for i, t := range y.tables {
		binary.BigEndian.PutUint64(out[t*8:], uint64(y.firstTable+int64(i))*cluster|copied)
	}
	return out
}

func (y qcow2Layout) l2Tables() []byte {
	out := make([]byte, int64(len(y.tables))*cluster)
	table := 0
	for i, n := range y.data {
		for y.tables[table] != n/tableEntries {
			table++
		}
		at := int64(table)*cluster + n%tableEntries*8
		binary.BigEndian.PutUint64(out[at:], uint64(y.firstData+int64(i))*cluster|copied)
	}
	return out
}

func readHeader(r io.ReaderAt) (h qcow2Header, err error) {
	buf := make([]byte, 104)
	n, _ := r.ReadAt(buf, 0) // a short file ends early; what counts is how much of it is there
	if n < 72 {
		return h, ErrNotQCOW2
	}
	if err := binary.Read(bytes.NewReader(buf), binary.BigEndian, &h); err != nil {
		return h, err
	}
	if h.Magic != qcow2Magic || h.Version < 2 || h.Version > 3 {
		return h, ErrNotQCOW2
	}
	if h.Version == 2 {
		h.Incompatible = 0
	}
	return h, nil
}

// QCOW2Size returns the size of the disk in a qcow2 image.
func QCOW2Size(r io.ReaderAt) (int64, error) {
	h, err := readHeader(r)
	if err != nil {
		return 0, err
	}
	if h.Size > 1<<56 {
		return 0, fmt.Errorf("qcow2 image: a disk of %d bytes is too large", h.Size)
	}
	return int64(h.Size), nil
}

// ReadQCOW2 decodes a qcow2 image of that length into a new blob.
func (b *Blobs) ReadQCOW2(r io.ReaderAt, length int64) (*Blob, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	if err := h.check(length); err != nil {
		return nil, err
	}
	disk, err := b.New(int64(h.Size))
	if err != nil {
		return nil, err
	}
	d := &qcow2Reader{h: h, r: r, length: length, disk: disk, cluster: int64(1) << h.ClusterBits}
	d.left = length/32 + 1
	if err := d.read(); err != nil {
		disk.Release()
		return nil, fmt.Errorf("qcow2 image: %w", err)
	}
	return disk, nil
}

func (h qcow2Header) check(length int64) error {
	switch {
	case h.BackingFileOffset != 0:
		return errors.New("qcow2 image: has a backing file")
	case h.CryptMethod != 0:
		return errors.New("qcow2 image: is encrypted")
	case h.Incompatible&^3 != 0: // bits 0 and 1, dirty and corrupt, are about refcounts, which we do not read
		return fmt.Errorf("qcow2 image: needs features that are not known (%#x)", h.Incompatible)
	case h.ClusterBits < 9 || h.ClusterBits > 21:
		return fmt.Errorf("qcow2 image: clusters of 2^%d bytes", h.ClusterBits)
	case h.Size > 1<<56:
		return fmt.Errorf("qcow2 image: a disk of %d bytes is too large", h.Size)
	case int64(h.L1Size)*8 > length || h.L1TableOffset > uint64(length):
		return errors.New("qcow2 image: the L1 table lies outside the file")
	}
	return nil
}

type qcow2Reader struct {
	h       qcow2Header
	r       io.ReaderAt
	length  int64
	disk    *Blob
	cluster int64
	left    int64 // clusters that may still come: a file that names the same one again and again is no image
}

func (d *qcow2Reader) read() error {
	l1 := make([]byte, int64(d.h.L1Size)*8)
	if _, err := d.r.ReadAt(l1, int64(d.h.L1TableOffset)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	span := d.cluster / 8 * d.cluster // guest bytes of one L2 table
	for i := range int64(d.h.L1Size) {
		at := int64(binary.BigEndian.Uint64(l1[i*8:]) & offsetMask)
		if at == 0 || i > int64(d.h.Size)/span {
			continue
		}
		if err := d.table(at, i*span); err != nil {
			return err
		}
	}
	return nil
}

func (d *qcow2Reader) table(at, guest int64) error {
	if d.left -= d.cluster / 512; at >= d.length || d.left < 0 {
		return fmt.Errorf("the L2 table at %d lies outside the file, or is one too many", at)
	}
	l2 := make([]byte, d.cluster)
	if _, err := d.r.ReadAt(l2, at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for i := int64(0); i < d.cluster/8 && guest+i*d.cluster < int64(d.h.Size); i++ {
		entry := binary.BigEndian.Uint64(l2[i*8:])
		if entry&^copied == 0 || entry&compressed == 0 && entry&1 == 1 { // not there, or known to be zero
			continue
		}
		if err := d.data(entry, guest+i*d.cluster); err != nil {
			return err
		}
	}
	return nil
}

func (d *qcow2Reader) data(entry uint64, guest int64) error {
	if d.left--; d.left < 0 {
		return errors.New("more clusters than the file can hold")
	}
	buf := make([]byte, d.cluster)
	if entry&compressed != 0 {
		if err := d.inflate(entry, buf); err != nil {
			return err
		}
	} else if at := int64(entry & offsetMask); at >= d.length {
		return fmt.Errorf("the cluster at %d lies outside the file", at)
	} else if _, err := d.r.ReadAt(buf, at); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	buf = buf[:min(d.cluster, int64(d.h.Size)-guest)]
	_, err := d.disk.WriteAt(buf, guest)
	return err
}

func (d *qcow2Reader) inflate(entry uint64, buf []byte) error {
	x := 62 - (d.h.ClusterBits - 8)
	at := int64(entry & (1<<x - 1))
	sectors := int64(entry&(compressed-1)>>x) + 1
	src := io.NewSectionReader(d.r, at, sectors*512-at%512)
	if _, err := io.ReadFull(flate.NewReader(src), buf); err != nil {
		return fmt.Errorf("the compressed cluster at %d: %w", at, err)
	}
	return nil
}

// EncodeQCOW2 makes a blob of the qcow2 image of the first size bytes of another.
func (b *Blobs) EncodeQCOW2(disk *Blob, size int64) (*Blob, error) {
	file, err := b.New(0)
	if err != nil {
		return nil, err
	}
	if err := WriteQCOW2(io.NewOffsetWriter(file, 0), disk, size); err != nil {
		file.Release()
		return nil, fmt.Errorf("cannot write a qcow2 image: %w", err)
	}
	return file, nil
}
