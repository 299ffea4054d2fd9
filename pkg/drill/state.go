package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files of a drill's folder.
const (
	journalFile    = "journal.jsonl"
	sourcePlanFile = "source.plan.json"
	sourceFile     = "source.json"
	readPlanFile   = "read.plan.json"
	targetPlanFile = "target.plan.json"
	targetFile     = "target.json"
	BundleDir      = "bundle"
)

func path(dir, name string) string { return filepath.Join(dir, name) }

// save writes a value whole or not at all.
func (d *drill) save(name string, value any) error {
	data, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	partial := path(d.Dir, name+".partial")
	if err := os.WriteFile(partial, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path(d.Dir, name))
}

// load reads a value that an earlier run has saved; false if there is none.
func (d *drill) load(name string, value any) (bool, error) {
	data, err := os.ReadFile(path(d.Dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return false, fmt.Errorf("%s: %w", path(d.Dir, name), err)
	}
	return true, nil
}
