package openstack

import (
	"fmt"
	"net/http"
	"strings"
)

// webobReply is an error that webob writes itself, because no controller was
// found: in the form that the client accepts.
func webobReply(c *call, status int, explanation, detail string) *reply {
	title := http.StatusText(status)
	accept := c.Header.Get("Accept")
	switch {
	case strings.Contains(accept, "html"):
		return htmlReply(status, explanation, detail)
	case strings.Contains(accept, "json"):
		return with(status, map[string]any{"message": explanation + "<br /><br />\n" + detail + "\n\n", "code": fmt.Sprintf("%d %s", status, title), "title": title})
	}
	r := &reply{status: status, bytes: fmt.Appendf(nil, "%d %s\n\n%s\n\n %s  ", status, title, explanation, detail)}
	return r.set("Content-Type", "text/plain; charset=UTF-8")
}
