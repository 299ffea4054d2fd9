package main

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// claim creates a claim.
func (c running) claim(t *testing.T, name, class, size string, mode corev1.PersistentVolumeAccessMode) {
	t.Helper()
	_, err := c.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{mode},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// mounts creates a pod that mounts the claim of its name.
func (c running) mounts(t *testing.T, name string) {
	t.Helper()
	err := c.pod(t, name, func(s *corev1.PodSpec) {
		s.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}}}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c running) isBound(t *testing.T, name string) *corev1.PersistentVolume {
	t.Helper()
	var volume *corev1.PersistentVolume
	until(t, name+" is bound", func(ctx context.Context) (bool, error) {
		claim, err := c.CoreV1().PersistentVolumeClaims("default").Get(ctx, name, metav1.GetOptions{})
		if err != nil || claim.Status.Phase != corev1.ClaimBound {
			return false, err
		}
		volume, err = c.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		return err == nil, err
	})
	return volume
}

func (c running) claimed(t *testing.T) {
	c.claim(t, "data", "block", "1Gi", corev1.ReadWriteOnce)
	c.said(t, "data", "WaitForFirstConsumer", "waiting for first consumer")
	c.mounts(t, "data")
	c.runs(t, "data")
	volume := c.isBound(t, "data")
	if a := volume.Spec.NodeAffinity; a == nil || a.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0] != "a" {
		t.Errorf("the volume is bound to %v, not to zone a", a)
	}
	claims := c.CoreV1().PersistentVolumeClaims("default")
	until(t, "asked for more", func(ctx context.Context) (bool, error) {
		claim, err := claims.Get(ctx, "data", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		claim.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("2Gi")
		_, err = claims.Update(ctx, claim, metav1.UpdateOptions{})
		return err == nil, known(err)
	})
	until(t, "grown", func(ctx context.Context) (bool, error) {
		claim, err := claims.Get(ctx, "data", metav1.GetOptions{})
		return err == nil && claim.Status.Capacity.Storage().String() == "2Gi", err
	})
}

func (c running) bound(t *testing.T) {
	c.claim(t, "many", "file", "1Gi", corev1.ReadWriteMany)
	volume := c.isBound(t, "many")
	if volume.Spec.NodeAffinity != nil {
		t.Errorf("the volume is bound to %v", volume.Spec.NodeAffinity)
	}
	if err := c.CoreV1().PersistentVolumeClaims("default").Delete(t.Context(), "many", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "volume is gone", func(ctx context.Context) (bool, error) {
		_, err := c.CoreV1().PersistentVolumes().Get(ctx, volume.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
}

func (c running) unclaimed(t *testing.T) {
	c.claim(t, "shared", "block", "1Gi", corev1.ReadWriteMany)
	c.mounts(t, "shared")
	c.said(t, "shared", "ProvisioningFailed", "access mode ReadWriteMany is not supported")
	c.claim(t, "large", "block", "20Gi", corev1.ReadWriteOnce)
	c.mounts(t, "large")
	c.said(t, "large", "ProvisioningFailed", "20Gi is more than 10Gi")
	claim, err := c.CoreV1().PersistentVolumeClaims("default").Get(t.Context(), "large", metav1.GetOptions{})
	if err != nil || claim.Status.Phase != corev1.ClaimPending {
		t.Errorf("claim is %s, %v", claim.Status.Phase, err)
	}
}

func (c running) snapshot(t *testing.T) {
	snapshots := c.applied(t, snapshotKind("volumesnapshots"), `
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: data}
spec: {source: {persistentVolumeClaimName: data}}`)
	content := ""
	until(t, "ready", func(ctx context.Context) (bool, error) {
		s, err := snapshots.Get(ctx, "data", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		ready, _, _ := unstructured.NestedBool(s.Object, "status", "readyToUse")
		content, _, _ = unstructured.NestedString(s.Object, "status", "boundVolumeSnapshotContentName")
		return ready, nil
	})
	contents := c.custom.Resource(snapshotKind("volumesnapshotcontents"))
	if _, err := contents.Get(t.Context(), content, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if err := snapshots.Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "gone", func(ctx context.Context) (bool, error) {
		_, one := snapshots.Get(ctx, "data", metav1.GetOptions{})
		_, two := contents.Get(ctx, content, metav1.GetOptions{})
		return apierrors.IsNotFound(one) && apierrors.IsNotFound(two), nil
	})
	c.applied(t, snapshotKind("volumesnapshots"), `
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: unclassed}
spec: {volumeSnapshotClassName: none, source: {persistentVolumeClaimName: data}}`)
	until(t, "refused", func(ctx context.Context) (bool, error) {
		s, err := snapshots.Get(ctx, "unclassed", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		why, _, _ := unstructured.NestedString(s.Object, "status", "error", "message")
		return why != "", nil
	})
}
