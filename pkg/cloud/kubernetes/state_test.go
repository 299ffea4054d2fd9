package kubernetes

import (
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestStates(t *testing.T) {
	for _, c := range []struct {
		t    resource.Type
		o    string
		want resource.State
		why  string
	}{
		{deploymentType, `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 1, availableReplicas: 2, updatedReplicas: 2}}`, resource.Pending, "2 of 2 ready"},
		{deploymentType, `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, availableReplicas: 1, updatedReplicas: 2}}`, resource.Pending, "1 of 2 ready"},
		{deploymentType, `{metadata: {generation: 2}, spec: {replicas: 0}, status: {observedGeneration: 2}}`, resource.Ready, "0 of 0 ready"},
		{deploymentType, `{metadata: {generation: 2}, spec: {paused: true}}`, resource.Ready, "paused"},
		{deploymentType, `{status: {conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: late}]}}`, resource.Failed, "ProgressDeadlineExceeded: late"},
		{statefulSetType, `{metadata: {generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, readyReplicas: 1}}`, resource.Ready, "1 of 1 ready"},
		{"apps/DaemonSet", `{metadata: {generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 3, numberReady: 2}}`, resource.Pending, "2 of 3 ready"},
		{"core/Pod", `{status: {phase: Succeeded}}`, resource.Ready, "Succeeded"},
		{"core/Pod", `{status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: no node}]}}`, resource.Pending, "Unschedulable: no node"},
		{"core/Pod", `{status: {phase: Pending, containerStatuses: [{state: {waiting: {reason: ErrImagePull}}}]}}`, resource.Pending, "ErrImagePull"},
		{"batch/Job", `{status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded}]}}`, resource.Failed, "BackoffLimitExceeded"},
		{"batch/Job", `{status: {active: 1}}`, resource.Pending, "1 active, 0 succeeded"},
		{"batch/Job", `{status: {conditions: [{type: Complete, status: "True"}]}}`, resource.Ready, "complete"},
		{claimType, `{status: {phase: Bound}}`, resource.Ready, "Bound"},
		{claimType, `{status: {phase: Pending}}`, resource.Pending, "not bound"},
		{claimType, `{status: {phase: Lost}}`, resource.Failed, "Lost: its volume is gone"},
		{serviceType, `{spec: {type: LoadBalancer}}`, resource.Pending, "has no address"},
		{serviceType, `{spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}}`, resource.Ready, "exists"},
		{serviceType, `{spec: {type: ClusterIP}}`, resource.Ready, "exists"},
		{"networking.k8s.io/Ingress", `{}`, resource.Pending, "has no address: no controller has taken it"},
		{namespaceType, `{status: {phase: Active}}`, resource.Ready, "Active"},
		{namespaceType, `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Terminating}}`, resource.Gone, "being deleted"},
		{definitionType, `{status: {conditions: [{type: Established, status: "True", reason: InitialNamesAccepted}]}}`, resource.Ready, "InitialNamesAccepted"},
		{"example.com/Widget", `{status: {conditions: [{type: Ready, status: "False", reason: Waiting}]}}`, resource.Pending, "Waiting"},
		{"example.com/Widget", `{}`, resource.Ready, "exists"},
		{configMapType, `{}`, resource.Ready, "exists"},
	} {
		r := &resource.Resource{}
		kindFor(c.t, "v1", true).states(r, parse(t, c.o))
		if r.State != c.want || r.Why != c.why {
			t.Errorf("%s %s is %s: %s", c.t, c.o, r.State, r.Why)
		}
	}
}

// Events say why something waits, and some prove that it waits in vain.
func TestEvents(t *testing.T) {
	late := func(kind, name, reason, message string) event {
		return event{kind: kind, name: name, warns: reason[0] != 'W', reason: reason, message: message, last: "2026-01-01T00:00:01Z"}
	}
	earlier := event{kind: "Pod", name: "web-5d4f8c7b9-x2x4x", warns: true, reason: "FailedScheduling", message: "0/1 nodes are available: Insufficient cpu", last: "2026-01-01T00:00:00Z"}
	for _, c := range []struct {
		r    seen
		e    event
		want resource.State
		why  string
	}{
		{waits(claimType, "data"), late("PersistentVolumeClaim", "data", "ProvisioningFailed", "access mode ReadWriteMany is not supported"), resource.Failed, "ProvisioningFailed: access mode ReadWriteMany is not supported"},
		{waits(claimType, "data"), late("PersistentVolumeClaim", "data", "ProvisioningFailed", "connection refused"), resource.Pending, "ProvisioningFailed: connection refused"},
		{waits(claimType, "data"), late("PersistentVolumeClaim", "data", "WaitForFirstConsumer", "waiting"), resource.Ready, "WaitForFirstConsumer: waiting"},
		{waits(claimType, "data"), late("PersistentVolumeClaim", "data-2", "ProvisioningFailed", "not supported"), resource.Pending, "not yet"},
		{waits(deploymentType, "web"), late("ReplicaSet", "web-5d4f8c7b9", "FailedCreate", `pods "web-" is forbidden: violates PodSecurity "restricted:latest"`), resource.Failed, `FailedCreate: pods "web-" is forbidden: violates PodSecurity "restricted:latest"`},
		{waits(deploymentType, "web"), late("Pod", "web-5d4f8c7b9-x2x4x", "Failed", `Error: secret "db" not found`), resource.Failed, `Failed: Error: secret "db" not found`},
		{waits(deploymentType, "web"), late("Pod", "web-admin-5d4f8c7b9-x2x4x", "Failed", `Error: secret "db" not found`), resource.Pending, "FailedScheduling: 0/1 nodes are available: Insufficient cpu"},
		{waits(deploymentType, "web", "data"), late("PersistentVolumeClaim", "data", "ProvisioningFailed", "not supported"), resource.Failed, "ProvisioningFailed: not supported"},
		{waits(statefulSetType, "db", "data-db"), late("PersistentVolumeClaim", "data-db-0", "ProvisioningFailed", "not supported"), resource.Failed, "ProvisioningFailed: not supported"},
		{waits(statefulSetType, "db", "data-db"), late("PersistentVolumeClaim", "data-db-old-0", "ProvisioningFailed", "not supported"), resource.Pending, "not yet"},
	} {
		judge(c.r, []event{c.e, earlier})
		if c.r.State != c.want || c.r.Why != c.why {
			t.Errorf("%s with %v is %s: %s", c.r.Name, c.e, c.r.State, c.r.Why)
		}
	}
}

func waits(t resource.Type, name string, claims ...string) seen {
	return seen{Resource: &resource.Resource{Ref: resource.Ref{Type: t}, Name: name, State: resource.Pending, Why: "not yet"}, claims: claims}
}
