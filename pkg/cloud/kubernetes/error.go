package kubernetes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// wrap makes an OpError of what went wrong before there was an answer.
func (c *Cloud) wrap(q call, err error) error {
	e := &cloud.OpError{Op: q.op, Cloud: c.name}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Err = err
	case connectionFailed(err):
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnreachable, err)
		e.Hint = "check the server " + c.base.Host + " of the kubeconfig, its certificate-authority and the network"
	default:
		e.Err = fmt.Errorf("%w: %w", cloud.ErrProtocol, err)
	}
	return e
}

func connectionFailed(err error) bool {
	var op *net.OpError
	var address *url.Error
	return errors.As(err, &op) || errors.As(err, &address) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// refused makes an OpError of an answer of 400 and above.
func (c *Cloud) refused(q call, resp *http.Response, data []byte) error {
	e := &cloud.OpError{Op: q.op, Cloud: c.name, Status: resp.StatusCode, RequestID: resp.Header.Get("Audit-Id")}
	var status metav1.Status
	if json.Unmarshal(data, &status) != nil || status.Kind != "Status" {
		status = metav1.Status{Message: string(data)}
	}
	status.Code = int32(resp.StatusCode) //nolint:gosec // a status of HTTP
	e.Message = cloud.RedactedMessage(status.Message)
	e.Err = kindOf(&status)
	if resp.StatusCode == http.StatusGone {
		e.Err = &expiredError{next: status.Continue}
	}
	e.Paths = pathsOf(&status)
	e.Hint = hint(e.Err)
	return e
}

// An expiredError says that the rest of a listing is not what it was when the
// listing began. Next leads to the rest as it is now; empty: begin again.
type expiredError struct{ next string }

func (e *expiredError) Error() string { return "the listing has expired" }

// Unwrap returns the kind.
func (e *expiredError) Unwrap() error { return cloud.ErrTransient }

// kindOf decides on the kind by the reason, and where Kubernetes uses one for
// many things by its words, which are those of its sources (1.33 to 1.36).
func kindOf(s *metav1.Status) error {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.Message, w) })
	}
	switch int(s.Code) {
	case http.StatusUnauthorized:
		return cloud.ErrUnauthenticated
	case http.StatusForbidden:
		switch {
		case says("exceeded quota"):
			return cloud.ErrQuota
		case says("because it is being terminated", "error looking up service account"): // a namespace at its end, or at its very beginning
			return cloud.ErrConflict
		}
		return cloud.ErrForbidden
	case http.StatusNotFound:
		if says("could not find the requested resource", "404 page not found") {
			return cloud.ErrUnsupported
		}
		return cloud.ErrNotFound
	case http.StatusConflict:
		return cloud.ErrConflict
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		return cloud.ErrUnsupported
	case http.StatusInternalServerError:
		if says("failed calling webhook", "failed to call webhook", "conversion webhook") { // its pods may come up
			return cloud.ErrConflict
		}
		return cloud.ErrTransient
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return cloud.ErrTransient
	}
	if s.Code < http.StatusInternalServerError {
		return cloud.ErrInvalid
	}
	return cloud.ErrProtocol
}

func hint(kind error) string {
	switch {
	case errors.Is(kind, cloud.ErrQuota):
		return "ask the provider for more quota, or free some"
	case errors.Is(kind, cloud.ErrForbidden):
		return "these rights, or the cluster's policies, do not allow it: ask the provider"
	case errors.Is(kind, cloud.ErrUnauthenticated):
		return "check the user of this kubeconfig's context: its token or certificate may have expired"
	case errors.Is(kind, cloud.ErrTransient):
		return "try again later; the provider can find the cause by the request's audit id"
	}
	return ""
}

// pathsOf returns the properties that the status names: its causes, and what
// strict decoding does not know.
func pathsOf(s *metav1.Status) []resource.Path {
	var out []resource.Path
	add := func(field string) {
		if p := pathOf(field); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if s.Details != nil {
		for _, cause := range s.Details.Causes {
			add(cause.Field)
		}
	}
	for _, m := range unknownField.FindAllStringSubmatch(s.Message, -1) {
		add(m[1])
	}
	if s.Reason == metav1.StatusReasonAlreadyExists && !strings.Contains(s.Message, "object is being deleted") {
		add("metadata.name") // nothing that ends by itself is in the way
	}
	return out
}

var unknownField = regexp.MustCompile(`(?:unknown|duplicate) field "([^"]+)"`)

// pathOf turns the path of a field in the server's words into ours:
// spec.template.spec.containers[0].image is the same,
// metadata.annotations[example.com/x] is metadata.annotations."example.com/x".
func pathOf(field string) resource.Path {
	var out resource.Path
	for rest := field; rest != ""; {
		rest = strings.TrimPrefix(rest, ".")
		if inner, ok := strings.CutPrefix(rest, "["); ok {
			key, after, _ := strings.Cut(inner, "]")
			if n, err := strconv.Atoi(key); err == nil {
				out = out.Index(n)
			} else {
				out = out.Field(strings.Trim(key, `"'`))
			}
			rest = after
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if name := rest[:end]; name != "" && name != "<nil>" {
			out = out.Field(name)
		}
		rest = rest[end:]
	}
	return out
}

// loginError turns what client-go says of the first requests into one of our
// kinds.
func (c *Cloud) loginError(err error) error {
	e := &cloud.OpError{Op: "log in", Cloud: c.name}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		done := &cloud.OpError{}
		if errors.As(c.wrap(call{op: "log in"}, err), &done) {
			return done
		}
	}
	s := status.Status()
	e.Status, e.Message, e.Err = int(s.Code), cloud.RedactedMessage(s.Message), kindOf(&s)
	e.Hint = cmp.Or(hint(e.Err), "check the server of the kubeconfig")
	return e
}

// about completes an error with the resource it is about.
func about(err error, r *resource.Resource) error {
	var e *cloud.OpError
	if errors.As(err, &e) {
		e.Ref = r.Ref
	}
	return err
}
