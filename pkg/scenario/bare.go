package scenario

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// bare reads a Heat template that comes without a scenario as one that moves it
// with the defaults of its parameters.
func (l *loader) bare() {
	name := bareName(l.file)
	l.in.Metadata.Name.Value, l.in.Metadata.Title.EN = name, name
	l.in.Spec.OpenStack.Template = Text{Value: path.Base(l.file), place: place{1, 1}}
}

// bareName makes a scenario's name of a file's.
func bareName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".")
	name = strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
	if name == "" {
		return "template"
	}
	return name
}

// isTemplate reports whether a file is a Heat template, whatever else is wrong
// with it.
func isTemplate(data []byte) bool {
	return regexp.MustCompile(`(?m)^["']?heat_template_version["']?\s*:`).Match(data)
}

// foreign reports whether what was read is a manifest, and not a scenario with
// mistakes.
func (l *loader) foreign() bool {
	in := &l.in
	return in.Kind.given() && in.Kind.Value != "Scenario" && in.APIVersion.Value != resource.APIVersion &&
		in.Metadata.Title.EN == "" && !in.Spec.OpenStack.Template.given() && len(in.Spec.Kubernetes) == 0
}

// missing says of a folder without scenario.yaml what such a file would be for
// what is there.
func missing(fsys fs.FS, folder string) error {
	parts := partsFor(fsys, folder)
	if parts == "" {
		return fmt.Errorf("the folder %s has no %s, and neither Heat templates nor manifests", folder, FileName)
	}
	name := bareName(folder)
	return fmt.Errorf("the folder %s has no %s. One for what is in it:\n\napiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: %s, title: {en: %s}}\nspec:\n%s",
		folder, FileName, name, name, parts)
}

// partsFor writes the parts of a scenario for the files of a folder.
func partsFor(fsys fs.FS, folder string) string {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return ""
	}
	var names []string
	template := ""
	for _, e := range entries {
		name := e.Name()
		if ext := path.Ext(name); e.IsDir() || ext != ".yaml" && ext != ".yml" && ext != ".json" {
			continue
		}
		data, err := fs.ReadFile(fsys, path.Join(folder, name))
		switch {
		case err == nil && isTemplate(data) && template == "":
			template = "  openstack: {template: " + name + "}\n"
		case err == nil && !isTemplate(data):
			names = append(names, name)
		}
	}
	switch {
	case slices.Contains(names, "Chart.yaml"):
		return template + "  kubernetes:\n    - helm: {chart: ., release: " + bareName(folder) + "}\n"
	case slices.Contains(names, "kustomization.yaml"), slices.Contains(names, "kustomization.yml"):
		return template + "  kubernetes:\n    - kustomization: .\n"
	case template != "" || len(names) == 0:
		return template
	}
	parts := "  kubernetes:\n"
	for _, name := range names {
		parts += "    - {manifests: " + name + ", namespace: default}\n"
	}
	return parts
}
