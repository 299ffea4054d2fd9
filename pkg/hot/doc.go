// Package hot reads and writes HOT, the Heat Orchestration Template, without
// Heat.
//
// [Parse] turns a template and its parameters into a [resource.Set]: it reads
// the YAML with positions, checks the parameters against their declarations,
// evaluates the functions, checks every property against the table of its type
// (kind_nova.go, kind_neutron.go, kind_cinder.go) and expands what Heat would
// expand: the members of a ResourceGroup, the rules of a security group, the
// ports that Nova makes. All errors are told at once, each an [Error] with
// file, line and column.
//
// What refers to a resource of the template becomes a Ref, what is known only
// later an Attr, text around those a Join. What is named by plain text and is
// the provider's or the project's own (a flavor, an image, a network) becomes
// a Given resource that has nothing but its name.
//
// [Render] goes the other way: a Set as exported from a cloud becomes a
// template that Heat accepts, and a list of what HOT cannot say.
//
// Types that Heat keeps to itself (OS::Heat::CloudConfig, SoftwareConfig,
// MultipartMime, Value) make no resource: each stands for the value that it
// has where it is used (kind_heat.go).
//
// The language is that of Heat Zed
// (https://docs.openstack.org/heat/zed/template_guide/), with what it still
// takes of older templates. What Heat knows and this package does not is
// refused by name; what does nothing here, because it is about updates or
// Heat's own agents, is told in Template.Notes.
package hot
