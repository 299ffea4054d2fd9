package bundle

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Flatten writes a qcow2 file of the bundle anew as the raw disk inside. It is
// for files that are larger than their disk, as those of full ones are: Cinder
// makes no volume of an image whose file is larger than the volume
// (cinder.image.image_utils.check_image_metadata, "Size of specified image …").
func (w *Writer) Flatten(path string) error {
	f, err := os.Open(w.Path(path))
	if err != nil {
		return err
	}
	defer f.Close()
	header := make([]byte, qcowHeader)
	if _, err := io.ReadFull(f, header); err != nil {
		return fmt.Errorf("%s: read the qcow2 header: %w", path, err)
	}
	out, err := w.File(path)
	if err != nil {
		return err
	}
	if err := readQcow2(f, header, &raw{Writer: out}); err != nil {
		return fmt.Errorf("%s: %w", path, errors.Join(err, out.CloseWithError(err)))
	}
	return out.Close()
}

// raw writes a disk with all its zeros.
type raw struct {
	io.Writer
	size int64
}

func (r *raw) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	r.size += int64(n)
	return n, err
}

func (r *raw) zeros(n int64) error {
	block := make([]byte, 64<<10)
	for ; n > 0; n -= int64(len(block)) {
		block = block[:min(n, int64(len(block)))]
		if _, err := r.Write(block); err != nil {
			return err
		}
	}
	return nil
}

func (r *raw) length() int64 { return r.size }
