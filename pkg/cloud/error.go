package cloud

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The kinds of errors. Every error of a driver wraps one of them.
var (
	ErrNotFound        = errors.New("not found")
	ErrConflict        = errors.New("conflict")             // with the state of this or another resource
	ErrQuota           = errors.New("quota exceeded")       //
	ErrForbidden       = errors.New("forbidden")            // policy; these rights do not suffice
	ErrInvalid         = errors.New("refused")              // the request's content: unknown attribute, bad value
	ErrUnsupported     = errors.New("not supported")        // service, extension or microversion missing
	ErrUnauthenticated = errors.New("login failed")         //
	ErrTransient       = errors.New("temporarily unable")   // retries are used up
	ErrUnreachable     = errors.New("cannot be reached")    // no answer at all
	ErrProtocol        = errors.New("unexpected behaviour") // the answer makes no sense
)

// An OpError tells which operation failed, on which cloud and resource, and
// what the service said.
type OpError struct {
	Op        string          // create, delete, list, catalogue, log in, …
	Cloud     string          //
	Ref       resource.Ref    // zero when it is not about one resource
	Paths     []resource.Path // the properties that the service's message names
	Status    int             // of HTTP; 0: no answer
	RequestID string          //
	Message   string          // the service's own words, without secrets
	Hint      string          // what to do next
	Err       error           // one of this package's kinds, possibly around a cause
}

// Error returns one line in lower case.
func (e *OpError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Cloud, e.Op)
	if !e.Ref.IsZero() {
		fmt.Fprintf(&b, " %s", e.Ref)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d)", e.Status)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [%s]", e.RequestID)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *OpError) Unwrap() error { return e.Err }
