package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The owner's mark: the drill as a label, so that it can be selected, and the
// key as an annotation.
const (
	markLabel      = "wechsel/drill"
	markAnnotation = "wechsel/key"
	manager        = "wechsel" // of fields, in managedFields
)

// resource returns the object as a resource in canonical form, or the reason
// why it is none. It takes the object over.
func (k *kind) resource(o object) (*resource.Resource, string) {
	r := k.head(o)
	if reason := k.leftOut(o, r.Owner); reason != "" {
		return nil, reason
	}
	k.states(r, o)
	r.Attrs = attributes(o)
	switch {
	case k.Type == podType:
		r.Attrs["images"] = imagesOf(o)
	case k.Type == claimType && r.State != "" && r.Attrs["volume"] == nil:
		r.Content = noBytes()
	}
	k.clean(o)
	for _, ref := range k.rule.refs {
		ref.link(o, r.Scope)
	}
	r.Spec = o
	r.Spec = k.schema.Canonical(r.Spec)
	return r, ""
}

// noBytes is the content of a claim that has no volume yet: there is nothing to
// carry, and nothing is unknown.
func noBytes() *resource.Content {
	return &resource.Content{SHA256: hex.EncodeToString(sha256.New().Sum(nil))}
}

// head reads who the object is, and whose.
func (k *kind) head(o object) *resource.Resource {
	namespace, name := text(o, "metadata", "namespace"), text(o, "metadata", "name")
	return &resource.Resource{Ref: resource.Ref{Type: k.Type}, ID: id(namespace, name), Name: name, Scope: namespace, Tenure: resource.Own, Owner: ownerOf(o)}
}

// ownerOf reads the mark, of the whole object or of its metadata.
func ownerOf(o object) resource.Owner {
	drill := text(o, "metadata", "labels", markLabel)
	if drill == "" {
		return resource.Owner{}
	}
	return resource.Owner{Drill: drill, Key: resource.Key(text(o, "metadata", "annotations", markAnnotation))}
}

// leftOut returns why the object is not listed; "" if it is. Of an object of
// which only the metadata are known the rest is not judged.
func (k *kind) leftOut(o object, owner resource.Owner) string {
	if k.rule.whole != "" {
		return k.rule.whole
	}
	if by := controller(o); by != "" && (k.Type != claimType || !strings.HasPrefix(by, "StatefulSet ")) {
		return madeBy + by // but claims hold data, also those that shall go with their StatefulSet
	}
	if owner.IsZero() && (k.rule.given || isCustom(k.group) && !k.namespaced) {
		return "the provider's"
	}
	if k.rule.left != nil {
		return k.rule.left(o)
	}
	return ""
}

// controller returns kind and name of what has made the object and keeps it.
func controller(o object) string {
	for _, owner := range objects(o, "metadata", "ownerReferences") {
		if is, _ := owner["controller"].(bool); is {
			return text(owner, "kind") + " " + text(owner, "name")
		}
	}
	return ""
}

// clean takes out what belongs to the server and to controllers.
func (k *kind) clean(o object) {
	if clean := cleaners()[k.Type]; clean != nil {
		clean(o)
	}
	for _, p := range k.rule.taken {
		for _, s := range spots(o, p) {
			delete(s.holder, s.key)
		}
	}
	metadata, _ := o["metadata"].(object)
	drop(metadata, "labels", markLabel)
	drop(metadata, "annotations", append(annotations(), markAnnotation)...)
}

// drop takes entries out of the map of that name, and the map if it is empty
// then.
func drop(o object, name string, keys ...string) {
	m, ok := o[name].(object)
	if !ok {
		return
	}
	for _, key := range keys {
		delete(m, key)
	}
	if len(m) == 0 {
		delete(o, name)
	}
}

// attributes are what the cluster has made of the object: its addresses, and
// the uid, which tells it from a later one of the same name.
func attributes(o object) map[string]resource.Value {
	out := map[string]resource.Value{"uid": text(o, "metadata", "uid")}
	for name, path := range map[string][]string{
		"cluster_ip": {"spec", "clusterIP"}, "addresses": {"status", "loadBalancer", "ingress"}, "gateway_addresses": {"status", "addresses"},
		"volume": {"spec", "volumeName"}, "capacity": {"status", "capacity"},
	} {
		if v := value(o, path...); v != nil && v != "" {
			out[name] = resource.Clone(v)
		}
	}
	return out
}

// object returns what to send for the resource: its names for ids, and with
// the owner's mark.
func (k *kind) object(r *resource.Resource, owner resource.Owner) (object, string) {
	o, _ := resource.Clone(r.Spec).(object)
	if o == nil {
		o = object{}
	}
	for _, ref := range k.rule.refs {
		ref.unlink(o)
	}
	told, _ := o["apiVersion"].(string)
	version := k.served(told)
	o["apiVersion"], o["kind"] = k.apiVersion(version), k.name
	metadata, _ := o["metadata"].(object)
	if metadata == nil {
		metadata = object{}
		o["metadata"] = metadata
	}
	metadata["name"] = r.Name
	if metadata["namespace"] == nil && k.namespaced && r.Scope != "" {
		metadata["namespace"] = r.Scope
	}
	if !owner.IsZero() {
		put(metadata, "labels", markLabel, owner.Drill)
		put(metadata, "annotations", markAnnotation, string(owner.Key))
	}
	if k.Type == secretType {
		placeholders(o)
	}
	return o, version
}

// put sets an entry in the map of that name.
func put(o object, name, key, v string) {
	m, _ := o[name].(object)
	m = maps.Clone(m)
	if m == nil {
		m = object{}
	}
	m[key] = v
	o[name] = m
}

// cleaners take out of the objects of a type what depends on the object.
func cleaners() map[resource.Type]func(object) {
	return map[resource.Type]func(object){
		serviceType: cleanService, claimType: cleanClaim, "batch/Job": cleanJob, "core/Pod": cleanPod, secretType: cleanSecret,
	}
}

// cleanService takes out the addresses and ports that the cluster has chosen.
// Whether the tenant has set a port is in managedFields: the server notes what
// a request has set, before it allocates.
func cleanService(o object) {
	spec, _ := o["spec"].(object)
	if spec == nil {
		return
	}
	set := func(field string) bool { return isSet(o, "f:spec", field) }
	if text(spec, "clusterIP") != "None" && !set("f:clusterIP") {
		delete(spec, "clusterIP")
		delete(spec, "clusterIPs")
	}
	if text(spec, "clusterIP") == "None" {
		delete(spec, "clusterIPs") // says the same
	}
	if !set("f:healthCheckNodePort") {
		delete(spec, "healthCheckNodePort")
	}
	for _, field := range []string{"ipFamilies", "ipFamilyPolicy"} {
		if !set("f:" + field) {
			delete(spec, field)
		}
	}
	for _, port := range objects(spec, "ports") {
		key := portKey(port)
		if port["nodePort"] != nil && !isSet(o, "f:spec", "f:ports", key, "f:nodePort") {
			delete(port, "nodePort")
		}
	}
}

// cleanClaim takes out the volume that a controller has chosen. One that was
// named before it was bound has no such annotation.
func cleanClaim(o object) {
	if _, chosen := texts(o, "metadata", "annotations")["pv.kubernetes.io/bound-by-controller"]; !chosen {
		return
	}
	if spec, ok := o["spec"].(object); ok {
		delete(spec, "volumeName")
	}
}

// cleanJob takes out selector and labels that the server has generated.
func cleanJob(o object) {
	spec, _ := o["spec"].(object)
	if manual, _ := spec["manualSelector"].(bool); spec == nil || manual {
		return
	}
	delete(spec, "selector")
	generated := []string{"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"}
	if template, ok := value(spec, "template", "metadata").(object); ok {
		drop(template, "labels", generated...)
	}
	if metadata, ok := o["metadata"].(object); ok {
		drop(metadata, "labels", generated...)
	}
}

// cleanPod takes out what admission has put into a pod: its token and the
// tolerations that every pod gets.
func cleanPod(o object) {
	spec, _ := o["spec"].(object)
	isToken := func(item any) bool {
		m, _ := item.(object)
		return len(text(m, "name")) > len(tokenVolume) && text(m, "name")[:len(tokenVolume)] == tokenVolume
	}
	filter(spec, "volumes", isToken)
	for _, list := range []string{"containers", "initContainers"} {
		for _, c := range objects(spec, list) {
			filter(c, "volumeMounts", isToken)
		}
	}
	filter(spec, "tolerations", func(item any) bool {
		m, _ := item.(object)
		key := text(m, "key")
		return (key == "node.kubernetes.io/not-ready" || key == "node.kubernetes.io/unreachable") && text(m, "effect") == "NoExecute" && number(m, "tolerationSeconds") == 300
	})
}

const tokenVolume = "kube-api-access-"

// filter takes the items out of the list of that name for which f holds, and
// the list if nothing is left.
func filter(o object, name string, f func(any) bool) {
	list, ok := o[name].([]any)
	if !ok {
		return
	}
	list = slices.DeleteFunc(slices.Clone(list), f)
	if len(list) == 0 {
		delete(o, name)
		return
	}
	o[name] = list
}
