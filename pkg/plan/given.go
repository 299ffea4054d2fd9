package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A choice is what a Given resource of the source becomes.
type choice struct {
	to     *resource.Resource // the target's; nil: there is nothing like it
	rule   string
	effect resource.Effect
	args   map[string]string
	weigh  func(use) resource.Effect // what it means for one user; nil: the same for all
}

// ruleArea is the first half of the rules' names for a type.
func ruleArea(t resource.Type) string {
	areas := map[resource.Type]string{flavor: "flavor", image: "image", network: "network", subnet: "subnet", volumeType: "volume-type"}
	if area, ok := areas[t]; ok {
		return area
	}
	if len(traitsOf(t)) > 0 {
		return "class"
	}
	return "given"
}

// collectUses finds which properties refer to the source's Given resources.
func (b *builder) collectUses() {
	for _, r := range b.all {
		if b.out.Get(r.Ref) == nil {
			continue
		}
		for path, leaf := range resource.Leaves(b.out.Get(r.Ref).Spec) {
			for _, ref := range resource.Refs(leaf) {
				if g := b.set.Get(ref); g != nil && g.Tenure == resource.Given {
					b.uses[ref] = append(b.uses[ref], use{r, path})
				}
			}
		}
	}
}

// mapGiven maps every Given resource that something refers to. Images come
// before flavors, which must be large enough for them, networks before their
// subnets.
func (b *builder) mapGiven() {
	rank := map[resource.Type]int{image: 1, flavor: 2, network: 3, subnet: 4}
	used := slices.SortedFunc(maps.Keys(b.uses), func(x, y resource.Ref) int {
		if c := rank[x.Type] - rank[y.Type]; c != 0 {
			return c
		}
		return x.Compare(y)
	})
	for _, ref := range used {
		from := b.set.Get(ref)
		c, ok := b.chosen[ref]
		if !ok {
			c = b.match(from)
		}
		if c.to != nil {
			b.mapped[ref] = c.to
			b.foretellMTU(from, c.to)
		}
		b.take(from, c)
		b.compareImages(from, c.to)
		b.compareClasses(from, c.to)
	}
	b.rewrite()
}

func (b *builder) match(from *resource.Resource) choice {
	if to := b.there(from); to != nil {
		return choice{to: to, rule: "given/there", effect: resource.Same}
	}
	switch from.Type {
	case flavor:
		return b.matchFlavor(from)
	case image:
		return b.matchImage(from)
	case network:
		return b.matchNetwork(from)
	case subnet:
		return b.matchSubnet(from)
	case volumeType:
		return b.matchVolumeType(from)
	}
	switch {
	case len(traitsOf(from.Type)) > 0 && !everywhere(from):
		return b.matchClass(from)
	case inCluster(from.Type):
		return b.matchNamed(from)
	}
	for _, g := range b.offers[from.Type] {
		if g.Name == from.Name {
			return choice{to: g, rule: "given/same-name", effect: resource.Same}
		}
	}
	if from.Type == qosPolicy { // everything works without, only not as quickly or as slowly
		return choice{rule: "qos/absent", effect: resource.Degraded}
	}
	return choice{rule: "given/absent", effect: resource.Lost}
}

// there finds what the workload names by its id, or has in its project; nil if
// there is nothing. A name that the provider uses comes first.
func (b *builder) there(from *resource.Resource) *resource.Resource {
	if from.Name == "" || inCluster(from.Type) {
		return nil
	}
	offers := b.offers[from.Type]
	if slices.ContainsFunc(offers, func(g *resource.Resource) bool { return g.Name == from.Name }) {
		return nil
	}
	if i := slices.IndexFunc(offers, func(g *resource.Resource) bool { return g.ID == from.Name }); i >= 0 {
		return offers[i]
	}
	for _, r := range b.existing {
		if r.Ref == from.Ref {
			return r
		}
	}
	return nil
}

// take notes the choice, with one forecast for each property that it changes.
func (b *builder) take(from *resource.Resource, c choice) {
	args := map[string]string{"from": label(from)}
	maps.Copy(args, c.args)
	d := resource.Decision{Ref: from.Ref, Effect: c.effect, Rule: c.rule, Args: args}
	target := resource.Value(nil)
	if c.to == nil {
		b.refs[from.Ref] = b.keepUnmapped(from)
	} else {
		args["to"] = label(c.to)
		ref := b.adopt(c.to)
		b.refs[from.Ref], d.To, d.ID, target = ref, ref, c.to.ID, ref
	}
	b.mapping.Decisions = append(b.mapping.Decisions, d)
	if c.effect == resource.Same {
		return
	}
	for _, u := range b.uses[from.Ref] {
		effect := c.effect
		if c.weigh != nil {
			effect = c.weigh(u)
		}
		if effect != resource.Same {
			b.foretell(gap.Signal{Code: c.rule, Ref: u.by.Ref, Path: u.path, Source: from.Ref, Target: target, Effect: effect, Args: args})
		}
	}
}

// adopt puts what the target gives into its set. Its key is made of its name,
// as that of any Given resource, and numbered if the set has such a key.
func (b *builder) adopt(g *resource.Resource) resource.Ref {
	c := g.Clone()
	name := g.Name
	if g.Scope != "" {
		name = g.Scope + "-" + g.Name
	}
	c.Key = resource.NewKey(name)
	for n := 2; ; n++ {
		have := b.out.Get(c.Ref)
		if have == nil {
			b.out.Put(c)
			return c.Ref
		}
		if have.Tenure == resource.Given && have.ID == c.ID {
			return c.Ref
		}
		c.Key = resource.NewKey(string(resource.NewKey(name)) + "-" + strconv.Itoa(n))
	}
}

// keepUnmapped leaves what the target does not have in its set, with its name
// for an id: what needs it is tried all the same, and the refusal is the proof.
func (b *builder) keepUnmapped(from *resource.Resource) resource.Ref {
	c := from.Clone()
	c.Scope = cmp.Or(b.spaces[c.Scope], c.Scope)
	c.ID, c.State, c.Spec = idOf(c), "", nil
	return b.adopt(c)
}

// rewrite turns references to the source's resources into the target's.
func (b *builder) rewrite() {
	for _, r := range slices.Collect(b.out.All()) {
		r.Spec = resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
			switch leaf := leaf.(type) {
			case resource.Ref:
				return b.renamed(leaf)
			case resource.Attr:
				leaf.Ref = b.renamed(leaf.Ref)
				return leaf
			}
			return leaf
		})
		r.Parent = b.renamed(r.Parent)
	}
	clear(b.refs)
	clear(b.mapped) // its keys mean nothing any more
}

func (b *builder) renamed(ref resource.Ref) resource.Ref {
	if to, ok := b.refs[ref]; ok {
		return to
	}
	return ref
}

// label is how people call a resource.
func label(r *resource.Resource) string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.Key)
}
