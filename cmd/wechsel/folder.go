package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	drillFile  = "drill.json"
	reportFile = "report.json"
	pageFile   = "report.html"
	secretFile = "secret.key"
)

// request is what a drill was asked for: drill.json in its folder, so that it
// can be resumed.
type request struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	ID         string `json:"id"`
	Scenario   string `json:"scenario"`
	Bundle     string `json:"bundle,omitempty"`   // absolute; what is deployed, when that is all
	Identity   string `json:"identity,omitempty"` // absolute; the file of who can read the values of the bundle's Secrets
	From       string `json:"from"`
	To         string `json:"to"`
	Config     string `json:"config,omitempty"`
	Layers     string `json:"layers,omitempty"` // the parts of the scenario, as --layers names them

	NotRun  []report.Part `json:"notRun,omitempty"` // the others, and why
	Keep    bool          `json:"keep,omitempty"`
	NoBytes bool          `json:"noBytes,omitempty"`
	Shared  bool          `json:"shared,omitempty"`
	Started string        `json:"started"`
}

// newID returns the id of a new drill: 10 characters of [a-z2-7].
func newID() string { return strings.ToLower(rand.Text())[:cloud.MaxDrill-1] }

// newFolder makes the folder of a new drill: the given one, or one in the
// user's state folder.
func newFolder(dir string, r request) (string, error) {
	if dir == "" {
		state, err := stateFolder()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(state, "drills", r.ID)
	}
	if err := isFree(dir, matrixFile, "matrix"); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unusable(err)
	}
	r.APIVersion, r.Kind = resource.APIVersion, "Drill"
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	err = writeNew(filepath.Join(dir, drillFile), append(data, '\n'))
	if errors.Is(err, os.ErrExist) {
		return "", &usage{fmt.Errorf("%s holds a drill already: `wechsel resume %s` goes on with it, another --out starts a new one", dir, dir)}
	}
	if err != nil {
		return "", unusable(err)
	}
	return dir, nil
}

// isFree refuses the folder of something else: a report of it tells of one thing.
func isFree(dir, file, what string) error {
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		return nil //nolint:nilerr // what is not there or cannot be read is no reason
	}
	return &usage{fmt.Errorf("%s is the folder of a %s: name another one", dir, what)}
}

// isPlaceFor refuses, before any cloud is asked, a file that cannot be written
// where the user wants it.
func isPlaceFor(file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return &usage{fmt.Errorf("%s is a folder: name a file in it", file)}
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return &usage{fmt.Errorf("%s: there is no folder %s: make it, or name another file", file, filepath.Dir(file))}
	}
	return nil
}

// unusable is why a folder cannot be that of a drill. A full disk is nobody's
// wrong use.
func unusable(err error) error {
	told := fmt.Errorf("make the drill's folder: %w; name another one with --out", err)
	if errors.Is(err, unix.ENOSPC) {
		return told
	}
	return &usage{told}
}

// writeNew writes a file that must not be there yet, whole or not at all: of two
// that try it at once one is refused.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

func readFolder(dir string) (request, error) {
	var r request
	data, err := os.ReadFile(filepath.Join(dir, drillFile))
	if errors.Is(err, os.ErrNotExist) {
		return r, &usage{fmt.Errorf("%s is not the folder of a drill: it has no %s", dir, drillFile)}
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, &usage{fmt.Errorf("%s: %w", filepath.Join(dir, drillFile), err)}
	}
	return r, nil
}

// secretOf is what the values of Secrets are hashed with in the drill of a folder:
// so that they can be compared, also after a resume, and nobody who has only the
// reports can guess them.
func secretOf(dir string) ([]byte, error) {
	name := filepath.Join(dir, secretFile)
	secret, err := os.ReadFile(name)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return secret, err
	}
	secret = []byte(rand.Text())
	return secret, os.WriteFile(name, secret, 0o600)
}

// stateFolder is where the XDG base directory specification wants state.
func stateFolder() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "wechsel"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for the drill's journal: %w; name one with --out", err)
	}
	return filepath.Join(home, ".local", "state", "wechsel"), nil
}
