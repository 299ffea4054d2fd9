package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
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
	notes notes

	mu      sync.Mutex
	files   []File // but the manifests
	scratch string // "" until it is needed
	sealed  bool   // SecretsFile is there
}

// Create makes the folder, which must not hold a bundle already, and returns
// a Writer for it. The bundle is valid once Close has returned; who gives it up
// calls Discard.
func Create(dir string) (*Writer, error) {
	if _, err := os.Stat(filepath.Join(dir, ManifestFile)); err == nil {
		return nil, fmt.Errorf("%s holds a bundle already: name another folder", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the bundle's folder: %w", err)
	}
	w := &Writer{dir: dir}
	w.notes.folder = w.Scratch
	left, err := filepath.Glob(filepath.Join(dir, scratch+"*")) // of a Writer that was killed
	for _, name := range left {
		err = errors.Join(err, os.RemoveAll(name))
	}
	return w, err
}

// scratch begins the name of the folder for temporary files.
const scratch = ".partial-"

// Scratch returns a folder for temporary files, which is there until Close or
// Discard.
func (w *Writer) Scratch() (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	if w.scratch == "" {
		w.scratch, err = os.MkdirTemp(w.dir, scratch)
	}
	return w.scratch, err
}

// Discard removes temporary files. After Close there are none.
func (w *Writer) Discard() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.notes.close()
	if w.scratch != "" {
		err = errors.Join(err, os.RemoveAll(w.scratch))
	}
	w.scratch = ""
	return err
}

// A Sink is a file that is being written. It is there, and counts, once it is
// closed without an error; CloseWithError gives it up.
type Sink interface {
	io.WriteCloser
	CloseWithError(err error) error
}

// File opens a file of the bundle for writing.
func (w *Writer) File(path string) (Sink, error) {
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

// Close writes what the Stream has: resources.json, the template, the manifests,
// the lists, RESTORE.md and, last of all, the manifest. Of m it takes cloud and
// time. What is Kubernetes' need not fit into memory.
func (w *Writer) Close(s resource.Stream, m Manifest) error {
	return errors.Join(w.close(s, m), w.Discard())
}

func (w *Writer) close(s resource.Stream, m Manifest) error {
	u, err := w.unpack(s)
	if err != nil {
		return err
	}
	if err := w.notes.finish(); err != nil {
		return fmt.Errorf("sort what the bundle tells of its objects: %w", err)
	}
	left, err := u.openFormats(m.Cloud)
	if err != nil {
		return err
	}
	return w.manifestFile(m, left)
}

// manifestFile writes the list of all files but itself.
func (w *Writer) manifestFile(m Manifest, left iter.Seq[Left]) error {
	f, err := os.OpenFile(w.Path(ManifestFile+partial), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	d := newDocument(f)
	d.text("{\n")
	d.field("apiVersion", resource.APIVersion)
	d.field("kind", "Bundle")
	d.field("cloud", m.Cloud)
	d.field("created", m.Created)
	d.text(`  "files": `)
	addAll(d.list("    "), w.allFiles(""))
	d.text(",\n  \"left\": ")
	addAll(d.list("    "), left)
	d.text("\n}\n")
	if err := errors.Join(d.flush(), w.notes.err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), w.Path(ManifestFile))
}

// allFiles yields the files in order of their paths, but one.
func (w *Writer) allFiles(but string) iter.Seq[File] {
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	manifests := each[File](&w.notes, manifestFiles)
	return func(yield func(File) bool) {
		rest := w.files
		before := func(path string) bool { // yields what comes before
			for len(rest) > 0 && (path == "" || rest[0].Path < path) {
				if rest[0].Path != but && !yield(rest[0]) {
					return false
				}
				rest = rest[1:]
			}
			return true
		}
		if manifests != nil {
			for f := range manifests {
				if !before(f.Path) || !yield(f) {
					return
				}
			}
		}
		before("")
	}
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
