package drill

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/wechsel-project/wechsel/pkg/bundle"
)

// A Record is a file that a drill has left in its folder: what its report
// rests on.
type Record struct {
	Path   string `json:"path"` // with slashes, below the drill's folder
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Records lists the files in a drill's folder with their checksums: journal,
// plans and inventories, the bundle's manifest, and what that lists, with the
// checksums that it gives. Files that the drill did not come to are not there.
func Records(dir string) ([]Record, error) {
	var records []Record
	manifest := BundleDir + "/" + bundle.ManifestFile
	for _, name := range []string{journalFile, planOf("source"), sourceFile, unfitFile, planOf("target"), targetFile, resultFile, manifest} {
		r, err := measure(dir, name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	exported, err := exported(path(dir, manifest))
	return append(records, exported...), err
}

func measure(dir, name string) (Record, error) {
	f, err := os.Open(path(dir, name))
	if err != nil {
		return Record{}, err
	}
	hash := sha256.New()
	size, err := io.Copy(hash, f)
	return Record{Path: name, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, errors.Join(err, f.Close())
}

// exported are the files that a bundle's manifest lists.
func exported(manifest string) ([]Record, error) {
	data, err := os.ReadFile(manifest)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := bundle.Manifest{}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	var records []Record
	for _, f := range m.Files {
		records = append(records, Record{Path: BundleDir + "/" + f.Path, Size: f.Size, SHA256: f.SHA256})
	}
	return records, nil
}
