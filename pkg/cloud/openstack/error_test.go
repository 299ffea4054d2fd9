package openstack

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

type spec = map[string]resource.Value

// TestRecordedRefusals: what the real services have said becomes the kind of
// error that it is, and names the property that it is about.
func TestRecordedRefusals(t *testing.T) {
	const nothing = "00000000-dead-4bad-8bad-000000000000"
	cases := map[string]struct {
		kind  *kind
		err   error
		paths string
		spec  spec // of the request, where the message names a value
	}{
		"compute/keypair-bad-key":                      {keyPairs(), cloud.ErrInvalid, "", nil},
		"compute/keypair-bad-type":                     {keyPairs(), cloud.ErrInvalid, "type", nil},
		"compute/keypair-type-at-2.1":                  {keyPairs(), cloud.ErrInvalid, "type", nil},
		"compute/keypair-duplicate":                    {keyPairs(), cloud.ErrConflict, "", nil},
		"compute/keypair-delete-404":                   {keyPairs(), cloud.ErrNotFound, "", nil},
		"compute/keypair-other-user-refused":           {keyPairs(), cloud.ErrForbidden, "", nil},
		"compute/server-create-unknown-flavor":         {servers(), cloud.ErrNotFound, "flavor", spec{"flavor": "nothing"}},
		"compute/server-create-unknown-image":          {servers(), cloud.ErrNotFound, "image", nil},
		"compute/server-create-bad-image-id":           {servers(), cloud.ErrInvalid, "image", nil},
		"compute/server-create-unknown-key":            {servers(), cloud.ErrNotFound, "key_name", nil},
		"compute/server-create-unknown-network":        {servers(), cloud.ErrNotFound, "networks[0].network", spec{"networks": []any{spec{"network": nothing}}}},
		"compute/server-create-unknown-port":           {servers(), cloud.ErrNotFound, "networks[1].port", spec{"networks": []any{spec{"network": "n"}, spec{"port": nothing}}}},
		"compute/server-create-unknown-security-group": {servers(), cloud.ErrNotFound, "security_groups[0]", spec{"security_groups": []any{"nothing"}}},
		"compute/server-create-unknown-group-hint":     {servers(), cloud.ErrNotFound, "scheduler_hints.group", spec{"scheduler_hints": spec{"group": nothing}}},
		"compute/server-create-volume-404":             {servers(), cloud.ErrNotFound, "block_device_mapping_v2[0].volume_id", spec{"block_device_mapping_v2": []any{spec{"volume_id": nothing}}}},
		"compute/server-create-unknown-az":             {servers(), cloud.ErrInvalid, "availability_zone", nil},
		"compute/server-create-zero-disk":              {servers(), cloud.ErrForbidden, "flavor", nil},
		"compute/server-create-quota":                  {servers(), cloud.ErrQuota, "", nil},
		"compute/server-create-metadata-non-string":    {servers(), cloud.ErrInvalid, "metadata.k", spec{"metadata": spec{"k": 1}}},
		"compute/server-create-port-in-use":            {servers(), cloud.ErrConflict, "", spec{"networks": []any{spec{"port": "e41667c4-cfee-4972-81dd-b0c56036bb41"}}}},
		"compute/server-create-tags-too-old":           {servers(), cloud.ErrInvalid, "tags", nil},
		"compute/server-create-user-data-too-long":     {servers(), cloud.ErrInvalid, "user_data", nil},
		"compute/server-delete-locked":                 {servers(), cloud.ErrConflict, "", nil},
		"compute/server-group-unknown-policy":          {serverGroups(), cloud.ErrInvalid, "policies", nil},
		"compute/server-group-soft-at-2.1":             {serverGroups(), cloud.ErrInvalid, "policies", nil},
		"compute/server-group-rules-with-affinity":     {serverGroups(), cloud.ErrInvalid, "rules", nil},
		"compute/microversion-too-new":                 {servers(), cloud.ErrUnsupported, "", nil},
		"compute/no-token":                             {servers(), cloud.ErrUnauthenticated, "", nil},
		"compute/volume-attach-404":                    {attachments(), cloud.ErrNotFound, "volume_id", spec{"volume_id": nothing}},

		"network/network-create-unknown-attribute":      {networks(), cloud.ErrInvalid, "", nil},
		"network/network-create-mtu-too-big":            {networks(), cloud.ErrInvalid, "mtu", nil},
		"network/network-create-tags":                   {networks(), cloud.ErrInvalid, "tags", nil},
		"network/network-create-hint":                   {networks(), cloud.ErrNotFound, "availability_zone_hints", nil},
		"network/network-create-shared-refused":         {networks(), cloud.ErrForbidden, "", nil},
		"network/network-delete-with-port":              {networks(), cloud.ErrConflict, "", nil},
		"network/subnet-create-bad-dns":                 {subnets(), cloud.ErrInvalid, "dns_nameservers", nil},
		"network/subnet-create-gateway-in-pool":         {subnets(), cloud.ErrConflict, "gateway_ip", spec{"gateway_ip": "10.27.0.60"}},
		"network/subnet-create-network-404":             {subnets(), cloud.ErrNotFound, "network", spec{"network": nothing}},
		"network/port-create-group-404":                 {ports(), cloud.ErrNotFound, "security_groups[1]", spec{"security_groups": []any{"a", nothing}}},
		"network/port-create-address-taken":             {ports(), cloud.ErrConflict, "fixed_ips[0].ip_address", spec{"fixed_ips": []any{spec{"ip_address": "10.20.0.70"}}}},
		"network/port-create-address-outside-of-subnet": {ports(), cloud.ErrInvalid, "fixed_ips[0].ip_address", spec{"fixed_ips": []any{spec{"ip_address": "10.99.0.7"}}}},
		"network/router-create-gateway-snat-refused":    {routers(), cloud.ErrForbidden, "external_gateway_info.enable_snat", nil},
		"network/router-create-gateway-fixed-refused":   {routers(), cloud.ErrForbidden, "external_gateway_info.external_fixed_ips", nil},
		"network/router-create-over-quota":              {routers(), cloud.ErrQuota, "", nil},
		"network/router-delete-with-interface":          {routers(), cloud.ErrConflict, "", nil},
		"network/router-remove-interface-in-use-by-fip": {interfaces(), cloud.ErrConflict, "", nil},
		"network/rule-create-bad-prefix":                {rules(), cloud.ErrInvalid, "remote_ip_prefix", spec{"remote_ip_prefix": "300.0.0.0/8"}},
		"network/rule-create-remote-group-404":          {rules(), cloud.ErrNotFound, "remote_group", spec{"remote_group": nothing}},
		"network/security-group-delete-in-use":          {groups(), cloud.ErrConflict, "", nil},
		"network/fip-create-fixed-address-refused":      {floatingIPs(), cloud.ErrForbidden, "floating_ip_address", nil},
		"network/fip-create-port-404":                   {floatingIPs(), cloud.ErrNotFound, "port_id", spec{"port_id": nothing}},
		"network/not-found":                             {networks(), cloud.ErrUnsupported, "", nil},

		"volume/volume-create-unknown-type":     {volumes(), cloud.ErrNotFound, "volume_type", spec{"volume_type": "magic"}},
		"volume/volume-create-unknown-az":       {volumes(), cloud.ErrInvalid, "availability_zone", spec{"availability_zone": "mars"}},
		"volume/volume-create-image-404":        {volumes(), cloud.ErrNotFound, "image", nil},
		"volume/volume-create-image-min-disk":   {volumes(), cloud.ErrInvalid, "size", nil},
		"volume/volume-create-size-zero":        {volumes(), cloud.ErrInvalid, "size", nil},
		"volume/volume-create-snapshot-404":     {volumes(), cloud.ErrNotFound, "snapshot_id", spec{"snapshot_id": nothing}},
		"volume/volume-create-over-quota":       {volumes(), cloud.ErrQuota, "", nil},
		"volume/volume-delete-in-use":           {volumes(), cloud.ErrConflict, "", nil},
		"volume/volume-delete-with-snapshot":    {volumes(), cloud.ErrConflict, "", nil},
		"volume/snapshot-create-in-use":         {snapshots(), cloud.ErrConflict, "", nil},
		"volume/volume-upload-image-in-use":     {volumes(), cloud.ErrConflict, "", nil},
		"volume/volume-upload-image-bad-format": {images(), cloud.ErrInvalid, "disk_format", nil},
		"volume/microversion-too-new":           {volumes(), cloud.ErrUnsupported, "", nil},

		"image/image-create-bad-disk-format":     {images(), cloud.ErrInvalid, "disk_format", nil},
		"image/image-create-non-string-property": {images(), cloud.ErrInvalid, "properties.answer", spec{"properties": spec{"answer": 42}}},
		"image/image-create-negative-min-disk":   {images(), cloud.ErrInvalid, "min_disk", nil},
		"image/image-create-public-refused":      {images(), cloud.ErrForbidden, "visibility", nil},
		"image/image-delete-protected":           {images(), cloud.ErrForbidden, "", nil},
		"image/image-delete-404":                 {images(), cloud.ErrNotFound, "", nil},
		"image/image-upload-again":               {images(), cloud.ErrConflict, "", nil},
	}
	seen := map[string]bool{}
	recorded(t, func(name string, x exchange) {
		side, rest, _ := strings.Cut(name, "/")
		want, ok := cases[rest]
		if !ok || side != "real-a" || x.Response.Status < 400 {
			return
		}
		seen[rest] = true
		c := &Cloud{name: side}
		var e *cloud.OpError
		if !errors.As(c.wrap(call{op: "create"}, gophercloud.ErrUnexpectedResponseCode{Actual: x.Response.Status, Body: x.Response.Body}), &e) {
			t.Fatalf("%s: not an OpError", name)
		}
		r := &resource.Resource{Ref: resource.Ref{Type: want.kind.schema.Type, Key: "k"}, Spec: want.spec}
		err := want.kind.about(e, r)
		if !errors.Is(err, want.err) {
			t.Errorf("%s: is %v, want %v", name, err, want.err)
		}
		var paths []string
		for _, p := range e.Paths {
			paths = append(paths, string(p))
		}
		if got := strings.Join(paths, ","); got != want.paths {
			t.Errorf("%s: paths %q, want %q: %s", name, got, want.paths, e.Message)
		}
		if e.Message == "" || strings.Contains(e.Message, "<br") || strings.ContainsAny(e.Message, "\n{") && !strings.Contains(e.Message, "schema") && !strings.Contains(e.Message, "{8}") {
			t.Errorf("%s: message %q", name, e.Message)
		}
	})
	var unseen []string
	for name := range cases {
		if !seen[name] {
			unseen = append(unseen, name)
		}
	}
	if slices.Sort(unseen); len(unseen) > 0 {
		t.Errorf("not recorded: %v", unseen)
	}
}

// TestMessageHidesSecrets: what a service repeats of a request is not told on.
func TestMessageHidesSecrets(t *testing.T) {
	recorded(t, func(name string, x exchange) {
		if !strings.Contains(name, "user-data-too-long") {
			return
		}
		if m := cloud.RedactedMessage(message(x.Response.Body)); strings.Contains(m, "QUFB") || !strings.Contains(m, "user_data") {
			t.Errorf("%s: %.200s", name, m)
		}
	})
}
