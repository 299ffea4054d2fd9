//go:build cluster

package kubernetes_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// seeds are how often each object is changed at random.
const seeds = 100

// TestClusterOracle: where two objects differ, we tell what structured-merge-diff
// tells under the same server's OpenAPI, and nothing else, but for the reasons of
// a short table. The objects are those of every kind, as a real API server has
// them, and what becomes of them: the fields that the test of mutations changes,
// what the cases below do, and what comes at random that their schemas let them have.
func TestClusterOracle(t *testing.T) {
	c := open(t, kubernetes.Options{Config: start(t, "alster"), Secret: []byte("of this test")})
	s, err := scenario.Load(scenarios.FS(), "every-kind", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	take(t, c, s)
	take(t, c, shaped(t))
	o := ask(t, c)
	all := map[string]dict{}
	for name, r := range listed(t, c, cloud.Selector{Drill: "d1"}) {
		all[name] = o.object(t, c, r)
	}
	seen := map[reason]int{}
	check := func(t *testing.T, a, b dict, how string) {
		for _, problem := range o.judge(t, c, a, b, seen) {
			t.Errorf("%s\n%s", problem, how)
		}
	}
	for _, m := range cloudtest.Alterations() {
		object := all[string(m.Kind)+" "+m.ID]
		changed, _ := resource.Clone(object).(dict)
		m.Apply(changed)
		before := seen[agreed]
		if check(t, object, changed, fmt.Sprintf("%s %s %s is %v", m.Kind, m.ID, m.Field, m.To)); seen[agreed] == before {
			t.Errorf("%s %s %s: not told", m.Kind, m.ID, m.Field)
		}
	}
	for why, one := range cases() {
		t.Run(string(why), func(t *testing.T) {
			changed, _ := resource.Clone(all[one.object]).(dict)
			one.change(changed)
			before := seen[why]
			if check(t, all[one.object], changed, one.object); seen[why] == before {
				t.Error("it is told by both, or by none")
			}
		})
	}
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			check(t, all[name], all[name], "itself")
			typed, err := o.typed(all[name])
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(seeds) {
				m := &mutator{rand.New(rand.NewPCG(seed, 0)), typed.Schema()}
				changed, _ := resource.Clone(all[name]).(dict)
				how := fmt.Sprintf("seed %d:", seed)
				for range 1 + seed%3 {
					how += "\n" + m.mutate(changed, typed.TypeRef())
				}
				keepMark(changed, all[name])
				check(t, all[name], changed, how)
			}
		})
	}
	for _, why := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%6d %s", seen[why], why)
	}
}

// shapes is a kind whose schema has what custom ones can say and Kubernetes' own
// mostly do not: keys of several parts and with defaults, lists in maps and in each
// other, what is one thing, what may be anything.
const shapes = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shapes.oracle.example}
spec:
  group: oracle.example
  scope: Namespaced
  names: {kind: Shape, plural: shapes}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                routes:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [host, port]
                  items:
                    type: object
                    required: [host]
                    properties:
                      host: {type: string}
                      port: {type: integer, default: 80}
                      weight: {x-kubernetes-int-or-string: true}
                      labels: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: string}}
                      hops:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items: {type: object, required: [name], properties: {name: {type: string}, tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}}}
                teams:
                  type: object
                  additionalProperties:
                    type: array
                    x-kubernetes-list-type: map
                    x-kubernetes-list-map-keys: [name]
                    items: {type: object, required: [name], properties: {name: {type: string}, role: {type: string}}}
                sizes: {type: array, x-kubernetes-list-type: set, items: {type: integer}}
                grid: {type: array, items: {type: array, items: {type: number}}}
                steps: {type: array, x-kubernetes-list-type: atomic, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                any: {type: object, x-kubernetes-preserve-unknown-fields: true}
                dotted.name/of-it: {type: object, additionalProperties: {type: boolean}}
---
apiVersion: oracle.example/v1
kind: Shape
metadata: {name: one, namespace: den}
spec:
  routes:
    - {host: a.example, weight: 10%, labels: {a: b}, hops: [{name: first, tags: [left, right]}, {name: second}]}
    - {host: a.example, port: 443, weight: 3}
    - {host: b.example, hops: []}
  teams: {cats: [{name: tom, role: chief}, {name: kim}], "dogs.and/others": [{name: rex}], none: []}
  sizes: [1, 2, 3]
  grid: [[1, 2.5], [], [3]]
  steps: [{run: {list: [1, {a: b}], none: {}}}, {}]
  any: {deep: {list: [{name: a}, {name: a}], empty: {}, text: ""}, number: 1.5}
  dotted.name/of-it: {left.right: true}
`

// shaped is a workload of the shapes.
func shaped(t *testing.T) *scenario.Scenario {
	t.Helper()
	const head = "apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: made, title: {en: Made, de: Gemacht}}\nspec:\n  kubernetes: [{manifests: all.yaml}]\n"
	dir := fstest.MapFS{"made/scenario.yaml": {Data: []byte(head)}, "made/all.yaml": {Data: []byte(shapes)}}
	loaded, err := scenario.Load(dir, "made", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// object reads the resource's object as it is. No item of its lists lacks a part
// of its key.
func (o *oracle) object(t *testing.T, c *kubernetes.Cloud, r *resource.Resource) dict {
	t.Helper()
	var out dict
	data, err := c.Get(t.Context(), c.Address(r, r.Name))
	if err == nil {
		err = utiljson.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	typed, err := o.typed(out)
	if err != nil {
		t.Fatal(err)
	}
	fields, err := typed.ToFieldSet()
	if err != nil {
		t.Fatal(err)
	}
	for p := range fields.All() {
		if lacks(out, p) {
			t.Errorf("%s %s: %s does not say all of its key", r.Type, r.ID, p)
		}
	}
	return out
}

// A deviation is a change of which only one of us tells.
type deviation struct {
	object string
	change func(dict)
}

// cases has one for each reason.
func cases() map[reason]deviation {
	const pod, service = "core/Pod zoo/alone", "core/Service zoo/inside"
	spec := func(o dict) dict { return o["spec"].(dict) }
	container := func(o dict) dict { return spec(o)["containers"].([]any)[0].(dict) }
	return map[reason]deviation{
		refused: {pod, func(o dict) { spec(o)["containres"] = []any{} }},
		omitted: {pod, func(o dict) {
			o["metadata"].(dict)["ownerReferences"] = []any{dict{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true}}
		}},
		taken:   {"apps/Deployment zoo/web", func(o dict) { o["status"].(dict)["replicas"] = int64(7) }},
		void:    {pod, func(o dict) { container(o)["lifecycle"] = nil }},
		ordered: {pod, func(o dict) { slices.Reverse(spec(o)["initContainers"].([]any)) }},
		filled:  {service, func(o dict) { delete(spec(o)["ports"].([]any)[0].(dict), "protocol") }},
		beside: {"admissionregistration.k8s.io/ValidatingWebhookConfiguration zoo-check", func(o dict) {
			o["webhooks"].([]any)[0].(dict)["clientConfig"].(dict)["service"].(dict)["namespace"] = "den"
		}},
		twice: {pod, func(o dict) {
			container(o)["env"] = append(container(o)["env"].([]any), dict{"name": "A", "value": "2"})
		}},
		content: {"core/PersistentVolumeClaim zoo/data", func(o dict) { delete(spec(o), "volumeName") }},
	}
}

// keepMark gives the object the mark that the other one has: without it, it would
// be another one.
func keepMark(object, other dict) {
	metadata, _ := object["metadata"].(dict)
	for name, all := range other["metadata"].(dict) {
		entries, _ := all.(dict)
		for key, v := range entries {
			if !strings.HasPrefix(key, "wechsel/") {
				continue
			}
			have, _ := metadata[name].(dict)
			have = maps.Clone(have)
			if have == nil {
				have = dict{}
			}
			have[key] = v
			metadata[name] = have
		}
	}
}
