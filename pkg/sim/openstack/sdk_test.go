package openstack

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	sdk "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/availabilityzones"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/quotasets"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/snapshots"
	sdkvolumes "github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumetypes"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/applicationcredentials"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	sdkimages "github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
)

// must stops the test at the first surprise.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// login is what every program with the SDK does first.
func sdkLogin(t *testing.T, l *lab, auth gophercloud.AuthOptions) *gophercloud.ProviderClient {
	auth.IdentityEndpoint = l.url + "/identity/v3"
	return must[*gophercloud.ProviderClient](t)(sdk.AuthenticatedClient(t.Context(), auth))
}

func demo() gophercloud.AuthOptions {
	return gophercloud.AuthOptions{Username: "demo", Password: "password", DomainName: "Default", TenantName: "demo", AllowReauth: true}
}

func TestSDKIdentity(t *testing.T) {
	l := newLab(t, carried(t, "isar"))
	ctx := t.Context()
	provider := sdkLogin(t, l, demo())
	identity := must[*gophercloud.ServiceClient](t)(sdk.NewIdentityV3(provider, gophercloud.EndpointOpts{Region: "muc"}))
	user := l.userOf("demo")
	made := must[*applicationcredentials.ApplicationCredential](t)(applicationcredentials.Create(ctx, identity, user,
		applicationcredentials.CreateOpts{Name: "robot"}).Extract())
	robot := sdkLogin(t, l, gophercloud.AuthOptions{ApplicationCredentialID: made.ID, ApplicationCredentialSecret: made.Secret})
	if robot.Token() == provider.Token() || robot.Token() == "" {
		t.Error("no token of its own")
	}
	if err := applicationcredentials.Delete(ctx, identity, user, made.ID).ExtractErr(); err != nil {
		t.Error(err)
	}
	wrong := demo()
	wrong.Password, wrong.IdentityEndpoint = "guess", l.url+"/identity/v3"
	_, err := sdk.AuthenticatedClient(ctx, wrong)
	if !gophercloud.ResponseCodeIs(err, http.StatusUnauthorized) {
		t.Errorf("a wrong password: %v", err)
	}
	// An expired token is renewed without the caller's notice.
	old := provider.Token()
	l.later(2 * time.Hour)
	must[[]sdkimages.Image](t)(sdkImages(t, sdkImageClient(t, provider)))
	if provider.Token() == old {
		t.Error("not renewed")
	}
}

func (l *lab) userOf(name string) string {
	for u := range l.cloud.identity.rows("users").All() {
		if u.name == name {
			return u.id
		}
	}
	l.Fatalf("no user %s", name)
	return ""
}

func sdkImageClient(t *testing.T, p *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	return must[*gophercloud.ServiceClient](t)(sdk.NewImageV2(p, gophercloud.EndpointOpts{}))
}

func sdkImages(t *testing.T, c *gophercloud.ServiceClient) ([]sdkimages.Image, error) {
	page, err := sdkimages.List(c, sdkimages.ListOpts{Limit: 1}).AllPages(t.Context())
	if err != nil {
		return nil, err
	}
	return sdkimages.ExtractImages(page)
}

func TestSDKImage(t *testing.T) {
	l := newLab(t, carried(t, "isar"))
	ctx, c := t.Context(), sdkImageClient(t, sdkLogin(t, l, demo()))
	if list := must[[]sdkimages.Image](t)(sdkImages(t, c)); len(list) != 3 {
		t.Errorf("%d images in pages of one", len(list))
	}
	im := must[*sdkimages.Image](t)(sdkimages.Create(ctx, c, sdkimages.CreateOpts{Name: "mine", DiskFormat: "raw", ContainerFormat: "bare",
		Properties: map[string]string{"os_distro": "debian"}, Tags: []string{"a"}}).Extract())
	if err := imagedata.Upload(ctx, c, im.ID, strings.NewReader("some bytes")).ExtractErr(); err != nil {
		t.Fatal(err)
	}
	body := must[io.ReadCloser](t)(imagedata.Download(ctx, c, im.ID).Extract())
	defer body.Close()
	if data := must[[]byte](t)(io.ReadAll(body)); string(data) != "some bytes" {
		t.Errorf("%q", data)
	}
	changed := must[*sdkimages.Image](t)(sdkimages.Update(ctx, c, im.ID, sdkimages.UpdateOpts{sdkimages.ReplaceImageName{NewName: "yours"},
		sdkimages.UpdateImageProperty{Op: sdkimages.AddOp, Name: "hw_disk_bus", Value: "virtio"}}).Extract())
	if changed.Name != "yours" || changed.Properties["hw_disk_bus"] != "virtio" || changed.SizeBytes != 10 || changed.Status != sdkimages.ImageStatusActive {
		t.Errorf("%+v", changed)
	}
	if err := sdkimages.Delete(ctx, c, im.ID).ExtractErr(); err != nil {
		t.Error(err)
	}
	if _, err := sdkimages.Get(ctx, c, im.ID).Extract(); !gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		t.Errorf("%v", err)
	}
}

func TestSDKVolume(t *testing.T) {
	l := newLab(t, carried(t, "isar"))
	provider := sdkLogin(t, l, demo())
	ctx := t.Context()
	c := must[*gophercloud.ServiceClient](t)(sdk.NewBlockStorageV3(provider, gophercloud.EndpointOpts{}))
	c.Microversion = "3.59"
	v := must[*sdkvolumes.Volume](t)(sdkvolumes.Create(ctx, c, sdkvolumes.CreateOpts{Size: 3, Name: "data", VolumeType: "performance",
		Metadata: map[string]string{"k": "v"}}, nil).Extract())
	if v.Status != "creating" {
		t.Errorf("status %s", v.Status)
	}
	l.later(time.Second)
	s := must[*snapshots.Snapshot](t)(snapshots.Create(ctx, c, snapshots.CreateOpts{VolumeID: v.ID, Name: "before"}).Extract())
	l.later(time.Second)
	copied := must[*sdkvolumes.Volume](t)(sdkvolumes.Create(ctx, c, sdkvolumes.CreateOpts{SnapshotID: s.ID, Size: 3}, nil).Extract())
	l.later(time.Second)
	if err := sdkvolumes.SetBootable(ctx, c, copied.ID, sdkvolumes.BootableOpts{Bootable: true}).ExtractErr(); err != nil {
		t.Error(err)
	}
	if err := sdkvolumes.ExtendSize(ctx, c, copied.ID, sdkvolumes.ExtendSizeOpts{NewSize: 5}).ExtractErr(); err != nil {
		t.Error(err)
	}
	l.later(time.Second)
	got := must[*sdkvolumes.Volume](t)(sdkvolumes.Get(ctx, c, copied.ID).Extract())
	if got.Size != 5 || got.Bootable != "true" || got.Status != "available" || got.VolumeType != "performance" || got.CreatedAt.IsZero() {
		t.Errorf("%+v", got)
	}
	up := must[sdkvolumes.VolumeImage](t)(sdkvolumes.UploadImage(ctx, c, copied.ID, sdkvolumes.UploadImageOpts{ImageName: "copy", DiskFormat: "qcow2",
		ContainerFormat: "bare", Visibility: "private"}).Extract())
	if up.ImageID == "" {
		t.Errorf("%+v", up)
	}
	sdkCatalogueOfVolumes(t, c, l)
	err := sdkvolumes.Delete(ctx, c, v.ID, nil).ExtractErr()
	var refused gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &refused) || refused.Actual != http.StatusBadRequest || !strings.Contains(string(refused.Body), "have snapshots") {
		t.Errorf("%v", err)
	}
}

// sdkCatalogueOfVolumes reads what a plan needs to know.
func sdkCatalogueOfVolumes(t *testing.T, c *gophercloud.ServiceClient, l *lab) {
	t.Helper()
	ctx := t.Context()
	pages, err := volumetypes.List(c, nil).AllPages(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if types := must[[]volumetypes.VolumeType](t)(volumetypes.ExtractVolumeTypes(pages)); len(types) != 3 {
		t.Errorf("%d types", len(types))
	}
	zones, err := availabilityzones.List(c).AllPages(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if list := must[[]availabilityzones.AvailabilityZone](t)(availabilityzones.ExtractAvailabilityZones(zones)); len(list) != 1 || list[0].ZoneName != "muc" {
		t.Errorf("%+v", list)
	}
	use := must[quotasets.QuotaUsageSet](t)(quotasets.GetUsage(ctx, c, l.cloud.identity.project("isar", "demo").id).Extract())
	if use.Volumes.InUse != 2 || use.Gigabytes.InUse != 11 || use.Volumes.Limit != 20 {
		t.Errorf("%+v", use)
	}
}
