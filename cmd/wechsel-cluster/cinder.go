package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// cinderDriver is the name of the storage driver whose volumes are Cinder's.
const cinderDriver = "cinder.csi.openstack.org"

// cinderZone is the label by which that driver tells where a node is.
const cinderZone = "topology.cinder.csi.openstack.org/zone"

// gibibyte is what Cinder counts in.
const gibibyte = 1 << 30

// cinder makes the volumes that the real driver makes, by the same requests
// (cloud-provider-openstack, pkg/csi/cinder/controllerserver.go): a volume has the
// name of the PersistentVolume, the class's type and a size in whole gibibytes. It
// is attached to no server, since the nodes are none.
type cinder struct {
	OpenStack
	cluster string // its name, in the volumes' metadata
	client  *http.Client

	mu    sync.Mutex
	token string
	url   string // of the block storage, with the project
}

// errCinder says that Cinder does not want or cannot do what it was asked for.
type errCinder struct {
	status  int
	message string
}

func (e *errCinder) Error() string { return e.message }

// A cinderVolume is what the driver has to know of one.
type cinderVolume struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Size   int64  `json:"size"` // GiB
}

// gibibytes is the size rounded up.
func gibibytes(q resource.Quantity) int64 { return (q.Value() + gibibyte - 1) / gibibyte }

// provision makes the volume for a claim, from the snapshot of that name if there
// is one, or finds the volume that it has made before; nil: it is not ready yet.
func (c *cinder) provision(ctx context.Context, name string, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, zone, snapshot string) (*cinderVolume, error) {
	var found struct{ Volumes []cinderVolume }
	if err := c.call(ctx, http.MethodGet, "/volumes/detail?name="+url.QueryEscape(name), nil, &found); err != nil {
		return nil, err
	}
	if len(found.Volumes) > 0 {
		return found.Volumes[0].ready()
	}
	wish := map[string]any{"name": name, "size": gibibytes(claim.Spec.Resources.Requests[corev1.ResourceStorage]), "metadata": map[string]string{
		cinderDriver + "/cluster": c.cluster, "csi.storage.k8s.io/pv/name": name,
		"csi.storage.k8s.io/pvc/name": claim.Name, "csi.storage.k8s.io/pvc/namespace": claim.Namespace,
	}}
	if kind := class.Parameters["type"]; kind != "" {
		wish["volume_type"] = kind
	}
	if named := class.Parameters["availability"]; named != "" {
		zone = named
	}
	if zone != "" {
		wish["availability_zone"] = zone
	}
	if snapshot != "" {
		s, err := c.findSnapshot(ctx, snapshot)
		if err != nil || s == nil {
			return nil, cmp.Or(err, error(&errCinder{message: "there is no snapshot " + snapshot}))
		}
		wish["snapshot_id"] = s.ID
	}
	var made struct{ Volume cinderVolume }
	if err := c.call(ctx, http.MethodPost, "/volumes", map[string]any{"volume": wish}, &made); err != nil {
		return nil, err
	}
	return made.Volume.ready()
}

func (v cinderVolume) ready() (*cinderVolume, error) {
	switch {
	case slices.Contains([]string{"available", "in-use"}, v.Status):
		return &v, nil
	case strings.HasPrefix(v.Status, "error"):
		return nil, &errCinder{message: "volume " + v.ID + " is in state " + v.Status}
	}
	return nil, nil
}

// A cinderSnapshot is what the driver has to know of one.
type cinderSnapshot struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// findSnapshot looks for a snapshot by its name; nil: there is none.
func (c *cinder) findSnapshot(ctx context.Context, name string) (*cinderSnapshot, error) {
	var found struct{ Snapshots []cinderSnapshot }
	if err := c.call(ctx, http.MethodGet, "/snapshots?name="+url.QueryEscape(name), nil, &found); err != nil || len(found.Snapshots) == 0 {
		return nil, err
	}
	return &found.Snapshots[0], nil
}

// snapshot takes a snapshot of a volume, or finds the one that it has taken
// before; false: it is not ready yet. Force is the class's parameter force-create.
func (c *cinder) snapshot(ctx context.Context, name, volume string, metadata map[string]string, force bool) (bool, error) {
	s, err := c.findSnapshot(ctx, name)
	if err == nil && s == nil {
		var made struct{ Snapshot cinderSnapshot }
		err = c.call(ctx, http.MethodPost, "/snapshots", map[string]any{"snapshot": map[string]any{"name": name, "volume_id": volume, "force": force,
			"description": "Created by OpenStack Cinder CSI driver", "metadata": metadata}}, &made)
		s = &made.Snapshot
	}
	switch {
	case err != nil:
		return false, err
	case strings.HasPrefix(s.Status, "error"):
		return false, &errCinder{message: "snapshot " + s.ID + " is in state " + s.Status}
	}
	return s.Status == "available", nil
}

// dropSnapshot deletes a snapshot; true: it is gone.
func (c *cinder) dropSnapshot(ctx context.Context, name string) (bool, error) {
	s, err := c.findSnapshot(ctx, name)
	if err != nil || s == nil {
		return err == nil, err
	}
	if s.Status == "deleting" {
		return false, nil
	}
	return false, c.remove(ctx, "/snapshots/"+s.ID)
}

// extend gives a volume a new size in GiB.
func (c *cinder) extend(ctx context.Context, id string, size int64) error {
	return c.call(ctx, http.MethodPost, "/volumes/"+id+"/action", map[string]any{"os-extend": map[string]any{"new_size": size}}, nil)
}

// remove deletes what is at the path. What is not there any more is no error.
func (c *cinder) remove(ctx context.Context, path string) error {
	err := c.call(ctx, http.MethodDelete, path, nil, nil)
	var refused *errCinder
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return nil
	}
	return err
}

// call makes one request, with a new token if the old one is over.
func (c *cinder) call(ctx context.Context, method, path string, in, out any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 2 {
		if c.token == "" {
			if err := c.login(ctx); err != nil {
				return err
			}
		}
		status, body, _, err := c.send(ctx, method, c.url+path, in)
		switch {
		case err != nil:
			return err
		case status == http.StatusUnauthorized:
			c.token = ""
			continue
		case status >= http.StatusBadRequest: // as gophercloud says it
			return &errCinder{status, fmt.Sprintf("Expected HTTP response code [200 202 204] when accessing [%s %s], but got %d instead: %s", method, c.url+path, status, body)}
		case out == nil:
			return nil
		}
		return json.Unmarshal(body, out)
	}
	return &errCinder{http.StatusUnauthorized, "the token is refused"}
}

// login gets a token and looks for the block storage in its catalog.
func (c *cinder) login(ctx context.Context) error {
	domain := map[string]any{"name": c.Domain}
	status, body, header, err := c.send(ctx, http.MethodPost, c.AuthURL+"/auth/tokens", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": map[string]any{"name": c.User, "password": c.Password, "domain": domain}}},
		"scope":    map[string]any{"project": map[string]any{"name": c.Project, "domain": domain}},
	}})
	if err != nil {
		return err
	}
	if status != http.StatusCreated {
		return &errCinder{status, fmt.Sprintf("Keystone at %s: %d %s", c.AuthURL, status, body)}
	}
	var answer struct {
		Token struct {
			Catalog []struct {
				Type      string
				Endpoints []struct{ Interface, Region, URL string }
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	for _, service := range answer.Token.Catalog {
		for _, e := range service.Endpoints {
			if slices.Contains([]string{"volumev3", "block-storage"}, service.Type) && e.Interface == "public" && e.Region == c.Region {
				c.token, c.url = header.Get("X-Subject-Token"), e.URL
				return nil
			}
		}
	}
	return &errCinder{message: "the catalog of " + c.AuthURL + " has no block storage in region " + c.Region}
}

func (c *cinder) send(ctx context.Context, method, address string, in any) (status int, body []byte, header http.Header, err error) {
	var reader io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, nil, nil, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "cinder-csi-plugin")
	if c.token != "" {
		request.Header.Set("X-Auth-Token", c.token)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, answer.Header, err
}
