package diff_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	ours "github.com/wechsel-project/wechsel/pkg/resource"
)

// kinds is a sample of what Kubernetes has, in the types of its own library.
func kinds() map[ours.Type]any {
	return map[ours.Type]any{
		"apps/Deployment": &appsv1.Deployment{}, "apps/StatefulSet": &appsv1.StatefulSet{}, "batch/CronJob": &batchv1.CronJob{},
		"core/Service": &corev1.Service{}, "core/ConfigMap": &corev1.ConfigMap{}, "core/Secret": &corev1.Secret{}, "core/PersistentVolumeClaim": &corev1.PersistentVolumeClaim{},
		"core/ResourceQuota": &corev1.ResourceQuota{}, "core/LimitRange": &corev1.LimitRange{}, "networking.k8s.io/Ingress": &networkingv1.Ingress{},
		"networking.k8s.io/NetworkPolicy": &networkingv1.NetworkPolicy{}, "autoscaling/HorizontalPodAutoscaler": &autoscalingv2.HorizontalPodAutoscaler{},
		"policy/PodDisruptionBudget": &policyv1.PodDisruptionBudget{}, "rbac.authorization.k8s.io/Role": &rbacv1.Role{}, "rbac.authorization.k8s.io/RoleBinding": &rbacv1.RoleBinding{},
	}
}

// fill gives every field of a Go value a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *resource.Quantity:
		*x = *resource.NewQuantity(int64(*n), resource.DecimalSI)
		return
	case *intstr.IntOrString:
		*x = intstr.FromInt32(int32(*n))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).CanSet() && !slices.Contains([]string{"TypeMeta", "ObjectMeta", "Status", "InitContainers", "EphemeralContainers", "StartupProbe", "ReadinessProbe", "PreStop"}, name) {
				fill(v.Field(i), n)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(fmt.Append(nil, *n))
			return
		}
		items := 1
		if v.Type().Elem() == reflect.TypeFor[corev1.EnvVar]() || v.Type().Elem() == reflect.TypeFor[corev1.ServicePort]() {
			items = 2 // so that there is an order
		}
		v.Set(reflect.MakeSlice(v.Type(), items, items))
		for i := range items {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		item := reflect.New(v.Type().Elem()).Elem()
		fill(item, n)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", *n)).Convert(v.Type().Key()), item)
	case reflect.String:
		v.SetString(fmt.Sprint("t", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 200))
	default: // interfaces, which hold nothing here
	}
}

// object returns the kind with a value for everything.
func filled(t *testing.T, kind any) spec {
	t.Helper()
	n := 0
	fill(reflect.ValueOf(kind).Elem(), &n)
	switch k := kind.(type) { // pods are the same wherever they are: once is enough
	case *appsv1.StatefulSet:
		k.Spec.Template.Spec = corev1.PodSpec{}
	case *batchv1.CronJob:
		k.Spec.JobTemplate.Spec.Template.Spec = corev1.PodSpec{}
	}
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(kind)
	if err != nil {
		t.Fatal(err)
	}
	delete(out, "status")
	out["metadata"] = spec{"labels": spec{"app": "shop"}, "annotations": spec{"a.example/b": "c"}}
	return out
}

// keyedLists reads from the library's own tags which lists have keys.
func keyedLists(of reflect.Type, p ours.Path, out map[ours.Path]string) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch of.Kind() {
	case reflect.Struct:
		for f := range fields(of) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := p
			if name != "" {
				at = p.Field(name)
			}
			if key := f.Tag.Get("patchMergeKey"); key != "" {
				out[at] = key
			}
			if len(at.Steps()) < 14 {
				keyedLists(f.Type, at, out)
			}
		}
	case reflect.Slice:
		keyedLists(of.Elem(), p+"[]", out)
	default: // has no lists in it
	}
}

func fields(of reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range of.NumField() {
			if !yield(of.Field(i)) {
				return
			}
		}
	}
}

func schemaOf(t ours.Type, kind any) (*ours.Schema, map[ours.Path]string) {
	keys := map[ours.Path]string{}
	keyedLists(reflect.TypeOf(kind), "", keys)
	s := &ours.Schema{Type: t, Named: true, Empties: true}
	for _, p := range slices.Sorted(maps.Keys(keys)) {
		s.Fields = append(s.Fields, ours.Field{Path: p, Form: ours.List, List: ours.Keyed, Keys: []string{keys[p]}})
	}
	if t == "core/Service" {
		s.Fields = append(s.Fields, ours.Field{Path: "spec.clusterIP", Chooser: ours.Either}, ours.Field{Path: "spec.ports[].nodePort", Form: ours.Int, Chooser: ours.Either})
	}
	return s, keys
}

// turned returns the object with every keyed list turned round: the same to
// everybody who knows the keys.
func turned(v ours.Value, p ours.Path, keys map[ours.Path]string) ours.Value {
	switch v := v.(type) {
	case spec:
		out := spec{}
		for k, item := range v {
			out[k] = turned(item, p.Field(k), keys)
		}
		return out
	case list:
		out := make(list, len(v))
		for i, item := range v {
			out[i] = turned(item, p+"[]", keys)
		}
		if keys[p] != "" {
			slices.Reverse(out)
		}
		return out
	}
	return v
}

func another(v ours.Value) ours.Value {
	switch v := v.(type) {
	case string:
		return v + "x"
	case int64:
		return v + 1000
	case bool:
		return !v
	}
	return "x"
}

// TestEveryFieldOfKubernetes: whatever one thing is otherwise on the target, it is
// told as that one thing; and nothing is told of lists that stand otherwise.
func TestEveryFieldOfKubernetes(t *testing.T) {
	count := 0
	for typ, kind := range kinds() {
		body := filled(t, kind)
		schema, keys := schemaOf(typ, kind)
		of := ours.Ref{Type: typ, Key: "shop"}
		setOf := func(body spec) *ours.Set {
			return ours.NewSet(ours.Schemas{typ: schema}, own(typ, "shop", body))
		}
		same := turned(body, "", keys).(spec)
		if got := Compare(setOf(body), setOf(same), ours.Mapping{}, Options{Joined: true}).Changes; len(got) > 0 {
			t.Errorf("%s, in another order: %+v", typ, got)
		}
		for i, p := range slices.Sorted(maps.Keys(places("", same, nil))) {
			for _, removed := range []bool{false, true} { // some of them, for time's sake
				changed := ours.Clone(same).(spec)
				before, _ := ours.Lookup(changed, p)
				if before == nil || removed && i%4 != 0 {
					continue
				}
				now := another(before)
				if removed {
					now = nil
				}
				places("", changed, nil)[p](now)
				want := verdictAt(schema, p, removed)
				isKey := keys[holder(p).Pattern()] != "" && last(p) == keys[holder(p).Pattern()]
				count++
				got := Compare(setOf(body), setOf(changed), ours.Mapping{}, Options{Joined: true}).Changes
				if isKey { // then it is another item
					if len(got) != 2 || got[0].Verdict != want || got[1].Verdict != want {
						t.Errorf("%s %s, a key: %+v", typ, p, got)
					}
					continue
				}
				if len(got) != 1 || got[0].Ref != of || got[0].Verdict != want || got[0].Path.Pattern() != p.Pattern() {
					t.Errorf("%s %s = %v: %+v, want it %s", typ, p, now, got, want)
				}
			}
		}
	}
	if count < 800 {
		t.Errorf("only %d single changes were tried", count)
	}
}

// holder is the path of the list in whose item p is, and last the name of p
// in it.
func holder(p ours.Path) ours.Path {
	steps := p.Steps()
	if len(steps) < 2 {
		return ""
	}
	if _, ok := steps[len(steps)-2].(int); !ok {
		return ""
	}
	s := string(p)
	return ours.Path(s[:strings.LastIndex(s, "[")])
}

func last(p ours.Path) string {
	steps := p.Steps()
	name, _ := steps[len(steps)-1].(string)
	return name
}
