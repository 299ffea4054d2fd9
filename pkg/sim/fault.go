package sim

import (
	"path"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// Faults decides what goes wrong. It may be used from many goroutines; the
// zero value lets everything go well.
type Faults struct {
	mu   sync.Mutex
	list []*counted
}

type counted struct {
	profile.Fault
	seen int64
}

// Add adds faults; they count from now on.
func (f *Faults) Add(faults ...profile.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range faults {
		f.list = append(f.list, &counted{Fault: fault})
	}
}

// Clear removes all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// Request returns the fault that strikes this request, if any. The path is the
// one below the service's prefix.
func (f *Faults) Request(service, method, where string) (profile.Fault, bool) {
	return f.strike(func(c *counted) bool {
		return c.Kind == "" && either(c.Service, service) && either(c.Method, method) && glob(c.Path, where)
	})
}

// Object returns the fault that strikes this object while it is made, if any.
func (f *Faults) Object(kind, name string) (profile.Fault, bool) {
	return f.strike(func(c *counted) bool { return c.Kind == kind && glob(c.Name, name) })
}

func (f *Faults) strike(match func(*counted) bool) (profile.Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.list {
		if !match(c) {
			continue
		}
		c.seen++
		if c.seen > c.Skip && (c.Times == 0 || c.seen <= c.Skip+c.Times) {
			return c.Fault, true
		}
	}
	return profile.Fault{}, false
}

func either(want, have string) bool { return want == "" || want == have }

func glob(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return pattern == "" || ok
}
