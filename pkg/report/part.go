package report

import "slices"

// A Part of a scenario that was not run: what a report says is not about it.
type Part struct {
	Part  string `json:"part"`            // openstack or kubernetes
	Why   string `json:"why"`             // NotAsked, NotOffered or NoProgram
	Cloud string `json:"cloud,omitempty"` // that is left
	Text  string `json:"text,omitempty"`  // the same for people, in the report's language
}

// Why a part was not run.
const (
	NotAsked   = "not-asked"   // it was not asked for
	NotOffered = "not-offered" // the source does not have this layer
	NoProgram  = "no-program"  // wechsel-cluster, which is the Kubernetes of simulated clouds, is not there
)

// Parts returns the parts with their texts in the language.
func (w Words) Parts(parts []Part) []Part {
	out := slices.Clone(parts)
	for i, p := range out {
		layer := w.Text("part."+p.Part, nil)
		out[i].Text = w.Text("part."+p.Why, map[string]string{"part": layer, "cloud": p.Cloud})
	}
	return out
}
