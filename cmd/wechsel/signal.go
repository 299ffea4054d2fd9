package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// notify delivers interrupts until stop is called.
func notify() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	return c, func() { signal.Stop(c) }
}

// interruptible returns a context that the first interrupt cancels; the second
// calls leave, which must not return.
func (a *app) interruptible(first func(), leave func()) (context.Context, func()) {
	ctx, cancel := context.WithCancel(a.ctx)
	if a.Signals == nil {
		return ctx, cancel
	}
	interrupts, stop := a.Signals()
	done := make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case <-interrupts:
			}
			if n > 1 {
				leave()
				return
			}
			first()
			cancel()
		}
	}()
	return ctx, func() { stop(); close(done); cancel() }
}
