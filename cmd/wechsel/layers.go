package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// What --layers may say: which parts of a scenario a drill is about.
const (
	layersAuto       = "auto"  // those that the source can have
	layersFirst      = "first" // OpenStack if the scenario is about it, else Kubernetes
	layersBoth       = "both"
	layersOpenStack  = "openstack"
	layersKubernetes = "kubernetes"
)

func layersFlag(standard string) cli.Flag {
	return &cli.StringFlag{Name: "layers", Value: standard,
		Usage: "`LAYERS` of the scenario to move: openstack, kubernetes, both, first (openstack if the scenario has it, else kubernetes), or auto (each that the source has)"}
}

// settleLayers takes out of a scenario the parts that shall not run, and, unless
// they were asked for, those that the source cannot have. The request notes what
// is left and what is not, and why: a drill that is resumed is about the same.
// What the target does not have is no reason: that is what the drill finds.
func (a *app) settleLayers(s *scenario.Scenario, r *request, config *scenario.Config) error {
	parts := partsOf(s)
	asked, err := askedOf(r.Layers, parts, s.Name)
	if err != nil {
		return err
	}
	if len(r.NotRun) > 0 { // settled before
		keepParts(s, asked)
		return nil
	}
	var run []string
	var errs []error
	for _, part := range parts {
		if !slices.Contains(asked, part) {
			r.NotRun = append(r.NotRun, report.Part{Part: part, Why: report.NotAsked, Cloud: r.From})
			continue
		}
		missing, err := a.lacks(r.From, r.To, part, config)
		if err != nil {
			return err
		}
		if missing == nil {
			run = append(run, part)
			continue
		}
		errs = append(errs, missing)
		r.NotRun = append(r.NotRun, report.Part{Part: part, Why: missing.why, Cloud: r.From})
	}
	if len(errs) > 0 && (len(run) == 0 || r.Layers != "" && r.Layers != layersAuto) {
		return &usage{errors.Join(errs...)}
	}
	keepParts(s, run)
	if r.Layers = layersBoth; len(run) == 1 {
		r.Layers = run[0]
	}
	return nil
}

// sayNotRun tells, before anything begins, which part is left out that nobody has
// left out.
func (a *app) sayNotRun(r request, out output) error {
	words, err := loadWords(out.lang)
	if err != nil || out.quiet {
		return err
	}
	for _, p := range words.Parts(r.NotRun) {
		if p.Why != report.NotAsked {
			_, _ = fmt.Fprintln(a.Err, p.Text)
		}
	}
	return nil
}

// sayNotes tells what of a template is done otherwise than in Heat.
func (a *app) sayNotes(s *scenario.Scenario, out output) {
	if out.quiet {
		return
	}
	for _, note := range s.Notes {
		_, _ = fmt.Fprintf(a.Err, "note: %v\n", note)
	}
}

// partsOf are those that a scenario has, in the order in which they run.
func partsOf(s *scenario.Scenario) []string {
	var parts []string
	if s.Set != nil && s.Set.Len() > 0 {
		parts = append(parts, layersOpenStack)
	}
	if len(s.Kubernetes) > 0 {
		parts = append(parts, layersKubernetes)
	}
	return parts
}

// askedOf returns the parts that are wanted. To want one that the scenario does
// not have is a mistake: the drill would prove nothing.
func askedOf(layers string, parts []string, name string) ([]string, error) {
	titles := map[string]string{layersOpenStack: "OpenStack", layersKubernetes: "Kubernetes"}
	switch layers {
	case "", layersAuto, layersBoth:
		return parts, nil
	case layersFirst:
		return parts[:min(1, len(parts))], nil
	case layersOpenStack, layersKubernetes:
		if !slices.Contains(parts, layers) {
			return nil, &usage{fmt.Errorf("--layers=%s: the scenario %s has no %s part", layers, name, titles[layers])}
		}
		return []string{layers}, nil
	}
	return nil, &usage{fmt.Errorf("--layers=%s: want openstack, kubernetes, both, first or auto%s", layers,
		suggest.Nearest(layers, []string{layersOpenStack, layersKubernetes, layersBoth, layersFirst, layersAuto}))}
}

// keepParts leaves out the others.
func keepParts(s *scenario.Scenario, parts []string) {
	if !slices.Contains(parts, layersOpenStack) {
		s.Set = nil
	}
	if !slices.Contains(parts, layersKubernetes) {
		s.Kubernetes, s.Claims = nil, nil
	}
}

// lacking says why a part cannot run.
type lacking struct {
	error
	why string // one of report's reasons
}

// lacks tells why a part cannot run on the source, or, for want of a program of
// ours, on either; nil: nothing is against it. Nothing is contacted.
func (a *app) lacks(from, to, part string, config *scenario.Config) (*lacking, error) {
	has, err := has(from, part, config)
	if err != nil {
		return nil, err
	}
	if !has {
		what := map[string]string{layersOpenStack: "offers no OpenStack", layersKubernetes: "offers no Kubernetes"}[part]
		if !strings.HasPrefix(from, simulated) {
			what = map[string]string{layersOpenStack: "is no cloud of clouds.yaml", layersKubernetes: "has no cluster that wechsel was told of: name its context in wechsel.yaml (clouds, kubernetes)"}[part]
		}
		return &lacking{fmt.Errorf("%s %s", from, what), report.NotOffered}, nil
	}
	for _, name := range []string{from, to} {
		if part != layersKubernetes || !strings.HasPrefix(name, simulated) || a.clusterProgram != "" {
			continue // a program that somebody has named and that is not there is a mistake
		}
		if there, err := hasKubernetes(name, config); err != nil || !there {
			return nil, err
		}
		if _, err := cluster.Find(""); err != nil {
			return &lacking{fmt.Errorf("%s: %w", name, err), report.NoProgram}, nil
		}
	}
	return nil, nil
}

func has(name, part string, config *scenario.Config) (bool, error) {
	if part == layersKubernetes {
		return hasKubernetes(name, config)
	}
	return hasOpenStack(name, config)
}

// hasOpenStack tells whether a name leads to an OpenStack cloud. A name that
// nobody has written down anywhere is taken for one, so that it is told as missing.
func hasOpenStack(name string, config *scenario.Config) (bool, error) {
	if strings.HasPrefix(name, simulated) {
		p, err := loadProfile(name)
		return err == nil && p.OpenStack(), err
	}
	if namesOpenStack(name, config) {
		return true, nil
	}
	cluster, err := namesCluster(name, config)
	return !cluster, err
}

// hasKubernetes does so for a cluster.
func hasKubernetes(name string, config *scenario.Config) (bool, error) {
	if strings.HasPrefix(name, simulated) {
		p, err := loadProfile(name)
		return err == nil && p.Kubernetes.Serves(), err
	}
	if cluster, err := namesCluster(name, config); cluster || err != nil {
		return cluster, err
	}
	return !namesOpenStack(name, config), nil
}

// namesCluster tells whether a name leads to a cluster that somebody has written
// down: in wechsel.yaml, or as a context of the kubeconfig.
func namesCluster(name string, config *scenario.Config) (bool, error) {
	entry := config.Clouds[name]
	if entry.Kubernetes.Value != "" {
		return true, nil
	}
	contexts, err := kubernetes.Contexts(entry.Kubeconfig.Value)
	if err != nil {
		return false, &usage{err}
	}
	return slices.Contains(contexts, name), nil
}
