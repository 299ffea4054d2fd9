package openstack

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// A refusal is an answer that says no.
type refusal struct {
	status  int
	kind    string // Neutron's type of exception; empty: what the status says
	message string
	detail  string
	extra   map[string]any // more keys, for Keystone
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.message) }

// refuse makes a refusal with the service's words.
func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, message: fmt.Sprintf(format, args...)}
}

// refuseAs makes a refusal with the name of an exception, for Neutron.
func refuseAs(status int, kind, format string, args ...any) error {
	return &refusal{status: status, kind: kind, message: fmt.Sprintf(format, args...)}
}

var (
	errUnauthorized = errors.New("unauthorized")
	errMalformed    = errors.New("malformed request body")
	errNoRoute      = errors.New("no such path") // for a path that is there only for others, or for other versions
)

// asRefusal makes sure that there is something to answer. A defect of the
// simulator is a 500, as a defect of a service is.
func asRefusal(err error) *refusal {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, errUnauthorized):
		return &refusal{status: http.StatusUnauthorized, message: "The request you have made requires authentication."}
	case errors.Is(err, errMalformed):
		return &refusal{status: http.StatusBadRequest, kind: "HTTPBadRequest", message: "Malformed request body"}
	}
	return &refusal{status: http.StatusInternalServerError, message: err.Error()}
}

// A dialect is how a service speaks when it is not about its objects.
type dialect interface {
	version(c *call) error                    // reads the microversion into c.version
	headers(c *call, h http.Header)           // of every answer
	refuse(c *call, r *refusal) *reply        // an error
	unknown(c *call, methods []string) *reply // a path that there is not, or not with this method
}

// htmlPage is what webob makes of an exception: an explanation, and sometimes
// a detail behind it.
func htmlPage(status int, explanation, detail string) []byte {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	return fmt.Appendf(nil, "<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n  <h1>%s</h1>\n  %s<br /><br />\n%s\n\n\n </body>\n</html>",
		title, title, pyEscape(explanation), pyEscape(detail))
}

// statusText is webob's, which differs from Go's for one status.
func statusText(status int) string {
	if status == http.StatusRequestedRangeNotSatisfiable {
		return "Request Range Not Satisfiable"
	}
	return http.StatusText(status)
}

// pyEscape is html.escape of Python.
func pyEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(s)
}

// webob answers as webob's exceptions do: in HTML to everybody who does not ask
// for JSON.
func (c *call) webob(status int, explanation, detail string) *reply {
	if !strings.Contains(c.Header.Get("Accept"), "application/json") {
		r := &reply{status: status, bytes: htmlPage(status, explanation, detail)}
		return r.set("Content-Type", "text/html; charset=UTF-8")
	}
	page := explanation + "<br /><br />\n" + detail + "\n\n"
	if status == http.StatusUnsupportedMediaType { // has a template of its own
		page = explanation + "\n<br /><br />\n"
	}
	title := statusText(status)
	return with(status, map[string]any{"title": title, "code": fmt.Sprintf("%d %s", status, title), "message": page})
}

// middlewareRefusal is what keystonemiddleware says instead of a service.
func middlewareRefusal(c *call, r *refusal) *reply {
	body := map[string]any{"error": map[string]any{"code": r.status, "title": http.StatusText(r.status), "message": r.message}}
	return with(r.status, body).set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", c.host()+"/identity"))
}
