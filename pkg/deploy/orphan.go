package deploy

import (
	"context"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// inherit takes over from the journal what was found inside the drill's
// resources and may be there without them.
func (r *remover) inherit() {
	if r.Journal == nil || r.isRoot != nil {
		return
	}
	for _, record := range r.Journal.Records() {
		at := thing{record.Ref.Type, record.ID}
		switch {
		case record.Cloud != r.Name:
		case record.Type == RecordFound:
			r.heard[at] = true
			r.orphans[at] = &resource.Resource{Ref: resource.Ref{Type: record.Ref.Type}, ID: record.ID, Parent: record.Parent}
		case record.Type == RecordDeleted:
			delete(r.orphans, at)
		}
	}
}

// lookForOrphans lists what the cloud has made for resources that are gone by
// now. Most went with them; what has found another parent is not ours any more.
func (r *remover) lookForOrphans(ctx context.Context) error {
	due := r.due()
	if len(due) == 0 {
		return nil
	}
	list, err := r.calls.list(ctx, cloud.Selector{Types: typesOf(slices.Collect(maps.Values(due)))})
	if err != nil {
		return err
	}
	there := map[thing]*resource.Resource{}
	for _, x := range list {
		there[thing{x.Type, x.ID}] = x
	}
	for at, x := range due {
		now := there[at]
		if now != nil && (now.Parent.IsZero() || now.Parent == x.Parent) && now.Owner.IsZero() {
			delete(r.heard, at)
			r.doubt(at, now)
			continue
		}
		delete(r.orphans, at)
		if now != nil || r.heard[at] {
			continue // somebody else's by now, or gone before
		}
		if err := r.gone(at, x); err != nil {
			return err
		}
	}
	return nil
}

// due returns the orphans whose parent is gone.
func (r *remover) due() map[thing]*resource.Resource {
	out := map[thing]*resource.Resource{}
	for at, x := range r.orphans {
		if r.mine[thing{x.Parent.Type, string(x.Parent.Key)}] == nil {
			out[at] = x
		}
	}
	return out
}

// findStrays reports what the journal says was made here and no listing has
// shown as ours: if it is there, somebody has taken its mark away, and it
// stays.
func (r *remover) findStrays(ctx context.Context) error {
	made := map[thing]*resource.Resource{}
	cloudOf := map[string]string{}
	for _, record := range r.Journal.Records() {
		at := thing{record.Ref.Type, record.ID}
		switch record.Type {
		case RecordStage:
			cloudOf[record.Stage] = record.Cloud
		case RecordMade:
			if cloudOf[record.Stage] == r.Name && r.mine[at] == nil {
				made[at] = &resource.Resource{Ref: record.Ref}
			}
		case RecordDeleted:
			delete(made, at)
		default: // says nothing of what there is
		}
	}
	if len(made) == 0 {
		return nil
	}
	list, err := r.calls.list(ctx, cloud.Selector{Types: typesOf(slices.Collect(maps.Values(made)))})
	if err != nil {
		return err
	}
	for _, x := range list {
		if was := made[thing{x.Type, x.ID}]; was != nil {
			r.result.Left = append(r.result.Left, Leftover{Ref: was.Ref, ID: x.ID, Name: x.Name, Why: "it does not carry the drill's mark any more"})
		}
	}
	return nil
}
