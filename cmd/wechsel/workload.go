package main

import (
	"context"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// workloadOf is all that a scenario asks for. Its Kubernetes part becomes
// resources here, since charts are rendered for the cluster that they are
// installed on.
func workloadOf(ctx context.Context, s *scenario.Scenario, from *connection) (*resource.Set, error) {
	if len(s.Kubernetes) == 0 {
		return s.Set, nil
	}
	reader, err := manifestsOf(s, from.cluster)
	if err != nil {
		return nil, &usage{err}
	}
	manifests, err := inventory.Take(ctx, reader, inventory.Options{})
	if err != nil {
		return nil, &usage{err}
	}
	all := resource.NewSet(from.Cloud.Schemas())
	for _, set := range []*resource.Set{s.Set, manifests} {
		if set == nil {
			continue
		}
		for r := range set.All() {
			all.Put(r)
		}
	}
	return all, fillClaims(all, s.Claims)
}

// manifestsOf reads the Kubernetes part of a scenario, for the cluster on which
// it shall be, or for none. The error joins all that is wrong.
func manifestsOf(s *scenario.Scenario, on *kubernetes.Cloud) (cloud.Reader, error) {
	return kubernetes.Workload(sourcesOf(s), on)
}

func sourcesOf(s *scenario.Scenario) []kubernetes.Source {
	sources := make([]kubernetes.Source, len(s.Kubernetes))
	for i, source := range s.Kubernetes {
		sources[i] = kubernetes.Source(source)
	}
	return sources
}
