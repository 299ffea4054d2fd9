package openstack

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A step is one raw exchange: the request, the status it must have, and a text
// that must be in the answer. $1 in a path or body is the first id that an
// answer of the table brought, $2 the second, …
type step struct {
	request string // "GET /path", headers after it as "Name: value" lines, then an empty line and the body
	status  int
	want    string
	keep    bool // the answer's id becomes the next $n
	after   time.Duration
}

// twice runs a table twice, on two clouds of the same seed, and demands the
// same bytes both times, but for the port.
func twice(t *testing.T, p *profile.Profile, steps []step) *lab {
	t.Helper()
	var first []string
	var l *lab
	for round := range 2 {
		l = newLab(t, p)
		var ids []string
		for i, s := range steps {
			l.later(s.after)
			a := l.raw(s.request, ids)
			text := strings.ReplaceAll(a.raw, l.url, "")
			if a.status != s.status || !strings.Contains(text, s.want) {
				t.Fatalf("step %d, %.60q: %d %.400s\nwant %d with %q", i, s.request, a.status, text, s.status, s.want)
			}
			if s.keep {
				ids = append(ids, findID(a.body))
			}
			if round == 0 {
				first = append(first, text)
			} else if text != first[i] {
				t.Errorf("step %d: %s\nand the second time %s", i, first[i], text)
			}
		}
	}
	return l
}

func (l *lab) raw(request string, ids []string) answer {
	l.Helper()
	for i, id := range ids {
		request = strings.ReplaceAll(request, fmt.Sprintf("$%d", i+1), id)
	}
	request = strings.ReplaceAll(request, "$project", l.cloud.identity.project(l.cloud.profile.Name, "demo").id)
	head, body, _ := strings.Cut(request, "\n\n")
	lines := strings.Split(head, "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	var headers []string
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		headers = append(headers, name, value)
	}
	var data any
	if body != "" {
		data = body
	}
	return l.call(method, path, data, headers...)
}

// findID returns the id of the object in an answer.
func findID(body map[string]any) string {
	if id := text(body["id"]); id != "" {
		return id
	}
	for _, k := range sortedKeys(body) {
		if m, ok := body[k].(map[string]any); ok {
			if id := text(m["image_id"]); id != "" {
				return id
			}
			return text(m["id"])
		}
	}
	return ""
}

const octets = "\nContent-Type: application/octet-stream\n\n"

func TestBytesGoRound(t *testing.T) {
	p := carried(t, "alster")
	data := strings.Repeat("all work and no play ", 5000)
	l := twice(t, p, []step{
		{"POST /image/v2/images\n\n" + `{"name": "bytes", "disk_format": "raw", "container_format": "bare", "os_distro": "debian"}`, 201, `"queued"`, true, 0},
		{"PUT /image/v2/images/$1/file" + octets + data, 204, "", false, 0},
		{"GET /image/v2/images/$1", 200, `"status":"active"`, false, 0},
		{"POST /volume/v3/$project/volumes\n\n" + `{"volume": {"size": 1, "imageRef": "$1", "name": "v"}}`, 202, `"creating"`, true, 0},
		{"GET /volume/v3/$project/volumes/$2", 200, `"bootable":"false"`, false, 0},
		{"GET /volume/v3/$project/volumes/$2", 200, `"bootable":"true"`, false, time.Second},
		{"POST /volume/v3/$project/snapshots\n\n" + `{"snapshot": {"volume_id": "$2"}}`, 202, `"creating"`, true, 0},
		{"POST /volume/v3/$project/volumes\n\n" + `{"volume": {"snapshot_id": "$3", "size": 2}}`, 202, `"size":2`, true, time.Second},
		{"POST /volume/v3/$project/volumes/$4/action\nOpenStack-API-Version: volume 3.59\n\n" +
			`{"os-volume_upload_image": {"image_name": "out", "disk_format": "qcow2", "container_format": "bare", "visibility": "private"}}`, 202, `"visibility":"private"`, true, time.Second},
		{"GET /image/v2/images/$5", 200, `"status":"queued"`, false, 0},
		{"GET /volume/v3/$project/volumes/$4", 200, `"uploading"`, false, 0},
		{"GET /image/v2/images/$5", 200, `"virtual_size":2147483648`, false, time.Second},
		{"GET /image/v2/images/$5", 200, `"os_distro":"debian"`, false, 0},
		// and back in again: qcow2 into a volume
		{"POST /volume/v3/$project/volumes\n\n" + `{"volume": {"size": 1, "imageRef": "$5"}}`, 400, "doesn't fit in a volume of size 1GB", false, 0},
		{"POST /volume/v3/$project/volumes\n\n" + `{"volume": {"size": 2, "imageRef": "$5", "name": "again"}}`, 202, "", false, 0},
	})
	l.later(time.Second)
	for v := range l.cloud.volume.table.All() {
		got, err := io.ReadAll(io.LimitReader(v.disk.Reader(v.size<<30), int64(len(data))))
		if err != nil || string(got) != data || v.disk.Stored() > 128<<10 {
			t.Errorf("volume %v: %v, %.30q, stored %d", v.name, err, got, v.disk.Stored())
		}
	}
}

func TestUploadedImageIsWhatWasSent(t *testing.T) {
	for _, algorithm := range []string{"", "sha256"} {
		p := testProfile()
		p.Behaviour.HashAlgorithm = algorithm
		l := newLab(t, p)
		data := bytes.Repeat([]byte("0123456789"), 20_000)
		id := l.call("POST", "/image/v2/images", `{"name": "x", "disk_format": "raw", "container_format": "bare"}`).at("id").(string)
		l.call("PUT", "/image/v2/images/"+id+"/file", string(data), "Content-Type", "application/octet-stream")
		got := l.call("GET", "/image/v2/images/"+id+"/file", nil)
		sum := md5.Sum(data)
		if got.raw != string(data) || got.header.Get("Content-MD5") != hex.EncodeToString(sum[:]) {
			t.Errorf("%d bytes, md5 %s", len(got.raw), got.header.Get("Content-MD5"))
		}
		im := l.call("GET", "/image/v2/images/"+id, nil)
		if want := map[string]int{"": 128, "sha256": 64}[algorithm]; len(im.at("os_hash_value").(string)) != want {
			t.Errorf("%q: %v", algorithm, im.at("os_hash_value"))
		}
	}
}

func TestMembersShareAnImage(t *testing.T) {
	l := newLab(t, testProfile())
	mine, other := l.token, l.login("demo2", "demo2")
	id := l.call("POST", "/image/v2/images", `{"name": "shared"}`).at("id").(string)
	them := l.cloud.identity.project("test", "demo2").id
	count := func(query string) int { return len(l.call("GET", "/image/v2/images"+query, nil).at("images").([]any)) }
	l.token = other
	if a := l.call("GET", "/image/v2/images/"+id, nil); a.status != 404 {
		t.Errorf("a stranger sees it: %d", a.status)
	}
	l.token = mine
	if a := l.call("POST", "/image/v2/images/"+id+"/members", map[string]any{"member": them}); a.at("status") != "pending" {
		t.Errorf("added: %s", a.raw)
	}
	l.token = other
	if count("") != 0 || count("?member_status=pending&visibility=shared") != 1 {
		t.Error("a pending image is in the list, or cannot be found")
	}
	l.call("PUT", "/image/v2/images/"+id+"/members/"+them, map[string]any{"status": "accepted"})
	if count("") != 1 {
		t.Error("an accepted image is not in the list")
	}
	if a := l.call("DELETE", "/image/v2/images/"+id, nil); a.status != 403 {
		t.Errorf("a member deletes it: %d", a.status)
	}
	l.token = mine
	l.call("DELETE", "/image/v2/images/"+id+"/members/"+them, nil)
	if a := l.call("GET", "/image/v2/images/"+id+"/members", nil); len(a.at("members").([]any)) != 0 {
		t.Errorf("still a member: %s", a.raw)
	}
}

func TestEveryImageOnceOverPages(t *testing.T) {
	p := testProfile()
	p.Behaviour.PageLimits = map[string]int64{"image": 3, "block-storage": 2}
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	l := newLab(t, p)
	for i := range 10 {
		l.call("POST", "/image/v2/images", map[string]any{"name": fmt.Sprint(i)})
	}
	seen := map[string]bool{}
	for next := "/v2/images?limit=100"; next != ""; {
		page := l.call("GET", "/image"+next, nil)
		for _, im := range page.at("images").([]any) {
			seen[im.(map[string]any)["name"].(string)] = true
		}
		next = text(page.at("next"))
	}
	if len(seen) != 10 {
		t.Errorf("%d images", len(seen))
	}
	project := l.cloud.identity.project("test", "demo").id
	for range 5 {
		l.call("POST", "/volume/v3/"+project+"/volumes", `{"volume": {"size": 1}}`)
	}
	volumes := 0
	for next := l.url + "/volume/v3/" + project + "/volumes"; next != ""; {
		page := l.call("GET", strings.TrimPrefix(next, l.url), nil)
		volumes += len(page.at("volumes").([]any))
		next = ""
		if links, ok := page.at("volumes_links").([]any); ok {
			next = text(links[0].(map[string]any)["href"])
		}
	}
	if volumes != 5 {
		t.Errorf("%d volumes", volumes)
	}
}

func TestVolumeQuota(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	p.Quota = map[string]int64{"block-storage.volumes": 2, "block-storage.gigabytes": 10, "block-storage.snapshots": 1}
	p.Behaviour.Durations.VolumeDelete.Min, p.Behaviour.Durations.VolumeDelete.Max = time.Second, time.Second
	const volumes = "/volume/v3/$project/volumes"
	twice(t, p, []step{
		{"POST " + volumes + "\n\n" + `{"volume": {"size": 4}}`, 202, "", true, 0},
		{"POST /volume/v3/$project/snapshots\n\n" + `{"snapshot": {"volume_id": "$1"}}`, 202, "", true, time.Second},
		{"POST /volume/v3/$project/snapshots\n\n" + `{"snapshot": {"volume_id": "$1"}}`, 413, "Requested 4G, quota is 10G and 8G has been consumed.", false, time.Second},
		{"POST " + volumes + "\n\n" + `{"volume": {"size": 3}}`, 413, "Requested 3G, quota is 10G and 8G has been consumed.", false, 0},
		{"POST " + volumes + "\n\n" + `{"volume": {"size": 1}}`, 202, "", true, 0},
		{"POST " + volumes + "\n\n" + `{"volume": {"size": 1}}`, 413, "VolumeLimitExceeded: Maximum number of volumes allowed (2) exceeded for quota 'volumes'.", false, 0},
		{"GET /volume/v3/$project/os-quota-sets/$project?usage=true", 200, `"gigabytes":{"in_use":9,"limit":10,"reserved":0}`, false, 0},
		{"DELETE " + volumes + "/$3", 202, "", false, time.Second},
		{"GET " + volumes + "/$3", 200, `"deleting"`, false, 0},
		{"GET /volume/v3/$project/limits", 200, `"totalVolumesUsed":2`, false, 0}, // until it is gone
		{"GET " + volumes + "/$3", 404, "could not be found", false, time.Second},
		{"GET /volume/v3/$project/limits", 200, `"totalVolumesUsed":1`, false, 0},
		{"DELETE " + volumes + "/$1?cascade=true", 202, "", false, 0},
		{"GET /volume/v3/$project/limits", 200, `"totalGigabytesUsed":0`, false, 2 * time.Second},
	})
}

func TestAdministratorSetsAQuotaAndResetsAState(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	l := newLab(t, p)
	project := l.cloud.identity.project("test", "demo").id
	id := findID(l.call("POST", "/volume/v3/"+project+"/volumes", `{"volume": {"size": 1}}`).body)
	l.token = l.login("admin", "admin")
	own := l.cloud.identity.project("test", "admin").id
	if a := l.call("PUT", "/volume/v3/"+own+"/os-quota-sets/"+project, `{"quota_set": {"volumes": 1}}`); a.at("quota_set", "volumes") != float64(1) {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := l.call("POST", "/volume/v3/"+own+"/volumes/"+id+"/action", `{"os-reset_status": {"status": "error"}}`); a.status != 202 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	all := l.call("GET", "/volume/v3/"+own+"/volumes/detail?all_tenants=1", nil).at("volumes").([]any)
	if len(all) != 1 || all[0].(map[string]any)["status"] != "error" {
		t.Errorf("%v", all)
	}
	l.token = l.login("demo", "demo")
	if a := l.call("POST", "/volume/v3/"+project+"/volumes", `{"volume": {"size": 1}}`); a.status != 413 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestAReaderOnlyReads(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	p.Users = []profile.User{{Name: "looker", Password: "password", Roles: map[string][]string{"demo": {"reader"}}}}
	p.Behaviour.Policy = map[string]string{"communitize_image": "nobody"}
	l := newLab(t, p)
	project := l.cloud.identity.project("test", "demo").id
	if a := l.call("POST", "/image/v2/images", `{"visibility": "community"}`); a.status != 403 || !strings.Contains(a.raw, "communitize_image") {
		t.Errorf("the profile's policy: %d %s", a.status, a.raw)
	}
	l.token = l.login("looker", "demo")
	for path, body := range map[string]string{"/image/v2/images": `{"name": "x"}`, "/volume/v3/" + project + "/volumes": `{"volume": {"size": 1}}`} {
		if a := l.call("POST", path, body); a.status != 403 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
		if a := l.call("GET", path, nil); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
}

func TestFaultsAreData(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	p.Behaviour.Faults = []profile.Fault{{Service: "image", Method: "GET", Path: "/v2/images", Skip: 1, Times: 1, Status: 502, Message: "lost"},
		{Kind: "volume", Name: "bad"}, {Service: "block-storage", Method: "POST", Path: "/v3/*/volumes", Skip: 1, Times: 1, After: true}}
	l := newLab(t, p)
	for i, want := range []int{200, 502, 200} {
		if a := l.call("GET", "/image/v2/images", nil); a.status != want || want == 502 && !strings.Contains(a.raw, "lost") {
			t.Errorf("request %d: %d %s", i, a.status, a.raw)
		}
	}
	project := l.cloud.identity.project("test", "demo").id
	l.call("POST", "/volume/v3/"+project+"/volumes", `{"volume": {"size": 1, "name": "bad"}}`)
	// Carried out, and the answer is lost:
	r, err := http.NewRequest(http.MethodPost, l.url+"/volume/v3/"+project+"/volumes", strings.NewReader(`{"volume": {"size": 1, "name": "unheard"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", l.token)
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("answered with %d", resp.StatusCode)
	}
	l.later(time.Second)
	status := map[string]any{}
	for _, v := range l.call("GET", "/volume/v3/"+project+"/volumes/detail", nil).at("volumes").([]any) {
		v := v.(map[string]any)
		status[v["name"].(string)] = v["status"]
	}
	if status["bad"] != "error" || status["unheard"] != "available" {
		t.Errorf("%v", status)
	}
}

func TestTheLogCountsWhatWasAsked(t *testing.T) {
	l := newLab(t, testProfile())
	l.cloud.Requests.Reset()
	l.call("GET", "/image/v2/images?name=x", nil, "X-Auth-Token", "")
	l.call("GET", "/image/v2/images?name=x", nil)
	project := l.cloud.identity.project("test", "demo").id
	all := l.cloud.Requests.All()
	if len(all) != 2 || all[0].Status != 401 || all[0].Project != "" || all[1].Project != project || all[1].Path != "/v2/images" ||
		all[1].Query != "name=x" || all[1].Service != "image" || !strings.HasPrefix(all[1].ID, "req-") {
		t.Errorf("%+v", all)
	}
}

func TestManyAtOnce(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	p.Quota = map[string]int64{"block-storage.volumes": 20}
	l := newLab(t, p)
	path := l.url + "/volume/v3/" + l.cloud.identity.project("test", "demo").id + "/volumes"
	codes := make(chan int)
	for range 40 {
		go func() {
			r, _ := http.NewRequest(http.MethodPost, path, strings.NewReader(`{"volume": {"size": 1}}`))
			r.Header.Set("X-Auth-Token", l.token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				codes <- 0
				return
			}
			resp.Body.Close()
			codes <- resp.StatusCode
		}()
	}
	count := map[int]int{}
	for range 40 {
		count[<-codes]++
	}
	if count[202] != 20 || count[413] != 20 {
		t.Errorf("%v", count)
	}
}

func TestCloseGivesBytesBack(t *testing.T) {
	cloud, err := New(carried(t, "alster"), sim.WithSeed(3))
	if err != nil {
		t.Fatal(err)
	}
	if cloud.Seed() != 3 || cloud.Profile().Name != "alster" {
		t.Error("seed or profile")
	}
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
}

// BenchmarkRequests shows how many requests one cloud answers on one core, here
// without a socket.
func BenchmarkRequests(b *testing.B) {
	cloud, err := New(carried(b, "alster"))
	if err != nil {
		b.Fatal(err)
	}
	defer cloud.Close()
	login := httptest.NewRecorder()
	cloud.ServeHTTP(login, httptest.NewRequest(http.MethodPost, "/identity/v3/auth/tokens", strings.NewReader(`{"auth": {"identity": {"methods": ["password"],
		"password": {"user": {"name": "demo", "password": "password", "domain": {"id": "default"}}}}}}`)))
	token := login.Header().Get("X-Subject-Token")
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/image/v2/images", nil)
		r.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		cloud.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

func TestReservationAndItsEnd(t *testing.T) {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "t", Default: true}}
	p.Behaviour.Durations.VolumeCreate = profile.Span{Min: time.Second, Max: time.Second}
	const with327 = "\nOpenStack-API-Version: volume 3.27\n\n"
	twice(t, p, []step{
		{"POST /volume/v3/$project/volumes\n\n" + `{"volume": {"size": 1}}`, 202, "", true, 0},
		{"POST /volume/v3/$project/attachments" + with327 + `{"attachment": {"volume_uuid": "$1"}}`, 400, "but the current status is creating", false, 0},
		{"POST /volume/v3/$project/attachments" + with327 + `{"attachment": {"volume_uuid": "$1"}}`, 200, `"reserved"`, true, 2 * time.Second},
		{"GET /volume/v3/$project/volumes/$1", 200, `"status":"reserved"`, false, 0},
		{"DELETE /volume/v3/$project/volumes/$1", 400, "must not be migrating, attached", false, 0},
		{"DELETE /volume/v3/$project/attachments/$2\nOpenStack-API-Version: volume 3.27", 200, "", false, 0},
		{"GET /volume/v3/$project/volumes/$1", 200, `"status":"available"`, false, 0},
	})
}
