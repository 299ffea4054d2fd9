package bundle

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

//go:embed restore.md.tmpl
var restoreText string

const (
	volumeType resource.Type = "OS::Cinder::Volume"
	serverType resource.Type = "OS::Nova::Server"
	imageType  resource.Type = "OS::Glance::Image"
)

// openFormats writes the template, the manifests and RESTORE.md, and returns
// what they cannot say. A layer that the set has nothing of is not mentioned.
func (w *Writer) openFormats(set *resource.Set, cloud string) ([]Left, error) {
	r := restore{Cloud: cloud}
	stack, objects := layer(set, false), layer(set, true)
	if objects.Len() == 0 || stack.Len() > 0 {
		if err := w.template(stack, &r); err != nil {
			return nil, err
		}
	}
	if err := w.omitted(); err != nil {
		return nil, err
	}
	r.Omitted, r.Sealed = len(w.omissions.Objects), w.sealed
	if objects.Len() > 0 {
		files, left, err := w.manifests(objects)
		if err != nil {
			return nil, err
		}
		r.Cluster, r.Left = clusterOf(objects, files), append(r.Left, left...)
		if r.Cluster.Images, err = w.images(objects, imageNames(files)); err != nil {
			return nil, err
		}
	}
	all := r.Left
	r.Left = slices.DeleteFunc(slices.Clone(all), func(l Left) bool { return isMade(objects, l.Ref) })
	r.Files = slices.Clone(w.files)
	slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	text, err := r.text()
	if err != nil {
		return nil, err
	}
	return all, w.Write(RestoreFile, []byte(text))
}

// template writes the HOT file, and notes what RESTORE.md says of it.
func (w *Writer) template(set *resource.Set, r *restore) error {
	withImages, images := restoreImages(set)
	rendered, err := hot.Render(withImages, "What ran on "+r.Cloud)
	if err != nil {
		return fmt.Errorf("write %s: %w", TemplateFile, err)
	}
	if err := w.Write(TemplateFile, rendered.Template); err != nil {
		return err
	}
	r.Template, r.Images = TemplateFile, images
	parsed, err := hot.Parse(TemplateFile, rendered.Template, hot.Options{Schemas: set.Schemas})
	if err != nil {
		r.Left = append(r.Left, Left{Reason: "the template cannot be used as it is: " + err.Error()})
	} else {
		r.Parameters = parsed.Parameters
	}
	r.After = afterStack(set, rendered.Names)
	for _, l := range rendered.Left {
		if l.Path == "power" || (l.Path == "content" || l.Path == "image_metadata") && slices.ContainsFunc(images, func(i restoreImage) bool { return i.of == l.Ref }) {
			continue // RESTORE.md brings it
		}
		r.Left = append(r.Left, Left(l))
	}
	return nil
}

// clientProperties are what the openstack client gives an image that it makes;
// a volume that is made from the image remembers them.
const clientProperties = " --image-property owner_specified.openstack.md5 --image-property owner_specified.openstack.sha256" +
	" --image-property owner_specified.openstack.object"

// restoreImages returns the set in which every volume that has bytes is made
// from an image that the reader of RESTORE.md uploads before. So a root volume
// that Nova has made becomes one of the project, as a deployment of the bundle
// makes it.
func restoreImages(set *resource.Set) (*resource.Set, []restoreImage) {
	out := set.Clone()
	var images []restoreImage
	for r := range out.OfType(volumeType) {
		if r.Content == nil || r.Content.File == "" {
			continue
		}
		if r.Tenure == resource.Implied && !ownRoot(out, r) {
			continue
		}
		remembers := properties(r)
		name := "restore-" + string(r.Key)
		given := &resource.Resource{Ref: resource.Ref{Type: imageType, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Given}
		out.Put(given)
		r.Spec["image"] = given.Ref
		delete(r.Spec, "snapshot_id")
		delete(r.Spec, "source_volid")
		images = append(images, restoreImage{r.Ref, name, r.Content.File, r.Content.Format, remembers})
	}
	return out, images
}

// properties are what the volume remembers of the image that it once was made
// from, each as KEY=VALUE.
func properties(volume *resource.Resource) []string {
	metadata, said := volume.Spec["image_metadata"].(map[string]resource.Value)
	if !said && volume.Spec["image"] != nil {
		metadata, _ = volume.Attrs["image_metadata"].(map[string]resource.Value)
	}
	var all []string
	for _, k := range slices.Sorted(maps.Keys(metadata)) {
		all = append(all, fmt.Sprintf("%s=%v", k, metadata[k]))
	}
	return all
}

// ownRoot lets the server that the volume was made for boot from it as from one
// of the project's. It reports whether the volume is that server's root.
func ownRoot(set *resource.Set, v *resource.Resource) bool {
	s := set.Get(v.Parent)
	if s == nil || s.Type != serverType {
		return false
	}
	devices, _ := s.Spec["block_device_mapping_v2"].([]resource.Value)
	for _, d := range devices {
		device, _ := d.(map[string]resource.Value)
		asked := device["image"] != nil && (device["boot_index"] == nil || device["boot_index"] == int64(0))
		if !asked && device["volume_id"] != resource.Value(v.Ref) {
			continue
		}
		delete(device, "image")
		delete(device, "volume_size")
		device["volume_id"] = v.Ref
		v.Tenure, v.Parent = resource.Own, resource.Ref{}
		return true
	}
	return false
}

// afterStack returns the commands for what only an existing resource can be
// told: a volume that was made from bytes is bootable and remembers the image,
// and every server runs.
func afterStack(set *resource.Set, names map[resource.Ref]string) []string {
	var commands []string
	for r := range set.OfType(volumeType) {
		if r.Content == nil || r.Content.File == "" || names[r.Ref] == "" {
			continue
		}
		if r.Spec["bootable"] != true && r.Attrs["bootable"] != true && r.Spec["image"] == nil {
			commands = append(commands, fmt.Sprintf("openstack volume set --non-bootable $(id %s)", quote(names[r.Ref])))
		}
		commands = append(commands, fmt.Sprintf("openstack volume unset%s $(id %s)", clientProperties, quote(names[r.Ref])))
	}
	for r := range set.OfType(serverType) {
		if r.Spec["power"] == "off" && names[r.Ref] != "" {
			commands = append(commands, fmt.Sprintf("openstack server stop $(id %s)", quote(names[r.Ref])))
		}
	}
	return commands
}

type restoreImage struct {
	of                 resource.Ref
	Name, File, Format string
	Properties         []string
}

type restore struct {
	Cloud, Template string // Template is empty without an OpenStack part
	Files           []File
	Images          []restoreImage
	Parameters      []hot.Parameter
	After           []string
	Cluster         *cluster // nil without a Kubernetes part
	Left            []Left
	Sealed          bool
	Omitted         int // objects and types that are in OmittedFile
}

func (r restore) text() (string, error) {
	steps := 0
	functions := template.FuncMap{"quote": quote, "join": strings.Join, "step": func() int { steps++; return steps }}
	t, err := template.New(RestoreFile).Funcs(functions).Parse(restoreText)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return "", fmt.Errorf("write %s: %w", RestoreFile, err)
	}
	return b.String(), nil
}

// quote makes one word of the shell of any text.
func quote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
