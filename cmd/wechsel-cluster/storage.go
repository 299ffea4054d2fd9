package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the real volume binder and the real scheduler write on a claim that a
// driver shall serve (k8s.io/component-helpers/storage/volume).
const (
	provisioner   = "volume.kubernetes.io/storage-provisioner"
	selectedNode  = "volume.kubernetes.io/selected-node"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
)

func (p *provider) watchClaims(ctx context.Context) error {
	return reconcile(ctx, p.shared.Core().V1().PersistentVolumeClaims().Informer(), p.claim)
}

func (p *provider) watchVolumes(ctx context.Context) error {
	return reconcile(ctx, p.shared.Core().V1().PersistentVolumes().Informer(), p.volume)
}

// claim is the provisioner: it makes the volume that a claim asks for, and grows it.
func (p *provider) claim(ctx context.Context, claim *corev1.PersistentVolumeClaim) (time.Duration, error) {
	driver := p.driver(claim.Annotations[provisioner])
	switch {
	case driver == nil || claim.DeletionTimestamp != nil:
		return 0, nil
	case claim.Spec.VolumeName != "":
		return 0, p.grow(ctx, claim)
	}
	if why := driver.refuses(claim); why != "" {
		p.tell(driver.Name, claim, "ProvisioningFailed", why)
		return 0, nil
	}
	if source := claim.Spec.DataSource; source != nil && source.Kind == "VolumeSnapshot" {
		if ready, err := p.snapshotReady(ctx, claim.Namespace, source.Name); err != nil || !ready {
			return retry, err
		}
	}
	if wait := time.Duration(driver.Provision) - p.now().Sub(claim.CreationTimestamp.Time); wait > 0 {
		return wait, nil
	}
	class, err := p.provisioner.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	affinity, err := p.affinity(ctx, driver, claim)
	if err != nil {
		return 0, err
	}
	name := "pvc-" + string(claim.UID)
	volume, err := p.make(ctx, name, driver, claim, class, affinity)
	if refused := new(errCinder); errors.As(err, &refused) {
		p.tell(driver.Name, claim, "ProvisioningFailed", fmt.Sprintf("failed to provision volume with StorageClass %q: rpc error: code = Internal desc = CreateVolume failed with error %s", class.Name, refused))
		return again, nil
	}
	if err != nil || volume == nil {
		return retry, err
	}
	_, err = p.provisioner.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: driver.Name}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes: claim.Spec.AccessModes, VolumeMode: claim.Spec.VolumeMode, MountOptions: class.MountOptions,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: volume.size},
			StorageClassName:              class.Name,
			NodeAffinity:                  affinity,
			PersistentVolumeReclaimPolicy: *class.ReclaimPolicy,
			ClaimRef: &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace,
				Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: driver.Name, VolumeHandle: volume.handle, FSType: fileSystem(claim, class)}},
		},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return 0, nil
	}
	return 0, err
}

// again is how long the provisioner waits before it asks once more for what was
// refused.
const again = 5 * time.Second

// A made volume is what a driver answers to its provisioner.
type made struct {
	handle string
	size   resource.Quantity
}

// make has the driver make the volume; nil: it is not ready yet.
func (p *provider) make(ctx context.Context, name string, d *Driver, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, affinity *corev1.VolumeNodeAffinity) (*made, error) {
	if !p.isCinder(d.Name) {
		return &made{string(claim.UID), claim.Spec.Resources.Requests[corev1.ResourceStorage]}, nil
	}
	zone := ""
	if d.Topology == cinderZone && affinity != nil {
		zone = affinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0]
	}
	snapshot, err := p.snapshotOf(ctx, claim)
	if err != nil {
		return nil, err
	}
	v, err := p.cinder.provision(ctx, name, claim, class, zone, snapshot)
	if err != nil || v == nil {
		return nil, err
	}
	return &made{v.ID, *resource.NewQuantity(v.Size*gibibyte, resource.BinarySI)}, nil
}

// isCinder tells whether a driver's volumes are in the provider's OpenStack.
func (p *provider) isCinder(driver string) bool { return p.cinder != nil && driver == cinderDriver }

// fileSystem is the one that a volume gets when it is mounted for the first time.
func fileSystem(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) string {
	if mode := claim.Spec.VolumeMode; mode != nil && *mode == corev1.PersistentVolumeBlock {
		return ""
	}
	return cmp.Or(class.Parameters["csi.storage.k8s.io/fstype"], "ext4")
}

// affinity binds a volume to the zone of the node that the scheduler has chosen,
// or, when the class does not wait for that, to the first node's.
func (p *provider) affinity(ctx context.Context, d *Driver, claim *corev1.PersistentVolumeClaim) (*corev1.VolumeNodeAffinity, error) {
	if d.Topology == "" {
		return nil, nil
	}
	name := claim.Annotations[selectedNode]
	if name == "" {
		name = p.Nodes[0].Name
	}
	node, err := p.provisioner.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{Key: d.Topology, Operator: corev1.NodeSelectorOpIn, Values: []string{node.Labels[d.Topology]}}},
	}}}}, nil
}

func (p *provider) driver(name string) *Driver {
	for i := range p.Drivers {
		if p.Drivers[i].Name == name {
			return &p.Drivers[i]
		}
	}
	return nil
}

// refuses says why the driver cannot serve the claim; empty: it can.
func (d *Driver) refuses(claim *corev1.PersistentVolumeClaim) string {
	for _, mode := range claim.Spec.AccessModes {
		if !slices.Contains(d.AccessModes, mode) {
			return fmt.Sprintf("failed to provision volume with StorageClass %q: rpc error: code = InvalidArgument desc = access mode %s is not supported", *claim.Spec.StorageClassName, mode)
		}
	}
	size := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if d.MaxSize != nil && size.Cmp(*d.MaxSize) > 0 {
		return fmt.Sprintf("failed to provision volume with StorageClass %q: rpc error: code = OutOfRange desc = %s is more than %s", *claim.Spec.StorageClassName, size.String(), d.MaxSize.String())
	}
	return ""
}

// grow gives a bound claim the size that it asks for; admission has checked that
// its class allows it.
func (p *provider) grow(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	want, has := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	if claim.Status.Phase != corev1.ClaimBound || want.Cmp(has) <= 0 {
		return nil
	}
	volume, err := p.provisioner.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return known(err)
	}
	if p.isCinder(volume.Annotations[provisionedBy]) {
		size := gibibytes(want)
		want = *resource.NewQuantity(size*gibibyte, resource.BinarySI)
		if err := p.cinder.extend(ctx, volume.Spec.CSI.VolumeHandle, size); err != nil {
			p.tell(cinderDriver, claim, "VolumeResizeFailed", err.Error())
			return err
		}
	}
	volume.Spec.Capacity = corev1.ResourceList{corev1.ResourceStorage: want}
	if _, err := p.provisioner.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
		return known(err)
	}
	next := claim.DeepCopy()
	next.Status.Capacity[corev1.ResourceStorage] = want
	_, err = p.provisioner.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return known(err)
}

// volume deletes what was provisioned for a claim that is gone.
func (p *provider) volume(ctx context.Context, volume *corev1.PersistentVolume) (time.Duration, error) {
	released := volume.Status.Phase == corev1.VolumeReleased && volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
	if !released || p.driver(volume.Annotations[provisionedBy]) == nil || volume.DeletionTimestamp != nil {
		return 0, nil
	}
	if p.isCinder(volume.Annotations[provisionedBy]) && volume.Spec.CSI != nil {
		if err := p.cinder.remove(ctx, "/volumes/"+volume.Spec.CSI.VolumeHandle); err != nil {
			return 0, err
		}
	}
	return 0, known(p.provisioner.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{}))
}
