package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// lockProjects keeps a second drill out of the projects of real clouds on this
// machine. Simulated clouds belong to one drill anyway.
func lockProjects(sides ...drill.Side) (unlock func(), err error) {
	var files []*os.File
	unlock = func() {
		for _, f := range files {
			_ = f.Close()
		}
	}
	seen := map[string]bool{}
	for _, s := range sides {
		if s.Simulated || seen[s.Place] {
			continue
		}
		seen[s.Place] = true
		f, err := lockProject(s.Name, s.Place)
		if err != nil {
			unlock()
			return nil, err
		}
		files = append(files, f)
	}
	return unlock, nil
}

func lockProject(name, place string) (*os.File, error) {
	state, err := stateFolder()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(state, "locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, string(resource.NewKey(place))), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another drill works on %s: wait for its end", name)
		}
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return f, nil
}
