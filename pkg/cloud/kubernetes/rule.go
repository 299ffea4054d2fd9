package kubernetes

import (
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A rule is what the driver knows of a type that no cluster tells. Paths are
// those of a Spec, as patterns.
type rule struct {
	refs    []reference
	chosen  map[resource.Path]resource.Chooser // who decides, where it is not the tenant
	ordered []resource.Path                    // lists whose order means something, though they are keyed
	taken   []resource.Path                    // what the server or a controller writes there: it is taken out

	whole string              // why no object of the type is listed
	left  func(object) string // why this one is not; "": it is
	given bool                // the provider's, unless it carries a mark

	state func(object) (resource.State, string) // nil: by what the object says of its conditions
}

// pods are the types that hold a pod's template, and where its spec is.
func pods() map[resource.Type]resource.Path {
	return map[resource.Type]resource.Path{
		"core/Pod":                   "spec",
		"core/PodTemplate":           "template.spec",
		"core/ReplicationController": "spec.template.spec",
		"apps/Deployment":            "spec.template.spec",
		"apps/StatefulSet":           "spec.template.spec",
		"apps/DaemonSet":             "spec.template.spec",
		"apps/ReplicaSet":            "spec.template.spec",
		"batch/Job":                  "spec.template.spec",
		"batch/CronJob":              "spec.jobTemplate.spec.template.spec",
	}
}

// ruleOf returns what is known of a type; of a custom one that is what holds
// for all.
func ruleOf(t resource.Type) rule {
	r := rule{
		refs: append([]reference{to("metadata.namespace", namespaceType)}, referencesOf(t)...), chosen: chosenOf(t), taken: takenOf(t),
		whole: wholeOf(t), left: leftOf(t), given: isGiven(t), state: stateOf(t)}
	if spec, ok := pods()[t]; ok {
		r.refs = append(r.refs, podReferences(spec)...)
		r.ordered = []resource.Path{spec + ".initContainers"} // they run one after the other
		r.taken = append(r.taken, spec+".serviceAccount")     // the old name of serviceAccountName, which the server adds
		r.taken = append(r.taken, resource.Path(strings.TrimSuffix(string(spec), "spec")+"metadata.creationTimestamp"))
	}
	return r
}
