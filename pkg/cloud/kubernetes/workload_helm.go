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
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

const (
	hookAnnotation      = "helm.sh/hook"
	weightAnnotation    = "helm.sh/hook-weight"
	preInstall          = "pre-install"
	postInstall         = "post-install"
	releaseAnnotation   = "meta.helm.sh/release-name"
	releaseNSAnnotation = "meta.helm.sh/release-namespace"
	managedByLabel      = "app.kubernetes.io/managed-by"
)

// helm returns the objects that installing the chart on the cluster makes: its
// CRDs, then what its templates say, and of its hooks those that an
// installation runs. What belongs to the release says so, as `helm install`
// writes it; a hook has its annotation. Other hooks are left.
func helm(s Source, on *Cloud) (made, left []object, err error) {
	wrap := func(err error) ([]object, []object, error) { return nil, nil, fmt.Errorf("chart %s: %w", s.Path, err) }
	c, err := loadChart(s)
	if err != nil {
		return wrap(err)
	}
	for _, crd := range c.CRDObjects() {
		list, err := parseManifest(crd.File.Data)
		if err != nil {
			return wrap(fmt.Errorf("%s: %w", crd.Filename, err))
		}
		made = append(made, list...)
	}
	rendered, err := renderChart(s, c, on)
	if err != nil {
		return wrap(err)
	}
	list, left, err := released(s, rendered)
	if err != nil {
		return wrap(err)
	}
	return append(made, list...), left, nil
}

// renderChart returns what the templates become, by their names.
func renderChart(s Source, c *chart.Chart, on *Cloud) (map[string]string, error) {
	values := map[string]any{}
	if err := yaml.Unmarshal(s.Values, &values); err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, err
	}
	capabilities, err := capabilitiesOf(on.offers())
	if err != nil {
		return nil, err
	}
	if needs := c.Metadata.KubeVersion; needs != "" && !chartutil.IsCompatibleRange(needs, capabilities.KubeVersion.String()) {
		have := "the cluster has " + capabilities.KubeVersion.Version
		if on == nil {
			have = "without a cluster " + assumed + " is assumed"
		}
		return nil, fmt.Errorf("it wants Kubernetes %s, and %s", needs, have)
	}
	all, err := chartvalues.ToRenderValues(c, values, common.ReleaseOptions{Name: s.Release, Namespace: s.Namespace, Revision: 1, IsInstall: true}, capabilities)
	if err != nil {
		return nil, err
	}
	if on == nil {
		return engine.Render(c, all) // where lookup finds nothing, as in `helm template`
	}
	return engine.RenderWithClientProvider(c, all, lookups{on})
}

// lookups let the template function `lookup` see the cluster. It only reads.
type lookups struct{ on *Cloud }

// GetClientFor implements [engine.ClientProvider].
func (l lookups) GetClientFor(apiVersion, name string) (dynamic.NamespaceableResourceInterface, bool, error) {
	k := l.on.known(Type(apiVersion, name))
	if k == nil || k.apiVersion(k.served(apiVersion)) != apiVersion {
		return nil, false, fmt.Errorf("lookup: the cluster does not serve %s %s; ask .Capabilities.APIVersions.Has before", apiVersion, name)
	}
	client, err := dynamic.NewForConfigAndClient(l.on.config, l.on.client)
	if err != nil {
		return nil, false, err
	}
	return client.Resource(schema.GroupVersionResource{Group: k.group, Version: k.served(apiVersion), Resource: k.plural}), k.namespaced, nil
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

// released parses what the templates have become, without the notes; left are
// the hooks of other events than an installation.
func released(s Source, rendered map[string]string) (out, left []object, err error) {
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if base := path.Base(name); base == "NOTES.txt" || strings.HasPrefix(base, "_") {
			continue
		}
		list, err := parseManifest([]byte(rendered[name]))
		if err != nil {
			return nil, nil, fmt.Errorf("what %s renders: %w", name, err)
		}
		for _, o := range list {
			hook := text(o, "metadata", "annotations", hookAnnotation)
			if hook != "" && !runsAt(hook, preInstall) && !runsAt(hook, postInstall) {
				left = append(left, o)
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
	return out, left, nil
}

// runsAt reports whether the hook runs at the event.
func runsAt(hook, event string) bool {
	return slices.ContainsFunc(strings.Split(hook, ","), func(e string) bool { return strings.TrimSpace(e) == event })
}
