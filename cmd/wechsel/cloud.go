package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

func (a *app) cloudCommand() *cli.Command {
	return &cli.Command{Name: "cloud", Usage: "serve simulated clouds for any client", Subcommands: []*cli.Command{{
		Name: "start", Usage: "serve simulated clouds until Ctrl-C", ArgsUsage: "sim:NAME…",
		Description: `Serves each cloud on ports of its own on loopback, and writes a clouds.yaml
for its OpenStack and a kubeconfig for its Kubernetes, as far as it offers
them. In OpenStack the projects demo and demo2 have users of the same names,
with the password "password"; admin is the administrator. In the kubeconfig
each cloud is a context, as the administrator.

Kubernetes is a real control plane: the program wechsel-cluster, which make
cluster builds.

Example:
  wechsel cloud start sim:alster sim:isar --dir /tmp/clouds
  export OS_CLIENT_CONFIG_FILE=/tmp/clouds/clouds.yaml
  export KUBECONFIG=/tmp/clouds/kubeconfig
  openstack --os-cloud alster server list
  kubectl --context alster get storageclasses`,
		Flags:  append([]cli.Flag{&cli.StringFlag{Name: "dir", Usage: "`DIR` for clouds.yaml and kubeconfig; default: a new temporary one"}, quietFlag()}, a.clusterFlags()...),
		Action: a.cloudStart,
	}}}
}

func (a *app) cloudStart(c *cli.Context) error {
	args, err := atLeastOne(c, "simulated cloud, as in sim:alster")
	if err != nil {
		return err
	}
	options, err := clusterOptionsOf(c)
	if err != nil {
		return err
	}
	clouds := make([]*standing, len(args))
	for i, arg := range args {
		if !strings.HasPrefix(arg, simulated) {
			return &usage{fmt.Errorf("%q is no simulated cloud: want sim:NAME", arg)}
		}
		p, err := loadProfile(arg)
		if err != nil {
			return err
		}
		clouds[i] = &standing{name: cloudName(arg, clouds[:i]), profile: p}
	}
	dir, err := folder(c.String("dir"))
	if err != nil {
		return err
	}
	ctx, done := a.interruptible(func() {}, func() {})
	defer done()
	return a.serveAll(ctx, dir, clouds, options)
}

// standing is a simulated cloud that other programs use.
type standing struct {
	name    string // in clouds.yaml and kubeconfig
	profile *profile.Profile
	server  *server          // nil: no OpenStack
	cluster *cluster.Cluster // nil: no Kubernetes
	stop    []func()
}

// start brings up what the cloud offers. The caller ends it, also after an error.
func (s *standing) start(ctx context.Context, a *app, o clusterOptions) error {
	if s.profile.OpenStack() {
		served, stop, err := serve(ctx, s.profile, "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.server, s.stop = served, append(s.stop, stop)
	}
	c, stop, err := a.startCluster(ctx, s.profile, o, s.server)
	s.cluster, s.stop = c, append(s.stop, stop)
	return err
}

func (s *standing) end() {
	for _, stop := range s.stop {
		stop()
	}
}

// serveAll starts the clouds side by side and ends them when ctx ends.
func (a *app) serveAll(ctx context.Context, dir string, clouds []*standing, o clusterOptions) error {
	var all sync.WaitGroup
	failed := make([]error, len(clouds))
	for i, s := range clouds {
		all.Go(func() { failed[i] = s.start(ctx, a, o) })
	}
	all.Wait()
	for _, s := range clouds {
		defer s.end()
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if err := a.tellClouds(dir, clouds); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// tellClouds writes the files that clients need, and says where they are.
func (a *app) tellClouds(dir string, clouds []*standing) error {
	entries, clusters := map[string]any{}, map[string]*cluster.Cluster{}
	var contexts []string
	out := &strings.Builder{}
	for _, s := range clouds {
		if s.server != nil {
			for suffix, user := range map[string]string{"": "demo", "-2": "demo2", "-admin": "admin"} {
				entries[s.name+suffix] = cloudEntry(s.server, user)
			}
			fmt.Fprintf(out, "%-14s %s\n", s.name, s.server.authURL())
		}
		if s.cluster != nil {
			clusters[s.name] = s.cluster
			contexts = append(contexts, s.name)
			fmt.Fprintf(out, "%-14s %s (Kubernetes %s)\n", s.name, s.cluster.Server, s.cluster.Version)
		}
	}
	out.WriteString("\n")
	if len(entries) > 0 {
		if err := tellFile(out, "OS_CLIENT_CONFIG_FILE", filepath.Join(dir, cloudsFile), map[string]any{"clouds": entries}); err != nil {
			return err
		}
	}
	if len(contexts) > 0 {
		if err := tellFile(out, "KUBECONFIG", filepath.Join(dir, kubeFile), cluster.Kubeconfig(contexts, clusters)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(a.Out, out.String())
	return err
}

// cloudName is the profile's name; the second cloud of a profile gets a number.
func cloudName(arg string, taken []*standing) string {
	base := strings.TrimSuffix(filepath.Base(strings.TrimPrefix(arg, simulated)), ".yaml")
	name := base
	for n := 2; slices.ContainsFunc(taken, func(s *standing) bool { return s.name == name }); n++ {
		name = fmt.Sprintf("%s.%d", base, n)
	}
	return name
}

func cloudEntry(s *server, user string) map[string]any {
	project := user
	if user == "admin" {
		project = "demo"
	}
	return map[string]any{
		"region_name": s.profile.Region, "interface": "public", "identity_api_version": 3,
		"auth": map[string]any{
			"auth_url": s.authURL(), "username": user, "password": "password", "project_name": project,
			"user_domain_name": "Default", "project_domain_name": "Default",
		},
	}
}

// What is written for clients, and how it begins: what begins otherwise is
// somebody's own.
const (
	cloudsFile = "clouds.yaml"
	kubeFile   = "kubeconfig"
	ours       = "# written by wechsel cloud start, and written anew by the next one\n"
)

// folder makes the folder that the user names, or a new one. One in which
// somebody keeps files of the same names is not taken.
func folder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "wechsel-clouds-")
	}
	for _, name := range []string{cloudsFile, kubeFile} {
		file := filepath.Join(dir, name)
		if data, err := os.ReadFile(file); err == nil && !strings.HasPrefix(string(data), ours) {
			return "", &usage{fmt.Errorf("%s is there already, and not by `wechsel cloud start`: name another --dir", file)}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", &usage{fmt.Errorf("%w: name another --dir", err)}
	}
	return filepath.Abs(dir)
}

// tellFile writes a client's configuration and tells out the variable to set.
func tellFile(out io.Writer, variable, file string, content any) error {
	data, err := yaml.Marshal(content)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "export %s=%s\n", variable, file); err != nil {
		return err
	}
	return os.WriteFile(file, append([]byte(ours), data...), 0o600)
}
