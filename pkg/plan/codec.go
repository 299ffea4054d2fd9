package plan

import (
	"encoding/json"
	"fmt"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

type filePlan Plan // without the methods, so that encoding does not recurse

// MarshalJSON writes the plan with the ids of what exists already: a
// Resource alone is written without its id.
func (p *Plan) MarshalJSON() ([]byte, error) {
	file := struct {
		*filePlan
		IDs map[string]string `json:"ids,omitempty"`
	}{(*filePlan)(p), map[string]string{}}
	if p.Set != nil {
		for r := range p.Set.All() {
			if r.ID != "" {
				file.IDs[r.Ref.String()] = r.ID
			}
		}
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (p *Plan) UnmarshalJSON(data []byte) error {
	file := struct {
		*filePlan
		IDs map[string]string `json:"ids"`
	}{filePlan: (*filePlan)(p)}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	if p.APIVersion != resource.APIVersion || p.Kind != "Plan" || p.Set == nil {
		return fmt.Errorf("is %q %q, want %q %q with a set", p.APIVersion, p.Kind, resource.APIVersion, "Plan")
	}
	for r := range p.Set.All() {
		r.ID = file.IDs[r.Ref.String()]
	}
	for i := range p.Mapping.Decisions {
		d := &p.Mapping.Decisions[i]
		if to, ok := d.To.(resource.Ref); ok && p.Set.Get(to) != nil {
			d.ID = p.Set.Get(to).ID
		}
	}
	return nil
}
