package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/wechsel-project/wechsel/pkg/cloud"
)

// service is how calls are counted.
const service = "kubernetes"

// An object is one as JSON has it: int64 for whole numbers.
type object = map[string]any

// A call is one request.
type call struct {
	op     string // for errors: "list", "create", …
	method string // empty: GET
	path   string // below the server's address
	query  url.Values
	body   any
	patch  bool   // body is a server-side apply
	accept string // empty: application/json
}

// metadataOnly asks for lists without anything but metadata.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// do makes the request and decodes the answer, which is an object or a list.
func (c *Cloud) do(ctx context.Context, q call) (object, error) {
	data, err := c.raw(ctx, q)
	if err != nil {
		return nil, err
	}
	var out object
	if err := utiljson.Unmarshal(data, &out); err != nil {
		return nil, c.wrap(q, err)
	}
	return out, nil
}

// raw makes the request and returns the answer's body.
func (c *Cloud) raw(ctx context.Context, q call) ([]byte, error) {
	req, err := c.request(cloud.WithService(ctx, service), q)
	if err != nil {
		return nil, c.wrap(q, err)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, c.wrap(q, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, c.wrap(q, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, c.refused(q, resp, data)
	}
	return data, nil
}

func (c *Cloud) request(ctx context.Context, q call) (*http.Request, error) {
	address := *c.base
	address.Path = strings.TrimSuffix(address.Path, "/") + q.path
	address.RawQuery = q.query.Encode()
	var body io.Reader
	if q.body != nil {
		data, err := json.Marshal(q.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	method := q.method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, address.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if q.accept != "" {
		req.Header.Set("Accept", q.accept)
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.patch {
		req.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	return req, nil
}

// parsed reads the query of an address that the server has told.
func parsed(query string) url.Values {
	v, _ := url.ParseQuery(query) // what cannot be read is not sent
	return v
}
