package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// notify delivers interrupts until stop is called. A terminal that is closed is one,
// unless nohup has said that it shall be none. Output that nobody reads any more
// (`| head`) ends nothing until then: what was made has to be cleaned up.
func notify() (<-chan os.Signal, func()) {
	c, unread := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(c, syscall.SIGHUP)
	}
	signal.Notify(unread, syscall.SIGPIPE)
	return c, func() { signal.Stop(c); signal.Stop(unread) }
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
