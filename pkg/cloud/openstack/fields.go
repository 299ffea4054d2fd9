package openstack

import "github.com/wechsel-project/wechsel/pkg/resource"

// A change to a field, for writing schemas as short lines.
type option func(*resource.Field)

func field(path resource.Path, form resource.Form, options ...option) resource.Field {
	f := resource.Field{Path: path, Form: form, Chooser: resource.Tenant}
	for _, o := range options {
		o(&f)
	}
	return f
}

func refers(types ...resource.Type) option { return func(f *resource.Field) { f.Refers = types } }
func initially(v resource.Value) option    { return func(f *resource.Field) { f.Default = v } }
func gate(g string) option                 { return func(f *resource.Field) { f.Gate = g } }
func set(f *resource.Field)                { f.List = resource.Unique }
func ordered(f *resource.Field)            { f.List = resource.Ordered }
func required(f *resource.Field)           { f.Required = true }
func foreign(f *resource.Field)            { f.Foreign = true }
func unreadable(f *resource.Field)         { f.Hidden = true }
func readOnly(f *resource.Field)           { f.NoSet = true }
func provider(f *resource.Field)           { f.Chooser = resource.Provider }
func either(f *resource.Field)             { f.Chooser = resource.Either }

// The types.
const (
	typeKeyPair     resource.Type = "OS::Nova::KeyPair"
	typeServerGroup resource.Type = "OS::Nova::ServerGroup"
	typeServer      resource.Type = "OS::Nova::Server"
	typeFlavor      resource.Type = "OS::Nova::Flavor"
	typeNet         resource.Type = "OS::Neutron::Net"
	typeSubnet      resource.Type = "OS::Neutron::Subnet"
	typeRouter      resource.Type = "OS::Neutron::Router"
	typeInterface   resource.Type = "OS::Neutron::RouterInterface"
	typeRoute       resource.Type = "OS::Neutron::ExtraRoute"
	typeQoSPolicy   resource.Type = "OS::Neutron::QoSPolicy"
	typePort        resource.Type = "OS::Neutron::Port"
	typeGroup       resource.Type = "OS::Neutron::SecurityGroup"
	typeRule        resource.Type = "OS::Neutron::SecurityGroupRule"
	typeFloatingIP  resource.Type = "OS::Neutron::FloatingIP"
	typeVolume      resource.Type = "OS::Cinder::Volume"
	typeVolumeType  resource.Type = "OS::Cinder::VolumeType"
	typeAttachment  resource.Type = "OS::Cinder::VolumeAttachment"
	typeSnapshot    resource.Type = "OS::Cinder::Snapshot"
	typeImage       resource.Type = "OS::Glance::Image"
)
