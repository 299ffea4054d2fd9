package openstack

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A call is one request to one service, on its way through the simulator.
type call struct {
	*http.Request
	cloud   *Cloud
	service *service
	id      string    // x-openstack-request-id
	now     time.Time // moment of the transaction
	token   *token    // nil for what needs none
	version version   // microversion asked for; zero for services without
	body    any       // decoded JSON; nil: none
	outside bool      // the answer does not come from the service's core, which would have signed it
}

// do runs f with the lock of the instance; only for free handlers.
func (c *call) do(f func()) {
	c.cloud.Do(func(now time.Time) {
		c.now = now
		f()
	})
}

// project returns the id of the project that the token is for, or "".
func (c *call) project() string {
	if c.token == nil {
		return ""
	}
	return c.token.project
}

// authenticate finds the token. What is wrong with it is said in the same
// words whatever it is, as keystonemiddleware does.
func (c *call) authenticate(public bool) error {
	t := c.cloud.identity.valid(c.Header.Get("X-Auth-Token"), c.now)
	if t != nil && !c.cloud.identity.permitted(t, c.service.kind, c.Method, strings.TrimPrefix(c.URL.Path, c.service.prefix)) {
		t = nil
	}
	if t == nil && !public {
		return errUnauthorized
	}
	c.token = t
	return nil
}

// is tells whether the caller has that role; an administrator has every one,
// and a member is a reader.
func (c *call) is(role string) bool {
	if c.token == nil || role == "nobody" {
		return false
	}
	have := c.token.roles
	return slices.Contains(have, role) || slices.Contains(have, "admin") || role == "reader" && slices.Contains(have, "member")
}

// admin tells whether the caller is an administrator.
func (c *call) admin() bool { return c.is("admin") }

// may asks the policy: does the caller have the role that this rule needs? The
// profile may name another role than the service's default.
func (c *call) may(rule, role string) bool {
	if r, ok := c.cloud.profile.Behaviour.Policy[rule]; ok {
		role = r
	}
	return c.is(role)
}

// host returns the URL of the listener as the client sees it.
func (c *call) host() string {
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	if p := c.Header.Get("X-Forwarded-Proto"); p != "" {
		scheme = p
	}
	return scheme + "://" + c.Host
}

// url returns the URL of a path of the called service.
func (c *call) url(path string) string { return c.host() + c.service.prefix + path }

// document returns the object under the only key of the body: {"server": {…}}.
func (c *call) document(key string) (map[string]any, bool) {
	body, _ := c.body.(map[string]any)
	doc, ok := body[key].(map[string]any)
	return doc, ok
}
