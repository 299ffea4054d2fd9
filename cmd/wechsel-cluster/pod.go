package main

import (
	"context"
	"hash/fnv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// retry is how long a kubelet waits before it looks again.
const retry = 200 * time.Millisecond

func (p *provider) watchPods(ctx context.Context) error {
	return reconcile(ctx, p.shared.Core().V1().Pods().Informer(), p.pod)
}

// pod is the kubelet: a pod that the scheduler has placed runs when what it
// refers to is there, and one that shall go is gone.
func (p *provider) pod(ctx context.Context, pod *corev1.Pod) (time.Duration, error) {
	switch {
	case pod.Spec.NodeName == "":
		return 0, nil // the scheduler says why
	case pod.DeletionTimestamp != nil:
		err := p.kubelet.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: &metav1.Preconditions{UID: &pod.UID}})
		return 0, known(err)
	case pod.Status.Phase != corev1.PodPending:
		return 0, nil
	}
	if wait := time.Duration(p.PodStart) - p.now().Sub(scheduled(pod)); wait > 0 {
		return wait, nil
	}
	hindrance, err := p.hindrance(ctx, pod)
	if err != nil {
		return 0, err
	}
	next := pod.DeepCopy()
	if hindrance != nil {
		if hindrance.told(pod) {
			return retry, nil
		}
		p.tell("kubelet", pod, hindrance.event, hindrance.message)
		p.hold(next, hindrance)
	} else {
		p.run(next)
	}
	_, err = p.kubelet.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return 0, known(err)
}

// known drops the error of a thing that has changed or gone meanwhile: its next
// event comes.
func known(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

func scheduled(pod *corev1.Pod) time.Time {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time
		}
	}
	return pod.CreationTimestamp.Time
}

// hold keeps the pod waiting, with the reason that the kubelet would give.
func (p *provider) hold(pod *corev1.Pod, h *hindrance) {
	state := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: h.state, Message: h.detail}}
	pod.Status.ContainerStatuses = statuses(pod.Spec.Containers, false, state)
	pod.Status.Conditions = p.conditions(pod, corev1.ConditionFalse, "ContainersNotReady")
}

// run lets the containers run; those of a job have done their work at once.
func (p *provider) run(pod *corev1.Pod) {
	now := metav1.NewTime(p.now())
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	finished := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now}}
	pod.Status.StartTime = &now
	pod.Status.PodIP = p.address(pod)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	pod.Status.InitContainerStatuses = nil
	for _, c := range pod.Spec.InitContainers {
		state := finished
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			state = running // it stays beside the others
		}
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, statuses([]corev1.Container{c}, true, state)...)
	}
	if owner := metav1.GetControllerOf(pod); owner != nil && owner.Kind == "Job" {
		pod.Status.Phase = corev1.PodSucceeded
		pod.Status.ContainerStatuses = statuses(pod.Spec.Containers, false, finished)
		pod.Status.Conditions = p.conditions(pod, corev1.ConditionFalse, "PodCompleted")
		return
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.ContainerStatuses = statuses(pod.Spec.Containers, true, running)
	pod.Status.Conditions = p.conditions(pod, corev1.ConditionTrue, "")
}

func statuses(containers []corev1.Container, ready bool, state corev1.ContainerState) []corev1.ContainerStatus {
	var all []corev1.ContainerStatus
	for _, c := range containers {
		started := state.Running != nil
		all = append(all, corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: imageID(c.Image, state), Ready: ready, Started: &started, State: state})
	}
	return all
}

func (p *provider) conditions(pod *corev1.Pod, ready corev1.ConditionStatus, reason string) []corev1.PodCondition {
	now := metav1.NewTime(p.now())
	of := func(t corev1.PodConditionType, s corev1.ConditionStatus, reason string) corev1.PodCondition {
		return corev1.PodCondition{Type: t, Status: s, Reason: reason, LastTransitionTime: now}
	}
	all := []corev1.PodCondition{
		of(corev1.PodInitialized, corev1.ConditionTrue, ""), of(corev1.ContainersReady, ready, reason), of(corev1.PodReady, ready, reason),
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			all = append(all, c)
		}
	}
	return all
}

// address derives the pod's address from its identity, so that it stays the same.
func (p *provider) address(pod *corev1.Pod) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(pod.UID))
	a, err := nth(p.PodCIDR, uint64(hash.Sum32())%hosts(p.PodCIDR))
	if err != nil {
		return p.PodCIDR.Addr().String()
	}
	return a.String()
}
