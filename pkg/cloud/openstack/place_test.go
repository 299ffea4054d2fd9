package openstack

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	entry := func(name, url, user, project string) string {
		return "  " + name + ":\n    region_name: north\n    auth: {auth_url: " + url + ", username: " + user + ", password: p, project_name: " + project + ", user_domain_name: Default, project_domain_name: Default}\n"
	}
	err := os.WriteFile(file, []byte("clouds:\n"+entry("one", "http://a/v3", "demo", "shop")+entry("same", "http://a/v3/", "other", "shop")+
		entry("project", "http://a/v3", "demo", "portal")+entry("cloud", "http://b/v3", "demo", "shop")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	place := func(name string) string {
		p, err := Place(Options{Cloud: name, Files: []string{file}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if place("one") != place("same") {
		t.Errorf("one project has the places %q and %q", place("one"), place("same"))
	}
	if place("one") == place("project") || place("one") == place("cloud") {
		t.Errorf("different projects have the place %q", place("one"))
	}
	if _, err := Place(Options{Cloud: "none", Files: []string{file}}); err == nil {
		t.Error("an entry that is not there has a place")
	}
}
