package openstack

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

// showVolumeEncryption tells a server what it needs to read a volume.
func showVolumeEncryption(c *call) (*reply, error) {
	v, err := c.oneVolume(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return ok(c.volumeKey(v)), nil
}

func (c *call) volumeKey(v *volume) map[string]any {
	b := map[string]any{"encryption_key_id": nil}
	if !v.kind.encrypted {
		return b
	}
	b["encryption_key_id"] = fixedKey
	said := c.encryptionBody(v.kind)
	for _, k := range []string{"control_location", "cipher", "key_size", "provider"} {
		b[k] = said[k]
	}
	return b
}

// showVolumeEncryptionKey is one word of it, as text; a word that is not there
// is more than Cinder can take.
func showVolumeEncryptionKey(c *call) (*reply, error) {
	v, err := c.oneVolume(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	value := c.volumeKey(v)[c.PathValue("key")]
	if value == nil {
		return nil, refuse(http.StatusInternalServerError, "The server has either erred or is incapable of performing the requested operation.")
	}
	return (&reply{status: http.StatusOK, bytes: []byte(pyStr(value))}).set("Content-Type", "text/html; charset=UTF-8"), nil
}

//go:embed cinder_extensions.json
var volumeExtensions []byte

func listVolumeExtensions(*call) (*reply, error) {
	var list []map[string]any
	if err := json.Unmarshal(volumeExtensions, &list); err != nil {
		return nil, err
	}
	for _, e := range list {
		e["links"] = []any{}
	}
	return ok(map[string]any{"extensions": list}), nil
}
