package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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
		if _, err := p.kubelet.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
		// Admission has added the taint that keeps pods off a node that is not ready. Controllers
		// write to the node meanwhile, so these are patches, which have no conflicts.
		for part, patch := range map[string]any{
			"":       map[string]any{"spec": map[string]any{"taints": n.Taints}},
			"status": map[string]any{"status": p.nodeStatus(n, node.Labels)},
		} {
			if err := p.patchNode(ctx, n.Name, part, patch); err != nil {
				return fmt.Errorf("node %s: %w", n.Name, err)
			}
		}
	}
	return nil
}

func (p *provider) patchNode(ctx context.Context, name, subresource string, patch any) error {
	data, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	var parts []string
	if subresource != "" {
		parts = append(parts, subresource)
	}
	_, err = p.kubelet.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, data, metav1.PatchOptions{}, parts...)
	return err
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
		NodeInfo:   corev1.NodeSystemInfo{OperatingSystem: labels[corev1.LabelOSStable], Architecture: labels[corev1.LabelArchStable], KubeletVersion: p.version, OSImage: n.OSImage},
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "a simulated node", LastHeartbeatTime: now, LastTransitionTime: now}},
	}
}
