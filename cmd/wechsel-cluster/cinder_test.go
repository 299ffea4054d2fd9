package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A fakeCinder answers like Keystone and Cinder, with one volume.
type fakeCinder struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	made   map[string]any
	taken  map[string]any
	state  string
	refuse string
	tokens int
}

func newFakeCinder(t *testing.T) *fakeCinder {
	f := &fakeCinder{state: "creating"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeCinder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	f.asked = append(f.asked, r.Method+" "+r.URL.RequestURI())
	switch {
	case r.URL.Path == "/identity/v3/auth/tokens":
		f.tokens++
		w.Header().Set("X-Subject-Token", fmt.Sprint("token-", f.tokens))
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token": {"catalog": [{"type": "compute", "endpoints": []}, {"type": "volumev3", "endpoints": [
			{"interface": "internal", "region": "one", "url": "http://wrong"}, {"interface": "public", "region": "two", "url": "http://wrong"},
			{"interface": "public", "region": "one", "url": "%s/v3/p"}]}]}}`, f.URL)
	case r.Header.Get("X-Auth-Token") != fmt.Sprint("token-", f.tokens) || f.tokens == 1 && len(f.asked) > 4:
		w.WriteHeader(http.StatusUnauthorized)
	case f.refuse != "" && r.Method != http.MethodGet:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = fmt.Fprint(w, f.refuse)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/volumes"):
		f.made = body["volume"].(map[string]any)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"volume": {"id": "v1", "status": "creating", "size": %v}}`, f.made["size"])
	case r.Method == http.MethodGet && f.made != nil && r.URL.Query().Get("name") == f.made["name"]:
		_, _ = fmt.Fprintf(w, `{"volumes": [{"id": "v1", "status": %q, "size": %v}]}`, f.state, f.made["size"])
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/snapshots"):
		f.taken = body["snapshot"].(map[string]any)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, `{"snapshot": {"id": "s1", "status": "creating"}}`)
	case r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/snapshots/s1"):
		f.taken = nil
		w.WriteHeader(http.StatusAccepted)
	case r.Method == http.MethodGet && f.taken != nil && r.URL.Query().Get("name") == f.taken["name"]:
		_, _ = fmt.Fprintf(w, `{"snapshots": [{"id": "s1", "status": %q}]}`, f.state)
	case r.Method == http.MethodGet:
		_, _ = fmt.Fprint(w, `{"volumes": [], "snapshots": []}`)
	case r.Method == http.MethodDelete && f.made == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodDelete:
		f.made = nil
		w.WriteHeader(http.StatusAccepted)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (f *fakeCinder) client() *cinder {
	return &cinder{OpenStack: OpenStack{AuthURL: f.URL + "/identity/v3", User: "demo", Password: "password", Project: "demo", Domain: "Default", Region: "one"}, cluster: "alster", client: f.Client()}
}

func wanted(size string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}}}}
}

// A volume is asked for once, in whole gibibytes and with the class's type, and is
// there when Cinder says so; also after a token has run out.
func TestCinderMakesVolumes(t *testing.T) {
	f := newFakeCinder(t)
	c, ctx := f.client(), t.Context()
	class := &storagev1.StorageClass{Parameters: map[string]string{"type": "ssd"}}
	for range 2 {
		if v, err := c.provision(ctx, "pvc-1", wanted("1500Mi"), class, "z1", ""); v != nil || err != nil {
			t.Fatalf("before it is ready: %v, %v", v, err)
		}
	}
	f.state = "available"
	v, err := c.provision(ctx, "pvc-1", wanted("1500Mi"), class, "z1", "")
	if err != nil || v == nil || v.ID != "v1" || v.Size != 2 {
		t.Fatalf("ready: %v, %v", v, err)
	}
	if f.made["volume_type"] != "ssd" || f.made["availability_zone"] != "z1" || f.made["metadata"].(map[string]any)["cinder.csi.openstack.org/cluster"] != "alster" {
		t.Errorf("asked for %v", f.made)
	}
	if posts := strings.Count(strings.Join(f.asked, "\n"), "POST /v3/p/volumes"); posts != 1 {
		t.Errorf("%d volumes were asked for", posts)
	}
	if f.tokens != 2 {
		t.Errorf("%d tokens", f.tokens)
	}
	for range 2 { // what is gone is no error
		if err := c.remove(ctx, "/volumes/v1"); err != nil {
			t.Error(err)
		}
	}
	class.Parameters["availability"] = "z2"
	if _, err := c.provision(ctx, "pvc-2", wanted("1Gi"), class, "z1", ""); err != nil || f.made["availability_zone"] != "z2" {
		t.Errorf("%v, %v", f.made, err)
	}
}

func TestCinderRefuses(t *testing.T) {
	f := newFakeCinder(t)
	f.refuse = `{"overLimit": {"code": 413, "message": "VolumeLimitExceeded"}}`
	c := f.client()
	var refused *errCinder
	if _, err := c.provision(t.Context(), "pvc-1", wanted("1Gi"), &storagev1.StorageClass{}, "", ""); !errors.As(err, &refused) || refused.status != 413 || !strings.Contains(err.Error(), "VolumeLimitExceeded") {
		t.Errorf("the error is %v", err)
	}
	f.refuse, f.state = "", "error"
	_, _ = c.provision(t.Context(), "pvc-1", wanted("1Gi"), &storagev1.StorageClass{}, "", "")
	if _, err := c.provision(t.Context(), "pvc-1", wanted("1Gi"), &storagev1.StorageClass{}, "", ""); err == nil || !strings.Contains(err.Error(), "state error") {
		t.Errorf("the error is %v", err)
	}
	c.Region, c.token = "three", ""
	if err := c.extend(t.Context(), "v1", 2); err == nil || !strings.Contains(err.Error(), "no block storage in region three") {
		t.Errorf("the error is %v", err)
	}
	f.Close()
	c.token = ""
	if err := c.remove(t.Context(), "/volumes/v1"); err == nil {
		t.Errorf("the error is %v", err)
	}
}

// A snapshot is taken once, and gone when Cinder says so; a volume is made from it.
func TestCinderTakesSnapshots(t *testing.T) {
	f := newFakeCinder(t)
	f.tokens = 1 // whose end is not what this is about
	c, ctx := f.client(), t.Context()
	notes := map[string]string{"cinder.csi.openstack.org/cluster": "alster"}
	for range 2 {
		if ready, err := c.snapshot(ctx, "snapshot-1", "v1", notes, false); ready || err != nil {
			t.Fatalf("before it is ready: %t, %v", ready, err)
		}
	}
	f.state = "available"
	if ready, err := c.snapshot(ctx, "snapshot-1", "v1", notes, false); !ready || err != nil {
		t.Fatalf("ready: %t, %v", ready, err)
	}
	if f.taken["volume_id"] != "v1" || f.taken["force"] != false || f.taken["metadata"].(map[string]any)["cinder.csi.openstack.org/cluster"] != "alster" {
		t.Errorf("asked for %v", f.taken)
	}
	if posts := strings.Count(strings.Join(f.asked, "\n"), "POST /v3/p/snapshots"); posts != 1 {
		t.Errorf("%d snapshots were asked for", posts)
	}
	if _, err := c.provision(ctx, "pvc-3", wanted("1Gi"), &storagev1.StorageClass{}, "", "snapshot-1"); err != nil || f.made["snapshot_id"] != "s1" {
		t.Errorf("from the snapshot: %v, %v", f.made, err)
	}
	if gone, err := c.dropSnapshot(ctx, "snapshot-1"); gone || err != nil {
		t.Errorf("asked to go: %t, %v", gone, err)
	}
	if gone, err := c.dropSnapshot(ctx, "snapshot-1"); !gone || err != nil {
		t.Errorf("gone: %t, %v", gone, err)
	}
	if v, err := c.provision(ctx, "pvc-4", wanted("1Gi"), &storagev1.StorageClass{}, "", "snapshot-1"); v != nil || err == nil {
		t.Errorf("from one that is gone: %v, %v", v, err)
	}
	f.refuse = `{"overLimit": {"code": 413, "message": "SnapshotLimitExceeded"}}`
	if _, err := c.snapshot(ctx, "snapshot-2", "v1", notes, false); err == nil || !strings.Contains(err.Error(), "SnapshotLimitExceeded") {
		t.Errorf("the error is %v", err)
	}
	f.refuse, f.state = "", "error"
	for range 2 {
		_, _ = c.snapshot(ctx, "snapshot-2", "v1", notes, false)
	}
	if _, err := c.snapshot(ctx, "snapshot-2", "v1", notes, false); err == nil || !strings.Contains(err.Error(), "state error") {
		t.Errorf("the error is %v", err)
	}
}
