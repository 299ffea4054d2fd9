package openstack

import (
	"encoding/base64"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

var nameSchema = schema{types: []string{"string"}, minLen: 1, maxLen: 255}

var metadataSchema = schema{types: []string{"object"}, keys: "^[a-zA-Z0-9-_:. ]{1,255}$", closed: true, values: &schema{types: []string{"string"}, maxLen: 255}}

var boolEnum = []any{true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"}

var tagSchema = schema{types: []string{"string"}, minLen: 1, maxLen: 60, pattern: "^[^,/]*$"}

var strictUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func uuidSchema() schema {
	return schema{types: []string{"string"}, format: "uuid", check: func(s string) bool { return strictUUID.MatchString(s) }}
}

func addressSchema(format string) schema {
	return schema{types: []string{"string"}, format: format, check: func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is4() == (format == "ipv4")
	}}
}

func countSchema() schema {
	return schema{types: []string{"integer", "string"}, pattern: "^[0-9]*$", minLen: 1, min: limit(1)}
}

// networkSchema checks one entry of a new server's networks.
func networkSchema(v version) schema {
	s := schema{types: []string{"object"}, closed: true, props: map[string]schema{
		"fixed_ip": {anyOf: []schema{addressSchema("ipv4"), addressSchema("ipv6")}},
		"port":     {anyOf: []schema{uuidSchema(), {types: []string{"null"}}}},
		"uuid":     {types: []string{"string"}},
	}}
	if v.since(2, 42) {
		s.props["tag"] = tagSchema
	}
	return s
}

// mappingSchema checks one entry of block_device_mapping_v2.
func mappingSchema(v version) schema {
	s := schema{types: []string{"object"}, closed: true, props: map[string]schema{
		"source_type": {types: []string{"string"}, enum: []any{"volume", "image", "snapshot", "blank"}}, "uuid": {types: []string{"string"}, minLen: 1, maxLen: 255},
		"image_id": {}, "destination_type": {types: []string{"string"}, enum: []any{"local", "volume"}}, "guest_format": {types: []string{"string"}, maxLen: 255},
		"device_type": {types: []string{"string"}, maxLen: 255}, "disk_bus": {types: []string{"string"}, maxLen: 255},
		"boot_index": {types: []string{"integer", "string", "null"}, pattern: "^-?[0-9]+$"}, "volume_id": {}, "snapshot_id": {},
		"volume_size":           {types: []string{"integer", "string"}, pattern: "^[0-9]+$", minLen: 1, maxLen: 19, min: limit(1)},
		"device_name":           {types: []string{"string"}, minLen: 1, maxLen: 255, pattern: `^[a-zA-Z0-9._-r/]*$`},
		"delete_on_termination": {types: []string{"boolean", "string"}, enum: boolEnum}, "no_device": {}, "connection_info": {}}}
	if v.since(2, 42) {
		s.props["tag"] = tagSchema
	}
	if v.since(2, 67) {
		s.props["volume_type"] = schema{types: []string{"string", "null"}, maxLen: 255}
	}
	return s
}

// serverSchema checks the body of a POST to /servers.
func serverSchema(v version) schema {
	net, mapping := networkSchema(v), mappingSchema(v)
	networks := schema{types: []string{"array"}, items: &net}
	if v.since(2, 37) {
		networks = schema{anyOf: []schema{networks, {types: []string{"string"}, enum: []any{"none", "auto"}}}}
	}
	props := map[string]schema{
		"name": nameSchema, "imageRef": {anyOf: []schema{uuidSchema(), {types: []string{"string"}, maxLen: 0, enum: []any{""}}}},
		"flavorRef": {types: []string{"string", "integer"}, minLen: 1}, "adminPass": {types: []string{"string"}}, "metadata": metadataSchema, "networks": networks,
		"OS-DCF:diskConfig": {types: []string{"string"}, enum: []any{"AUTO", "MANUAL"}}, "accessIPv4": addressSchema("ipv4"), "accessIPv6": addressSchema("ipv6"),
		"availability_zone": nameSchema, "block_device_mapping": {types: []string{"array"}}, "block_device_mapping_v2": {types: []string{"array"}, items: &mapping},
		"config_drive": {types: []string{"boolean", "string"}, enum: boolEnum}, "key_name": nameSchema, "min_count": countSchema(), "max_count": countSchema(),
		"return_reservation_id": {types: []string{"boolean", "string"}, enum: boolEnum}, "user_data": userDataSchema(),
		"security_groups": {types: []string{"array"}, items: &schema{types: []string{"object"}, closed: true, props: map[string]schema{"name": nameSchema}}},
	}
	newerProps(v, props)
	server := schema{types: []string{"object"}, required: []string{"name", "flavorRef"}, closed: true, props: props}
	if v.since(2, 37) {
		server.required = append(server.required, "networks")
	}
	hints := schema{types: []string{"object"}, props: map[string]schema{"group": uuidSchema()}}
	return schema{types: []string{"object"}, required: []string{"server"}, closed: true,
		props: map[string]schema{"server": server, "os:scheduler_hints": hints, "OS-SCH-HNT:scheduler_hints": hints}}
}

func newerProps(v version, props map[string]schema) {
	id := uuidSchema()
	for minor, added := range map[int]map[string]schema{
		19: {"description": {types: []string{"string", "null"}, maxLen: 255}},
		52: {"tags": {types: []string{"array"}, items: &tagSchema, maxItems: 50}},
		63: {"trusted_image_certificates": {types: []string{"array", "null"}, items: &id, minItems: 1, maxItems: 50, unique: true}},
		74: {"host": nameSchema, "hypervisor_hostname": nameSchema},
		90: {"hostname": {types: []string{"string"}, minLen: 2, maxLen: 63, pattern: `^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$`}},
	} {
		for name, s := range added {
			if v.since(2, minor) {
				props[name] = s
			}
		}
	}
	if !v.since(2, 57) {
		props["personality"] = schema{types: []string{"array"}}
	}
}

func userDataSchema() schema {
	return schema{types: []string{"string"}, maxLen: 65535, format: "base64", check: pyBase64}
}

// pyBase64 takes what Python's base64.decodebytes takes: characters that are
// not of the alphabet do not matter.
func pyBase64(s string) bool {
	letters := strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+/=", r)) {
			return r
		}
		return -1
	}, s)
	_, err := base64.StdEncoding.DecodeString(letters)
	return err == nil
}
