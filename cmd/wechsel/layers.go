package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// The parts of a scenario that a drill can be limited to.
const (
	layersBoth       = "both"
	layersOpenStack  = "openstack"
	layersKubernetes = "kubernetes"
)

func layersFlag() cli.Flag {
	return &cli.StringFlag{Name: "layers", Value: layersBoth, Usage: "`LAYERS` of the scenario to move: openstack, kubernetes, or both (all that it has)"}
}

// keepLayers leaves out the parts of a scenario that the user does not want. To
// want a part that it does not have is a mistake: the drill would prove nothing.
func keepLayers(s *scenario.Scenario, layers string) error {
	switch layers {
	case "", layersBoth:
		return nil
	case layersOpenStack:
		if s.Set == nil || s.Set.Len() == 0 {
			return &usage{fmt.Errorf("--layers=%s: the scenario %s has no OpenStack part", layers, s.Name)}
		}
		s.Kubernetes, s.Claims = nil, nil
		return nil
	case layersKubernetes:
		if len(s.Kubernetes) == 0 {
			return &usage{fmt.Errorf("--layers=%s: the scenario %s has no Kubernetes part", layers, s.Name)}
		}
		s.Set = nil
		return nil
	}
	return &usage{fmt.Errorf("--layers=%s: want openstack, kubernetes or both", layers)}
}
