package openstack

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	sdk "github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/attachinterfaces"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servergroups"
	sdkservers "github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/attributestags"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	sdknetworks "github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// TestSDKNetwork builds what a web shop stands on: a network with a way out.
func TestSDKNetwork(t *testing.T) {
	l := newLab(t, carried(t, "alster"))
	c := must[*gophercloud.ServiceClient](t)(sdk.NewNetworkV2(sdkLogin(t, l, demo()), gophercloud.EndpointOpts{}))
	ctx := t.Context()
	pages, err := sdknetworks.List(c, sdknetworks.ListOpts{}).AllPages(ctx)
	if err != nil {
		t.Fatal(err)
	}
	outside := must[[]sdknetworks.Network](t)(sdknetworks.ExtractNetworks(pages))[0]
	net := must[*sdknetworks.Network](t)(sdknetworks.Create(ctx, c, sdknetworks.CreateOpts{Name: "shop"}).Extract())
	sub := must[*subnets.Subnet](t)(subnets.Create(ctx, c, subnets.CreateOpts{NetworkID: net.ID, IPVersion: 4, CIDR: "10.1.0.0/24", DNSNameservers: []string{"9.9.9.9"}}).Extract())
	if sub.GatewayIP != "10.1.0.1" || len(sub.AllocationPools) != 1 || net.Status != "ACTIVE" {
		t.Errorf("%+v %+v", net, sub)
	}
	router := must[*routers.Router](t)(routers.Create(ctx, c, routers.CreateOpts{Name: "out", GatewayInfo: &routers.GatewayInfo{NetworkID: outside.ID}}).Extract())
	must[*routers.InterfaceInfo](t)(routers.AddInterface(ctx, c, router.ID, routers.AddInterfaceOpts{SubnetID: sub.ID}).Extract())
	group := must[*groups.SecGroup](t)(groups.Create(ctx, c, groups.CreateOpts{Name: "web"}).Extract())
	must[*rules.SecGroupRule](t)(rules.Create(ctx, c, rules.CreateOpts{SecGroupID: group.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4,
		Protocol: rules.ProtocolTCP, PortRangeMin: 80, PortRangeMax: 80, RemoteGroupID: group.ID}).Extract())
	port := must[*ports.Port](t)(ports.Create(ctx, c, ports.CreateOpts{NetworkID: net.ID, SecurityGroups: &[]string{group.ID}}).Extract())
	fip := must[*floatingips.FloatingIP](t)(floatingips.Create(ctx, c, floatingips.CreateOpts{FloatingNetworkID: outside.ID, PortID: port.ID}).Extract())
	if fip.FixedIP != port.FixedIPs[0].IPAddress || fip.RouterID != router.ID {
		t.Errorf("%+v", fip)
	}
	tags := must[[]string](t)(attributestags.ReplaceAll(ctx, c, "networks", net.ID, attributestags.ReplaceAllOpts{Tags: []string{"b", "a"}}).Extract())
	if len(tags) != 2 {
		t.Errorf("%v", tags)
	}
	sdkNetworkRefusals(t, c, group.ID, router.ID)
}

func sdkNetworkRefusals(t *testing.T, c *gophercloud.ServiceClient, group, router string) {
	t.Helper()
	for what, err := range map[string]error{
		"a group in use":        groups.Delete(t.Context(), c, group).ExtractErr(),
		"a router with a port":  routers.Delete(t.Context(), c, router).ExtractErr(),
		"the same group's rule": rules.Create(t.Context(), c, rules.CreateOpts{SecGroupID: group, Direction: rules.DirEgress, EtherType: rules.EtherType6}).Err,
	} {
		if !gophercloud.ResponseCodeIs(err, http.StatusConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestSDKCompute starts a server in a group, gives it a volume and a port, and
// takes all away again.
func TestSDKCompute(t *testing.T) {
	p := carried(t, "isar")
	l := newLab(t, p)
	provider := sdkLogin(t, l, demo())
	c := must[*gophercloud.ServiceClient](t)(sdk.NewComputeV2(provider, gophercloud.EndpointOpts{}))
	c.Microversion = "2.79"
	n := must[*gophercloud.ServiceClient](t)(sdk.NewNetworkV2(provider, gophercloud.EndpointOpts{}))
	ctx := t.Context()
	net := must[*sdknetworks.Network](t)(sdknetworks.Create(ctx, n, sdknetworks.CreateOpts{Name: "shop"}).Extract())
	must[*subnets.Subnet](t)(subnets.Create(ctx, n, subnets.CreateOpts{NetworkID: net.ID, IPVersion: 4, CIDR: "10.1.0.0/24"}).Extract())
	key := must[*keypairs.KeyPair](t)(keypairs.Create(ctx, c, keypairs.CreateOpts{Name: "key"}).Extract())
	group := must[*servergroups.ServerGroup](t)(servergroups.Create(ctx, c, servergroups.CreateOpts{Name: "apart", Policy: "anti-affinity"}).Extract())
	flavor, image := sdkChoice(t, c, p.Images[0].ID, l)
	server := must[*sdkservers.Server](t)(sdkservers.Create(ctx, c, keypairs.CreateOptsExt{KeyName: key.Name, CreateOptsBuilder: sdkservers.CreateOpts{
		Name: "web", ImageRef: image, FlavorRef: flavor, Networks: []sdkservers.Network{{UUID: net.ID}}, Tags: []string{"one"}, UserData: []byte("#cloud-config\n")}},
		sdkservers.SchedulerHintOpts{Group: group.ID}).Extract())
	if s := must[*sdkservers.Server](t)(sdkservers.Get(ctx, c, server.ID).Extract()); s.Status != "BUILD" {
		t.Errorf("a new server is %s", s.Status)
	}
	l.later(time.Minute)
	s := must[*sdkservers.Server](t)(sdkservers.Get(ctx, c, server.ID).Extract())
	if s.Status != "ACTIVE" || s.KeyName != "key" || len(s.Addresses["shop"].([]any)) != 1 || !slices.Equal(*s.Tags, []string{"one"}) {
		t.Errorf("%+v", s)
	}
	sdkAttachments(t, c, provider, l, server.ID, net.ID)
	if err := sdkservers.Delete(ctx, c, server.ID).ExtractErr(); err != nil {
		t.Error(err)
	}
	l.later(time.Minute)
	if _, err := sdkservers.Get(ctx, c, server.ID).Extract(); !gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		t.Errorf("a deleted server: %v", err)
	}
}

// sdkChoice finds a flavor with a disk and the image.
func sdkChoice(t *testing.T, c *gophercloud.ServiceClient, image string, l *lab) (string, string) {
	t.Helper()
	pages, err := flavors.ListDetail(c, nil).AllPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := must[[]flavors.Flavor](t)(flavors.ExtractFlavors(pages))
	i := slices.IndexFunc(list, func(f flavors.Flavor) bool { return f.Disk >= 10 })
	if i < 0 {
		t.Fatal("no flavor with a disk")
	}
	if image == "" {
		image = l.must(200, "GET", "/image/v2/images", nil).at("images").([]any)[0].(map[string]any)["id"].(string)
	}
	return list[i].ID, image
}

func sdkAttachments(t *testing.T, c *gophercloud.ServiceClient, provider *gophercloud.ProviderClient, l *lab, server, net string) {
	t.Helper()
	ctx := t.Context()
	v := must[*gophercloud.ServiceClient](t)(sdk.NewBlockStorageV3(provider, gophercloud.EndpointOpts{}))
	var made struct {
		Volume struct{ ID string }
	}
	if _, err := v.Post(ctx, v.ServiceURL("volumes"), map[string]any{"volume": map[string]any{"size": 1}}, &made, &gophercloud.RequestOpts{OkCodes: []int{202}}); err != nil {
		t.Fatal(err)
	}
	l.later(time.Minute)
	a := must[*volumeattach.VolumeAttachment](t)(volumeattach.Create(ctx, c, server, volumeattach.CreateOpts{VolumeID: made.Volume.ID, DeleteOnTermination: true}).Extract())
	if a.ServerID != server || a.Device == "" {
		t.Errorf("%+v", a)
	}
	nic := must[*attachinterfaces.Interface](t)(attachinterfaces.Create(ctx, c, server, attachinterfaces.CreateOpts{NetworkID: net}).Extract())
	if err := attachinterfaces.Delete(ctx, c, server, nic.PortID).ExtractErr(); err != nil {
		t.Error(err)
	}
	l.later(time.Minute)
	if got := must[*volumeattach.VolumeAttachment](t)(volumeattach.Get(ctx, c, server, made.Volume.ID).Extract()); got.VolumeID != made.Volume.ID {
		t.Errorf("%+v", got)
	}
}
