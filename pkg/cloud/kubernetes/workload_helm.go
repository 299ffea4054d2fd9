package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chartvalues "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	hookAnnotation      = "helm.sh/hook"
	releaseAnnotation   = "meta.helm.sh/release-name"
	releaseNSAnnotation = "meta.helm.sh/release-namespace"
	managedByLabel      = "app.kubernetes.io/managed-by"
)

// helm returns the objects that installing the chart makes on a cluster of
// this version and with these kinds: its CRDs, what its templates say, and of
// its hooks those that an installation runs. What belongs to the release says
// so, as `helm install` writes it; a hook has its annotation.
func helm(s Source, version string, kinds map[string]bool) ([]object, error) {
	wrap := func(err error) error { return fmt.Errorf("chart %s: %w", s.Path, err) }
	c, err := loadChart(s)
	if err != nil {
		return nil, wrap(err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(s.Values, &values); err != nil {
		return nil, wrap(fmt.Errorf("values: %w", err))
	}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, wrap(err)
	}
	capabilities, err := capabilitiesOf(version, kinds)
	if err != nil {
		return nil, wrap(err)
	}
	if needs := c.Metadata.KubeVersion; needs != "" && !chartutil.IsCompatibleRange(needs, capabilities.KubeVersion.String()) {
		return nil, wrap(fmt.Errorf("it wants Kubernetes %s, and the cluster has %s", needs, capabilities.KubeVersion.Version))
	}
	all, err := chartvalues.ToRenderValues(c, values, common.ReleaseOptions{Name: s.Release, Namespace: s.Namespace, Revision: 1, IsInstall: true}, capabilities)
	if err != nil {
		return nil, wrap(err)
	}
	rendered, err := engine.Render(c, all)
	if err != nil {
		return nil, wrap(err)
	}
	out, err := released(s, rendered)
	if err != nil {
		return nil, wrap(err)
	}
	for _, crd := range c.CRDObjects() {
		list, err := parseManifest(crd.File.Data)
		if err != nil {
			return nil, wrap(fmt.Errorf("%s: %w", crd.Filename, err))
		}
		out = append(out, list...)
	}
	return out, nil
}

func loadChart(s Source) (*chart.Chart, error) {
	var files []*archive.BufferedFile
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		if inner, ok := strings.CutPrefix(name, s.Path+"/"); ok {
			files = append(files, &archive.BufferedFile{Name: inner, Data: s.Files[name]})
		}
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	for _, d := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == d.Name }) {
			return nil, fmt.Errorf("it depends on %s, which is not in charts/: run `helm dependency build` first", d.Name)
		}
	}
	return c, nil
}

// assumed is the version that charts are rendered for when no cluster is known.
const assumed = "v1.36.0"

// capabilitiesOf is what templates ask for the cluster by. Of no cluster it is
// what Helm takes for `helm template`, with the assumed version.
func capabilitiesOf(version string, kinds map[string]bool) (*common.Capabilities, error) {
	v, err := common.ParseKubeVersion(cmp.Or(version, assumed))
	if err != nil {
		return nil, err
	}
	out := common.DefaultCapabilities.Copy()
	out.KubeVersion = *v
	if len(kinds) > 0 {
		out.APIVersions = slices.Sorted(maps.Keys(kinds))
	}
	return out, nil
}

// released parses what the templates have become, without the notes.
func released(s Source, rendered map[string]string) ([]object, error) {
	var out []object
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if base := path.Base(name); base == "NOTES.txt" || strings.HasPrefix(base, "_") {
			continue
		}
		list, err := parseManifest([]byte(rendered[name]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, o := range list {
			hook := text(o, "metadata", "annotations", hookAnnotation)
			if hook != "" && !installs(hook) {
				continue
			}
			if metadata, ok := o["metadata"].(object); ok && hook == "" {
				put(metadata, "labels", managedByLabel, "Helm")
				put(metadata, "annotations", releaseAnnotation, s.Release)
				put(metadata, "annotations", releaseNSAnnotation, s.Namespace)
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// installs reports whether one of the hook's events is an installation.
func installs(hook string) bool {
	return slices.ContainsFunc(strings.Split(hook, ","), func(event string) bool {
		event = strings.TrimSpace(event)
		return event == "pre-install" || event == "post-install"
	})
}
