package openstack

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// legacyMappings reads block_device_mapping, which was before
// block_device_mapping_v2: volumes, snapshots, and disks without a source by a
// name. Without an image the first that has a source is the root disk.
func (p *serverPlan) legacyMappings() error {
	list, _ := p.doc["block_device_mapping"].([]any)
	newer, _ := p.doc["block_device_mapping_v2"].([]any)
	if len(list) > 0 && len(newer) > 0 {
		return refuse(http.StatusBadRequest, "Using different block_device_mapping syntaxes is not allowed in the same request.")
	}
	rooted := text(p.doc["imageRef"]) != ""
	for _, item := range list {
		m := argument(item)
		w := diskWish{destination: "volume", device: text(m["device_name"]), bootIndex: -1}
		w.size, _ = asInt(m["volume_size"])
		w.deleteToo, _ = asBool(m["delete_on_termination"])
		switch name := text(m["virtual_name"]); {
		case name == "swap" || strings.HasPrefix(name, "ephemeral"):
			w.source, w.destination, w.deleteToo = "blank", "local", true
		case text(m["snapshot_id"]) != "":
			w.source, w.uuid = "snapshot", text(m["snapshot_id"])
		case text(m["volume_id"]) != "":
			w.source, w.uuid = "volume", text(m["volume_id"])
		case m["no_device"] != nil:
			continue
		default:
			return refuse(http.StatusBadRequest, "Block Device Mapping is Invalid: Unrecognized legacy format.")
		}
		if !rooted && w.source != "blank" {
			w.bootIndex, rooted = 0, true
		}
		p.disks = append(p.disks, w)
	}
	return nil
}

// personality counts the files that a server was to find on its disk, before
// 2.57.
func (p *serverPlan) personality() error {
	list, _ := p.doc["personality"].([]any)
	over := func(resource string, n int) bool {
		most := p.cloud.limit(p.project(), "compute."+resource)
		return most >= 0 && int64(n) > most
	}
	if over("injected_files", len(list)) {
		return refuse(http.StatusForbidden, "Personality file limit exceeded")
	}
	for _, item := range list {
		file := argument(item)
		content, _ := base64.StdEncoding.DecodeString(text(file["contents"])) // the schema has seen that it can be
		switch {
		case over("injected_file_path_bytes", len(text(file["path"]))):
			return refuse(http.StatusForbidden, "Personality file path exceeds maximum length")
		case over("injected_file_content_bytes", len(content)):
			return refuse(http.StatusForbidden, "Personality file content exceeds maximum length")
		}
	}
	return nil
}
