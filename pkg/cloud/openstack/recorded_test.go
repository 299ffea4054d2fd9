package openstack

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An exchange is a file of fixtures/recorded.
type exchange struct {
	Request struct {
		Method, Path string
		Headers      map[string]any
		Body         json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

// recorded calls f with every exchange that was recorded from a real cloud.
func recorded(t *testing.T, f func(name string, x exchange)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "fixtures", "recorded")
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var x exchange
		if err := json.Unmarshal(data, &x); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name, _ := filepath.Rel(root, path)
		f(strings.TrimSuffix(name, ".json"), x)
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 100 {
		t.Fatalf("only %d recorded exchanges", n)
	}
}

// TestBodiesAreClassified: every key of every object of our types that a real
// cloud has sent is known to its schema.
func TestBodiesAreClassified(t *testing.T) {
	seen := map[*kind]int{}
	recorded(t, func(name string, x exchange) {
		var answer map[string]json.RawMessage
		if strings.Contains(name, "compute-admin/") { // the driver's users are members
			return
		}
		if x.Response.Status >= 300 || json.Unmarshal(x.Response.Body, &answer) != nil {
			return
		}
		for k, b := range objectsIn(name, answer) {
			for _, o := range b {
				seen[k]++
				for _, key := range k.unclassified(o) {
					t.Errorf("%s: %s: key %q is not in the schema's body", name, k.schema.Type, key)
				}
			}
		}
	})
	for _, k := range classifiable() {
		if seen[k] == 0 {
			t.Errorf("no recorded %s", k.schema.Type)
		}
	}
}
