package report

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// A Standard that gaps refer to.
type Standard struct {
	ID      string `json:"id"` // as gaps name it: scs-0100
	Version string `json:"version,omitempty"`
	Status  string `json:"status,omitempty"` // stable or draft
	Title   string `json:"title,omitempty"`
	URL     string `json:"url,omitempty"`
}

// Standards are those that are known, by id.
type Standards map[string]Standard

// LoadStandards reads every standards/*.yaml of fsys.
func LoadStandards(fsys fs.FS) (Standards, error) {
	files, err := fs.Glob(fsys, "standards/*.yaml")
	if err != nil {
		return nil, err
	}
	known := Standards{}
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		var content struct {
			Base      string
			Standards map[string]struct{ Version, Status, Title, Page string }
		}
		if err := yaml.UnmarshalStrict(data, &content); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for id, s := range content.Standards {
			known[id] = Standard{ID: id, Version: s.Version, Status: s.Status, Title: s.Title, URL: content.Base + s.Page}
		}
	}
	return known, nil
}

// of returns those that gaps refer to, sorted. One that is not known has its
// id only.
func (k Standards) of(gaps ...gap.Gap) []Standard {
	found := map[string]Standard{}
	for _, g := range gaps {
		for _, id := range g.Standards {
			s := k[id]
			s.ID = id
			found[id] = s
		}
	}
	out := make([]Standard, 0, len(found))
	for _, id := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[id])
	}
	return out
}
