package scenario

import "github.com/wechsel-project/wechsel/pkg/resource"

// A File is scenario.yaml as it is written.
type File struct {
	APIVersion Text     `yaml:"apiVersion,required" json:"apiVersion" jsonschema:"enum=wechsel/v1"`
	Kind       Text     `yaml:"kind,required" json:"kind" jsonschema:"enum=Scenario"`
	Metadata   Metadata `yaml:"metadata,required" json:"metadata"`
	Spec       Spec     `yaml:"spec,required" json:"spec"`
}

// Metadata says what a scenario is.
type Metadata struct {
	Name        Text      `yaml:"name,required" json:"name" jsonschema_description:"Lower-case letters, digits and hyphens; the folder's name"`
	Title       Languages `yaml:"title,required" json:"title"`
	Description Languages `yaml:"description" json:"description,omitzero"`
}

// Languages is a text in the languages of reports.
type Languages struct {
	EN string `yaml:"en,required" json:"en"`
	DE string `yaml:"de" json:"de,omitempty"`
}

// Spec is what moves, and how.
type Spec struct {
	From       string          `yaml:"from" json:"from,omitempty" jsonschema_description:"Where the drill starts unless --from says otherwise"`
	To         string          `yaml:"to" json:"to,omitempty" jsonschema_description:"Where the drill goes unless --to says otherwise"`
	OpenStack  OpenStack       `yaml:"openstack" json:"openstack,omitzero"`
	Kubernetes []Kubernetes    `yaml:"kubernetes" json:"kubernetes,omitempty" jsonschema_description:"The Kubernetes part of the workload"`
	Data       []Data          `yaml:"data" json:"data,omitempty"`
	Mapping    []Mapping       `yaml:"mapping" json:"mapping,omitempty"`
	Supply     map[string]Text `yaml:"supply" json:"supply,omitempty" jsonschema_description:"Files with what a cloud does not let its tenant read back, by SERVER_user_data"`
	Expect     []Expect        `yaml:"expect" json:"expect,omitempty"`
}

// OpenStack is a workload in HOT.
type OpenStack struct {
	Template    Text           `yaml:"template,required" json:"template" jsonschema_description:"A HOT file in the scenario's folder"`
	Environment Text           `yaml:"environment" json:"environment,omitzero" jsonschema_description:"A Heat environment in the scenario's folder: parameters and parameter_defaults"`
	Parameters  map[string]Any `yaml:"parameters" json:"parameters,omitempty" jsonschema_description:"Values for the template's parameters; they come before those of the environment"`
}

// Kubernetes is a part of a workload on a cluster: manifests, a kustomization
// or a chart.
type Kubernetes struct {
	Manifests     Text  `yaml:"manifests" json:"manifests,omitzero" jsonschema_description:"A file with manifests, or a folder of such, in the scenario's folder"`
	Kustomization Text  `yaml:"kustomization" json:"kustomization,omitzero" jsonschema_description:"A folder with a kustomization.yaml, in the scenario's folder"`
	Helm          Chart `yaml:"helm" json:"helm,omitzero"`
	Namespace     Text  `yaml:"namespace" json:"namespace,omitzero" jsonschema_description:"For what names none; default if not given"`

	place
}

// Chart is a release of a chart.
type Chart struct {
	Chart     Text `yaml:"chart,required" json:"chart" jsonschema_description:"The chart's folder, in the scenario's folder"`
	Values    Any  `yaml:"values" json:"values,omitzero" jsonschema_description:"A file with values, or the values themselves"`
	Release   Text `yaml:"release" json:"release,omitzero" jsonschema_description:"The release's name; the chart's folder's if not given"`
	Namespace Text `yaml:"namespace" json:"namespace,omitzero" jsonschema_description:"Where it is installed; default if not given"`

	place
}

// Data is bytes that HOT cannot express. They are generated, so that no file
// travels.
type Data struct {
	Volume     Text              `yaml:"volume" json:"volume,omitzero" jsonschema_description:"A volume of the template, which shall hold bytes"`
	Image      Text              `yaml:"image" json:"image,omitzero" jsonschema_description:"The name of an image that the project makes; the template names it by that"`
	Claim      Text              `yaml:"claim" json:"claim,omitzero" jsonschema_description:"A claim of the Kubernetes part, as NAMESPACE/NAME, which shall hold bytes; of a StatefulSet's TEMPLATE-NAME-NUMBER"`
	Size       Size              `yaml:"size" json:"size,omitzero" jsonschema_description:"How many bytes; 1MiB if not given"`
	Seed       Any               `yaml:"seed" json:"seed,omitzero" jsonschema:"type=integer,minimum=1" jsonschema_description:"Generates the bytes; a snapshot has none of its own"`
	Format     Text              `yaml:"format" json:"format,omitzero" jsonschema:"enum=raw"`
	Properties map[string]string `yaml:"properties" json:"properties,omitempty" jsonschema_description:"Of the image"`
	Snapshot   Text              `yaml:"snapshot" json:"snapshot,omitzero" jsonschema_description:"The name of a snapshot of the volume; the template names it by that"`
	Container  Later             `yaml:"container" json:"-"`
	Objects    Later             `yaml:"objects" json:"-"`

	place
}

// A Mapping is one rule, tried before the built-in matching.
type Mapping struct {
	To      string `yaml:"to" json:"to,omitempty" jsonschema_description:"The only target that it is for"`
	Type    Text   `yaml:"type,required" json:"type"`
	Path    Text   `yaml:"path,required" json:"path"`
	When    Any    `yaml:"when" json:"when,omitzero" jsonschema_description:"The only value that it is for; without it any"`
	Replace Any    `yaml:"replace,required" json:"replace"`
}

// Expect names a kind of gap that is known already.
type Expect struct {
	To  string `yaml:"to" json:"to,omitempty" jsonschema_description:"The only target where it is expected"`
	Gap Text   `yaml:"gap,required" json:"gap" jsonschema:"pattern=^[a-z0-9-]+/[a-z0-9-]+$"`
}

// A Rule is a mapping rule of a scenario.
type Rule struct {
	To      string         // the target's name; empty: any
	Type    resource.Type  //
	Path    resource.Path  // of the property
	When    resource.Value // the property's value, a Given resource by its name; nil: any
	Replace resource.Value // what it becomes, a Given resource by its name
}

// An Expectation is a kind of gap that is known already on a target.
type Expectation struct {
	To, Gap string // To is empty for any target
}

// A Config is wechsel.yaml: the clouds that its user knows by names of their
// own.
type Config struct {
	Clouds map[string]Cloud `yaml:"clouds,required" json:"clouds" jsonschema_description:"By the name that --from and --to take"`
}

// A Cloud is how to reach a cloud, and what it calls things.
type Cloud struct {
	OpenStack  Text           `yaml:"openstack" json:"openstack,omitzero" jsonschema_description:"A cloud in clouds.yaml; without it the cloud of the same name"`
	Kubernetes Text           `yaml:"kubernetes" json:"kubernetes,omitzero" jsonschema_description:"A context in the kubeconfig"`
	Kubeconfig Text           `yaml:"kubeconfig" json:"kubeconfig,omitzero" jsonschema_description:"The kubeconfig's file; without it KUBECONFIG, or ~/.kube/config"`
	Parameters map[string]Any `yaml:"parameters" json:"parameters,omitempty" jsonschema_description:"Values for parameters of templates: what this cloud calls its images, flavors, networks, zones"`
}
