package cloud

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A script answers attempts one after the other.
type script struct {
	mu    sync.Mutex
	steps []func(*http.Request) (*http.Response, error)
	got   []string // bodies
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		data = string(b)
	}
	s.got = append(s.got, data)
	step := s.steps[min(len(s.got), len(s.steps))-1]
	return step(req)
}

func status(code int, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Add(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("body"))}, nil
	}
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTestTransport(s *script, waited *[]time.Duration) *Transport {
	return NewTransport(TransportOptions{
		Base:   s,
		Wait:   func(ctx context.Context, d time.Duration) error { *waited = append(*waited, d); return ctx.Err() },
		Jitter: func(d time.Duration) time.Duration { return d - 1 },
		Now:    func() time.Time { return epoch },
	})
}

func TestRetry(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	read := &net.OpError{Op: "read", Err: errors.New("reset")}
	cases := []struct {
		name   string
		method string
		steps  []func(*http.Request) (*http.Response, error)
		tries  int
		waits  string
	}{
		{"get after 503", "GET", []func(*http.Request) (*http.Response, error){status(503), status(200)}, 2, "499.999999ms"},
		{"get grows", "GET", []func(*http.Request) (*http.Response, error){status(502), status(500), status(504), status(200)}, 4, "499.999999ms 999.999999ms 1.999999999s"},
		{"get gives up", "GET", []func(*http.Request) (*http.Response, error){status(503)}, 6, "499.999999ms 999.999999ms 1.999999999s 3.999999999s 7.999999999s"},
		{"get after reset", "GET", []func(*http.Request) (*http.Response, error){fails(read), status(200)}, 2, "499.999999ms"},
		{"put after reset", "PUT", []func(*http.Request) (*http.Response, error){fails(read), status(200)}, 2, "499.999999ms"},
		{"delete after 500", "DELETE", []func(*http.Request) (*http.Response, error){status(500)}, 1, ""},
		{"post after 429", "POST", []func(*http.Request) (*http.Response, error){status(429), status(201)}, 2, "499.999999ms"},
		{"post after 429 with seconds", "POST", []func(*http.Request) (*http.Response, error){status(429, "Retry-After", "7"), status(201)}, 2, "7s"},
		{"post after 503 with date", "POST", []func(*http.Request) (*http.Response, error){status(503, "Retry-After", epoch.Add(9*time.Second).Format(http.TimeFormat)), status(201)}, 2, "9s"},
		{"post after a date that is over", "POST", []func(*http.Request) (*http.Response, error){status(503, "Retry-After", epoch.Add(-time.Hour).Format(http.TimeFormat)), status(201)}, 2, "0s"},
		{"post after 503", "POST", []func(*http.Request) (*http.Response, error){status(503)}, 1, ""},
		{"post after 502", "POST", []func(*http.Request) (*http.Response, error){status(502)}, 1, ""},
		{"post after reset", "POST", []func(*http.Request) (*http.Response, error){fails(read)}, 1, ""},
		{"post without connection", "POST", []func(*http.Request) (*http.Response, error){fails(dial), status(201)}, 2, "499.999999ms"},
		{"too long a wait", "GET", []func(*http.Request) (*http.Response, error){status(429, "Retry-After", "3600")}, 1, ""},
		{"refusal", "GET", []func(*http.Request) (*http.Response, error){status(404)}, 1, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, waited := &script{steps: c.steps}, []time.Duration{}
			req, err := http.NewRequestWithContext(t.Context(), c.method, "http://cloud/x", strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := newTestTransport(s, &waited).RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			if len(s.got) != c.tries {
				t.Errorf("%d tries, want %d", len(s.got), c.tries)
			}
			for _, b := range s.got {
				if b != "hello" {
					t.Errorf("body %q", b)
				}
			}
			var waits []string
			for _, d := range waited {
				waits = append(waits, d.String())
			}
			if got := strings.Join(waits, " "); got != c.waits {
				t.Errorf("waits %q, want %q", got, c.waits)
			}
		})
	}
}

func TestStreamsAreNotRepeated(t *testing.T) {
	s, waited := &script{steps: []func(*http.Request) (*http.Response, error){status(503)}}, []time.Duration{}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://cloud/file", io.MultiReader(strings.NewReader("x")))
	resp, err := newTestTransport(s, &waited).RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || len(s.got) != 1 {
		t.Errorf("%v %d tries", err, len(s.got))
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{steps: []func(*http.Request) (*http.Response, error){status(503)}}
	tr := NewTransport(TransportOptions{Base: s, Wait: func(context.Context, time.Duration) error { cancel(); return ctx.Err() }})
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://cloud/x", nil)
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.Canceled) || len(s.got) != 1 {
		t.Errorf("%v after %d tries", err, len(s.got))
	}
}

func TestCalls(t *testing.T) {
	s, waited := &script{steps: []func(*http.Request) (*http.Response, error){status(503), status(200, "Warning", `299 - "old"`), status(404, "Warning", `299 - "old"`)}}, []time.Duration{}
	tr := newTestTransport(s, &waited)
	ctx := WithService(WithStage(t.Context(), "export"), "compute")
	for range 2 {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://cloud/x", strings.NewReader("hello"))
		req.Method = http.MethodPut
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	c := tr.Calls()
	if len(c) != 1 || c[0].Stage != "export" || c[0].Service != "compute" || c[0].Requests != 3 || c[0].Retries != 1 || c[0].Errors != 2 ||
		c[0].Sent != 15 || c[0].Received != 12 || !slices.Equal(c[0].Warnings, []string{"old"}) {
		t.Errorf("%+v", c)
	}
}

func TestLimitPerHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		base := roundTripper(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return status(200)(nil)
		})
		tr := NewTransport(TransportOptions{Base: base})
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://cloud/x", nil)
				if resp, err := tr.RoundTrip(req); err == nil {
					resp.Body.Close()
				}
			})
		}
		wg.Wait()
		if most != maxInFlight {
			t.Errorf("%d at once, want %d", most, maxInFlight)
		}
	})
}

func TestSilentBodyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := roundTripper(func(req *http.Request) (*http.Response, error) {
			r, w := io.Pipe()
			go func() {
				w.Write([]byte("begin"))
				<-req.Context().Done()
				w.CloseWithError(context.Cause(req.Context()))
			}()
			return &http.Response{StatusCode: http.StatusOK, Body: r}, nil
		})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://cloud/x", nil)
		resp, err := NewTransport(TransportOptions{Base: base}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		if string(data) != "begin" || !errors.Is(err, errIdle) {
			t.Errorf("%q, %v", data, err)
		}
		resp.Body.Close()
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRedacted(t *testing.T) {
	h := Redacted(http.Header{"X-Auth-Token": {"secret"}, "X-Openstack-Request-Id": {"req-1"}, "Cookie": {"c"}})
	if h.Get("X-Auth-Token") != hidden || h.Get("Cookie") != hidden || h.Get("X-Openstack-Request-Id") != "req-1" {
		t.Errorf("%v", h)
	}
	u, _ := url.Parse("http://me:pw@cloud/x?limit=3&temp_url_sig=abc")
	if got := RedactedURL(u); strings.Contains(got, "pw") || strings.Contains(got, "abc") || !strings.Contains(got, "limit=3") {
		t.Error(got)
	}
	for in, want := range map[string]string{
		"Invalid input for field/attribute user_data. Value: a is\nb. 'a is\nb' is not a 'base64'":       "Invalid input for field/attribute user_data. Value: ***. is not a 'base64'",
		"Invalid input for field/attribute server. Value: {'x': 'y'}. 'networks' is a required property": "Invalid input for field/attribute server. Value: ***. 'networks' is a required property",
		"no\n<such> thing": "no <such> thing",
	} {
		if got := RedactedMessage(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
