package openstack

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// A version is a microversion.
type version struct{ major, minor int }

func (v version) String() string { return strconv.Itoa(v.major) + "." + strconv.Itoa(v.minor) }

// since tells whether v is at least major.minor.
func (v version) since(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

var versionForm = regexp.MustCompile(`^([1-9]\d*)\.([1-9]\d*|0)$`)

func parseVersion(s string) (version, bool) {
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return version{}, false
	}
	major, err1 := strconv.Atoi(m[1])
	minor, err2 := strconv.Atoi(m[2])
	return version{major, minor}, err1 == nil && err2 == nil
}

// faultWords are the keys under which Nova and Cinder say what is wrong.
var faultWords = map[int]string{400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
	409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented", 503: "serviceUnavailable"}

// versioned is the dialect of Nova and of Cinder: they share their ancestry.
type versioned struct {
	word     string // before the version in OpenStack-API-Version: compute, volume
	own      string // Nova's header from before; empty: none
	min, max version
	base     version // without a header
}

func newVersioned(word, own string, s profile.Service, least version) versioned {
	d := versioned{word: word, own: own, min: least, max: least, base: least}
	if v, ok := parseVersion(s.Min); ok {
		d.min = v
	}
	if v, ok := parseVersion(s.Max); ok {
		d.max = v
	}
	return d
}

// asked returns the version in the headers, or "". The common header wins over
// Nova's own.
func (d versioned) asked(h http.Header) string {
	for _, value := range strings.Split(strings.Join(h.Values("OpenStack-API-Version"), ","), ",") {
		if word, v, ok := strings.Cut(strings.TrimSpace(value), " "); ok && strings.EqualFold(word, d.word) {
			return strings.TrimSpace(v)
		}
	}
	if d.own != "" {
		return strings.TrimSpace(h.Get(d.own))
	}
	return ""
}

func (d versioned) version(c *call) error {
	asked := d.asked(c.Header)
	switch asked {
	case "":
		if d.own == "" && c.Header.Get("OpenStack-API-Version") != "" { // Cinder: a header that names others only
			return refuse(http.StatusBadRequest, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
		}
		c.version = d.base
		return nil
	case "latest":
		c.version = d.max
		return nil
	}
	v, ok := parseVersion(asked)
	if !ok {
		return refuse(http.StatusBadRequest, "API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.", asked)
	}
	c.version = v
	if !v.since(d.min.major, d.min.minor) || !d.max.since(v.major, v.minor) {
		return refuse(http.StatusNotAcceptable, "Version %s is not supported by the API. Minimum is %s and maximum is %s.", v, d.min, d.max)
	}
	return nil
}

func (d versioned) headers(c *call, h http.Header) {
	h.Set("X-Openstack-Request-Id", c.id)
	if !c.outside || d.own != "" { // Cinder's comes from further inside than Nova's
		h.Set("X-Compute-Request-Id", c.id)
	}
	if c.version == (version{}) {
		return
	}
	h.Set("OpenStack-API-Version", d.word+" "+c.version.String())
	h.Add("Vary", "OpenStack-API-Version")
	if d.own != "" {
		h.Set(d.own, c.version.String())
		h.Add("Vary", d.own)
	}
}

func (d versioned) refuse(c *call, r *refusal) *reply {
	if r.status == http.StatusUnauthorized {
		c.outside = true
		return middlewareRefusal(c, r)
	}
	word, ok := faultWords[r.status]
	if !ok {
		word = "computeFault"
	}
	said := map[string]any{"code": r.status, "message": r.message}
	rep := with(r.status, map[string]any{word: said})
	if r.status == http.StatusRequestEntityTooLarge || r.status == http.StatusTooManyRequests {
		said["retryAfter"] = "0"
		rep.set("Retry-After", "0")
	}
	return rep
}

// unknown: the router of both is older than 405.
func (d versioned) unknown(c *call, _ []string) *reply {
	c.version, c.outside = version{}, true
	return c.webob(http.StatusNotFound, "The resource could not be found.", "")
}
