package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// How often and how long a Transport tries.
const (
	maxTries      = 6
	firstDelay    = 500 * time.Millisecond
	greatestDelay = 30 * time.Second
	// maxRetryAfter is the longest wait that a server may ask for; a longer
	// one ends the call with the server's answer.
	maxRetryAfter = 2 * time.Minute
	// maxInFlight is how many requests a host gets at once.
	maxInFlight = 16
	// idleTimeout is how long a body may be silent.
	idleTimeout = 2 * time.Minute
)

// A Transport is the http.RoundTripper below every SDK. It repeats what may be
// repeated, limits what is under way per host, counts, and remembers warnings
// and request ids. It never holds a body in memory. It is safe for concurrent
// use; make one per cloud with [NewTransport].
//
// GET, HEAD, PUT and DELETE are repeated after a failed connection and after
// 429, 500 (GET and HEAD only), 502, 503 and 504. POST and PATCH are repeated
// only where the server has not begun: after 429, after 503 with Retry-After,
// and when no connection came about. What has a body that cannot be read
// again is never repeated.
type Transport struct {
	base   http.RoundTripper
	wait   func(context.Context, time.Duration) error
	jitter func(time.Duration) time.Duration
	now    func() time.Time

	mu    sync.Mutex
	hosts map[string]*semaphore.Weighted
	meter meter
}

// TransportOptions are what a test replaces. Zero fields mean the real thing.
type TransportOptions struct {
	Base   http.RoundTripper                          // below; nil: a new http.Transport with timeouts for header and connection
	Wait   func(context.Context, time.Duration) error // waits, or returns the context's error
	Jitter func(time.Duration) time.Duration          // a random duration in [0, d)
	Now    func() time.Time
}

// NewTransport returns a Transport.
func NewTransport(o TransportOptions) *Transport {
	t := &Transport{base: o.Base, wait: o.Wait, jitter: o.Jitter, now: o.Now, hosts: map[string]*semaphore.Weighted{}}
	if t.base == nil {
		t.base = BaseTransport()
	}
	if t.wait == nil {
		t.wait = wait
	}
	if t.jitter == nil {
		t.jitter = func(d time.Duration) time.Duration { return rand.N(max(d, 1)) }
	}
	if t.now == nil {
		t.now = time.Now
	}
	return t
}

// BaseTransport returns an http.Transport with our timeouts: for connecting
// and for an answer's header, none for the whole, because images are large.
func BaseTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 5 * time.Minute,
		MaxIdleConnsPerHost:   maxInFlight,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := t.once(req, try)
		delay, again := t.delay(req, resp, err, try)
		if !again {
			return resp, err
		}
		if resp != nil {
			drain(resp.Body)
		}
		if err := t.wait(req.Context(), delay); err != nil {
			return nil, err
		}
		if req, err = rewound(req); err != nil {
			return nil, err
		}
	}
}

// once makes one attempt, inside the host's limit, and counts it.
func (t *Transport) once(req *http.Request, try int) (*http.Response, error) {
	limit := t.limit(req.URL.Host)
	if err := limit.Acquire(req.Context(), 1); err != nil {
		return nil, fmt.Errorf("waiting for a free connection: %w", err)
	}
	defer limit.Release(1)
	ctx, cancel := context.WithCancelCause(req.Context())
	began := t.now()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	t.meter.record(req, resp, t.now().Sub(began), try)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = newIdleBody(resp.Body, cancel, func(n int) { t.meter.received(req, n) })
	return resp, nil
}

func (t *Transport) limit(host string) *semaphore.Weighted {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.hosts[host]
	if s == nil {
		s = semaphore.NewWeighted(maxInFlight)
		t.hosts[host] = s
	}
	return s
}

// delay decides whether the attempt is repeated, and after which time.
func (t *Transport) delay(req *http.Request, resp *http.Response, err error, try int) (time.Duration, bool) {
	if try >= maxTries || req.Context().Err() != nil || !rewindable(req) {
		return 0, false
	}
	asked, told := time.Duration(0), false
	if resp != nil {
		asked, told = retryAfter(resp.Header, t.now())
	}
	if !repeatable(req.Method, resp, err, told) || asked > maxRetryAfter {
		return 0, false
	}
	if told {
		return asked, true
	}
	return t.jitter(min(firstDelay<<(try-1), greatestDelay)), true
}

func repeatable(method string, resp *http.Response, err error, told bool) bool {
	idempotent := method == http.MethodGet || method == http.MethodHead || method == http.MethodPut || method == http.MethodDelete
	if err != nil {
		var op *net.OpError
		return idempotent || errors.As(err, &op) && op.Op == "dial"
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return idempotent || told
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return idempotent
	case http.StatusInternalServerError:
		return method == http.MethodGet || method == http.MethodHead
	}
	return false
}

// retryAfter reads Retry-After, which is in seconds or a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(max(0, seconds)) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

func rewindable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

func rewound(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err
}

// drain reads what is left of a small body, so that the connection can be
// used again, and closes it.
func drain(body io.ReadCloser) {
	io.CopyN(io.Discard, body, 64<<10) //nolint:errcheck // the answer is thrown away
	body.Close()
}

// An idleBody ends a body that has been silent for too long.
type idleBody struct {
	io.ReadCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
	count  func(int)
}

var errIdle = errors.New("the answer's body has stalled")

func newIdleBody(body io.ReadCloser, cancel context.CancelCauseFunc, count func(int)) *idleBody {
	return &idleBody{ReadCloser: body, cancel: cancel, count: count,
		timer: time.AfterFunc(idleTimeout, func() { cancel(errIdle) })}
}

func (b *idleBody) Read(p []byte) (int, error) {
	b.timer.Reset(idleTimeout)
	n, err := b.ReadCloser.Read(p)
	b.count(n)
	if err != nil {
		b.timer.Stop()
	}
	return n, err
}

func (b *idleBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
