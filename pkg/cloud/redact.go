package cloud

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const hidden = "***"

// Redacted returns the headers with the values of all that are not known to be
// harmless replaced.
func Redacted(h http.Header) http.Header {
	harmless := []string{"Accept", "Content-Length", "Content-Type", "Date", "Location", "Openstack-Api-Version", "Retry-After", "User-Agent",
		"Vary", "Warning", "X-Compute-Request-Id", "X-Openstack-Nova-Api-Version", "X-Openstack-Request-Id"}
	out := make(http.Header, len(h))
	for name, values := range h {
		if slices.Contains(harmless, http.CanonicalHeaderKey(name)) {
			out[name] = slices.Clone(values)
			continue
		}
		out[name] = []string{hidden}
	}
	return out
}

// RedactedURL returns the URL without user, and with the values of all
// parameters that are not known to be harmless replaced.
func RedactedURL(u *url.URL) string {
	harmless := []string{"fields", "limit", "marker", "name", "offset", "owner", "sort_dir", "sort_key", "status", "usage", "visibility", "os_hidden"}
	c := *u
	c.User = nil
	query := c.Query()
	for name := range query {
		if !slices.Contains(harmless, name) {
			query[name] = []string{hidden}
		}
	}
	c.RawQuery = query.Encode()
	return c.String()
}

// RequestID returns the service's id of a request, which its operators can
// look up.
func RequestID(h http.Header) string {
	for _, name := range []string{"X-Openstack-Request-Id", "X-Compute-Request-Id", "X-Request-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// maxMessage is how much of a service's message is told, in characters.
const maxMessage = 1000

// RedactedMessage returns a service's message on one line, and without the
// value that Nova and Cinder repeat, twice, when they refuse it: it may be a
// secret. Of "Invalid input for field/attribute user_data. Value: X. 'X' is
// too long" everything but X is left.
func RedactedMessage(message string) string {
	message = repeated.ReplaceAllString(message, "Value: "+hidden+". ${1}${2}")
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}

var repeated = regexp.MustCompile(`(?s)Value: (?:.*('\w+' is a required property|Additional properties are not allowed .*)|.* ((?:is|does) .*))$`)
