package cloudtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// nothing is an id that no cloud has.
const nothing = "00000000-dead-4bad-8bad-000000000000"

// refusals asks for what a cloud must not do.
func (s Suite) refusals(t *testing.T) {
	r := s.begin(t, "ctrefuse")
	net := r.create(own("OS::Neutron::Net", "ct-net", spec{}))
	subnet := r.create(own("OS::Neutron::Subnet", "ct-subnet", spec{"network": net.ID, "cidr": "10.13.0.0/24", "ip_version": 4}))
	group := r.create(own("OS::Neutron::SecurityGroup", "ct-group", spec{}))
	port := r.create(own("OS::Neutron::Port", "ct-port", spec{"network": net.ID, "security_groups": []resource.Value{group.ID}}))
	address := port.Spec["fixed_ips"].([]resource.Value)[0].(spec)["ip_address"]

	r.refuses("an unknown flavor", cloud.ErrNotFound, "flavor", own("OS::Nova::Server", "ct-x", spec{"flavor": nothing, "image": r.image().ID,
		"networks": []resource.Value{spec{"network": net.ID}}}))
	r.refuses("an unknown image", cloud.ErrNotFound, "image", own("OS::Nova::Server", "ct-x", spec{"flavor": r.flavor(true), "image": nothing,
		"networks": []resource.Value{spec{"network": net.ID}}}))
	if diskless := r.smallest(false); diskless != nil {
		r.refuses("a flavor without a disk and no volume", cloud.ErrForbidden, "flavor", own("OS::Nova::Server", "ct-x", spec{"flavor": diskless.ID, "image": r.image().ID,
			"networks": []resource.Value{spec{"network": net.ID}}}))
	}
	r.refuses("an unknown zone", cloud.ErrInvalid, "availability_zone", own("OS::Nova::Server", "ct-x", r.booting(spec{
		"networks": []resource.Value{spec{"network": net.ID}}, "availability_zone": "mars"})))
	r.refuses("an unknown network", cloud.ErrNotFound, "network", own("OS::Neutron::Port", "ct-x", spec{"network": nothing}))
	r.refuses("an address that is taken", cloud.ErrConflict, "fixed_ips[0].ip_address", own("OS::Neutron::Port", "ct-x", spec{"network": net.ID,
		"fixed_ips": []resource.Value{spec{"subnet": subnet.ID, "ip_address": address}}}))
	r.refuses("a name server without an address", cloud.ErrInvalid, "dns_nameservers", own("OS::Neutron::Subnet", "ct-x", spec{"network": net.ID, "cidr": "10.14.0.0/24",
		"dns_nameservers": []resource.Value{"a.b"}}))
	r.refuses("a router without address translation", cloud.ErrForbidden, "external_gateway_info.enable_snat", own("OS::Neutron::Router", "ct-x",
		spec{"external_gateway_info": spec{"network": r.external().ID, "enable_snat": false}}))
	r.refuses("more than the quota", cloud.ErrQuota, "", own("OS::Cinder::Volume", "ct-x", spec{"size": 900_000}))
	r.refuses("an unknown volume type", cloud.ErrNotFound, "volume_type", own("OS::Cinder::Volume", "ct-x", spec{"size": 1, "volume_type": nothing}))
	r.refuses("an unknown disk format", cloud.ErrInvalid, "disk_format", own("OS::Glance::Image", "ct-x", spec{"disk_format": "floppy"}))
	r.refuses("a public image", cloud.ErrForbidden, "visibility", own("OS::Glance::Image", "ct-x", spec{"disk_format": "raw", "visibility": "public"}))
	r.refuses("an unknown type", cloud.ErrUnsupported, "", own("OS::Magic::Wand", "ct-x", spec{}))
	r.extension(own("OS::Neutron::Net", "ct-dns", spec{"dns_domain": "example.org."}), "dns_domain", "dns-integration")

	for what, x := range map[string]*resource.Resource{"a network in use": net, "a subnet in use": subnet, "a group in use": group} {
		err := r.cloud.Delete(t.Context(), x)
		r.isKind("delete "+what, err, cloud.ErrConflict)
		if byID(r.list(x.Type), x) == nil {
			t.Errorf("delete %s: it is gone", what)
		}
	}
}

// refuses asserts kind, property and the service's words of a refusal.
func (r *run) refuses(what string, kind error, path resource.Path, x *resource.Resource) {
	r.Helper()
	made, err := r.cloud.Create(r.Context(), x, resource.Owner{Drill: r.drill, Key: x.Key})
	if err == nil {
		r.Errorf("%s: was made", what)
		r.delete(made)
		return
	}
	r.isKind(what, err, kind)
	var e *cloud.OpError
	if path != "" && errors.As(err, &e) && !slices.Equal(e.Paths, []resource.Path{path}) {
		r.Errorf("%s: names %v, want %s: %s", what, e.Paths, path, e.Message)
	}
}

func (r *run) isKind(what string, err, kind error) {
	r.Helper()
	var e *cloud.OpError
	switch {
	case !errors.As(err, &e):
		r.Errorf("%s: %v is no OpError", what, err)
	case !errors.Is(err, kind):
		r.Errorf("%s: %v, want %v", what, err, kind)
	case e.Message == "" || e.Cloud == "" || e.Op == "" || e.Ref.IsZero():
		r.Errorf("%s: says too little: %#v", what, e)
	case e.Status != 0 && e.RequestID == "":
		r.Errorf("%s: no request id: %v", what, err)
	}
}

// extension makes what an extension adds: where it is there the property
// arrives, where it is missing the refusal names the property.
func (r *run) extension(x *resource.Resource, path resource.Path, alias string) {
	r.Helper()
	if slices.Contains(r.offer.Extensions, alias) {
		r.check(x)
		return
	}
	r.refuses("what needs the extension "+alias, cloud.ErrInvalid, path, x)
}

// cancelled: when ctx is cancelled, nothing is made and nothing is deleted.
func (s Suite) cancelled(t *testing.T) {
	r := s.begin(t, "ctcancel")
	net := r.create(own("OS::Neutron::Net", "ct-stays", spec{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.cloud.Create(ctx, own("OS::Neutron::Net", "ct-never", spec{}), resource.Owner{Drill: r.drill, Key: "never"}); !errors.Is(err, context.Canceled) {
		t.Errorf("create: %v, want %v", err, context.Canceled)
	}
	if err := r.cloud.Delete(ctx, net); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v, want %v", err, context.Canceled)
	}
	if _, err := collect(ctx, r.cloud, cloud.Selector{}); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v, want %v", err, context.Canceled)
	}
	if all := r.list(); len(all) != 1 || all[0].ID != net.ID {
		t.Errorf("the drill has %d resources, want the one", len(all))
	}
}

// strangers: what carries no mark, or another drill's, is not the drill's.
func (s Suite) strangers(t *testing.T) {
	r := s.begin(t, "ctmine")
	other := s.begin(t, "ctother")
	mine := r.create(own("OS::Neutron::Net", "ct-net", spec{}))
	theirs := other.create(own("OS::Neutron::Net", "ct-net", spec{"description": "looks like wechsel-ctmine-net but is not"}))
	nobodys, err := r.cloud.Create(t.Context(), own("OS::Neutron::Net", "ct-net wechsel-ctmine-ct-net", spec{}), resource.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.cloud.Delete(context.WithoutCancel(t.Context()), nobodys); err != nil {
			t.Error(err)
		}
	})
	if all := r.list(); len(all) != 1 || all[0].ID != mine.ID {
		t.Errorf("the drill has %d resources, want the one", len(all))
	}
	r.sweep()
	all, err := collect(t.Context(), r.cloud, cloud.Selector{Types: []resource.Type{mine.Type}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*resource.Resource{theirs, nobodys} {
		shown := byID(all, x)
		if shown == nil {
			t.Errorf("%s is gone", x.ID)
			continue
		}
		if x == nobodys && !shown.Owner.IsZero() {
			t.Errorf("what nobody has marked belongs to %v", shown.Owner)
		}
	}
}
