package openstack

import (
	"net/http"
	"strings"
)

// A service is one of the cloud's APIs.
type service struct {
	cloud   *Cloud
	kind    string // type as in profile.Catalogue: compute
	name    string // project that makes it: nova
	prefix  string // of its paths on the common listener: /compute
	dialect dialect
	routes  []string // patterns, without the prefix
}

// A handler answers one call, with the lock of the instance held.
type handler func(*call) (*reply, error)

// addService makes a service; paths that no route matches are refused in its
// dialect.
func (c *Cloud) addService(kind, name, prefix string, d dialect) *service {
	s := &service{cloud: c, kind: kind, name: name, prefix: prefix, dialect: d}
	c.services = append(c.services, s)
	unknown := route{handle: func(c *call) (*reply, error) { return d.unknown(c, s.allowed(c.Request)), nil }}
	c.mux.Handle(prefix+"/", s.handler(unknown))
	return s
}

// A route is one kind of request and how it is answered.
type route struct {
	handle handler
	public bool // needs no token
	free   bool // the handler runs without the lock and reads the body itself
}

// on registers what a user with a token may ask. The pattern is ServeMux's
// without the service's prefix: "GET /v2.1/servers/{id}".
func (s *service) on(pattern string, h handler) { s.add(pattern, route{handle: h}) }

// onPublic registers what anybody may ask.
func (s *service) onPublic(pattern string, h handler) { s.add(pattern, route{handle: h, public: true}) }

// onFree registers a handler that moves bytes: it runs without the lock.
func (s *service) onFree(pattern string, h handler) { s.add(pattern, route{handle: h, free: true}) }

func (s *service) add(pattern string, r route) {
	method, path, _ := strings.Cut(pattern, " ")
	s.routes = append(s.routes, pattern)
	s.cloud.mux.Handle(method+" "+s.prefix+path, s.handler(r))
	if path == "/{$}" { // also without the slash: ServeMux would redirect, and clients do not follow
		s.cloud.mux.Handle(method+" "+s.prefix, s.handler(r))
	}
}

// allowed returns the methods that the path of a refused request knows.
func (s *service) allowed(r *http.Request) []string {
	var methods []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := s.cloud.mux.Handler(probe); pattern != s.prefix+"/" {
			methods = append(methods, m)
		}
	}
	return methods
}
