package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// maxLanes is how many volumes are read at a time, if the quota allows it.
const maxLanes = 4

// Reads plans how the bytes of the volumes and images of set, which was read
// from a cloud and still has its ids, are fetched from there. A member reads a
// volume only through an image, and a volume that is in use only through a
// snapshot; all of that is temporary and deleted again. An encrypted volume is
// not read. The plan's Set holds
// what is read, as Given, and the temporaries; as many volumes are read at a
// time as the quota holds.
func Reads(set *resource.Set, target Target, opts Options) (*Plan, error) {
	rd := &reader{set: set, out: resource.NewSet(set.Schemas), opts: opts, used: inUse(set)}
	for r := range set.All() {
		var err error
		switch {
		case r.State == resource.Failed, sealed(r):
		case r.Type == volume && r.Tenure != resource.Given:
			err = rd.volume(r)
		case r.Type == claim && r.Tenure != resource.Given:
			rd.claim(r)
		case r.Type == image && r.Tenure == resource.Own:
			err = rd.image(r)
		}
		if err != nil {
			return nil, fmt.Errorf("plan for %s: %w", opts.Cloud, err)
		}
	}
	p := &Plan{APIVersion: resource.APIVersion, Kind: "Plan", Drill: opts.Drill, Cloud: opts.Cloud, Set: rd.out}
	lanes := rd.lanes(target.Catalogue.Quota)
	p.Needs = peak(rd.chains, lanes)
	p.Forecast = rd.foretell(target.Catalogue.Quota)
	steps := rd.steps
	for i, c := range rd.chains {
		if i >= lanes {
			c.steps[0].After = append(c.steps[0].After, lastID(rd.chains[i-lanes]))
		}
		steps = append(steps, c.steps...)
	}
	var err error
	if p.Steps, err = order(rd.out, steps); err != nil {
		return nil, fmt.Errorf("plan for %s: %w", opts.Cloud, err)
	}
	return p, nil
}

// A chain is what reads one volume, and the quota that it takes.
type chain struct {
	of    resource.Ref
	steps []Step
	needs map[string]int64
}

func lastID(c chain) string { return c.steps[len(c.steps)-1].ID }

type reader struct {
	set, out *resource.Set
	opts     Options
	used     map[resource.Ref]bool
	steps    []Step
	chains   []chain
}

// inUse finds the volumes that a server has.
func inUse(set *resource.Set) map[resource.Ref]bool {
	out := map[resource.Ref]bool{}
	for r := range set.All() {
		switch r.Type {
		case volume:
			out[r.Ref] = out[r.Ref] || r.Attrs["status"] == "in-use" || r.Tenure == resource.Implied
		case attachment:
			if v, ok := r.Spec["volume_id"].(resource.Ref); ok {
				out[v] = true
			}
		case server:
			if v, ok := rootDevice(r.Spec)["volume_id"].(resource.Ref); ok {
				out[v] = true
			}
		}
	}
	return out
}

// sealed reports whether the bytes of a volume leave its cloud as ciphertext
// only.
func sealed(r *resource.Resource) bool {
	return r.Type == volume && slices.Contains(r.Unread, resource.Path("content"))
}

// existing puts what is read into the plan's set.
func (rd *reader) existing(r *resource.Resource) error {
	if r.ID == "" {
		return fmt.Errorf("%s: its id is not known; bytes are read with the set that was just read from the cloud, not with one from a file", r.Ref)
	}
	rd.out.Put(&resource.Resource{Ref: r.Ref, Name: r.Name, Tenure: resource.Given, State: r.State, ID: r.ID,
		Spec: map[string]resource.Value{"size": r.Spec["size"], "disk_format": r.Spec["disk_format"]}})
	return nil
}

func (rd *reader) image(r *resource.Resource) error {
	rd.steps = append(rd.steps, Step{ID: stepID(Download, r.Ref), Action: Download, Ref: r.Ref, Content: r.Ref})
	return rd.existing(r)
}

func (rd *reader) volume(r *resource.Resource) error {
	if err := rd.existing(r); err != nil {
		return err
	}
	rd.chain(r, r.Ref, number(r, "size"), rd.used[r.Ref])
	return nil
}

// claim reads the bytes of a claim from the volume behind it, as far as the
// project can see that.
func (rd *reader) claim(r *resource.Resource) {
	s := storageOf(r)
	id, _ := s["id"].(string)
	if id == "" || s["encrypted"] == true {
		return
	}
	size, _ := s["size"].(int64)
	v := &resource.Resource{Ref: resource.Ref{Type: volume, Key: rd.freeKey(volume, string(r.Key))}, Name: string(r.Key), Tenure: resource.Given, State: r.State, ID: id,
		Spec: map[string]resource.Value{"size": size}}
	rd.out.Put(v)
	rd.chain(r, v.Ref, size, s["status"] != "available")
}

// chain plans how the bytes of a resource are read from the volume that has them.
func (rd *reader) chain(r *resource.Resource, from resource.Ref, size int64, used bool) {
	c := chain{of: r.Ref, needs: map[string]int64{}}
	var undo []Step
	if used {
		snap := rd.temporary(snapshot, r, "snap", map[string]resource.Value{"volume": from, "force": true})
		from = rd.temporary(volume, r, "copy", map[string]resource.Value{"snapshot_id": snap, "size": size})
		c.create(snap)
		c.create(from)
		undo = []Step{remover(from), remover(snap)}
		c.needs["block-storage.snapshots"], c.needs["block-storage.volumes"], c.needs["block-storage.gigabytes"] = 1, 1, 2*size
	}
	img := rd.temporary(image, r, "image", map[string]resource.Value{"volume": from, "disk_format": "qcow2", "container_format": "bare"})
	c.create(img)
	c.then(Step{ID: stepID(Download, img), Action: Download, Ref: img, Content: r.Ref})
	c.then(remover(img))
	for _, s := range undo {
		c.then(s)
	}
	rd.chains = append(rd.chains, c)
}

// temporary puts into the plan's set what this plan makes and deletes again.
func (rd *reader) temporary(t resource.Type, of *resource.Resource, suffix string, spec map[string]resource.Value) resource.Ref {
	key := rd.freeKey(t, string(of.Key)+"-"+suffix)
	r := &resource.Resource{Ref: resource.Ref{Type: t, Key: key}, Name: string(key), Tenure: resource.Own, DerivedFrom: []resource.Ref{of.Ref}, Spec: spec}
	rd.out.Put(r)
	return r.Ref
}

// freeKey returns a key like this one that nothing of the type has.
func (rd *reader) freeKey(t resource.Type, like string) resource.Key {
	key := resource.NewKey(like)
	taken := func(k resource.Key) bool {
		ref := resource.Ref{Type: t, Key: k}
		return rd.out.Get(ref) != nil || rd.set.Get(ref) != nil
	}
	for n := 2; taken(key); n++ {
		key = resource.NewKey(like + "-" + strconv.Itoa(n))
	}
	return key
}

func remover(ref resource.Ref) Step { return Step{ID: stepID(Delete, ref), Action: Delete, Ref: ref} }

func (c *chain) create(ref resource.Ref) {
	c.then(Step{ID: stepID(Create, ref), Action: Create, Ref: ref, Temporary: true})
}

// then adds a step after the one before it.
func (c *chain) then(s Step) {
	if len(c.steps) > 0 {
		s.After = []string{lastID(*c)}
	}
	c.steps = append(c.steps, s)
}

// lanes returns how many chains can run at a time.
func (rd *reader) lanes(quota map[string]profile.Quota) int {
	for n := min(maxLanes, len(rd.chains)); n > 1; n-- {
		if exceeded(quota, nil, peak(rd.chains, n)) == "" {
			return n
		}
	}
	return 1
}

// peak is the most that so many lanes can take at a time: of each lane its
// greediest chain.
func peak(chains []chain, lanes int) map[string]int64 {
	out := map[string]int64{}
	for lane := range lanes {
		most := map[string]int64{}
		for i := lane; i < len(chains); i += lanes {
			for name, n := range chains[i].needs {
				most[name] = max(most[name], n)
			}
		}
		for name, n := range most {
			out[name] += n
		}
	}
	return out
}

// foretell tells which volumes cannot be read even one at a time.
func (rd *reader) foretell(quota map[string]profile.Quota) []gap.Signal {
	var out []gap.Signal
	for _, c := range rd.chains {
		if name := exceeded(quota, nil, c.needs); name != "" {
			out = append(out, quotaSignal(rd.opts, c.of, quota, name, c.needs[name], 0))
		}
	}
	return slices.Clip(out)
}

const quotaExceeded = "quota/exceeded"

// quotaSignal says that a resource does not fit into what is left.
func quotaSignal(opts Options, of resource.Ref, quota map[string]profile.Quota, name string, need, taken int64) gap.Signal {
	left, _ := quota[name].Left()
	return gap.Signal{Seen: gap.Forecast, Code: quotaExceeded, Ref: of, Cloud: opts.Cloud, Effect: resource.Lost, Args: map[string]string{
		"name": name, "need": strconv.FormatInt(need, 10), "left": strconv.FormatInt(left-taken, 10)}}
}
