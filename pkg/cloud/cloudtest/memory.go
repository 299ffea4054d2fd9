package cloudtest

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// WatchMemory looks every few milliseconds how much memory Go's heap and stacks
// take, and returns the most, in bytes. It is for what is measured; what a test
// shall hold is [WatchLive]'s, which does not depend on how often it looks.
func WatchMemory() (stop func() uint64) {
	debug.FreeOSMemory()
	peak := uint64(0)
	done, over := make(chan struct{}), make(chan struct{})
	look := time.NewTicker(2 * time.Millisecond)
	go func() {
		defer close(over)
		samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for {
			metrics.Read(samples)
			peak = max(peak, samples[0].Value.Uint64()-samples[1].Value.Uint64())
			select {
			case <-look.C:
			case <-done:
				return
			}
		}
	}()
	return func() uint64 { close(done); <-over; look.Stop(); return peak }
}

// WatchLive returns how much of the heap was in use at most, in bytes, whenever
// the garbage was collected, which it is often until stop is called.
func WatchLive() (stop func() uint64) {
	percent := debug.SetGCPercent(50)
	var peak atomic.Uint64
	var over atomic.Bool
	var look func(struct{})
	arm := func() { runtime.AddCleanup(new([16]byte), look, struct{}{}) } // is gone with the next collection
	look = func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		peak.Store(max(peak.Load(), live[0].Value.Uint64()))
		if !over.Load() {
			arm()
		}
	}
	runtime.GC()
	arm()
	return func() uint64 {
		over.Store(true)
		debug.SetGCPercent(percent)
		return peak.Load()
	}
}
