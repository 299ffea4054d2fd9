package inventory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// someCluster is a cluster with n objects, in namespaces of which one's names
// look like the other's; some refer to what is not there.
func someCluster(r *rand.Rand, n int) cluster {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	var out cluster
	taken := map[string]bool{}
	for range n {
		namespace, name := pick("a", "a-b", "shop"), pick("web", "b-web", "b.web", "db", strings.Repeat("long-", 9))+pick("", "-1")
		kind := []resource.Type{tDeployment, tConfigMap}[r.IntN(2)]
		id := fmt.Sprint(kind, namespace, "/", name)
		if taken[id] {
			continue
		}
		taken[id] = true
		x := inNamespace(kind, namespace, name, spec{"text": "<a>\n\u2028"})
		if kind == tDeployment {
			x.Spec["config"], x.Spec["class"] = namespace+"/"+pick("web", "none", "b.web"), pick("fast", "slow", "")
			x.Spec["account"] = resource.Ref{Type: "core/ServiceAccount", Key: resource.Key(namespace + "/default")} // of a type that nobody knows
		}
		if kind == tConfigMap && r.IntN(3) == 0 {
			x.Parent = resource.Ref{Type: tDeployment, Key: resource.Key(namespace + "/db")}
		}
		out = append(out, x)
	}
	r.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

// The file holds what Take returns.
func TestAFileHoldsWhatIsTaken(t *testing.T) {
	for seed := range uint64(60) {
		c := someCluster(rand.New(rand.NewPCG(seed, 1)), int(seed))
		catalogue := &profile.Catalogue{Cluster: &profile.Cluster{Namespaces: []string{"a", "a-b", "empty"},
			Given: []profile.Offered{{Type: string(tClass), Name: "fast", Facts: map[string]any{"provisioner": "cinder"}}, {Type: string(tClass), Name: "b.fast"}}}}
		want, err := inventory.Take(t.Context(), c, inventory.Options{Catalogue: catalogue})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "inventory")
		stream := written(t, c, catalogue, name, want)
		for l, err := range stream.Lines() {
			if r := want.Get(l.Ref); err != nil || r == nil || l.Name != r.Name || l.Tenure != r.Tenure || l.Parent != r.Parent || fmt.Sprint(l.Refs) != fmt.Sprint(r.Refs()) {
				t.Fatalf("the line says %+v, and the resource is %+v (%v)", l, r, err)
			}
		}
		if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
			t.Fatalf("beside the file are %v", left)
		}
	}
}

func text(t *testing.T, s *resource.Set) string {
	t.Helper()
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What is not known by its name is written too.
func TestAFileOfAnyCloud(t *testing.T) {
	want := take(t, project(), 1, inventory.Options{Catalogue: catalogue()})
	c := &listing{list: project(), rand: rand.New(rand.NewPCG(1, 2))}
	written(t, c, catalogue(), filepath.Join(t.TempDir(), "inventory"), want)
}

// written writes the cloud's inventory and returns it. It holds what is wanted.
func written(t *testing.T, c cloud.Reader, catalogue *profile.Catalogue, name string, want *resource.Set) resource.Stream {
	t.Helper()
	n, err := inventory.Write(t.Context(), c, inventory.Options{Catalogue: catalogue}, name)
	if err != nil || n != want.Len() {
		t.Fatalf("%d written, %d taken: %v", n, want.Len(), err)
	}
	stream, err := inventory.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := inventory.Load(stream)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(text(t, want), text(t, got)); d != "" {
		t.Fatal(d)
	}
	return stream
}

// What was damaged is told, with the line.
func TestADamagedFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "inventory")
	c := cluster{inNamespace(tConfigMap, "a", "x", spec{}), inNamespace(tConfigMap, "a", "y", spec{}), inNamespace(tConfigMap, "b", "z", spec{})}
	if _, err := inventory.Write(t.Context(), c, inventory.Options{}, name); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	for what, text := range map[string]string{
		"line 3":          lines[0] + lines[2] + lines[1],
		"line 2":          lines[0] + "{}\n",
		"is no inventory": `{"apiVersion": "wechsel/v1", "kind": "Set"}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stream, err := inventory.Open(name)
		if err == nil {
			_, err = inventory.Load(stream)
		}
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want %q in it", err, what)
		}
	}
}

// A listing that fails leaves nothing behind.
func TestAFileThatIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	_, err := inventory.Write(t.Context(), failing{cluster{inNamespace(tConfigMap, "a", "x", spec{})}, broken}, inventory.Options{}, filepath.Join(dir, "inventory"))
	if left, _ := os.ReadDir(dir); !errors.Is(err, broken) || len(left) > 0 {
		t.Errorf("%v, and there are %v", err, left)
	}
}

var _ cloud.Reader = failing{}
