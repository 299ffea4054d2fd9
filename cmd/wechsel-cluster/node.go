package main

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// makeNodes registers the configured machines as their kubelets would.
func (p *provider) makeNodes(ctx context.Context) error {
	for _, n := range p.Nodes {
		node := &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: map[string]string{
				corev1.LabelHostname: n.Name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
			}},
			Spec: corev1.NodeSpec{ProviderID: p.Name + "://" + n.Name},
		}
		maps.Copy(node.Labels, n.Labels)
		made, err := p.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
		// Admission has added the taint that keeps pods off a node that is not ready.
		made.Spec.Taints = n.Taints
		if made, err = p.client.CoreV1().Nodes().Update(ctx, made, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
		made.Status = p.nodeStatus(n, made.Labels)
		if _, err := p.client.CoreV1().Nodes().UpdateStatus(ctx, made, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	return nil
}

func (p *provider) nodeStatus(n Node, labels map[string]string) corev1.NodeStatus {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"), corev1.ResourcePods: resource.MustParse("110"),
	}
	maps.Copy(capacity, n.Capacity)
	now := metav1.NewTime(p.now())
	return corev1.NodeStatus{
		Capacity: capacity, Allocatable: capacity,
		Addresses:  []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: n.Name}},
		NodeInfo:   corev1.NodeSystemInfo{OperatingSystem: labels[corev1.LabelOSStable], Architecture: labels[corev1.LabelArchStable]},
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "a simulated node", LastHeartbeatTime: now, LastTransitionTime: now}},
	}
}
