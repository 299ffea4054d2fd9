package main

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// reconcile calls do for every object of the informer that was added or changed,
// again with growing pauses when it fails, and after the time that it asks for.
// It ends with ctx.
func reconcile[T any](ctx context.Context, informer cache.SharedIndexInformer, do func(context.Context, T) (time.Duration, error)) error {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](5*time.Millisecond, 5*time.Second))
	add := func(o any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(o); err == nil {
			queue.Add(key)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, o any) { add(o) }})
	if err != nil {
		return err
	}
	one := func(key string) {
		defer queue.Done(key)
		o, exists, err := informer.GetStore().GetByKey(key)
		if err != nil || !exists {
			return
		}
		again, err := do(ctx, o.(T))
		switch {
		case err != nil && ctx.Err() == nil:
			queue.AddRateLimited(key)
		case again > 0:
			queue.Forget(key)
			queue.AddAfter(key, again)
		default:
			queue.Forget(key)
		}
	}
	worker := func() {
		defer runtime.HandleCrashWithContext(ctx)
		for {
			key, end := queue.Get()
			if end {
				return
			}
			one(key)
		}
	}
	for range 4 {
		go worker()
	}
	context.AfterFunc(ctx, queue.ShutDown)
	return nil
}
