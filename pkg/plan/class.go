package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of classes: what a provider offers under a name, and a workload asks
// for by that name.
const (
	storageClass  resource.Type = "storage.k8s.io/StorageClass"
	snapshotClass resource.Type = "snapshot.storage.k8s.io/VolumeSnapshotClass"
	ingressClass  resource.Type = "networking.k8s.io/IngressClass"
	gatewayClass  resource.Type = "gateway.networking.k8s.io/GatewayClass"
	priorityClass resource.Type = "scheduling.k8s.io/PriorityClass"
	runtimeClass  resource.Type = "node.k8s.io/RuntimeClass"
)

// A trait is a fact of a class that a workload feels.
type trait struct {
	name  string         // the second half of its rule: class/NAME
	path  resource.Path  // of the fact
	usual resource.Value // what absence means
	// effect says what it means that the fact becomes another.
	effect func(from, to resource.Value) resource.Effect
}

func always(e resource.Effect) func(from, to resource.Value) resource.Effect {
	return func(resource.Value, resource.Value) resource.Effect { return e }
}

// loses is Degraded if the class had the value, and otherwise what is left to say.
func loses(value resource.Value, otherwise resource.Effect) func(from, to resource.Value) resource.Effect {
	return func(from, _ resource.Value) resource.Effect {
		if from == value {
			return resource.Degraded
		}
		return otherwise
	}
}

// traitsOf returns what is compared, the engine (who does the work) first.
func traitsOf(t resource.Type) []trait {
	switch t {
	case storageClass:
		return []trait{{"engine", "provisioner", nil, always(resource.Adapted)},
			{"binding-mode", "volumeBindingMode", "Immediate", loses("WaitForFirstConsumer", resource.Adapted)},
			{"expansion", "allowVolumeExpansion", false, loses(true, resource.Same)},
			{"reclaim-policy", "reclaimPolicy", "Delete", loses("Retain", resource.Adapted)}}
	case snapshotClass:
		return []trait{{"engine", "driver", nil, always(resource.Adapted)}, {"reclaim-policy", "deletionPolicy", "Delete", loses("Retain", resource.Adapted)}}
	case ingressClass:
		return []trait{{"engine", "spec.controller", nil, always(resource.Adapted)}}
	case gatewayClass:
		return []trait{{"engine", "spec.controllerName", nil, always(resource.Adapted)}}
	case priorityClass:
		return []trait{{"priority", "value", int64(0), lower}, {"preemption", "preemptionPolicy", "PreemptLowerPriority", always(resource.Adapted)}}
	case runtimeClass: // another handler isolates otherwise
		return []trait{{"engine", "handler", nil, always(resource.Degraded)}}
	}
	return nil
}

// lower: what has less priority gives way to others.
func lower(from, to resource.Value) resource.Effect {
	if resource.CompareValues(from, to) != 0 && asNumber(to) < asNumber(from) {
		return resource.Degraded
	}
	return resource.Adapted
}

func asNumber(v resource.Value) float64 {
	switch n := v.(type) {
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// A difference is a fact that two classes do not share.
type difference struct {
	trait
	from, to resource.Value // as they stand; nil: absent
	effect   resource.Effect
}

// differences compares the facts of two classes, as far as both are known.
func differences(from, to *resource.Resource) []difference {
	if !known(from) || !known(to) {
		return nil
	}
	var out []difference
	for _, t := range traitsOf(from.Type) {
		x, _ := resource.Lookup(from.Spec, t.path)
		y, _ := resource.Lookup(to.Spec, t.path)
		u, v := orUsual(x, t.usual), orUsual(y, t.usual)
		if e := t.effect(u, v); !resource.Equal(u, v) && e != resource.Same {
			out = append(out, difference{t, x, y, e})
		}
	}
	return append(out, parameters(from, to)...)
}

func orUsual(v, usual resource.Value) resource.Value {
	if v == nil {
		return usual
	}
	return v
}

// parameters compares what the classes tell their driver: encryption under
// whatever driver, the rest only under the same one, whose words they are.
func parameters(from, to *resource.Resource) []difference {
	path := resource.Path("parameters")
	x, y := from.Spec["parameters"], to.Spec["parameters"]
	switch {
	case from.Type != storageClass:
		return nil
	case encrypts(from) && !encrypts(to):
		return []difference{{trait{name: "encryption", path: path}, x, y, resource.Degraded}}
	case !resource.Equal(x, y) && text(from, "provisioner") == text(to, "provisioner"):
		return []difference{{trait{name: "parameters", path: path}, x, y, resource.Adapted}}
	}
	return nil
}

// encrypts: drivers have many words for it (encrypted: "true", type: luks), and
// where they have none, the name of the class may say it.
func encrypts(class *resource.Resource) bool {
	m, _ := class.Spec["parameters"].(map[string]resource.Value)
	for name, v := range m {
		text, _ := v.(string)
		asked := strings.Contains(strings.ToLower(name), "encrypt") && text != "" && text != "false"
		if asked || encryptedName.MatchString(text) {
			return true
		}
	}
	return encryptedName.MatchString(class.Name)
}

// worse reports whether something is lost.
func worse(list []difference) bool {
	return slices.ContainsFunc(list, func(d difference) bool { return d.effect == resource.Degraded })
}

// matchClass finds the class of the same name, or else one that can do the same,
// or else the target's default or only one. Where nobody has chosen the source's
// class because it is the default, the target's default comes first.
func (b *builder) matchClass(from *resource.Resource) choice {
	args := map[string]string{"class": kindName(from.Type)}
	if to := b.offered(from.Type, from.Name); to != nil {
		return choice{to: to, rule: "class/same-name", effect: resource.Same, args: args}
	}
	standard, rule := b.standardClass(from.Type)
	if best := b.capable(from, standard); best != nil {
		return choice{to: best, rule: "class/by-capability", effect: resource.Adapted, args: args}
	}
	if standard == nil || from.Type == runtimeClass || from.Type == priorityClass && !known(from) {
		return choice{rule: "class/absent", effect: resource.Lost, args: args}
	}
	return choice{to: standard, rule: rule, effect: resource.Adapted, args: args}
}

// capable finds a class that loses nothing: of the same engine if there is one,
// rather the default than another.
func (b *builder) capable(from, standard *resource.Resource) *resource.Resource {
	if !known(from) || len(traitsOf(from.Type)) == 0 {
		return nil
	}
	engine := traitsOf(from.Type)[0].path
	want, _ := resource.Lookup(from.Spec, engine)
	var able []*resource.Resource
	for _, to := range b.offers[from.Type] {
		have, _ := resource.Lookup(to.Spec, engine)
		same := resource.Equal(want, have)
		fits := known(to) && !worse(differences(from, to)) && b.driverServes(from, to)
		if fits && (same || from.Type == storageClass) {
			able = append(able, to)
		}
	}
	rank := func(to *resource.Resource) int {
		have, _ := resource.Lookup(to.Spec, engine)
		n := 0
		if !resource.Equal(want, have) {
			n += 2
		}
		if to != standard {
			n++
		}
		return n
	}
	slices.SortStableFunc(able, func(x, y *resource.Resource) int { return cmp.Compare(rank(x), rank(y)) })
	if len(able) == 0 {
		return nil
	}
	return able[0]
}

// standardClass is what the target marks as its default, or the only one there is.
func (b *builder) standardClass(t resource.Type) (*resource.Resource, string) {
	for _, g := range b.offers[t] {
		if yes(g, "default") {
			return g, "class/default"
		}
	}
	if list := b.offers[t]; len(list) == 1 {
		return list[0], "class/only"
	}
	return nil, ""
}

// compareClasses tells which facts become others, whatever the name.
func (b *builder) compareClasses(from, to *resource.Resource) {
	if to == nil {
		return
	}
	for _, d := range differences(from, to) {
		if d.name == "engine" && from.Type != storageClass && from.Name != to.Name {
			continue // another name says so already
		}
		args := map[string]string{"class": kindName(from.Type), "name": label(from), "from": gap.Show(orUsual(d.from, d.usual)), "to": gap.Show(orUsual(d.to, d.usual))}
		maps.DeleteFunc(args, func(_, v string) bool { return v == "" })
		b.decide(resource.Decision{Ref: from.Ref, Path: d.path, From: d.from, To: d.to, Effect: d.effect, Rule: "class/" + d.name, Args: args})
	}
}

func kindName(t resource.Type) string {
	_, kind := groupKind(t)
	return kind
}
