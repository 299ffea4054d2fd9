package openstack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// wrap makes an OpError of anything that went wrong with a call.
func (c *Cloud) wrap(q call, err error) error {
	var done *cloud.OpError
	if errors.As(err, &done) {
		own := *done // all that wait for one login are told of the same error
		own.Op = cmp.Or(own.Op, q.op)
		return &own
	}
	e := &cloud.OpError{Op: q.op, Cloud: c.name}
	var refused gophercloud.ErrUnexpectedResponseCode
	var reauth *gophercloud.ErrUnableToReauthenticate
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Err = err
	case errors.As(err, &reauth):
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnauthenticated, reauth.ErrReauth)
		e.Hint = "the token cannot be renewed: check this cloud's entry in clouds.yaml"
	case errors.As(err, &refused):
		answer(e, refused)
		e.Err = kindOf(refused.Actual, e.Message)
		e.Hint = hint(e.Err)
	case isKind(err):
		e.Err = err
	case connectionFailed(err):
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnreachable, err)
		e.Hint = "check the endpoint of " + string(q.service) + " and the network"
	default:
		e.Err = fmt.Errorf("%w: %w", cloud.ErrProtocol, err)
	}
	return e
}

func isKind(err error) bool {
	for _, k := range []error{cloud.ErrNotFound, cloud.ErrConflict, cloud.ErrQuota, cloud.ErrForbidden, cloud.ErrInvalid, cloud.ErrUnsupported,
		cloud.ErrUnauthenticated, cloud.ErrTransient, cloud.ErrUnreachable, cloud.ErrProtocol} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

func connectionFailed(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var address *url.Error
	return errors.As(err, &op) || errors.As(err, &dns) || errors.As(err, &address) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// answer copies status, message and request id.
func answer(e *cloud.OpError, refused gophercloud.ErrUnexpectedResponseCode) {
	e.Status = refused.Actual
	e.RequestID = cloud.RequestID(refused.ResponseHeader)
	e.Message = cloud.RedactedMessage(message(refused.Body))
}

// message finds the service's words in the dialects of the services:
//
//	Keystone   {"error": {"code", "message", "title"}}
//	Nova       {"badRequest": {"code", "message"}}, Cinder the same
//	Neutron    {"NeutronError": {"type", "message", "detail"}} or {"NeutronError": "text"}
//	Glance     {"code", "title", "message"} or an HTML page
//	microversions (406), WSME  {"errors": [{"title", "detail"}]}, {"faultstring"}
func message(data []byte) string {
	var b map[string]any
	if json.Unmarshal(data, &b) != nil {
		return strings.TrimSpace(pageText(string(data)))
	}
	for _, k := range []string{"message", "faultstring", "description"} {
		if s, ok := b[k].(string); ok {
			return pageText(s)
		}
	}
	for _, v := range b {
		switch v := v.(type) {
		case string:
			return v
		case map[string]any:
			if s, ok := v["message"].(string); ok {
				return s
			}
		case []any:
			for _, item := range v {
				if m, ok := item.(map[string]any); ok {
					s, _ := m["detail"].(string)
					return s
				}
			}
		}
	}
	return strings.TrimSpace(string(data))
}

var markup = regexp.MustCompile(`(?s)<(head|style|script).*?</(head|style|script)>|<[^>]*>`)

// pageText strips the markup of an error page.
func pageText(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	return strings.TrimSpace(markup.ReplaceAllString(s, " "))
}

// kindOf decides on the kind by status and, where a service uses one status
// for many things, by its words, which are those of the services' sources.
func kindOf(status int, text string) error {
	lower := strings.ToLower(text)
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
	}
	switch {
	case status == http.StatusRequestEntityTooLarge, says("quota exceeded", "exceeds allowed", "exceeded for resources", "quotaexceeded", "maximum number of", "allowed for volumes", "exceed the quota"):
		return cloud.ErrQuota
	case status == http.StatusUnauthorized:
		return cloud.ErrUnauthenticated
	case status == http.StatusForbidden:
		return cloud.ErrForbidden
	case status == http.StatusNotFound && says("the resource could not be found"): // no such collection: the extension is missing
		return cloud.ErrUnsupported
	case status == http.StatusNotFound:
		return cloud.ErrNotFound
	case status == http.StatusNotAcceptable, status == http.StatusNotImplemented, status == http.StatusMethodNotAllowed:
		return cloud.ErrUnsupported
	case status == http.StatusConflict, status == http.StatusLocked, status == http.StatusPreconditionFailed: // the last: changed meanwhile
		return cloud.ErrConflict
	case status == http.StatusBadRequest && says("could not be found", "invalid flavorref", "invalid imageref", "invalid key_name", "not found for project", "can not find requested image", "does not exist", "not be found", "unable to find", "failed to get volume", "invalid image identifier"):
		return cloud.ErrNotFound
	case status == http.StatusBadRequest && says("status must be", "must be available", "is in use", "invalid snapshot:"):
		return cloud.ErrConflict
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable, status == http.StatusBadGateway, status == http.StatusGatewayTimeout, status == http.StatusInternalServerError:
		return cloud.ErrTransient
	case status >= 400 && status < 500:
		return cloud.ErrInvalid
	}
	return cloud.ErrProtocol
}

func hint(kind error) string {
	switch {
	case errors.Is(kind, cloud.ErrQuota):
		return "ask the provider for more quota, or free some"
	case errors.Is(kind, cloud.ErrForbidden):
		return "the project's role does not allow it: ask the provider"
	case errors.Is(kind, cloud.ErrTransient):
		return "try again later; the provider can find the cause by the request's id"
	}
	return ""
}

// attributeForms find the names of a body's keys in a message.
var attributeForms = []*regexp.Regexp{
	regexp.MustCompile(`rule:(?:create|update)_[a-z_]+?:([a-z_:]+)`),                   // Neutron's policy
	regexp.MustCompile(`Unrecognized attribute\(s\) '([^']+)'`),                        // Neutron
	regexp.MustCompile(`[Aa]ttribute '([^']+)'`),                                       // Neutron, Glance
	regexp.MustCompile(`Invalid input for ([a-z_:]+)\.`),                               // Neutron
	regexp.MustCompile(`Invalid input for field/attribute ([^ ]+)\. `),                 // Nova, Cinder
	regexp.MustCompile(`Additional properties are not allowed \(([^)]*) (?:was|were)`), // Nova, Cinder
	regexp.MustCompile(`Invalid ((?:flavor|image)Ref|key_name) provided`),              // Nova
	regexp.MustCompile(`schema\['properties'\]\['([^']+)'\]`),                          // Glance
	regexp.MustCompile(`On instance\['([^']+)'\]`),                                     // Glance
	regexp.MustCompile(`for parameter '([^']+)'`),                                      // Glance
}

// pathsIn returns the properties of r that a refusal names: by the name of a
// key, by words that only one property can mean, or by its value.
func (k *kind) pathsIn(e *cloud.OpError, r *resource.Resource) []resource.Path {
	found := map[resource.Path]bool{}
	for _, form := range attributeForms {
		for _, m := range form.FindAllStringSubmatch(e.Message, -1) {
			for _, key := range strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune("', ", r) }) {
				if p, ok := k.pathOf(key, r); ok {
					found[p] = true
				}
			}
		}
	}
	lower := strings.ToLower(e.Message)
	for words, path := range k.words {
		if strings.Contains(lower, words) {
			found[path] = true
		}
	}
	if len(found) == 0 && namesValues(e, lower) {
		k.findValues(e, r, found)
	}
	return k.suspects(found)
}

// findValues finds the properties whose values the message tells. What is not
// found is sooner a reference, what is refused is sooner a value.
func (k *kind) findValues(e *cloud.OpError, r *resource.Resource, found map[resource.Path]bool) {
	wantRef := errors.Is(e.Err, cloud.ErrNotFound)
	var other []resource.Path
	for path, v := range resource.Leaves(r.Spec) {
		text, ok := v.(string)
		if !ok || len(text) <= 3 || !strings.Contains(e.Message, text) {
			continue
		}
		if f, _ := k.schema.Field(path); len(f.Refers) > 0 == wantRef {
			found[path] = true
		} else {
			other = append(other, path)
		}
	}
	for _, path := range other {
		if len(found) == 0 || found[other[0]] {
			found[path] = true
		}
	}
}

// namesValues reports whether a value in the message is what was refused, and
// not merely what the message is about.
func namesValues(e *cloud.OpError, lower string) bool {
	if errors.Is(e.Err, cloud.ErrConflict) {
		return strings.Contains(lower, "already allocated") || strings.Contains(lower, "conflicts with allocation pool")
	}
	return errors.Is(e.Err, cloud.ErrNotFound) || errors.Is(e.Err, cloud.ErrInvalid)
}

// pathOf returns the property that a key of a request holds. Policy rules
// name inner keys after a colon, and metadata is named without its place.
func (k *kind) pathOf(key string, r *resource.Resource) (resource.Path, bool) {
	if p, ok := k.path(key); ok {
		return p, true
	}
	outer, inner, ok := strings.Cut(key, ":")
	if p, known := k.path(outer); ok && known {
		if i := strings.TrimSuffix(inner, "_id"); k.isField(string(p.Field(i))) {
			inner = i
		}
		return p.Field(inner), true
	}
	for path := range resource.Leaves(r.Spec) {
		if steps := path.Steps(); len(steps) > 1 && steps[len(steps)-1] == key {
			return path, true
		}
	}
	return "", false
}

// suspects drops what is named only because it holds another that is named.
// Neutron's policy names all attributes of a request of which one is
// forbidden; then it is sooner one that the provider decides.
func (k *kind) suspects(found map[resource.Path]bool) []resource.Path {
	var all, chosen []resource.Path
	for p := range found {
		if slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(q resource.Path) bool { return strings.HasPrefix(string(q), string(p)+".") }) {
			continue
		}
		all = append(all, p)
		if f, _ := k.schema.Field(p); f.Chooser == resource.Provider || f.Chooser == resource.Either {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) > 0 {
		all = chosen
	}
	slices.Sort(all)
	return all
}

// about completes an error with the resource it is about.
func (k *kind) about(err error, r *resource.Resource) error {
	var e *cloud.OpError
	if errors.As(err, &e) {
		e.Ref = r.Ref
		if e.Paths == nil && (e.Op == "create" || e.Op == "settle") {
			e.Paths = k.pathsIn(e, r)
		}
	}
	return err
}

// unsupported is the error that a property asks for a newer microversion than
// the cloud has.
func unsupported(r *resource.Resource, service, need, have string, path resource.Path) error {
	return &cloud.OpError{Op: "create", Ref: r.Ref, Err: cloud.ErrUnsupported, Paths: []resource.Path{path},
		Message: fmt.Sprintf("%s takes microversion %s of %s, the cloud has up to %s", path, need, service, have)}
}
