package openstack

import (
	"os"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// TestReplayConsistencyGroups plays what a member of a real cloud met whose Cinder has
// no backend for consistency groups.
func TestReplayConsistencyGroups(t *testing.T) {
	p, err := profile.Load(os.DirFS("../../../fixtures/clouds"), "real-b")
	if err != nil {
		t.Fatal(err)
	}
	r := &replay{lab: newLab(t, p), ids: map[string]string{}, recs: loadRecordings(t, "real-b", "volume-groups")}
	groups := "/volume/v3/" + r.project() + "/consistencygroups"
	r.must(202, "POST", groups, map[string]any{"consistencygroup": map[string]any{"name": "x", "volume_types": "standard"}}) // was there
	r.prepared = []string{r.project()}
	for _, rec := range r.recs {
		if rec.name == "update-nothing" {
			volumes := "/volume/v3/" + r.project() + "/volumes"
			standard := r.do(volumes, "volume", map[string]any{"size": 1, "volume_type": "standard"})
			r.prepared = []string{r.do(volumes, "volume", map[string]any{"size": 1, "volume_type": "premium-luks"}), standard}
			r.later(time.Minute)
		}
		rec.service = "volume"
		if diff := r.play(rec); diff != "" {
			t.Errorf("%d %s: %s %s %s: %s", rec.Seq, rec.name, rec.Request.Method, rec.Request.Path, brief(rec.Request.Body), diff)
		}
		r.later(time.Second)
	}
}

// TestConsistencyGroupsOfGenericGroups: the old API shows, fills, copies and deletes
// groups of other types, and these can do it all.
func TestConsistencyGroupsOfGenericGroups(t *testing.T) {
	l := newLab(t, withServers())
	member := l.token
	l.token = l.login("admin", "admin")
	l.volumeCall("POST", "/group_types", map[string]any{"group_type": map[string]any{"name": "plain"}})
	l.token = member
	g := l.volumeCall("POST", "/groups", map[string]any{"group": map[string]any{"name": "g", "group_type": "plain", "volume_types": []any{"standard"}}}).at("group", "id").(string)
	v := l.newVolume(map[string]any{"size": 1, "volume_type": "standard"})
	old := func(status int, method, path string, body any) answer {
		t.Helper()
		a := l.volumeCall(method, path, body)
		if a.status != status {
			t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
		}
		l.later(time.Minute)
		return a
	}
	wish := func(doc map[string]any) map[string]any { return map[string]any{"consistencygroup": doc} }
	old(202, "PUT", "/consistencygroups/"+g+"/update", wish(map[string]any{"add_volumes": v, "name": "mine"}))
	if a := old(200, "GET", "/groups/"+g+"?list_volume=true", nil); a.at("group", "name") != "mine" || len(a.at("group", "volumes").([]any)) != 1 {
		t.Error(a.raw)
	}
	old(400, "POST", "/consistencygroups/"+g+"/delete", wish(map[string]any{"force": false}))
	s := old(202, "POST", "/cgsnapshots", map[string]any{"cgsnapshot": map[string]any{"consistencygroup_id": g}}).at("cgsnapshot", "id").(string)
	if a := old(200, "GET", "/cgsnapshots/"+s, nil); a.at("cgsnapshot", "status") != "available" || a.at("cgsnapshot", "consistencygroup_id") != g {
		t.Error(a.raw)
	}
	made := old(202, "POST", "/consistencygroups/create_from_src", map[string]any{"consistencygroup-from-src": map[string]any{"name": "copy", "cgsnapshot_id": s}}).at("consistencygroup", "id").(string)
	if a := old(200, "GET", "/consistencygroups/detail", nil).at("consistencygroups").([]any); len(a) != 2 || a[0].(map[string]any)["id"] != made {
		t.Error(a)
	}
	if a := old(400, "POST", "/consistencygroups/"+g+"/delete", wish(map[string]any{"force": true})); a.at("badRequest", "message") != "Invalid Group: Group has existing snapshots." {
		t.Error(a.raw)
	}
	old(202, "DELETE", "/cgsnapshots/"+s, nil)
	for _, id := range []string{g, made} {
		old(202, "POST", "/consistencygroups/"+id+"/delete", wish(map[string]any{"force": true}))
		old(404, "GET", "/consistencygroups/"+id, nil)
	}
	old(400, "DELETE", "/consistencygroups/"+g, nil)
}
