package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// A change is one step of a JSON patch.
type change struct {
	op, key string
	value   any
}

// The two dialects of patches that Glance takes: of the second draft of JSON
// patch, with the operation as a key, and of RFC 6902.
const (
	oldPatchType = "application/openstack-images-v2.0-json-patch"
	patchType    = "application/openstack-images-v2.1-json-patch"
)

func readChanges(body any, dialect string) ([]change, error) {
	list, isList := body.([]any)
	if !isList {
		if _, isText := body.(string); isText {
			return nil, refuse(http.StatusBadRequest, "Unexpected body type. Expected list/dict.")
		}
		return nil, refuse(http.StatusBadRequest, "Request body must be a JSON array of operation objects.")
	}
	var changes []change
	for _, raw := range list {
		doc, isObject := raw.(map[string]any)
		if !isObject {
			return nil, refuse(http.StatusBadRequest, "Operations must be JSON objects.")
		}
		op, path, err := readOperation(doc, dialect)
		if err != nil {
			return nil, err
		}
		ch, err := readChange(op, path, doc)
		if err != nil {
			return nil, err
		}
		changes = append(changes, ch)
	}
	return changes, nil
}

// readOperation returns what is to be done, and where.
func readOperation(doc map[string]any, dialect string) (op, path string, err error) {
	const known = "It must be one of the following: add, remove, replace."
	if dialect == oldPatchType {
		for _, name := range []string{"add", "remove", "replace"} {
			where, there := doc[name]
			switch {
			case there && op != "":
				return "", "", refuse(http.StatusBadRequest, "Operation objects must contain only one member named \"add\", \"remove\", or \"replace\".")
			case there:
				op, path = name, pyStr(where)
			}
		}
		if op == "" {
			return "", "", refuse(http.StatusBadRequest, "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".")
		}
		return op, path, nil
	}
	op, isText := doc["op"].(string)
	if !isText {
		return "", "", refuse(http.StatusBadRequest, "Unable to find `op` in JSON Schema change. %s", known)
	}
	if op != "add" && op != "remove" && op != "replace" {
		return "", "", refuse(http.StatusBadRequest, "Invalid operation: `%s`. %s", op, known)
	}
	if path, isText = doc["path"].(string); !isText {
		return "", "", refuse(http.StatusBadRequest, "Unable to find 'path' in JSON Schema change")
	}
	return op, path, nil
}

func readChange(op, path string, doc map[string]any) (change, error) {
	value, given := doc["value"]
	if op != "remove" && !given {
		return change{}, refuse(http.StatusBadRequest, "Operation \"%s\" requires a member named \"value\".", op)
	}
	key, err := readPointer(path)
	if err != nil {
		return change{}, err
	}
	if slices.Contains(readOnly, key) || key == "id" || key == "os_hash_algo" || key == "os_hash_value" {
		return change{}, refuse(http.StatusForbidden, "Attribute '%s' is read-only.", key)
	}
	if slices.Contains(reservedNames, key) || strings.HasPrefix(key, "os_glance") {
		return change{}, refuse(http.StatusForbidden, "Attribute '%s' is reserved.", key)
	}
	if root, rest, _ := strings.Cut(path[1:], "/"); root == "locations" {
		return change{}, refuseLocations(op, rest, value)
	}
	if strings.Contains(path[1:], "/") {
		return change{}, refuse(http.StatusBadRequest, "Invalid JSON pointer for this resource: '%s'", path)
	}
	if op != "remove" {
		if err := conformImage(map[string]any{key: value}); err != nil {
			return change{}, err
		}
	}
	return change{op, key, value}, nil
}

// readPointer returns the first step of a JSON pointer.
func readPointer(path string) (string, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return "", refuse(http.StatusBadRequest, "Pointer `%s` does not start with \"/\".", path)
	case strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(path), "~"):
		return "", refuse(http.StatusBadRequest, "Pointer `%s` contains \"~\" not part of a recognized escape sequence.", path)
	}
	root, _, _ := strings.Cut(path[1:], "/")
	return strings.TrimSpace(strings.NewReplacer("~1", "/", "~0", "~").Replace(root)), nil
}

// refuseLocations: where an image's bytes are is nobody's business here
// (show_multiple_locations is off).
func refuseLocations(op, place string, value any) error {
	list, isList := value.([]any)
	switch {
	case op == "replace" && isList && len(list) == 0:
		return &refusal{status: http.StatusForbidden, message: "Access was denied to this resource.", detail: "Cannot set locations to empty list."}
	case op == "replace":
		return refuse(http.StatusForbidden, "It's not allowed to update locations if locations are invisible.")
	case place == "":
		return refuse(http.StatusBadRequest, "Invalid JSON pointer for this resource: '/locations'")
	}
	return refuse(http.StatusForbidden, "It's not allowed to %s locations if locations are invisible.", op)
}

func updateImage(c *call) (*reply, error) {
	dialect := c.Header.Get("Content-Type")
	if dialect != patchType && dialect != oldPatchType {
		return nil, refuse(http.StatusUnsupportedMediaType, "The request media type %s is not supported by this server.", dialect)
	}
	changes, err := readChanges(c.body, dialect)
	if err != nil {
		return nil, err
	}
	im, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	for _, ch := range changes { // all or none
		if err := c.checkChange(im, ch); err != nil {
			return nil, err
		}
	}
	if err := im.room(changes); err != nil {
		return nil, err
	}
	for _, ch := range changes {
		if ch.op == "remove" {
			delete(im.props, ch.key)
		} else {
			im.assign(ch.key, ch.value)
		}
	}
	im.updated = c.now.Truncate(1e9)
	return ok(im.body(c.now)), nil
}

// maxOfImage is how many properties, tags and members an image may have
// (image_property_quota and so on).
const maxOfImage = 128

func tooManyOf(what string, count int) error {
	if count <= maxOfImage {
		return nil
	}
	return refuse(http.StatusRequestEntityTooLarge, "The limit has been exceeded on the number of allowed image %s. Attempted: %d, Maximum: %d",
		what, count, maxOfImage)
}

// room tells whether an image may have all that changes would make of it.
func (im *image) room(changes []change) error {
	keys := map[string]bool{}
	for k := range im.props {
		keys[k] = true
	}
	for _, ch := range changes {
		switch {
		case ch.key == "tags":
			list, _ := ch.value.([]any)
			if err := tooManyOf("tags", len(list)); err != nil {
				return err
			}
		case slices.Contains(baseNames, ch.key):
		case ch.op == "remove":
			delete(keys, ch.key)
		default:
			keys[ch.key] = true
		}
	}
	if len(keys) <= len(im.props) {
		return nil
	}
	return tooManyOf("properties", len(keys))
}
