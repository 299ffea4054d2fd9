package hot

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestConfigs: what stands for a text is that text where it is used, with what
// is known only later in it; nothing is made of it.
func TestConfigs(t *testing.T) {
	s := mustParse(t, `
  net: {type: OS::Neutron::Net}
  nic: {type: OS::Neutron::Port, properties: {network: {get_resource: net}}}
  script: {type: OS::Heat::SoftwareConfig, properties: {config: "#!/bin/sh\necho grüezi\n"}}
  number: {type: OS::Heat::Value, properties: {value: '7', type: number}}
  setup:
    type: OS::Heat::CloudConfig
    properties:
      cloud_config:
        packages: [nginx]
        retries: {get_attr: [number, value]}
        write_files:
          - {path: /etc/peer, permissions: 0640, content: {list_join: [':', [{get_attr: [nic, mac_address]}, 'a "b" #c']]}}
          - {path: /etc/peers, content: {list_join: [' ', [{list_join: ['', [<, {get_attr: [nic, mac_address]}]]}, {list_join: ['', [{get_attr: [nic, mac_address]}, '>']]}]]}}
  inner: {type: OS::Heat::MultipartMime, properties: {parts: [{config: {get_resource: script}, filename: hi.sh}]}}
  all: {type: OS::Heat::MultipartMime, properties: {parts: [{config: {get_resource: setup}, subtype: cloud-config}, {config: {get_resource: inner}, type: multipart}]}}
  a: {type: OS::Nova::Server, properties: {flavor: s, image: i, user_data_format: RAW, user_data: {get_resource: setup}}}
  b: {type: OS::Nova::Server, properties: {flavor: s, image: i, user_data_format: RAW, user_data: {get_attr: [all, config]}}}
`)
	var types []string
	for r := range s.All() {
		types = append(types, string(r.Type))
	}
	if slices.ContainsFunc(types, func(typ string) bool { return strings.HasPrefix(typ, "OS::Heat::") }) {
		t.Errorf("a config became a resource: %v", types)
	}
	const mac = "fa:16:3e:00:00:07"
	a, b := dataOf(t, s, "a", mac), dataOf(t, s, "b", mac)
	if !strings.HasPrefix(a, "#cloud-config\n") {
		t.Errorf("no cloud-config: %q", a)
	}
	var got any
	if err := yaml.Load([]byte(a), &got); err != nil {
		t.Fatalf("%v\n%s", err, a)
	}
	want := map[string]any{"packages": []any{"nginx"}, "retries": 7,
		"write_files": []any{map[string]any{"path": "/etc/peer", "permissions": 0o640, "content": mac + `:a "b" #c`},
			map[string]any{"path": "/etc/peers", "content": "<" + mac + " " + mac + ">"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	outer := partsOf(t, b)
	if len(outer) != 2 {
		t.Fatalf("parts %q", outer)
	}
	if d := cmp.Diff(part{`text/cloud-config; charset="us-ascii"`, "7bit", "", a}, outer[0]); d != "" {
		t.Error(d)
	}
	inner := partsOf(t, "Content-Type: "+outer[1].Type+"\n\n"+outer[1].Text)
	if d := cmp.Diff([]part{{`text/hi; charset="utf-8"`, "8bit", "attachment; filename=hi.sh", "#!/bin/sh\necho grüezi\n"}}, inner); d != "" {
		t.Error(d)
	}
}

// dataOf returns a server's user data as it will be once the address is known.
func dataOf(t *testing.T, s *resource.Set, key resource.Key, mac string) string {
	t.Helper()
	v := s.Get(resource.Ref{Type: server, Key: key}).Spec["user_data"]
	j, ok := v.(resource.Join)
	if !ok || j.Sep != "" {
		t.Fatalf("user data %#v", v)
	}
	var text strings.Builder
	for _, piece := range j.Parts {
		switch piece := piece.(type) {
		case string:
			text.WriteString(piece)
		case resource.Attr:
			if want := (resource.Attr{Ref: resource.Ref{Type: port, Key: "nic"}, Path: "mac_address"}); piece != want {
				t.Errorf("have %v, want %v", piece, want)
			}
			text.WriteString(mac)
		default:
			t.Errorf("a part is %#v", piece)
		}
	}
	return text.String()
}

// A part is a part of a MIME message: its headers and what it holds.
type part struct{ Type, Encoding, Disposition, Text string }

func partsOf(t *testing.T, text string) []part {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	typ, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || typ != "multipart/mixed" {
		t.Fatalf("%s: %v", typ, err)
	}
	var out []part
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		h := p.Header
		out = append(out, part{h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), string(data)})
	}
}
