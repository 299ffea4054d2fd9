package main

import (
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

func TestAMissingClusterProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := &profile.Profile{Name: "alster", Kubernetes: profile.Kubernetes{Nodes: []profile.Node{{Name: "one"}}}}
	said := &strings.Builder{}
	a := &app{Streams: Streams{Err: said}}
	c, stop, err := a.startCluster(t.Context(), p, clusterOptions{when: kubernetesAuto}, nil)
	stop()
	if c != nil || err != nil || !strings.Contains(said.String(), "alster is started without its Kubernetes") || !strings.Contains(said.String(), "make cluster") {
		t.Errorf("auto: %v, %v, said %s", c, err, said)
	}
	if _, _, err := a.startCluster(t.Context(), p, clusterOptions{when: kubernetesYes}, nil); err == nil || !strings.Contains(err.Error(), "make cluster") {
		t.Errorf("yes: %v", err)
	}
	said.Reset()
	c, _, err = a.startCluster(t.Context(), &profile.Profile{Name: "plain"}, clusterOptions{when: kubernetesYes}, nil)
	if c != nil || err != nil || said.Len() > 0 {
		t.Errorf("a cloud without Kubernetes: %v, %v, said %s", c, err, said)
	}
}
