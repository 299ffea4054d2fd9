package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The names of a bundle's files.
const (
	ManifestFile  = "manifest.json"
	ResourcesFile = "resources.json"
	TemplateFile  = "template.hot.yaml"
	RestoreFile   = "RESTORE.md"
)

// A Manifest tells what a bundle holds.
type Manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Cloud      string `json:"cloud"`   // where it comes from
	Created    string `json:"created"` // RFC 3339, UTC
	Files      []File `json:"files"`   // sorted by path
	Left       []Left `json:"left"`    // what the template cannot say
}

// A File of a bundle.
type File struct {
	Path   string `json:"path"` // with slashes, below the bundle's folder
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Left is something that resources.json holds and the template cannot say.
type Left struct {
	Ref    resource.Ref  `json:"ref"`
	Path   resource.Path `json:"path,omitempty"`
	Reason string        `json:"reason"`
}

// A Writer writes a bundle. It is safe for concurrent use.
type Writer struct {
	dir   string
	mu    sync.Mutex
	files []File

	omissions Omissions
	sealed    bool // SecretsFile is there
}

// Create makes the folder, which must not hold a bundle already, and returns
// a Writer for it. The bundle is valid once Close has returned.
func Create(dir string) (*Writer, error) {
	if _, err := os.Stat(filepath.Join(dir, ManifestFile)); err == nil {
		return nil, fmt.Errorf("%s holds a bundle already: name another folder", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the bundle's folder: %w", err)
	}
	return &Writer{dir: dir}, nil
}

// File opens a file of the bundle for writing. It is there, and counts, once
// it is closed without an error; CloseWithError gives it up.
func (w *Writer) File(path string) (io.WriteCloser, error) {
	name, err := inside(w.dir, path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{out: f, writer: w, name: name, path: path, hash: sha256.New()}, nil
}

// partial is the suffix of a file that is being written.
const partial = ".partial"

// Path returns the name of a file of the bundle.
func (w *Writer) Path(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }

// Keep makes a file that an earlier Writer has written whole a part of this
// bundle; false if there is none.
func (w *Writer) Keep(path string) (bool, error) {
	w.mu.Lock()
	known := slices.ContainsFunc(w.files, func(f File) bool { return f.Path == path })
	w.mu.Unlock()
	if known {
		return true, nil
	}
	f, err := (&Bundle{dir: w.dir}).sum(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.add(f)
	return true, nil
}

func (w *Writer) add(f File) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files = append(slices.DeleteFunc(w.files, func(old File) bool { return old.Path == f.Path }), f)
}

// Write adds a small file whole.
func (w *Writer) Write(path string, data []byte) error {
	f, err := w.File(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Close writes resources.json, the template, RESTORE.md and, last of all, the
// manifest. Of m it takes cloud and time.
func (w *Writer) Close(set *resource.Set, m Manifest) error {
	var err error
	if m.Left, err = w.openFormats(set, m.Cloud); err != nil {
		return err
	}
	data, err := json.MarshalIndent(withoutIDs(set), "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", ResourcesFile, err)
	}
	if err := w.Write(ResourcesFile, append(data, '\n')); err != nil {
		return err
	}
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	m.APIVersion, m.Kind, m.Files = resource.APIVersion, "Bundle", w.files
	if m.Left == nil {
		m.Left = []Left{}
	}
	if data, err = json.MarshalIndent(m, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, ManifestFile), append(data, '\n'), 0o600)
}

// file counts and hashes what is written. The os.File is not embedded: io.Copy
// would find its ReadFrom and go past Write.
type file struct {
	out    *os.File
	writer *Writer
	name   string // on this machine
	path   string // in the bundle
	size   int64
	hash   hash.Hash
}

func (f *file) Write(p []byte) (int, error) {
	n, err := f.out.Write(p)
	f.hash.Write(p[:n])
	f.size += int64(n)
	return n, err
}

func (f *file) Close() error {
	if err := f.out.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.name+partial, f.name); err != nil {
		return err
	}
	f.writer.add(File{Path: f.path, Size: f.size, SHA256: hex.EncodeToString(f.hash.Sum(nil))})
	return nil
}

// CloseWithError removes what was written so far.
func (f *file) CloseWithError(error) error {
	return errors.Join(f.out.Close(), os.Remove(f.name+partial))
}

// A Bundle that has been read and verified.
type Bundle struct {
	Manifest Manifest
	Set      *resource.Set
	dir      string
}

// Open reads the bundle in dir and verifies every file's size and sha256. All
// that is wrong is told at once.
func Open(dir string) (*Bundle, error) {
	data, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a bundle: it has no %s", dir, ManifestFile)
	}
	if err != nil {
		return nil, err
	}
	b := &Bundle{dir: dir, Set: &resource.Set{}}
	if err := json.Unmarshal(data, &b.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ManifestFile), err)
	}
	if m := b.Manifest; m.APIVersion != resource.APIVersion || m.Kind != "Bundle" {
		return nil, fmt.Errorf("%s: is %q %q, want %q %q", filepath.Join(dir, ManifestFile), m.APIVersion, m.Kind, resource.APIVersion, "Bundle")
	}
	if err := b.verify(); err != nil {
		return nil, fmt.Errorf("the bundle %s is damaged: %w", dir, err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, ResourcesFile)); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, b.Set); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ResourcesFile), err)
	}
	return b, nil
}

// Reader opens a file of the bundle.
func (b *Bundle) Reader(path string) (io.ReadCloser, error) {
	name, err := inside(b.dir, path)
	if err != nil {
		return nil, err
	}
	return os.Open(name)
}

func (b *Bundle) verify() error {
	var errs []error
	for _, want := range b.Manifest.Files {
		got, err := b.sum(want.Path)
		switch {
		case err != nil:
			errs = append(errs, err)
		case got != want:
			errs = append(errs, fmt.Errorf("%s: has %d bytes with sha256 %s, the manifest says %d and %s", want.Path, got.Size, got.SHA256, want.Size, want.SHA256))
		}
	}
	return errors.Join(errs...)
}

func (b *Bundle) sum(path string) (File, error) {
	r, err := b.Reader(path)
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	return File{Path: path, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// inside returns the file's name, and refuses a path that leaves dir.
func inside(dir, path string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(path)) {
		return "", fmt.Errorf("%q leads out of the bundle", path)
	}
	return filepath.Join(dir, filepath.FromSlash(path)), nil
}
