package hot

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestMistakes: in testdata/bad each line with "# want: TEXT" has such an
// error, and no other line has one.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.hot.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files: ", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(file, data, Options{Files: fstest.MapFS{}})
		found := map[int][]string{}
		for _, e := range all(t, err) {
			if e.File != file || e.Line < 1 || e.Column < 1 {
				t.Errorf("%v: no place", e)
			}
			found[e.Line] = append(found[e.Line], e.Message)
		}
		for i, line := range strings.Split(string(data), "\n") {
			wants := strings.Split(line, "# want: ")[1:]
			for _, want := range wants {
				if !strings.Contains(strings.Join(found[i+1], "\n"), strings.TrimSpace(want)) {
					t.Errorf("%s:%d: have %q, want %q", file, i+1, found[i+1], want)
				}
			}
			if len(found[i+1]) > len(wants) {
				t.Errorf("%s:%d: too much: %q", file, i+1, found[i+1])
			}
		}
	}
}

func all(t *testing.T, err error) []*Error {
	t.Helper()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("not a list of errors: %v", err)
	}
	var out []*Error
	for _, err := range joined.Unwrap() {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("not an *Error: %v", err)
		}
		out = append(out, e)
	}
	return out
}

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "x.yaml: the file is empty",
		"a: [1":                          "x.yaml:2:1: did not find expected",
		"- a":                            "x.yaml:1:1: a template is a map, this is a list",
		"a: 1\n---\nb: 2":                "a second document",
		"{}":                             "heat_template_version is missing",
		"heat_template_version: 2018":    "heat_template_version wants a date or a release's name, this is a number",
		"a: &a [*a]":                     "",
		"description: !secret x":         "the tag !secret means nothing here",
		"[a]: b":                         "a key must be text",
		"description: .inf":              "is not a number that can be used",
		"<<: 5":                          "<< wants a map, this is a number",
		strings.Repeat("[", 200) + "\n}": "",
	} {
		_, err := Parse("x.yaml", []byte(text), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestValues: what the caller gives to parameters.
func TestValues(t *testing.T) {
	const text = "heat_template_version: rocky\nparameters:\n  n: {type: number, default: 1, constraints: [{range: {max: 5}}]}\n  s: {type: string}\n"
	parse := func(o Options) (*Template, error) { return Parse("x", []byte(text), o) }
	out, err := parse(Options{Parameters: map[string]any{"n": "3", "s": 7}, Overrides: map[string]any{"s": true, "unknown": 1}})
	if err != nil {
		t.Fatal(err)
	}
	if out.Parameters[0].Value != int64(3) || out.Parameters[1].Value != "True" {
		t.Errorf("parameters %+v", out.Parameters)
	}
	_, err = parse(Options{Parameters: map[string]any{"n": 6, "x": 1}})
	got := map[string]string{}
	for _, e := range all(t, err) {
		got[e.Parameter] = e.Message
	}
	want := map[string]string{"n": `parameter "n": the value is 6 is more than 5`, "s": `parameter "s" has no value and no default`,
		"x": `the template declares no parameter "x"`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestOutputs: what the functions give.
func TestOutputs(t *testing.T) {
	out := parseFile(t, "testdata/functions.hot.yaml")
	port := resource.Ref{Type: port, Key: "web-1-port"}
	web := func(n string) resource.Ref { return resource.Ref{Type: server, Key: resource.Key("web-" + n)} }
	want := map[string]resource.Value{
		"plain":       []resource.Value{int64(1), "two", 2.5, true, nil, "no"},
		"yes":         []resource.Value{true, false, "2021-04-16", "0o7"},
		"param":       []resource.Value{"x", []resource.Value{"a", "b"}, "b", int64(2), true},
		"replaced":    "the longest first: LONG, SHORT, 5, True and ",
		"joined":      `a,b,c,,{"k":[1]}`,
		"repeated":    []resource.Value{"1-a", "1-b", "2-a", "2-b"},
		"zipped":      []resource.Value{map[string]resource.Value{"1": "a"}, map[string]resource.Value{"2": "b"}},
		"file":        "hello\n",
		"refs":        []resource.Value{web("0"), web("1")},
		"second":      web("1"),
		"member":      web("0"),
		"addresses":   []resource.Value{resource.Attr{Ref: resource.Ref{Type: port.Type, Key: "web-0-port"}, Path: "fixed_ips[0].ip_address"}, resource.Attr{Ref: port, Path: "fixed_ips[0].ip_address"}},
		"port":        port,
		"mac":         resource.Attr{Ref: port, Path: "mac_address"},
		"own":         resource.Ref{Type: port.Type, Key: "extra"},
		"status":      resource.Attr{Ref: web("0"), Path: "tags[0]"},
		"late":        resource.Join{Sep: "", Parts: []resource.Value{"to ", web("0"), "!"}},
		"merged":      map[string]resource.Value{"a": int64(1), "b": int64(3)},
		"hash":        []resource.Value{"5d41402abc4b2a76b9719d911017c592", "5e1effe9b7bab73dce628ccd9f0cbbb16c1e6efc6c4f311e59992a467bc119fd"},
		"split":       []resource.Value{[]resource.Value{"a", "b"}, "b", "b", nil},
		"map_merge":   map[string]resource.Value{"a": int64(1), "b": int64(3), "c": "x"},
		"map_replace": map[string]resource.Value{"K1": "v1", "k2": "V2"},
		"concat":      []resource.Value{[]resource.Value{"a", "a", "b"}, []resource.Value{"a", "b", resource.Ref{Type: network, Key: "net"}}},
		"filter":      []resource.Value{[]resource.Value{"b", int64(1)}, []resource.Value{"a"}},
		"contains":    []resource.Value{true, false},
		"url": []resource.Value{"https://a%20b:p%3A%2F@[2001:db8::1]:8080/a/b%20c?q=a+b/&r=1#x%20y",
			resource.Join{Parts: []resource.Value{"http://", resource.Attr{Ref: resource.Ref{Type: port.Type, Key: "extra"}, Path: "fixed_ips[0].ip_address"}, "/x"}}, "/only"},
		"strict": []resource.Value{"-b", "c-b"},
		"if":     []resource.Value{"yes it is", int64(2), map[string]resource.Value{"l": "kept"}},
		"keys":   []resource.Value{"b!", "a!"},
	}
	if d := cmp.Diff(want, out.Outputs); d != "" {
		t.Error(d)
	}
}
