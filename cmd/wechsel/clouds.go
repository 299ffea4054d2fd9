package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
	sim "github.com/wechsel-project/wechsel/pkg/sim/openstack"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// simulated is how the name of a simulated cloud begins.
const simulated = "sim:"

// A connection is a cloud that was opened, and how to let go of it.
type connection struct {
	drill.Side
	cluster *kubernetes.Cloud // its Kubernetes; nil: it was not asked for
	close   func()
}

// wanted are the layers of a cloud that are needed.
type wanted struct {
	openStack, kubernetes bool
	storage               bool   // of OpenStack only what is behind the cluster's claims, if the cloud has it
	ifThere               bool   // a layer that the cloud does not have is not missed
	secret                []byte // what the values of Secrets are hashed with; nil: anew
}

// wantedBy are the layers that a scenario is about.
func wantedBy(s *scenario.Scenario, secret []byte) wanted {
	w := wanted{openStack: s.Set != nil && s.Set.Len() > 0, kubernetes: len(s.Kubernetes) > 0, secret: secret}
	w.storage = w.kubernetes && !w.openStack
	return w
}

// everything is all that a cloud has.
func everything() wanted { return wanted{openStack: true, kubernetes: true, ifThere: true} }

// connect opens the cloud that the user names: sim:NAME or sim:FILE starts a
// simulated one, any other name is looked up in wechsel.yaml, clouds.yaml and
// the kubeconfig.
func (a *app) connect(ctx context.Context, name string, config *scenario.Config, want wanted) (*connection, error) {
	if strings.HasPrefix(name, simulated) {
		return a.simulate(ctx, name, want)
	}
	if want.ifThere {
		if err := want.leaveAbsent(name, config); err != nil {
			return nil, err
		}
	}
	var layers []layer
	if want.openStack || want.storage && namesOpenStack(name, config) {
		layers = append(layers, func(ctx context.Context, c *connection) (cloud.Cloud, func() []cloud.Calls, error) {
			opened, err := openstack.Open(ctx, openstack.Options{Cloud: entryOf(name, config)})
			if err != nil {
				return nil, nil, err
			}
			return opened, opened.Calls, nil
		})
	}
	if want.kubernetes {
		layers = append(layers, func(ctx context.Context, c *connection) (cloud.Cloud, func() []cloud.Calls, error) {
			return c.openCluster(ctx, kubernetes.Options{
				Cloud: name, Kubeconfig: config.Clouds[name].Kubeconfig.Value, Context: firstOf(config.Clouds[name].Kubernetes.Value, name), Secret: want.secret,
			})
		})
	}
	c, err := openLayers(ctx, drill.Side{Name: name, Place: placeOf(name, config)}, layers, want.join())
	if !errors.Is(err, cloud.ErrInvalid) {
		return c, err
	}
	if _, unknown := loadProfile(simulated + name); unknown == nil { // a name that leads nowhere, an entry that makes no sense
		err = fmt.Errorf("%w; or %s%s, which is simulated", err, simulated, name)
	}
	return nil, &usage{err}
}

// leaveAbsent leaves out what a cloud does not have.
func (w *wanted) leaveAbsent(name string, config *scenario.Config) error {
	project, err := hasOpenStack(name, config)
	if err != nil {
		return err
	}
	cluster, err := hasKubernetes(name, config)
	w.openStack, w.kubernetes = w.openStack && project, w.kubernetes && cluster
	return err
}

// ofTarget is what is wanted of the cloud that is arrived on: what it does not have
// of two layers is what the drill finds. A cloud with nothing of it is a mistake.
func (w wanted) ofTarget(name string, config *scenario.Config) (wanted, error) {
	left := w
	if err := left.leaveAbsent(name, config); err != nil || !left.openStack && !left.kubernetes {
		return w, err
	}
	return left, nil
}

// namesOpenStack tells whether a name leads to an OpenStack cloud that somebody
// has written down.
func namesOpenStack(name string, config *scenario.Config) bool {
	if config.Clouds[name].OpenStack.Value != "" {
		return true
	}
	known, err := openstack.CloudNames()
	return err == nil && slices.Contains(known, name)
}

// join is how the layers become one cloud.
func (w wanted) join() func(...cloud.Cloud) cloud.Cloud {
	if !w.storage {
		return cloud.Join
	}
	return func(layers ...cloud.Cloud) cloud.Cloud {
		if len(layers) == 1 {
			return layers[0]
		}
		return cloud.JoinStorage(layers[0], layers[1])
	}
}

// A layer opens one part of a cloud.
type layer func(context.Context, *connection) (cloud.Cloud, func() []cloud.Calls, error)

// openLayers opens all layers at once and makes one cloud of them.
func openLayers(ctx context.Context, side drill.Side, layers []layer, join func(...cloud.Cloud) cloud.Cloud) (*connection, error) {
	c := &connection{Side: side}
	clouds, calls, stops := make([]cloud.Cloud, len(layers)), make([]func() []cloud.Calls, len(layers)), make([]connection, len(layers))
	c.close = func() {
		for _, s := range stops {
			if s.close != nil {
				s.close()
			}
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(layers))
	for i, open := range layers {
		wg.Go(func() { clouds[i], calls[i], errs[i] = open(ctx, &stops[i]) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil { // a name that nobody knows is missing in both places
		c.close()
		return nil, err
	}
	if len(layers) == 0 {
		return nil, &usage{fmt.Errorf("%s offers nothing of what is wanted", side.Name)}
	}
	for _, s := range stops {
		if s.cluster != nil {
			c.cluster = s.cluster
		}
	}
	c.Cloud = join(clouds...)
	c.Calls = func() []cloud.Calls {
		var all []cloud.Calls
		for _, f := range calls {
			all = append(all, f()...)
		}
		return all
	}
	return c, nil
}

// openCluster is the layer of a Kubernetes cluster.
func (c *connection) openCluster(ctx context.Context, o kubernetes.Options) (cloud.Cloud, func() []cloud.Calls, error) {
	opened, err := kubernetes.Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	c.cluster = opened
	return opened, opened.Transport().Calls, nil
}

// connectBoth opens the two clouds of a drill at once.
func (a *app) connectBoth(ctx context.Context, from, to string, config *scenario.Config, want wanted) (*connection, *connection, error) {
	var both [2]*connection
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { both[0], errs[0] = a.connect(ctx, from, config, want) })
	wg.Go(func() {
		var ofTarget wanted
		if ofTarget, errs[1] = want.ofTarget(to, config); errs[1] == nil {
			both[1], errs[1] = a.connect(ctx, to, config, ofTarget)
		}
	})
	wg.Wait()
	err := errors.Join(errs[:]...) // what is wrong with either is told
	if err != nil {
		for _, c := range both {
			if c != nil {
				c.close()
			}
		}
	}
	return both[0], both[1], err
}

// entryOf is the entry of clouds.yaml that a name means.
func entryOf(name string, config *scenario.Config) string {
	if c, ok := config.Clouds[name]; ok && c.OpenStack.Value != "" {
		return c.OpenStack.Value
	}
	return name
}

// placeOf is the project that a real cloud's name leads to. A name that
// clouds.yaml does not know is a place of its own.
func placeOf(name string, config *scenario.Config) string {
	place, err := openstack.Place(openstack.Options{Cloud: entryOf(name, config)})
	if err != nil {
		return name
	}
	return place
}

// simulate serves a profile for as long as the connection is open: its OpenStack
// on a port of its own inside this process, its Kubernetes as a process beside it.
func (a *app) simulate(ctx context.Context, name string, want wanted) (*connection, error) {
	p, err := loadProfile(name)
	if err != nil {
		return nil, err
	}
	if err := offers(name, p, want); err != nil {
		return nil, err
	}
	var layers []layer
	var served *server
	stop := func() {}
	if p.OpenStack() && (want.openStack || want.kubernetes) { // where its cluster has volumes
		if served, stop, err = serve(ctx, p, "127.0.0.1:0"); err != nil {
			return nil, err
		}
	}
	if served != nil && (want.openStack || want.storage) {
		layers = append(layers, func(ctx context.Context, c *connection) (cloud.Cloud, func() []cloud.Calls, error) {
			opened, err := openstack.Open(ctx, openstack.Options{Cloud: name, Auth: served.auth()})
			if err != nil {
				return nil, nil, err
			}
			return opened, opened.Calls, nil
		})
	}
	if want.kubernetes && p.Kubernetes.Serves() {
		layers = append(layers, func(ctx context.Context, c *connection) (cloud.Cloud, func() []cloud.Calls, error) {
			started, stop, err := a.startCluster(ctx, p, clusterOptions{when: kubernetesYes, program: a.clusterProgram}, served)
			if err != nil {
				return nil, nil, err
			}
			c.close = stop
			kubeconfig, err := json.Marshal(cluster.Kubeconfig([]string{p.Name}, map[string]*cluster.Cluster{p.Name: started}))
			if err != nil {
				return nil, nil, err
			}
			return c.openCluster(ctx, kubernetes.Options{Cloud: name, Config: kubeconfig, Secret: want.secret})
		})
	}
	c, err := openLayers(ctx, drill.Side{Name: name, Simulated: true, MTU: p.Behaviour.Network.MTU, Octavia: p.Kubernetes.Octavia(), Declared: p.Kubernetes.Declared}, layers, want.join())
	if err != nil {
		stop()
		return nil, err
	}
	end := c.close
	c.close = func() { end(); stop() } // the cluster first, which uses the other
	return c, nil
}

// offers tells what of the wanted a profile does not have and has to.
func offers(name string, p *profile.Profile, want wanted) error {
	if want.kubernetes && !p.Kubernetes.Serves() && !want.ifThere {
		return &usage{fmt.Errorf("%s offers no Kubernetes, which is needed here", name)}
	}
	if want.openStack && !p.OpenStack() && !want.ifThere {
		return &usage{fmt.Errorf("%s offers no OpenStack, which is needed here", name)}
	}
	return nil
}

// loadProfile reads sim:NAME, sim:FILE, or either with overlays: sim:NAME+OVERLAY.
func loadProfile(name string) (*profile.Profile, error) {
	parts := strings.Split(strings.TrimPrefix(name, simulated), "+")
	file, data, err := readProfile("profile", ".", parts[0])
	if err != nil {
		return nil, &usage{err}
	}
	var overlays []profile.Overlay
	for _, part := range parts[1:] {
		o := profile.Overlay{}
		if o.File, o.Data, err = readProfile("overlay", "overlays", part); err != nil {
			return nil, &usage{err}
		}
		overlays = append(overlays, o)
	}
	p, err := profile.Parse(file, data, overlays...)
	if err != nil {
		return nil, &usage{err}
	}
	return p, nil
}

// readProfile reads a file of the user's, or one of the folder that the binary
// carries.
func readProfile(what, folder, name string) (file string, data []byte, err error) {
	if strings.ContainsAny(name, "/.") {
		data, err = os.ReadFile(name)
		return name, data, err
	}
	all, err := profiles()
	if err != nil {
		return "", nil, err
	}
	carried, err := fs.Sub(all, folder)
	if err != nil {
		return "", nil, err
	}
	file = name + ".yaml"
	if data, err = fs.ReadFile(carried, file); err != nil {
		names, _ := profile.Names(carried)
		return "", nil, fmt.Errorf("no %s %q (there are %s)%s", what, name, strings.Join(names, ", "), suggest.Nearest(name, names))
	}
	return file, data, nil
}

// profiles are those that the binary carries.
func profiles() (fs.FS, error) { return fs.Sub(fixtures.FS, "clouds") }

// server is one simulated cloud that listens.
type server struct {
	profile *profile.Profile
	url     string // http://127.0.0.1:PORT
}

func (s *server) authURL() string { return s.url + "/identity/v3" }

func (s *server) auth() *openstack.Auth {
	return &openstack.Auth{URL: s.authURL(), User: "demo", Password: "password", Project: "demo", Domain: "Default", Region: s.profile.Region}
}

// serve listens on loopback. stop ends the cloud and all that is in it.
func serve(ctx context.Context, p *profile.Profile, address string) (*server, func(), error) {
	c, err := sim.New(p)
	if err != nil {
		return nil, nil, fmt.Errorf("start the simulated cloud %s: %w", p.Name, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start the simulated cloud %s: %w", p.Name, err), c.Close())
	}
	h := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.Serve(listener) // ends by Close
	}()
	stop := func() {
		_ = h.Close()
		<-done
		_ = c.Close()
	}
	return &server{profile: p, url: "http://" + listener.Addr().String()}, stop, nil
}
