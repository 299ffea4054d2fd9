package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// memoryFolder is where files are kept in memory, if the machine has such a place.
func memoryFolder() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// newFolder makes a folder of this process in dir, and removes those of
// processes that were killed before they could.
func newFolder(dir string) (string, error) {
	left, err := filepath.Glob(filepath.Join(dir, "wechsel-cluster-*"))
	if err != nil {
		return "", err
	}
	for _, name := range left {
		var pid, number int
		if n, _ := fmt.Sscanf(filepath.Base(name), "wechsel-cluster-%d-%d", &pid, &number); n == 2 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(name) // another user's stays
		}
	}
	return os.MkdirTemp(dir, fmt.Sprintf("wechsel-cluster-%d-", os.Getpid()))
}
