package openstack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// measure reads qcow2 files for cloudtest.
func measure(t *testing.T) func([]byte) (resource.Content, error) {
	return func(file []byte) (resource.Content, error) {
		name := filepath.Join(t.TempDir(), "disk.qcow2")
		if err := os.WriteFile(name, file, 0o600); err != nil {
			return resource.Content{}, err
		}
		return bundle.Measure(name, 0)
	}
}
