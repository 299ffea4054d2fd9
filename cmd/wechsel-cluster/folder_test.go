package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What a killed cluster has left goes with the next one; what lives stays.
func TestFolderOfTheDead(t *testing.T) {
	dir := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	left, alive, foreign := filepath.Join(dir, fmt.Sprintf("wechsel-cluster-%d-1", dead.Process.Pid)), filepath.Join(dir, fmt.Sprintf("wechsel-cluster-%d-2", os.Getppid())), filepath.Join(dir, "wechsel-cluster-notes")
	for _, name := range []string{left, alive, foreign} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	own, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{left: false, alive: true, foreign: true, own: true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}
