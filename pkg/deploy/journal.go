package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Log is where the engine writes what it is about to do and what it has
// done, and reads what was done before. [Journal] is the one that survives.
// It is safe for concurrent use.
type Log interface {
	// Append writes the record; Seq and Time are set by the log. When it
	// returns, an intent is on the disk, whatever happens to the machine.
	Append(Record) error
	// Records returns all records in order.
	Records() []Record
}

// A Journal is a file of JSON lines that outlives a crash: see [Record]. It
// holds what several stages of one drill did, and has one writer at a time.
type Journal struct {
	file *os.File
	now  func() time.Time

	mu      sync.Mutex
	records []Record
	broken  error // a write has failed: what the file's end looks like is unknown

	syncing sync.Mutex
	synced  int // so many records are on the disk
}

// ErrLocked says that another process has the journal open.
var ErrLocked = errors.New("another process works on this drill")

// CreateJournal starts the journal of a drill in a new file, or in one that a
// crash has left without a whole record. Another one is [os.ErrExist].
func CreateJournal(path, drill string, now func() time.Time) (*Journal, error) {
	j, err := openJournal(path, os.O_CREATE, now)
	if err != nil {
		return nil, err
	}
	if err := j.load(); !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("create journal %s: %w", path, cmp.Or(err, os.ErrExist)), j.Close())
	}
	if err := j.Append(Record{Type: RecordDrill, Drill: drill}); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// OpenJournal opens a journal to go on with it. A last line that a crash has
// torn is cut off; any other damage is an error that names the line. A journal
// without any record is [os.ErrNotExist], as one that is not there.
func OpenJournal(path string, now func() time.Time) (*Journal, error) {
	j, err := openJournal(path, 0, now)
	if err != nil {
		return nil, err
	}
	if err := j.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), j.Close())
	}
	return j, nil
}

// ReadJournal returns the records of a journal that somebody else may have
// open, and changes nothing.
func ReadJournal(path string) ([]Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	records, _, err := decodeRecords(data)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return records, nil
}

func openJournal(path string, flags int, now func() time.Time) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	// The lock belongs to the open file: it ends with the process.
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock journal %s: %w", path, err), file.Close())
	}
	return &Journal{file: file, now: now}, nil
}

func (j *Journal) load() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	records, good, err := decodeRecords(data)
	if err != nil {
		return err
	}
	if err := j.file.Truncate(int64(good)); err != nil {
		return err
	}
	if _, err := j.file.Seek(int64(good), io.SeekStart); err != nil {
		return err
	}
	if len(records) == 0 {
		return fmt.Errorf("it has no record, the drill was never begun: %w", os.ErrNotExist)
	}
	j.records = records
	return nil
}

// Append writes the record. Results need no sync of their own: one that a
// power failure takes is looked up again by the intent before it.
func (j *Journal) Append(r Record) error {
	n, err := j.write(r)
	if err == nil && (isPromise(r.Type)) {
		err = j.sync(n)
	}
	return err
}

// isPromise reports whether what the record announces must not happen before
// it is on the disk.
func isPromise(t RecordType) bool {
	return t == RecordIntent || t == RecordFound || t == RecordDrill || t == RecordCleaning
}

// write returns how many records there are with this one.
func (j *Journal) write(r Record) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return 0, j.broken
	}
	r.Seq, r.Time = int64(len(j.records))+1, j.now().UTC()
	line, err := encodeRecord(r)
	if err == nil {
		_, err = j.file.Write(line)
	}
	if err != nil {
		j.broken = fmt.Errorf("write journal: %w", err)
		return 0, j.broken
	}
	j.records = append(j.records, r)
	return len(j.records), nil
}

// sync returns when the first n records are on the disk. Those that wait for
// each other share one sync.
func (j *Journal) sync(n int) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= n {
		return nil
	}
	j.mu.Lock()
	written := len(j.records)
	j.mu.Unlock()
	if err := j.file.Sync(); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.broken = fmt.Errorf("write journal: %w", err)
		return j.broken
	}
	j.synced = written
	return nil
}

// Records returns all records in order.
func (j *Journal) Records() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.records)
}

// Drill returns the id of the drill.
func (j *Journal) Drill() string { return j.Records()[0].Drill }

// Close lets go of the file and its lock.
func (j *Journal) Close() error { return j.file.Close() }

// A Stage is one run that a journal tells of.
type Stage struct{ Name, Cloud string }

// Stages returns the stages in the records, in the order in which they began.
func Stages(records []Record) []Stage {
	var out []Stage
	for _, r := range records {
		s := Stage{Name: r.Stage, Cloud: r.Cloud}
		if r.Type == RecordStage && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
