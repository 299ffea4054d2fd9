package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// states sets the resource's state and why, by our own rules. Where a type has
// none, the object's condition Ready, if it has one, is the rule: what Kubernetes
// itself and kstatus agree on.
func (k *kind) states(r *resource.Resource, o object) {
	if text(o, "metadata", "deletionTimestamp") != "" {
		r.State, r.Why = resource.Gone, "being deleted"
		return
	}
	rule := k.rule.state
	if rule == nil {
		rule = ofConditions
	}
	r.State, r.Why = rule(o)
}

// stateOf is the table of rules for being ready.
func stateOf(t resource.Type) func(object) (resource.State, string) {
	switch t {
	case namespaceType:
		return phase("Active")
	case deploymentType:
		return deploymentState
	case statefulSetType:
		return statefulSetState
	case "apps/DaemonSet":
		return daemonSetState
	case replicaSetType, replicationType:
		return replicaSetState
	case "core/Pod":
		return podState
	case "batch/Job":
		return jobState
	case claimType:
		return claimState
	case secretType:
		return secretState
	case volumeType:
		return phase("Available", "Bound", "Released")
	case serviceType:
		return serviceState
	case "networking.k8s.io/Ingress":
		return ingressState
	case definitionType:
		return definitionState
	case gatewayType:
		return condition("Programmed")
	case snapshotType:
		return snapshotState
	case "policy/PodDisruptionBudget", "autoscaling/HorizontalPodAutoscaler", "batch/CronJob", "gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute":
		return exists // what they are about becomes ready by itself, or does not
	}
	return nil
}

func exists(object) (resource.State, string) { return resource.Ready, "exists" }

// isStale: the controller has not seen the object's last change yet.
func isStale(o object) bool {
	_, observes := value(o, "status", "observedGeneration").(int64)
	return !observes && value(o, "metadata", "generation") != nil || number(o, "status", "observedGeneration") < number(o, "metadata", "generation")
}

func phase(good ...string) func(object) (resource.State, string) {
	return func(o object) (resource.State, string) {
		p := text(o, "status", "phase")
		switch {
		case slices.Contains(good, p):
			return resource.Ready, p
		case p == "Failed":
			return resource.Failed, strings.Join([]string{p, text(o, "status", "message")}, ": ")
		case p == "Terminating":
			return resource.Gone, p
		}
		return resource.Pending, p
	}
}

// conditionOf returns status, reason and message of a condition.
func conditionOf(o object, kind string) (status, why string) {
	for _, c := range objects(o, "status", "conditions") {
		if text(c, "type") == kind {
			return text(c, "status"), said(text(c, "reason"), text(c, "message"))
		}
	}
	return "", ""
}

// said joins a reason and its message.
func said(reason, message string) string {
	if reason == "" || message == "" {
		return reason + message
	}
	return reason + ": " + message
}

func condition(kind string) func(object) (resource.State, string) {
	return func(o object) (resource.State, string) {
		status, why := conditionOf(o, kind)
		if status == "True" {
			return resource.Ready, why
		}
		return resource.Pending, why
	}
}

// ofConditions is the rule for types that nobody has told us of.
func ofConditions(o object) (resource.State, string) {
	if status, why := conditionOf(o, "Stalled"); status == "True" {
		return resource.Failed, why
	}
	if status, why := conditionOf(o, "Ready"); status != "" {
		if status == "True" {
			return resource.Ready, why
		}
		return resource.Pending, why
	}
	return exists(o)
}

func replicas(o object) int64 {
	if n, ok := value(o, "spec", "replicas").(int64); ok {
		return n
	}
	return 1
}

// counted is Ready when as many as wanted are.
func counted(o object, ready, wanted int64) (resource.State, string) {
	why := fmt.Sprintf("%d of %d ready", ready, wanted)
	if isStale(o) || ready < wanted {
		return resource.Pending, why
	}
	return resource.Ready, why
}

func deploymentState(o object) (resource.State, string) {
	if paused, _ := value(o, "spec", "paused").(bool); paused {
		return resource.Ready, "paused"
	}
	if status, why := conditionOf(o, "Progressing"); status == "False" && !isStale(o) {
		return resource.Failed, why
	}
	state, why := counted(o, min(number(o, "status", "availableReplicas"), number(o, "status", "updatedReplicas")), replicas(o))
	if status, failure := conditionOf(o, "ReplicaFailure"); status == "True" && state == resource.Pending {
		why = failure
	}
	return state, why
}

func statefulSetState(o object) (resource.State, string) {
	return counted(o, number(o, "status", "readyReplicas"), replicas(o))
}

func daemonSetState(o object) (resource.State, string) {
	return counted(o, number(o, "status", "numberReady"), number(o, "status", "desiredNumberScheduled"))
}

func replicaSetState(o object) (resource.State, string) {
	state, why := counted(o, number(o, "status", "readyReplicas"), replicas(o))
	if status, failure := conditionOf(o, "ReplicaFailure"); status == "True" && state == resource.Pending {
		why = failure
	}
	return state, why
}

// podState: a pod that has run to its end is ready, for it has done its work.
func podState(o object) (resource.State, string) {
	p := text(o, "status", "phase")
	switch p {
	case "Succeeded":
		return resource.Ready, p
	case "Failed":
		return resource.Failed, said(p, text(o, "status", "message"))
	}
	if status, _ := conditionOf(o, "Ready"); status == "True" {
		return resource.Ready, p
	}
	if waits := waiting(o); waits != "" {
		return resource.Pending, waits
	}
	if status, why := conditionOf(o, "PodScheduled"); status == "False" {
		return resource.Pending, why
	}
	return resource.Pending, p
}

// waiting returns why the first container waits.
func waiting(o object) string {
	for _, list := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, s := range objects(o, "status", list) {
			if why := said(text(s, "state", "waiting", "reason"), text(s, "state", "waiting", "message")); why != "" {
				return why
			}
		}
	}
	return ""
}

// jobState: a Job is ready when its work is done, or when it has been told to
// wait.
func jobState(o object) (resource.State, string) {
	if status, why := conditionOf(o, "Failed"); status == "True" {
		return resource.Failed, why
	}
	if status, _ := conditionOf(o, "Complete"); status == "True" {
		return resource.Ready, "complete"
	}
	if suspended, _ := value(o, "spec", "suspend").(bool); suspended {
		return resource.Ready, "suspended"
	}
	return resource.Pending, fmt.Sprintf("%d active, %d succeeded", number(o, "status", "active"), number(o, "status", "succeeded"))
}

// claimState: a claim of a class that binds with the first consumer may wait
// for one for ever. The volume binder says so in an event, which is read where
// a claim is not bound.
func claimState(o object) (resource.State, string) {
	switch p := text(o, "status", "phase"); p {
	case "Bound":
		return resource.Ready, p
	case "Lost":
		return resource.Failed, p + ": its volume is gone"
	}
	return resource.Pending, "not bound"
}

// serviceState: one of type LoadBalancer is of no use without an address.
func serviceState(o object) (resource.State, string) {
	if text(o, "spec", "type") == "LoadBalancer" && len(objects(o, "status", "loadBalancer", "ingress")) == 0 {
		return resource.Pending, "has no address"
	}
	return exists(o)
}

func ingressState(o object) (resource.State, string) {
	if len(objects(o, "status", "loadBalancer", "ingress")) == 0 {
		return resource.Pending, "has no address: no controller has taken it"
	}
	return exists(o)
}

func definitionState(o object) (resource.State, string) {
	if status, why := conditionOf(o, "NamesAccepted"); status == "False" {
		return resource.Failed, why
	}
	return condition("Established")(o)
}

func snapshotState(o object) (resource.State, string) {
	if message := text(o, "status", "error", "message"); message != "" {
		return resource.Pending, message // it is tried again
	}
	if ready, _ := value(o, "status", "readyToUse").(bool); ready {
		return resource.Ready, "ready to use"
	}
	return resource.Pending, ""
}
