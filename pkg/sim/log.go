package sim

import (
	"sync"
	"time"
)

// A Request is what a cloud remembers of one request. There is nothing secret
// in it: no header, no body.
type Request struct {
	Time    time.Time
	ID      string // x-openstack-request-id
	Service string // service type: compute, network, …
	Method  string
	Path    string // below the service's own prefix
	Query   string // as sent
	Status  int
	Project string // id; empty without a scoped token
}

// Log holds the requests of an instance in the order of their answers. It may
// be used from many goroutines; the zero value is empty.
type Log struct {
	mu   sync.Mutex
	list []Request
}

// Add appends a request.
func (l *Log) Add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, r)
}

// All returns a copy of the requests so far.
func (l *Log) All() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Request(nil), l.list...)
}

// Count returns how many requests match; nil matches every one.
func (l *Log) Count(match func(Request) bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, r := range l.list {
		if match == nil || match(r) {
			n++
		}
	}
	return n
}

// Reset forgets all requests.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}
