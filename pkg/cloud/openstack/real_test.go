//go:build real

package openstack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
)

// open logs in to a cloud of the lab; that it is not up is a failure.
func open(t testing.TB, name string) *openstack.Cloud {
	t.Helper()
	file := os.Getenv("OS_CLIENT_CONFIG_FILE")
	if file == "" {
		file = filepath.Join("..", "..", "..", "fixtures", "lab", "openstack", "state", "clouds.yaml")
	}
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: name, Files: []string{file}})
	if err != nil {
		t.Fatalf("%v (start the lab with make lab-up)", err)
	}
	return c
}

func TestRealA(t *testing.T) { runReal(t, "real-a") }

func TestRealB(t *testing.T) { runReal(t, "real-b") }

func runReal(t *testing.T, name string) {
	cloudtest.Run(t, cloudtest.Suite{Open: func(t testing.TB) cloud.Cloud { return open(t, name) }, Measure: measure(t)})
}
