package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

// When the Kubernetes half of a simulated cloud is started.
const (
	kubernetesAuto = "auto" // if its profile offers it and the program for it is there
	kubernetesYes  = "yes"  // if its profile offers it; without the program that is an error
	kubernetesNo   = "no"
)

// clusterProgramFlag names the program that is the Kubernetes of simulated clouds.
func (a *app) clusterProgramFlag() cli.Flag {
	return &cli.StringFlag{Name: "cluster-program", EnvVars: []string{"WECHSEL_CLUSTER"}, Destination: &a.clusterProgram,
		Usage: "`FILE` that is a simulated cluster; default: wechsel-cluster beside wechsel or on PATH"}
}

// clusterOptions is what the user says about simulated clusters.
type clusterOptions struct {
	when    string // one of kubernetesAuto, kubernetesYes, kubernetesNo
	program string // path of wechsel-cluster; empty: beside wechsel or on PATH
}

// clusterFlags are the flags that clusterOptionsOf reads.
func (a *app) clusterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "kubernetes", Value: kubernetesAuto, Usage: "`WHEN` a simulated cloud has a cluster: yes, no, or auto (if its profile offers one and wechsel-cluster is built)"},
		a.clusterProgramFlag(),
	}
}

func clusterOptionsOf(c *cli.Context) (clusterOptions, error) {
	o := clusterOptions{c.String("kubernetes"), c.String("cluster-program")}
	if known := []string{kubernetesAuto, kubernetesYes, kubernetesNo}; !slices.Contains(known, o.when) {
		return o, &usage{fmt.Errorf("--kubernetes=%s: want auto, yes or no", o.when)}
	}
	return o, nil
}

// projectOf is where a simulated cloud's cluster has its volumes: in the project
// of its OpenStack that drills work in; nil: the cloud has no OpenStack.
func projectOf(s *server) *cluster.OpenStack {
	if s == nil {
		return nil
	}
	o := s.auth()
	return &cluster.OpenStack{AuthURL: o.URL, User: o.User, Password: o.Password, Project: o.Project, Domain: o.Domain, Region: o.Region}
}

// startCluster starts the Kubernetes half of a simulated cloud, whose OpenStack
// half in may be nil, and waits until it serves; nil: the cloud has none. Stop, which is never nil, ends it and all that
// is in it.
func (a *app) startCluster(ctx context.Context, p *profile.Profile, o clusterOptions, in *server) (*cluster.Cluster, func(), error) {
	nothing := func() {}
	if !p.Kubernetes.Serves() || o.when == kubernetesNo {
		return nil, nothing, nil
	}
	program, err := cluster.Find(o.program)
	if errors.Is(err, cluster.ErrNoProgram) && o.when != kubernetesYes && o.program == "" {
		_, _ = fmt.Fprintf(a.Err, "%s is started without its Kubernetes: %v\n", p.Name, err)
		return nil, nothing, nil
	}
	if err != nil {
		return nil, nothing, &usage{err}
	}
	c, err := cluster.StartIn(ctx, program, p, projectOf(in))
	if err != nil {
		return nil, nothing, err
	}
	return c, func() { _ = c.Close() }, nil
}
