package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// program writes a stand-in for the real program: a script.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Program)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func offering() *profile.Profile {
	return &profile.Profile{Name: "test", Kubernetes: profile.Kubernetes{Nodes: []profile.Node{{Name: "one"}}}}
}

func TestAMissingProgramSaysHowToGetIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Find("")
	if !errors.Is(err, ErrNoProgram) || !strings.Contains(err.Error(), "make cluster") {
		t.Errorf("error is %v", err)
	}
	if _, err := Find(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrNoProgram) {
		t.Errorf("error is %v", err)
	}
}

func TestWhatDoesNotStartSaysWhy(t *testing.T) {
	for script, want := range map[string]string{
		`read line; echo '{"error":"no room"}'; exit 1`: "no room",
		`echo out of memory >&2; exit 3`:                "out of memory",
	} {
		_, err := Start(t.Context(), program(t, script), offering())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "test") {
			t.Errorf("%s: error is %v", script, err)
		}
	}
}

func TestAProfileWithoutKubernetesIsNotStarted(t *testing.T) {
	if _, err := Start(t.Context(), "/nowhere", &profile.Profile{Name: "test"}); err == nil {
		t.Error("started")
	}
}

func TestItIsToldTheProfileAndEndsWithItsInput(t *testing.T) {
	told := filepath.Join(t.TempDir(), "told")
	c, err := Start(t.Context(), program(t, `read line; echo "$line" > `+told+`; echo '{"server":"https://127.0.0.1:1","token":"t"}'; cat; echo end >> `+told), offering())
	if err != nil {
		t.Fatal(err)
	}
	if c.Server != "https://127.0.0.1:1" || c.Token != "t" {
		t.Errorf("cluster is %+v", c)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(told)
	if err != nil || string(got) != `{"name":"test","nodes":[{"name":"one"}]}`+"\nend\n" {
		t.Errorf("told %s, %v", got, err)
	}
}
