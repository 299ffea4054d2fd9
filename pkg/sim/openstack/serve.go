package openstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// maxBody is the largest JSON document that the real services take
// (oslo.middleware's max_request_body_size).
const maxBody = 114688

// handler is what net/http calls for one route.
func (s *service) handler(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c := &call{Request: req, cloud: s.cloud, service: s, id: s.cloud.RequestID()}
		rep := s.answer(c, r)
		rep.write(w, c)
		s.cloud.Requests.Add(sim.Request{Time: c.now, ID: c.id, Service: s.kind, Method: req.Method,
			Path: strings.TrimPrefix(req.URL.Path, s.prefix), Query: req.URL.RawQuery, Status: rep.status, Project: c.project()})
	})
}

func (s *service) answer(c *call, r route) *reply {
	fault, struck := s.cloud.Faults.Request(s.kind, c.Method, strings.TrimPrefix(c.URL.Path, s.prefix))
	if struck && !fault.After {
		return s.finish(c, nil, faultError(fault))
	}
	rep := s.run(c, r)
	if struck {
		rep = &reply{status: 0, close: rep.close}
	}
	return rep
}

func faultError(f profile.Fault) error {
	if f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	if f.Message == "" {
		f.Message = "The server is currently unavailable. Please try again at a later time."
	}
	return refuse(f.Status, "%s", f.Message)
}

// run carries the request out, in one transaction unless the route is free.
func (s *service) run(c *call, r route) (rep *reply) {
	var bodyErr error
	if !r.free {
		c.body, bodyErr = decode(c.Request)
	}
	begin := func() error {
		if err := c.authenticate(r.public); err != nil {
			return err
		}
		if err := s.dialect.version(c); err != nil {
			return err
		}
		return bodyErr
	}
	if !r.free {
		c.do(func() {
			err := begin()
			var out *reply
			if err == nil {
				out, err = r.handle(c)
			}
			rep = s.finish(c, out, err)
		})
		if rep.after != nil {
			rep.after()
		}
		return rep
	}
	var err error
	if c.do(func() { err = begin() }); err != nil {
		return s.finish(c, nil, err)
	}
	out, err := r.handle(c)
	return s.finish(c, out, err)
}

// finish turns a handler's result into an answer with all of its headers. The
// body is encoded here, with the lock held: it may share maps with objects.
func (s *service) finish(c *call, rep *reply, err error) *reply {
	switch {
	case errors.Is(err, errNoRoute):
		rep = s.dialect.unknown(c, nil)
	case err != nil:
		rep = s.dialect.refuse(c, asRefusal(err))
	}
	if rep.header == nil {
		rep.header = http.Header{}
	}
	s.dialect.headers(c, rep.header)
	if rep.body != nil {
		rep.bytes = encode(rep.body)
		if rep.header.Get("Content-Type") == "" {
			rep.header.Set("Content-Type", "application/json")
		}
	}
	return rep
}

func encode(body any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil { // a body that we made ourselves
		return fmt.Appendf(nil, `{"error": %q}`, err.Error())
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// decode reads a JSON body, numbers as json.Number. No body is nil.
func decode(r *http.Request) (any, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the request: %w", err)
	}
	if len(data) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "Request is too large.")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var body any
	if err := d.Decode(&body); err != nil || d.More() {
		return nil, errMalformed
	}
	return body, nil
}

// A reply is the answer to a call.
type reply struct {
	status int
	header http.Header
	body   any       // to be encoded as JSON
	bytes  []byte    // or as it is
	stream io.Reader // or piece by piece, of that length
	length int64
	close  func() // once the stream is sent
	after  func() // before it is sent, without the lock: what moves bytes
}

// answer, with 200, 201 and so on.
func ok(body any) *reply               { return &reply{status: http.StatusOK, body: body} }
func with(status int, body any) *reply { return &reply{status: status, body: body} }
func empty(status int) *reply          { return &reply{status: status} }
func (r *reply) set(key, value string) *reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(key, value)
	return r
}

func (r *reply) write(w http.ResponseWriter, c *call) {
	if r.close != nil {
		defer r.close()
	}
	if r.status == 0 { // a fault: carried out, and the answer is lost
		panic(http.ErrAbortHandler)
	}
	for k, v := range r.header {
		w.Header()[k] = v
	}
	if r.stream != nil {
		w.Header().Set("Content-Length", strconv.FormatInt(r.length, 10))
		w.WriteHeader(r.status)
		_, _ = io.Copy(w, r.stream) // the client went away: his business
		return
	}
	if r.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.bytes)))
	}
	w.WriteHeader(r.status)
	if c.Method != http.MethodHead {
		_, _ = w.Write(r.bytes)
	}
}
