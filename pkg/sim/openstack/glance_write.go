package openstack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

var (
	diskFormats      = []any{nil, "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"}
	containerFormats = []any{nil, "ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"}
	visibilities     = []any{"community", "public", "private", "shared"}
	readOnly         = []string{"created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema",
		"stores"}
	reservedNames = []string{"location", "deleted", "deleted_at"}
	baseNames     = []string{"id", "name", "disk_format", "container_format", "visibility", "protected", "os_hidden", "min_disk", "min_ram", "owner", "tags", "locations"}
)

// imageForm is the image schema as far as a client may set something.
var imageForm = schema{types: []string{"object"}, keys: regexp.MustCompile("."), values: &schema{types: []string{"string"}}, props: map[string]schema{
	"id":               {types: []string{"string"}, pattern: regexp.MustCompile("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$")},
	"name":             {types: []string{"null", "string"}, maxLen: 255},
	"disk_format":      {types: []string{"null", "string"}, enum: diskFormats},
	"container_format": {types: []string{"null", "string"}, enum: containerFormats},
	"visibility":       {types: []string{"string"}, enum: visibilities},
	"protected":        {types: []string{"boolean"}},
	"os_hidden":        {types: []string{"boolean"}},
	"min_disk":         {types: []string{"integer"}},
	"min_ram":          {types: []string{"integer"}},
	"owner":            {types: []string{"null", "string"}, maxLen: 255},
	"tags":             {types: []string{"array"}, items: &schema{types: []string{"string"}, maxLen: 255}},
	"locations":        {types: []string{"array"}},
	"checksum":         {types: []string{"null", "string"}, maxLen: 32},
	"size":             {types: []string{"null", "integer"}},
	"virtual_size":     {types: []string{"null", "integer"}},
}}

// conformImage says what Glance says when a document does not fit. Its message
// goes on with a part of the schema; we stop before that.
func conformImage(doc map[string]any) error {
	if _, _, wrong := imageForm.violation("", doc); wrong != "" {
		return refuse(http.StatusBadRequest, "Provided object does not match schema 'image': %s", wrong)
	}
	return nil
}

// guardImageKey refuses names that only Glance itself sets.
func guardImageKey(key string) error {
	switch {
	case slices.Contains(readOnly, key):
		return refuse(http.StatusForbidden, "Attribute '%s' is read-only.", key)
	case slices.Contains(reservedNames, key), strings.HasPrefix(key, "os_glance"):
		return &refusal{status: http.StatusForbidden, message: "Access was denied to this resource.", detail: "Attribute '" + key + "' is reserved."}
	}
	return nil
}

func notAuthorized(action string) error {
	return refuse(http.StatusForbidden, "You are not authorized to complete %s action.", action)
}

func createImage(c *call) (*reply, error) {
	if c.body == nil {
		return nil, refuse(http.StatusBadRequest, "Body expected in request.")
	}
	doc, isObject := c.body.(map[string]any)
	if !isObject {
		return nil, refuse(http.StatusInternalServerError, "The server has either erred or is incapable of performing the requested operation.")
	}
	if err := c.checkNewImage(doc); err != nil {
		return nil, err
	}
	im := &image{id: text(doc["id"]), owner: c.project(), visibility: "shared", props: map[string]string{}, tags: []string{},
		members: map[string]*member{}, created: c.now.Truncate(time.Second), updated: c.now.Truncate(time.Second), virtualSize: -1}
	for k, v := range doc {
		im.assign(k, v)
	}
	if im.id == "" {
		im.id = c.cloud.Objects.UUID()
	}
	im.life = sim.Steady(c.now, "queued")
	c.cloud.image.table.Put(im.id, im.owner, im)
	rep := with(http.StatusCreated, im.body(c.now)).set("Location", c.url("/v2/images/"+im.id))
	return rep.set("OpenStack-Image-Import-Methods", strings.Join(importMethods, ",")).set("OpenStack-Image-Store-Ids", "file"), nil
}

func (c *call) checkNewImage(doc map[string]any) error {
	for _, k := range sortedKeys(doc) {
		if err := guardImageKey(k); err != nil {
			return err
		}
	}
	if err := conformImage(doc); err != nil {
		return err
	}
	if !c.may("add_image", "member") {
		return notAuthorized("add_image")
	}
	if owner := text(doc["owner"]); owner != "" && owner != c.project() && !c.admin() {
		return refuse(http.StatusForbidden, "You are not permitted to create images owned by '%s'.", owner)
	}
	var all []change
	for k, v := range doc {
		all = append(all, change{"add", k, v})
	}
	if err := (&image{}).room(all); err != nil {
		return err
	}
	if _, taken := c.cloud.image.table.Get(text(doc["id"])); taken {
		return refuse(http.StatusConflict, "Image ID %s already exists!", doc["id"])
	}
	for k, v := range doc {
		if err := c.checkImageValue(k, v); err != nil {
			return err
		}
	}
	return nil
}

// checkImageValue asks the policy and the limits that are not in the schema.
func (c *call) checkImageValue(key string, v any) error {
	switch key {
	case "visibility":
		rule := map[string]string{"public": "publicize_image", "community": "communitize_image"}[text(v)]
		role := map[string]string{"public": "admin"}[text(v)]
		if role == "" {
			role = "member"
		}
		if rule != "" && !c.may(rule, role) {
			return notAuthorized(rule)
		}
	case "min_disk", "min_ram":
		if n, _ := asInt(v); n < 0 {
			return refuse(http.StatusBadRequest, "Invalid value '%d' for parameter '%s': Cannot be a negative value", n, key)
		}
	}
	return nil
}

// assign sets one checked attribute or property.
func (im *image) assign(key string, v any) {
	switch key {
	case "id":
		im.id = text(v)
	case "name":
		im.name = v
	case "disk_format":
		im.diskFormat = v
	case "container_format":
		im.containerFormat = v
	case "visibility":
		im.visibility = text(v)
	case "protected":
		im.protected = v == true
	case "os_hidden":
		im.hidden = v == true
	case "min_disk":
		im.minDisk, _ = asInt(v)
	case "min_ram":
		im.minRAM, _ = asInt(v)
	case "owner":
		im.owner = text(v)
	case "locations":
	case "tags":
		im.tags = im.tags[:0]
		for _, t := range v.([]any) {
			im.addTag(text(t))
		}
	default:
		im.props[key] = text(v)
	}
}

func (im *image) addTag(tag string) {
	if !slices.Contains(im.tags, tag) {
		im.tags = append(im.tags, tag)
	}
}

// ownImage returns the image in the path if the caller may change it.
func (c *call) ownImage() (*image, error) {
	im, err := c.oneImage()
	if err != nil {
		return nil, err
	}
	if im.owner != c.project() && !c.admin() {
		return nil, refuse(http.StatusForbidden, "You do not own this image")
	}
	return im, nil
}

func (c *call) checkChange(im *image, ch change) error {
	base := slices.Contains(baseNames, ch.key)
	_, has := im.props[ch.key]
	switch {
	case base && ch.op == "remove":
		return &refusal{status: http.StatusForbidden, message: "Access was denied to this resource.", detail: "Property " + ch.key + " may not be removed."}
	case !base && !has && ch.op != "add":
		return &refusal{status: http.StatusConflict, message: "There was a conflict when trying to complete your request.",
			detail: "Property " + ch.key + " does not exist."}
	case (ch.key == "disk_format" || ch.key == "container_format") && im.life.At(c.now) != "queued":
		return refuse(http.StatusForbidden, "Attribute %s can be only replaced for a queued image.", ch.key)
	case ch.key == "owner" && !c.admin():
		return &refusal{status: http.StatusForbidden, message: "Access was denied to this resource.", detail: "Owner can't be updated by non admin."}
	}
	return c.checkImageValue(ch.key, ch.value)
}

func deleteImage(c *call) (*reply, error) {
	if _, err := c.oneImage(); err != nil {
		return nil, refuse(http.StatusNotFound, "Failed to find image %s to delete", c.PathValue("id"))
	}
	im, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	if im.protected {
		return nil, refuse(http.StatusForbidden, "Image %s is protected and cannot be deleted.", im.id)
	}
	c.cloud.dropImage(im)
	return glanceDone(), nil
}

func addImageTag(c *call) (*reply, error) {
	im, err := c.taggedImage()
	if err != nil {
		return nil, err
	}
	tag := c.PathValue("tag")
	if len(tag) > 255 {
		return nil, refuse(http.StatusBadRequest, "Provided object does not match schema 'image': %s is too long", pyRepr(tag))
	}
	if !slices.Contains(im.tags, tag) {
		if err := tooManyOf("tags", len(im.tags)+1); err != nil {
			return nil, err
		}
	}
	im.addTag(tag)
	return glanceDone(), nil
}

func removeImageTag(c *call) (*reply, error) {
	im, err := c.taggedImage()
	if err != nil {
		return nil, err
	}
	at := slices.Index(im.tags, c.PathValue("tag"))
	if at < 0 {
		return nil, refuse(http.StatusNotFound, "The resource could not be found.")
	}
	im.tags = slices.Delete(im.tags, at, at+1)
	return glanceDone(), nil
}

func (c *call) taggedImage() (*image, error) {
	im, err := c.sharedImage()
	if err == nil && im.owner != c.project() && !c.admin() {
		err = refuse(http.StatusForbidden, "Not allowed to update tags for image %s.", im.id)
	}
	return im, err
}
