package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The labels that every node has (kubernetes.io/docs/reference/labels-annotations-taints).
const (
	hostLabel = "kubernetes.io/hostname"
	archLabel = "kubernetes.io/arch"
)

// A placement is what the pods of one workload ask of nodes.
type placement struct {
	of   *resource.Resource
	at   resource.Path // of the pods' spec
	spec map[string]resource.Value
}

// foretellPlaces tells whose pods find no node on the target, or lose what kept
// them apart. It says what the scheduler would say, as far as nodes can be seen.
func (b *builder) foretellPlaces() {
	if b.cat.Cluster == nil || len(b.cat.Cluster.Nodes) == 0 {
		return
	}
	for r := range b.out.All() {
		at := podsAt(r.Type)
		if at == "" || r.Tenure != resource.Own {
			continue
		}
		v, _ := resource.Lookup(r.Spec, at)
		spec, _ := v.(map[string]resource.Value)
		p := placement{of: r, at: at, spec: spec}
		nodes := b.selectNodes(p)
		if len(nodes) > 0 {
			b.foretellSize(p, nodes)
			b.foretellSpread(p, nodes)
			b.foretellArchitecture(p, nodes)
		}
	}
}

// selectNodes returns the nodes that selectors and taints leave; if there are
// none, it foretells that.
func (b *builder) selectNodes(p placement) []profile.Machine {
	nodes := slices.Clone(b.cat.Cluster.Nodes)
	lost := func(path resource.Path, code string, args map[string]string) []profile.Machine {
		b.foretell(gap.Signal{Code: code, Ref: p.of.Ref, Path: p.at + "." + path, Effect: resource.Lost, Args: args})
		return nil
	}
	selector, _ := p.spec["nodeSelector"].(map[string]resource.Value)
	for _, name := range slices.Sorted(maps.Keys(selector)) {
		want, _ := selector[name].(string)
		nodes = slices.DeleteFunc(nodes, func(n profile.Machine) bool { return n.Labels[name] != want })
		if len(nodes) == 0 {
			return lost(resource.Path("nodeSelector").Field(name), "node/label-absent", map[string]string{"label": name + "=" + want})
		}
	}
	const required resource.Path = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
	if v, ok := resource.Lookup(p.spec, required); ok {
		terms, _ := v.([]resource.Value)
		nodes = slices.DeleteFunc(nodes, func(n profile.Machine) bool {
			return !slices.ContainsFunc(terms, func(t resource.Value) bool { return matchesTerm(n.Labels, t) })
		})
		if len(nodes) == 0 {
			return lost(required, "node/label-absent", map[string]string{"label": termsText(terms)})
		}
	}
	tolerations, _ := p.spec["tolerations"].([]resource.Value)
	nodes = slices.DeleteFunc(nodes, func(n profile.Machine) bool { return repels(n, tolerations) })
	if len(nodes) == 0 {
		return lost("tolerations", "node/tainted", nil)
	}
	return nodes
}

// matchesTerm: all expressions of a term hold. What is not about labels (the
// name of a node) is the source's, and never holds elsewhere.
func matchesTerm(labels map[string]string, term resource.Value) bool {
	m, _ := term.(map[string]resource.Value)
	fields, _ := m["matchFields"].([]resource.Value)
	list, _ := m["matchExpressions"].([]resource.Value)
	return len(fields) == 0 && len(list) > 0 && !slices.ContainsFunc(list, func(e resource.Value) bool { return !holds(labels, e) })
}

// holds evaluates one expression of a node selector.
func holds(labels map[string]string, expression resource.Value) bool {
	m, _ := expression.(map[string]resource.Value)
	key, _ := m["key"].(string)
	values, _ := m["values"].([]resource.Value)
	have, ok := labels[key]
	in := slices.ContainsFunc(values, func(v resource.Value) bool { return v == resource.Value(have) })
	switch m["operator"] {
	case "In":
		return ok && in
	case "NotIn":
		return !ok || !in
	case "Exists":
		return ok
	case "DoesNotExist":
		return !ok
	case "Gt", "Lt":
		want := quantity(first(values))
		n, err := strconv.ParseFloat(have, 64)
		return err == nil && (m["operator"] == "Gt" && n > want || m["operator"] == "Lt" && n < want)
	}
	return false
}

func first(list []resource.Value) resource.Value {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// termsText names the labels that terms ask for.
func termsText(terms []resource.Value) string {
	var out []string
	for _, f := range find(nil, terms, "[].matchExpressions[]") {
		m, _ := f.value.(map[string]resource.Value)
		values, _ := m["values"].([]resource.Value)
		words := []string{gap.Show(m["key"])}
		for _, v := range values {
			words = append(words, gap.Show(v))
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, ", ")
}

// repels: the node has a taint that keeps the pods off.
func repels(n profile.Machine, tolerations []resource.Value) bool {
	return slices.ContainsFunc(n.Taints, func(t profile.Taint) bool {
		return t.Effect != "PreferNoSchedule" && !slices.ContainsFunc(tolerations, func(v resource.Value) bool { return tolerates(v, t) })
	})
}

func tolerates(toleration resource.Value, t profile.Taint) bool {
	m, _ := toleration.(map[string]resource.Value)
	key, _ := m["key"].(string)
	effect, _ := m["effect"].(string)
	value, _ := m["value"].(string)
	exists := m["operator"] == "Exists"
	return (effect == "" || effect == t.Effect) && (key == t.Key && (exists || value == t.Value) || key == "" && exists)
}

// foretellSize: no node is large enough, or has the device.
func (b *builder) foretellSize(p placement, nodes []profile.Machine) {
	need := map[string]float64{}
	for _, f := range find(nil, p.spec, "containers[].resources") {
		m, _ := f.value.(map[string]resource.Value)
		asked := map[string]resource.Value{}
		for _, part := range []string{"limits", "requests"} { // what is only limited is requested too
			of, _ := m[part].(map[string]resource.Value)
			maps.Copy(asked, of)
		}
		for name, v := range asked {
			need[name] += quantity(v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(need)) {
		most, known := 0.0, false
		for _, n := range nodes {
			if q, ok := n.Capacity[name]; ok {
				most, known = max(most, quantity(q)), true
			}
		}
		device := strings.Contains(name, "/")
		args := map[string]string{"name": name, "need": strconv.FormatFloat(need[name], 'f', -1, 64), "most": strconv.FormatFloat(most, 'f', -1, 64)}
		switch {
		case need[name] <= most:
		case device:
			b.foretell(gap.Signal{Code: "node/device-absent", Ref: p.of.Ref, Path: p.at + ".containers", Effect: resource.Lost, Args: args})
		case known:
			b.foretell(gap.Signal{Code: "node/too-small", Ref: p.of.Ref, Path: p.at + ".containers", Effect: resource.Lost, Args: args})
		}
	}
}

// foretellSpread: what shall be in several places finds fewer of them.
func (b *builder) foretellSpread(p placement, nodes []profile.Machine) {
	for _, f := range find(nil, p.spec, "topologySpreadConstraints[]") {
		m, _ := f.value.(map[string]resource.Value)
		key, _ := m["topologyKey"].(string)
		hard := cmp.Or(gap.Show(m["whenUnsatisfiable"]), "DoNotSchedule") == "DoNotSchedule"
		places := domains(nodes, key)
		least := quantity(m["minDomains"])
		switch {
		case hard && places == 0:
			b.spread("node/label-absent", p, f.path, key, places, resource.Lost)
		case hard && float64(places) < least, places < 2 && places < b.sourceDomains(key):
			b.spread("node/too-few-places", p, f.path, key, places, resource.Degraded)
		}
	}
	const apart resource.Path = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
	for _, f := range find(nil, p.spec, apart+"[].topologyKey") {
		key, _ := f.value.(string)
		replicas := max(1, number(p.of, "spec.replicas"))
		if places := domains(nodes, key); int64(places) < replicas {
			b.spread("node/too-few-places", p, f.path, key, places, resource.Lost)
		}
	}
}

func (b *builder) spread(code string, p placement, at resource.Path, key string, places int, effect resource.Effect) {
	b.foretell(gap.Signal{Code: code, Ref: p.of.Ref, Path: p.at + "." + at, Effect: effect, Args: map[string]string{"label": key, "places": strconv.Itoa(places)}})
}

// domains counts the values of a label. Every node is a host of its own.
func domains(nodes []profile.Machine, label string) int {
	seen, hosts := map[string]bool{}, 0
	for _, n := range nodes {
		hosts += max(1, n.Count)
		if v, ok := n.Labels[label]; ok {
			seen[v] = true
		}
	}
	if label == hostLabel {
		return hosts
	}
	return len(seen)
}

// sourceDomains counts them on the cloud that is left; 0 if it is not known.
func (b *builder) sourceDomains(label string) int {
	if b.opts.Source == nil || b.opts.Source.Cluster == nil {
		return 0
	}
	return domains(b.opts.Source.Cluster.Nodes, label)
}

// foretellArchitecture: an image runs on the architecture it was built for, and
// the source's nodes are the only ones of which that is known.
func (b *builder) foretellArchitecture(p placement, nodes []profile.Machine) {
	if b.opts.Source == nil || b.opts.Source.Cluster == nil {
		return
	}
	archs := func(list []profile.Machine) []string {
		var out []string
		for _, n := range list {
			if a := n.Labels[archLabel]; a != "" && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
		slices.Sort(out)
		return out
	}
	before, now := archs(b.opts.Source.Cluster.Nodes), archs(nodes)
	strange := slices.DeleteFunc(slices.Clone(now), func(a string) bool { return slices.Contains(before, a) })
	if len(before) == 0 || len(strange) == 0 {
		return
	}
	effect := resource.Degraded // some nodes can run it
	if len(strange) == len(now) {
		effect = resource.Lost
	}
	b.foretell(gap.Signal{Code: "node/architecture", Ref: p.of.Ref, Path: p.at + ".containers", Effect: effect,
		Args: map[string]string{"from": strings.Join(before, ", "), "to": strings.Join(now, ", ")}})
}
