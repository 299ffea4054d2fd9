package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	snapshotGroup   = "snapshot.storage.k8s.io"
	boundProtection = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection" // the finalizer of the real controller
)

func snapshotKind(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: snapshotGroup, Version: "v1", Resource: plural}
}

// has tells whether the cluster has a custom kind.
func (p *provider) has(group, kind string) bool {
	for _, k := range p.Kinds {
		if k.Group == group && k.Kind == kind {
			return true
		}
	}
	return false
}

// watchSnapshots stands in for the snapshot controller, if the cluster has one.
func (p *provider) watchSnapshots(ctx context.Context) error {
	if !p.has(snapshotGroup, "VolumeSnapshot") {
		return nil
	}
	return reconcile(ctx, p.custom.ForResource(snapshotKind("volumesnapshots")).Informer(), p.snapshot)
}

// snapshot takes a snapshot of a bound claim, if the claim's driver can.
func (p *provider) snapshot(ctx context.Context, s *unstructured.Unstructured) (time.Duration, error) {
	if s.GetDeletionTimestamp() != nil {
		return p.dropSnapshot(ctx, s)
	}
	if ready, _, _ := unstructured.NestedBool(s.Object, "status", "readyToUse"); ready {
		return 0, nil
	}
	name, _, _ := unstructured.NestedString(s.Object, "spec", "source", "persistentVolumeClaimName")
	claim, err := p.provisioner.CoreV1().PersistentVolumeClaims(s.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || (err == nil && claim.Status.Phase != corev1.ClaimBound) {
		return retry, nil
	}
	if err != nil {
		return 0, err
	}
	class, why, err := p.snapshotClass(ctx, s, p.driver(claim.Annotations[provisioner]))
	if err != nil {
		return 0, err
	}
	if why != "" {
		return 0, p.setSnapshot(ctx, s, map[string]any{"readyToUse": false, "error": map[string]any{"message": why, "time": p.timestamp()}})
	}
	if !slices.Contains(s.GetFinalizers(), boundProtection) { // what this changes calls again
		next := s.DeepCopy()
		next.SetFinalizers(append(next.GetFinalizers(), boundProtection))
		_, err := p.operator.Resource(snapshotKind("volumesnapshots")).Namespace(s.GetNamespace()).Update(ctx, next, metav1.UpdateOptions{})
		return 0, known(err)
	}
	handle, err := p.handleOf(ctx, claim)
	if err != nil {
		return 0, err
	}
	content := contentName(s)
	_, err = p.operator.Resource(snapshotKind("volumesnapshotcontents")).Create(ctx, p.snapshotContent(content, s, handle, class), metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return 0, err
	}
	if ready, err := p.take(ctx, s, handle, class); err != nil || !ready {
		return p.notTaken(ctx, s, err)
	}
	return 0, p.setSnapshot(ctx, s, map[string]any{
		"boundVolumeSnapshotContentName": content, "readyToUse": true, "creationTime": p.timestamp(),
		"restoreSize": claim.Status.Capacity.Storage().String(),
	})
}

// handleOf is the driver's name for the volume of a bound claim.
func (p *provider) handleOf(ctx context.Context, claim *corev1.PersistentVolumeClaim) (string, error) {
	volume, err := p.provisioner.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if volume.Spec.CSI == nil { // made by hand
		return string(claim.UID), nil
	}
	return volume.Spec.CSI.VolumeHandle, nil
}

// cinderName is the one that the real snapshot controller chooses.
func cinderName(s *unstructured.Unstructured) string { return "snapshot-" + string(s.GetUID()) }

// take lets the driver take the snapshot; false: it is not ready yet. What it notes
// at Cinder's is what the real one does (pkg/csi/cinder/controllerserver.go).
func (p *provider) take(ctx context.Context, s *unstructured.Unstructured, handle string, class *unstructured.Unstructured) (bool, error) {
	driver, _, _ := unstructured.NestedString(class.Object, "driver")
	if !p.isCinder(driver) {
		return true, nil
	}
	force, _, _ := unstructured.NestedString(class.Object, "parameters", "force-create")
	return p.cinder.snapshot(ctx, cinderName(s), handle, map[string]string{
		cinderDriver + "/cluster": p.cinder.cluster, "csi.storage.k8s.io/volumesnapshot/name": s.GetName(),
		"csi.storage.k8s.io/volumesnapshot/namespace": s.GetNamespace(), "csi.storage.k8s.io/volumesnapshotcontent/name": contentName(s),
	}, force == "true")
}

// notTaken tells what Cinder has said; it is asked again.
func (p *provider) notTaken(ctx context.Context, s *unstructured.Unstructured, err error) (time.Duration, error) {
	refused := new(errCinder)
	if !errors.As(err, &refused) {
		return retry, err
	}
	return again, p.setSnapshot(ctx, s, map[string]any{"readyToUse": false, "error": map[string]any{"time": p.timestamp(),
		"message": "Failed to check and update snapshot content: failed to take snapshot of the volume: rpc error: code = Internal desc = CreateSnapshot failed with error " + refused.Error()}})
}

// snapshotOf is the name at Cinder's of the snapshot that a claim shall be made
// from; empty: of none.
func (p *provider) snapshotOf(ctx context.Context, claim *corev1.PersistentVolumeClaim) (string, error) {
	source := claim.Spec.DataSource
	if source == nil || source.Kind != "VolumeSnapshot" {
		return "", nil
	}
	s, err := p.operator.Resource(snapshotKind("volumesnapshots")).Namespace(claim.Namespace).Get(ctx, source.Name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return cinderName(s), nil
}

func contentName(s *unstructured.Unstructured) string { return "snapcontent-" + string(s.GetUID()) }

// dropSnapshot removes what belongs to a snapshot that shall go, and lets it go.
func (p *provider) dropSnapshot(ctx context.Context, s *unstructured.Unstructured) (time.Duration, error) {
	contents := p.operator.Resource(snapshotKind("volumesnapshotcontents"))
	content, err := contents.Get(ctx, contentName(s), metav1.GetOptions{})
	if err == nil {
		if policy, _, _ := unstructured.NestedString(content.Object, "spec", "deletionPolicy"); policy == "Delete" {
			if driver, _, _ := unstructured.NestedString(content.Object, "spec", "driver"); p.isCinder(driver) {
				if gone, err := p.cinder.dropSnapshot(ctx, cinderName(s)); err != nil || !gone {
					return retry, err
				}
			}
			err = contents.Delete(ctx, content.GetName(), metav1.DeleteOptions{})
		}
	}
	if known(err) != nil {
		return 0, err
	}
	next := s.DeepCopy()
	next.SetFinalizers(slices.DeleteFunc(next.GetFinalizers(), func(f string) bool { return f == boundProtection }))
	_, err = p.operator.Resource(snapshotKind("volumesnapshots")).Namespace(s.GetNamespace()).Update(ctx, next, metav1.UpdateOptions{})
	return 0, known(err)
}

func (p *provider) timestamp() string { return p.now().UTC().Format(time.RFC3339) }

func (p *provider) setSnapshot(ctx context.Context, s *unstructured.Unstructured, status map[string]any) error {
	if was, _, _ := unstructured.NestedString(s.Object, "status", "error", "message"); was != "" && status["readyToUse"] == false {
		return nil
	}
	next := s.DeepCopy()
	next.Object["status"] = status
	_, err := p.operator.Resource(snapshotKind("volumesnapshots")).Namespace(s.GetNamespace()).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return known(err)
}

// snapshotClass finds the class that the snapshot names, or the default one for
// the driver. Why says, as the snapshot controller does, what is wrong.
func (p *provider) snapshotClass(ctx context.Context, s *unstructured.Unstructured, d *Driver) (class *unstructured.Unstructured, why string, err error) {
	if d == nil || !d.Snapshots {
		return nil, "Failed to create snapshot content: the volume's driver takes no snapshots", nil
	}
	name, named, _ := unstructured.NestedString(s.Object, "spec", "volumeSnapshotClassName")
	classes, err := p.operator.Resource(snapshotKind("volumesnapshotclasses")).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, "", err
	}
	for i := range classes.Items {
		c := &classes.Items[i]
		driver, _, _ := unstructured.NestedString(c.Object, "driver")
		isDefault := c.GetAnnotations()["snapshot.storage.kubernetes.io/is-default-class"] == "true"
		switch {
		case named && c.GetName() == name && driver != d.Name:
			return nil, fmt.Sprintf("Failed to create snapshot content: the class %s is for the driver %s, not for %s", name, driver, d.Name), nil
		case named && c.GetName() == name, !named && isDefault && driver == d.Name:
			return c, "", nil
		}
	}
	if named {
		return nil, fmt.Sprintf("Failed to get snapshot class with error failed to retrieve snapshot class %s from the informer: %q not found", name, "volumesnapshotclass.snapshot.storage.k8s.io \""+name+"\""), nil
	}
	return nil, "cannot find default snapshot class", nil
}

func (p *provider) snapshotContent(name string, s *unstructured.Unstructured, handle string, class *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": snapshotGroup + "/v1", "kind": "VolumeSnapshotContent", "metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"deletionPolicy": class.Object["deletionPolicy"], "driver": class.Object["driver"], "volumeSnapshotClassName": class.GetName(),
			"source": map[string]any{"volumeHandle": handle},
			"volumeSnapshotRef": map[string]any{
				"apiVersion": snapshotGroup + "/v1", "kind": "VolumeSnapshot",
				"namespace": s.GetNamespace(), "name": s.GetName(), "uid": string(s.GetUID()),
			},
		},
	}}
}

// snapshotReady tells whether a snapshot can be restored from.
func (p *provider) snapshotReady(ctx context.Context, namespace, name string) (bool, error) {
	s, err := p.operator.Resource(snapshotKind("volumesnapshots")).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ready, _, _ := unstructured.NestedBool(s.Object, "status", "readyToUse")
	return ready, nil
}
