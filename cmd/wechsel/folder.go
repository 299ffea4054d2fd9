package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	if _, err := os.Stat(filepath.Join(dir, drillFile)); err == nil {
		return "", &usage{fmt.Errorf("%s holds a drill already: `wechsel resume %s` goes on with it, another --out starts a new one", dir, dir)}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the drill's folder: %w", err)
	}
	r.APIVersion, r.Kind = resource.APIVersion, "Drill"
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, drillFile), append(data, '\n'), 0o600)
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
