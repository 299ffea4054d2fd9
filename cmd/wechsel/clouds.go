package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	sim "github.com/wechsel-project/wechsel/pkg/sim/openstack"
)

// simulated is how the name of a simulated cloud begins.
const simulated = "sim:"

// connect opens the cloud that the user names: sim:NAME or sim:FILE starts a
// simulated one inside this process, any other name is looked up in
// wechsel.yaml and clouds.yaml.
func (a *app) connect(ctx context.Context, name string, config *scenario.Config) (drill.Side, func(), error) {
	if strings.HasPrefix(name, simulated) {
		return a.simulate(ctx, name)
	}
	opened, err := openstack.Open(ctx, openstack.Options{Cloud: entryOf(name, config)})
	if err != nil {
		return drill.Side{}, nil, err
	}
	return drill.Side{Name: name, Place: placeOf(name, config), Cloud: opened, Calls: opened.Calls}, func() {}, nil
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

// simulate serves a profile on a port of its own for as long as the drill.
func (a *app) simulate(ctx context.Context, name string) (drill.Side, func(), error) {
	p, err := loadProfile(name)
	if err != nil {
		return drill.Side{}, nil, err
	}
	served, stop, err := serve(ctx, p, "127.0.0.1:0")
	if err != nil {
		return drill.Side{}, nil, err
	}
	opened, err := openstack.Open(ctx, openstack.Options{Cloud: name, Auth: served.auth()})
	if err != nil {
		stop()
		return drill.Side{}, nil, err
	}
	return drill.Side{Name: name, Cloud: opened, Calls: opened.Calls, Simulated: true, MTU: p.Behaviour.Network.MTU}, stop, nil
}

// loadProfile reads sim:NAME from the binary, or sim:FILE.
func loadProfile(name string) (*profile.Profile, error) {
	what := strings.TrimPrefix(name, simulated)
	if strings.ContainsAny(what, "/.") {
		data, err := os.ReadFile(what)
		if err != nil {
			return nil, &usage{err}
		}
		p, err := profile.Parse(what, data)
		if err != nil {
			return nil, &usage{err}
		}
		return p, nil
	}
	carried, err := profiles()
	if err != nil {
		return nil, err
	}
	p, err := profile.Load(carried, what)
	if err != nil {
		return nil, &usage{err}
	}
	return p, nil
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
