package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// An applier brings objects into the cluster in the provider's name.
type applier struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

func newApplier(admin *rest.Config) (*applier, error) {
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		return nil, err
	}
	typed, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return nil, err
	}
	return &applier{client, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))}, nil
}

// all brings the configured kinds and objects, in their order. A kind that a
// CustomResourceDefinition before it brings is waited for.
func (a *applier) all(ctx context.Context, c Config) error {
	for i, kind := range c.Kinds {
		definition := kind.definition()
		if err := a.apply(ctx, &definition); err != nil {
			return fmt.Errorf("kinds[%d] (%s): %w", i, kind.Kind, err)
		}
	}
	for _, kind := range c.Kinds {
		if err := a.served(ctx, kind); err != nil {
			return err
		}
	}
	for i := range c.Objects {
		o := &c.Objects[i]
		if err := a.apply(ctx, o); err != nil {
			return fmt.Errorf("objects[%d] (%s %s): %w", i, o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

// apply tries until the server has the object's kind and takes it, or has looked
// at it and does not want it.
func (a *applier) apply(ctx context.Context, o *unstructured.Unstructured) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	force := true
	return patiently(ctx, func(ctx context.Context) error {
		mapping, err := a.mapping(o.GroupVersionKind().Group, o.GetKind(), o.GroupVersionKind().Version)
		if err != nil {
			return err
		}
		_, err = a.client.Resource(mapping.Resource).Namespace(o.GetNamespace()).Patch(ctx, o.GetName(), types.ApplyPatchType, body,
			metav1.PatchOptions{FieldManager: "provider", Force: &force})
		return err
	})
}

// served waits until the server lists objects of the kind, which it does a while
// after it has got the definition.
func (a *applier) served(ctx context.Context, k Kind) error {
	return patiently(ctx, func(ctx context.Context) error {
		mapping, err := a.mapping(k.Group, k.Kind, k.Versions[0])
		if err != nil {
			return err
		}
		_, err = a.client.Resource(mapping.Resource).List(ctx, metav1.ListOptions{Limit: 1})
		return err
	})
}

func (a *applier) mapping(group, kind, version string) (*meta.RESTMapping, error) {
	mapping, err := a.mapper.RESTMapping(schema.GroupKind{Group: group, Kind: kind}, version)
	if err != nil {
		a.mapper.Reset() // what is asked next is read anew
	}
	return mapping, err
}

// patiently calls do until it succeeds or no waiting helps.
func patiently(ctx context.Context, do func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		last = do(ctx)
		return last == nil || apierrors.IsInvalid(last) || apierrors.IsBadRequest(last) || apierrors.IsForbidden(last), nil
	})
	return errors.Join(err, last)
}
