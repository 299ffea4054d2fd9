package cloud

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Calls is what was spent on one service in one stage.
type Calls struct {
	Stage    string        `json:"stage"`   // of [WithStage]; empty outside of any
	Service  string        `json:"service"` // of [WithService]; identity where nothing is said
	Requests int           `json:"requests"`
	Retries  int           `json:"retries"` // of them, repetitions
	Errors   int           `json:"errors"`  // of them, without an answer or with one of 400 and above
	Sent     int64         `json:"sent"`    // bytes of bodies with a known length
	Received int64         `json:"received"`
	Median   time.Duration `json:"median"` // until the header arrived
	P95      time.Duration `json:"p95"`
	Warnings []string      `json:"warnings,omitempty"` // texts of Warning headers, each once
}

type contextKey string

const (
	stageKey   contextKey = "stage"
	serviceKey contextKey = "service"
)

// WithStage names what the calls under ctx are for ("export", "deploy"), so
// that they are counted for it.
func WithStage(ctx context.Context, stage string) context.Context {
	return context.WithValue(ctx, stageKey, stage)
}

// WithService names the service that the calls under ctx go to. Drivers do it.
func WithService(ctx context.Context, service string) context.Context {
	return context.WithValue(ctx, serviceKey, service)
}

// Calls returns what was spent so far, by stage, then service.
func (t *Transport) Calls() []Calls { return t.meter.calls() }

// A meter counts. The zero meter is ready to use.
type meter struct {
	mu    sync.Mutex
	spent map[place]*spent
}

type place struct{ stage, service string }

type spent struct {
	Calls
	latencies []time.Duration
}

func (m *meter) at(req *http.Request) *spent {
	stage, _ := req.Context().Value(stageKey).(string)
	service, ok := req.Context().Value(serviceKey).(string)
	if !ok {
		service = "identity"
	}
	p := place{stage, service}
	if m.spent == nil {
		m.spent = map[place]*spent{}
	}
	if m.spent[p] == nil {
		m.spent[p] = &spent{Calls: Calls{Stage: stage, Service: service}}
	}
	return m.spent[p]
}

func (m *meter) record(req *http.Request, resp *http.Response, took time.Duration, try int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.at(req)
	s.Requests++
	s.latencies = append(s.latencies, took)
	s.Sent += max(0, req.ContentLength)
	if try > 1 {
		s.Retries++
	}
	if resp == nil || resp.StatusCode >= http.StatusBadRequest {
		s.Errors++
	}
	if resp == nil {
		return
	}
	for _, w := range resp.Header.Values("Warning") {
		if w = warning(w); !slices.Contains(s.Warnings, w) {
			s.Warnings = append(s.Warnings, w)
		}
	}
}

// warning returns what a Warning header says: code, agent and a quoted text (RFC
// 9111, 5.5). One that is written otherwise is returned as it is.
func warning(header string) string {
	parts := strings.SplitN(header, " ", 3)
	if text, err := strconv.Unquote(parts[len(parts)-1]); err == nil {
		return text
	}
	return header
}

func (m *meter) received(req *http.Request, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at(req).Received += int64(n)
}

func (m *meter) calls() []Calls {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Calls
	for _, s := range slices.SortedFunc(maps.Values(m.spent), func(a, b *spent) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Service, b.Service))
	}) {
		c := s.Calls
		c.Warnings = slices.Clone(s.Warnings)
		sorted := slices.Sorted(slices.Values(s.latencies))
		c.Median, c.P95 = sorted[len(sorted)/2], sorted[len(sorted)*95/100]
		out = append(out, c)
	}
	return out
}
