package kubernetes

import (
	"fmt"
	"path"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// kustomize returns the objects that the kustomization in the folder makes.
// It sees the files alone, runs no program and starts no plug-in.
func kustomize(folder string, files map[string][]byte) ([]object, error) {
	fs := filesys.MakeFsInMemory()
	for name, data := range files {
		if err := fs.MkdirAll(path.Join("/", path.Dir(name))); err != nil {
			return nil, err
		}
		if err := fs.WriteFile(path.Join("/", name), data); err != nil {
			return nil, err
		}
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone // a kustomization may name files of a folder beside it, and there is nothing else
	options.PluginConfig = types.DisabledPluginConfig()
	options.Reorder = krusty.ReorderOptionUnspecified // as the kustomization says
	made, err := krusty.MakeKustomizer(options).Run(fs, path.Join("/", folder))
	if err != nil {
		return nil, fmt.Errorf("kustomization %s: %w", folder, err)
	}
	text, err := made.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("kustomization %s: %w", folder, err)
	}
	return parseManifest(text)
}
