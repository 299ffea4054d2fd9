package bundle

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"iter"
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

// openFormats writes what serves without wechsel and is of all resources: the
// template, the kustomization, the lists and RESTORE.md. It returns what they
// cannot say. A layer of which there is nothing is not mentioned.
func (u *unpacking) openFormats(cloud string) (iter.Seq[Left], error) {
	r := restore{Cloud: cloud, Sealed: u.sealed}
	var ofTemplate []Left
	if u.objects == 0 || u.stack.Len() > 0 {
		var err error
		if ofTemplate, err = u.template(u.stack, &r); err != nil {
			return nil, err
		}
	}
	var err error
	if r.Omitted, err = u.omitted(); err != nil {
		return nil, err
	}
	if u.objects > 0 {
		if err := u.kustomization(); err != nil {
			return nil, err
		}
		r.Cluster = u.cluster()
		if err := u.writeImages(r.Cluster.Images); err != nil {
			return nil, err
		}
	}
	r.Left, r.Files = u.allLeft(ofTemplate, false), u.allFiles(ResourcesFile)
	return u.allLeft(ofTemplate, true), u.writeRestore(r)
}

// allLeft yields what the template, and what the manifests cannot say; with what
// the cluster brings back by itself, or without.
func (u *unpacking) allLeft(ofTemplate []Left, made bool) iter.Seq[Left] {
	ofManifests := each[leftNote](&u.notes, leftOut)
	return func(yield func(Left) bool) {
		for _, l := range ofTemplate {
			if !yield(l) {
				return
			}
		}
		if ofManifests == nil {
			return
		}
		for l := range ofManifests {
			if (made || !l.Made) && !yield(l.Left) {
				return
			}
		}
	}
}

// template writes the HOT file, and notes what RESTORE.md says of it. It returns
// what it cannot say.
func (w *Writer) template(set *resource.Set, r *restore) (left []Left, err error) {
	withImages, images := restoreImages(set)
	rendered, err := hot.Render(withImages, "What ran on "+r.Cloud)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", TemplateFile, err)
	}
	if err := w.Write(TemplateFile, rendered.Template); err != nil {
		return nil, err
	}
	r.Template, r.Images = TemplateFile, images
	parsed, err := hot.Parse(TemplateFile, rendered.Template, hot.Options{Schemas: set.Schemas})
	if err != nil {
		left = append(left, Left{Reason: "the template cannot be used as it is: " + err.Error()})
	} else {
		r.Parameters = parsed.Parameters
	}
	r.After = afterStack(set, rendered.Names)
	for _, l := range rendered.Left {
		if l.Path == "power" || (l.Path == "content" || l.Path == "image_metadata") && slices.ContainsFunc(images, func(i restoreImage) bool { return i.of == l.Ref }) {
			continue // RESTORE.md brings it
		}
		left = append(left, Left(l))
	}
	return left, nil
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
	Files           iter.Seq[File]
	Images          []restoreImage
	Parameters      []hot.Parameter
	After           []string
	Cluster         *cluster // nil without a Kubernetes part
	Left            iter.Seq[Left]
	Sealed          bool
	Omitted         int // objects and types that are in OmittedFile
}

// writeRestore writes RESTORE.md.
func (w *Writer) writeRestore(r restore) error {
	steps := 0
	functions := template.FuncMap{"quote": quote, "step": func() int { steps++; return steps }}
	t, err := template.New(RestoreFile).Funcs(functions).Parse(restoreText)
	if err != nil {
		return err
	}
	f, err := w.File(RestoreFile)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	if err := errors.Join(t.Execute(out, r), w.notes.err); err != nil {
		return fmt.Errorf("write %s: %w", RestoreFile, errors.Join(err, f.CloseWithError(err)))
	}
	return errors.Join(out.Flush(), f.Close())
}

// quote makes one word of the shell of any text.
func quote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
