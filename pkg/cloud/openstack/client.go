package openstack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
)

// A Cloud is one project of an OpenStack cloud. It implements cloud.Cloud,
// cloud.Settler and cloud.Storer.
type Cloud struct {
	name      string
	region    string
	project   string // id
	provider  *gophercloud.ProviderClient
	endpoint  gophercloud.EndpointOpts
	urls      map[service]string // in the place of the catalogue's endpoints
	transport *cloud.Transport
	kinds     []*kind

	mu       sync.Mutex
	versions map[service]profile.Service
	faults   map[string]body // of failed servers, by id and time
}

// A service is one of OpenStack's, by its alias in the catalogue.
type service string

const (
	identity      service = "identity"
	compute       service = "compute"
	network       service = "network"
	image         service = "image"
	blockStorage  service = "block-storage"
	orchestration service = "orchestration"
)

// Name returns the name under which the user knows the cloud.
func (c *Cloud) Name() string { return c.name }

// Project returns the id of the project.
func (c *Cloud) Project() string { return c.project }

// Transport returns what is below all requests, with its counts.
func (c *Cloud) Transport() *cloud.Transport { return c.transport }

// url returns the address of a path below a service's endpoint.
func (c *Cloud) url(s service, path string) (string, error) {
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
		return path, nil
	}
	base, err := c.base(s)
	if err != nil {
		return "", &cloud.OpError{Cloud: c.name, Err: cloud.ErrUnsupported, Message: fmt.Sprintf("the service catalogue has no %s endpoint in region %q", s, c.region)}
	}
	prefix := map[service]string{network: "v2.0/", image: "v2/"}[s]
	if !strings.HasSuffix(base, prefix) {
		base += prefix
	}
	return base + strings.TrimPrefix(path, "/"), nil
}

// base returns a service's endpoint: the one that clouds.yaml sets, in which
// the project may be named, or the catalogue's.
func (c *Cloud) base(s service) (string, error) {
	if set := c.urls[s]; set != "" {
		return strings.NewReplacer("%(project_id)s", c.project, "%(tenant_id)s", c.project, "$(project_id)s", c.project, "$(tenant_id)s", c.project).Replace(set), nil
	}
	opts := c.endpoint
	opts.ApplyDefaults(string(s))
	return c.provider.EndpointLocator(opts)
}

// A call is one request.
type call struct {
	op           string // for errors: "list", "create", …
	service      service
	method       string // empty: GET
	path         string // below the service's endpoint, or a whole address
	microversion string // empty: none is asked for
	body         any
	raw          io.Reader // instead of body
	contentType  string    // empty: application/json, with raw application/octet-stream
	ifMatch      string    // empty: whatever has changed meanwhile
}

// do makes the request and returns the answer's body; nil where there is none.
func (c *Cloud) do(ctx context.Context, q call) (json.RawMessage, error) {
	resp, err := c.send(ctx, q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(resp.Body); err != nil {
		return nil, c.wrap(q, err)
	}
	return buf.Bytes(), nil
}

// send makes the request; the caller closes the answer's body.
func (c *Cloud) send(ctx context.Context, q call) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, c.wrap(q, err)
	}
	address, err := c.url(q.service, q.path)
	if err != nil {
		return nil, c.wrap(q, err)
	}
	opts := &gophercloud.RequestOpts{JSONBody: q.body, RawBody: q.raw, KeepResponseBody: true, MoreHeaders: map[string]string{},
		OkCodes: []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusMultipleChoices}}
	if q.raw != nil {
		opts.MoreHeaders["Content-Type"] = "application/octet-stream"
	}
	if q.contentType != "" {
		opts.MoreHeaders["Content-Type"] = q.contentType
	}
	if q.ifMatch != "" {
		opts.MoreHeaders["If-Match"] = q.ifMatch
	}
	if q.microversion != "" {
		opts.MoreHeaders["OpenStack-API-Version"] = map[service]string{compute: "compute ", blockStorage: "volume "}[q.service] + q.microversion
	}
	method := q.method
	if method == "" {
		method = http.MethodGet
	}
	resp, err := c.provider.Request(cloud.WithService(ctx, string(q.service)), method, address, opts)
	if err != nil {
		return nil, c.wrap(q, err)
	}
	return resp, nil
}

// get returns the answer as an object.
func (c *Cloud) get(ctx context.Context, q call) (body, error) {
	data, err := c.do(ctx, q)
	if err != nil {
		return nil, err
	}
	b, err := decode(data)
	if err != nil {
		return nil, c.wrap(q, fmt.Errorf("%w: %w", cloud.ErrProtocol, err))
	}
	return b, nil
}

// send with a body, whose answer is the object under key.
func (c *Cloud) post(ctx context.Context, q call, key string) (body, error) {
	if q.method == "" {
		q.method = http.MethodPost
	}
	b, err := c.get(ctx, q)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return b, nil
	}
	inner := b.object(key)
	if inner == nil {
		return nil, c.wrap(q, fmt.Errorf("%w: the answer has no %q", cloud.ErrProtocol, key))
	}
	return inner, nil
}

// all returns the objects of a collection, following pages.
func (c *Cloud) all(ctx context.Context, q call, key string) ([]body, error) {
	var out []body
	for q.path != "" {
		data, err := c.do(ctx, q)
		if err != nil {
			return nil, err
		}
		var page map[string]json.RawMessage
		var list []json.RawMessage
		if err := errors.Join(json.Unmarshal(data, &page), json.Unmarshal(page[key], &list)); err != nil {
			return nil, c.wrap(q, fmt.Errorf("%w: no list %q: %w", cloud.ErrProtocol, key, err))
		}
		for _, item := range list {
			b, err := decode(item)
			if err != nil {
				return nil, c.wrap(q, fmt.Errorf("%w: %w", cloud.ErrProtocol, err))
			}
			out = append(out, b)
		}
		next, err := follow(q.path, nextPage(page, key))
		if err != nil {
			return nil, c.wrap(q, err)
		}
		if next == q.path || len(list) == 0 {
			break
		}
		q.path = next
	}
	return out, nil
}

// follow returns the path of the page that link leads to. Only the link's
// query is taken: behind a proxy its host and path are often not ours.
func follow(path, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	next, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("%w: link to the next page: %w", cloud.ErrProtocol, err)
	}
	path, _, _ = strings.Cut(path, "?")
	return path + "?" + next.RawQuery, nil
}

func nextPage(page map[string]json.RawMessage, key string) string {
	var next string
	if json.Unmarshal(page["next"], &next) == nil && next != "" {
		return next
	}
	var links []struct{ Rel, Href string }
	if json.Unmarshal(page[key+"_links"], &links) != nil {
		return ""
	}
	for _, l := range links {
		if l.Rel == "next" {
			return l.Href
		}
	}
	return ""
}

// version returns the range of microversions of a service; it is asked once.
func (c *Cloud) version(ctx context.Context, s service) (profile.Service, error) {
	c.mu.Lock()
	v, known := c.versions[s]
	c.mu.Unlock()
	if known {
		return v, nil
	}
	address, err := c.url(s, "")
	if err != nil {
		return v, c.wrap(call{op: "read versions", service: s}, err)
	}
	address = strings.TrimSuffix(address, c.project+"/")
	b, err := c.get(ctx, call{op: "read versions", service: s, path: address})
	if err != nil {
		return v, err
	}
	doc := b.object("version")
	if doc == nil {
		for _, item := range b.objects("versions") {
			doc = item
		}
	}
	v = profile.Service{Min: doc.text("min_version"), Max: doc.text("version")}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions = map[service]profile.Service{}
	}
	c.versions[s] = v
	return v, nil
}

// atMost returns want or, if the service does not have it, its greatest
// microversion; and whether it has want.
func (c *Cloud) atMost(ctx context.Context, s service, want string) (string, bool, error) {
	v, err := c.version(ctx, s)
	if err != nil {
		return "", false, err
	}
	if newer(want, v.Max) {
		return v.Max, false, nil
	}
	return want, true, nil
}

// newer reports whether microversion a is greater than b.
func newer(a, b string) bool {
	majorA, minorA := split(a)
	majorB, minorB := split(b)
	return majorA > majorB || majorA == majorB && minorA > minorB
}

func split(v string) (major, minor int) {
	before, after, _ := strings.Cut(v, ".")
	major, _ = strconv.Atoi(before)
	minor, _ = strconv.Atoi(after)
	return major, minor
}
