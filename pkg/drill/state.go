package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The files of a drill's folder.
const (
	journalFile = "journal.jsonl"
	sourceFile  = "source.json"
	omittedFile = "omitted.json"
	unfitFile   = "unfit.json"
	runsFile    = "runs.json"
	targetFile  = "target.json"
	resultFile  = "result.json"
	readBackDir = "read-back"
	BundleDir   = "bundle"
)

// planOf is the file of a stage's plan.
func planOf(stage string) string { return stage + ".plan.json" }

func path(dir, name string) string { return filepath.Join(dir, name) }

// save writes a value whole or not at all. When it returns, the value is on
// the disk, whatever happens to the machine.
func (d *drill) save(name string, value any) error {
	data, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	partial := path(d.Dir, name+".partial")
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(partial, path(d.Dir, name)); err != nil {
		return err
	}
	folder, err := os.Open(d.Dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
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

// findings is what a drill knows after its last comparison and cannot find
// again once it is cleaned up: the part of its Result that is in no other file.
type findings struct {
	Stages   []Stage      `json:"stages"`
	Signals  []gap.Signal `json:"signals"`
	Unfit    []gap.Signal `json:"unfit"`
	Outcomes []outcome    `json:"outcomes"`
}

type outcome struct {
	Ref     resource.Ref `json:"ref"`
	Outcome diff.Outcome `json:"outcome"`
}

// keepResult saves the result, so that cleaning up may begin.
func (d *drill) keepResult() error {
	r := d.result
	f := findings{Stages: r.Stages, Signals: r.Signals, Unfit: r.Unfit}
	for _, ref := range slices.SortedFunc(maps.Keys(r.Diff.Outcomes), resource.Ref.Compare) {
		f.Outcomes = append(f.Outcomes, outcome{ref, r.Diff.Outcomes[ref]})
	}
	return d.save(resultFile, f)
}

// restoreResult reads the result of a drill whose comparison is done; false if
// it is not.
func (d *drill) restoreResult() (bool, error) {
	var f findings
	found, err := d.load(resultFile, &f)
	if err != nil || !found {
		return false, err
	}
	r := &Result{Stages: f.Stages, Signals: f.Signals, Unfit: f.Unfit, Source: &resource.Set{}, Target: &resource.Set{}, Plan: &plan.Plan{}}
	r.Diff.Outcomes = map[resource.Ref]diff.Outcome{}
	for _, o := range f.Outcomes {
		r.Diff.Outcomes[o.Ref] = o.Outcome
	}
	for name, value := range map[string]any{sourceFile: r.Source, targetFile: r.Target, planOf("target"): r.Plan} {
		if found, err := d.load(name, value); err != nil || !found {
			return false, errors.Join(err, fmt.Errorf("%s: is it all there? %s is needed beside %s", d.Dir, name, resultFile))
		}
	}
	d.result = r
	return true, nil
}
