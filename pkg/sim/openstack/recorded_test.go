package openstack

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/profile"
)

// The exchanges in fixtures/recorded come from real clouds. A replay sends the
// same requests to the simulated twin, in the same order, and compares what
// comes back: status, headers, keys, types, and all values but those that
// cannot be equal (ids, times, sums). Ids are translated as they turn up.

const recordings = "../../../fixtures/recorded"

type exchange struct {
	Seq     int
	name    string
	Request struct {
		Method, Path, As string
		Headers          map[string]any
		Body             any
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    any
	}
}

// recorded reads what one cloud answered for one service, in order.
func recorded(t *testing.T, cloud, service string) []exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, cloud, service, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings of %s/%s: %v", cloud, service, err)
	}
	var list []exchange
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := exchange{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b exchange) int { return a.Seq - b.Seq })
	return list
}

// carried loads one of the profiles that the binary carries.
func carried(t testing.TB, name string) *profile.Profile {
	t.Helper()
	clouds, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(clouds, name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A replayer knows what the recording calls what the simulator has.
type replayer struct {
	*lab
	service string            // folder
	prefix  string            // in the simulator
	base    *regexp.Regexp    // of the recorded service's URLs
	ids     map[string]string // recorded → simulated
	secrets map[string]string // recorded secrets and tokens are redacted; what to send instead, by exchange
	loose   []string          // keys whose values may differ
	sets    bool              // the order of lists means nothing
	diffs   []string
	at      string // name of the exchange
}

var (
	idForm   = regexp.MustCompile(`[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}`)
	timeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)
)

func newReplayer(t *testing.T, cloud, service, prefix, port string) *replayer {
	l := newLab(t, carried(t, cloud))
	return &replayer{lab: l, service: service, prefix: prefix, base: regexp.MustCompile(`http://127\.0\.0\.1[12]:` + port),
		ids: map[string]string{}, loose: []string{"checksum", "os_hash_value", "content-md5"}}
}

// translate writes a recorded text with the simulator's ids and URLs.
func (r *replayer) translate(s string) string {
	s = r.base.ReplaceAllString(s, r.url+r.prefix)
	s = strings.ReplaceAll(s, "http://127.0.0.11:5000", r.url+"/identity")
	s = strings.ReplaceAll(s, "http://127.0.0.12:5000", r.url+"/identity")
	return idForm.ReplaceAllStringFunc(s, func(id string) string {
		if ours, known := r.ids[id]; known {
			return ours
		}
		return id
	})
}

func (r *replayer) translateAll(v any) any {
	switch v := v.(type) {
	case string:
		return r.translate(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.translateAll(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = r.translateAll(v[k])
		}
		return out
	}
	return v
}

func (r *replayer) differ(format string, args ...any) {
	r.diffs = append(r.diffs, r.at+": "+fmt.Sprintf(format, args...))
}

// play replays one exchange. The real cloud took its time before a change, so
// we do; a state that is not reached yet gets the time that it needs.
func (r *replayer) play(e exchange) {
	r.at = e.name
	if e.Request.Method != http.MethodGet {
		r.later(time.Second)
	}
	a := r.ask(e)
	if e.Request.Method == http.MethodGet && stateOf(e.Response.Body) != stateOf(a.body) {
		r.later(time.Second)
		a = r.ask(e)
	}
	if a.status != e.Response.Status {
		r.differ("status %d, recorded %d (%.300s)", a.status, e.Response.Status, a.raw)
		return
	}
	r.compareHeaders(e.Response.Headers, a.header)
	switch want := e.Response.Body.(type) {
	case map[string]any:
		if a.body == nil {
			r.differ("no JSON: %.200s", a.raw)
			return
		}
		r.learn(want, a.body)
		r.compare("", want, a.body)
	case string:
		if r.translate(want) != a.raw {
			r.differ("text %q, recorded %q", a.raw, r.translate(want))
		}
	}
}

// stateOf finds the first "status" in a body.
func stateOf(body any) string {
	switch b := body.(type) {
	case map[string]any:
		if s, ok := b["status"].(string); ok {
			return s
		}
		for _, k := range sortedKeys(b) {
			if s := stateOf(b[k]); s != "" {
				return s
			}
		}
	case []any:
		for _, v := range b {
			if s := stateOf(v); s != "" {
				return s
			}
		}
	}
	return ""
}

func (r *replayer) ask(e exchange) answer {
	headers := []string{}
	for k, v := range e.Request.Headers {
		s, _ := v.(string)
		if s == "REDACTED" {
			s = r.secrets[e.name]
		}
		headers = append(headers, k, r.translate(s))
	}
	var body any
	switch b := e.Request.Body.(type) {
	case nil:
	case string:
		body = b
	default:
		data, err := json.Marshal(r.translateAll(b))
		if err != nil {
			r.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), `"password":"lab"`, `"password":"password"`)
		body = strings.ReplaceAll(text, "REDACTED", r.secrets[e.name])
	}
	return r.call(e.Request.Method, r.prefix+r.translate(e.Request.Path), body, headers...)
}

func (r *replayer) compareHeaders(want map[string]string, got http.Header) {
	skip := []string{"content-length", "date", "connection", "server", "etag", "x-subject-token"}
	for k, v := range want {
		if slices.Contains(skip, k) {
			continue
		}
		ours := strings.Join(got.Values(k), ", ")
		if k == "allow" {
			ours, v = inOrder(ours), inOrder(v)
		}
		if ours == "" {
			r.differ("no header %s: %s", k, v)
		} else if !slices.Contains(r.loose, k) && !strings.HasPrefix(ours, "req-") && ours != r.translate(v) && !idForm.MatchString(v) {
			r.differ("header %s: %s, recorded %s", k, ours, r.translate(v))
		}
	}
	for k := range got {
		if _, there := want[strings.ToLower(k)]; !there && !slices.Contains(skip, strings.ToLower(k)) {
			r.differ("extra header %s: %s", k, got.Get(k))
		}
	}
}

func byText(list []any) []any {
	return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

func inOrder(list string) string {
	words := strings.Split(list, ", ")
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// learn notes which id of ours stands for which recorded one: where the same
// keys lead to, and in lists where the names agree.
func (r *replayer) learn(want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, k := range sortedKeys(w) {
			r.learn(w[k], g[k])
		}
	case []any:
		g, _ := got.([]any)
		for i := range min(len(w), len(g)) {
			r.learn(w[i], r.counterpart(w[i], g, i))
		}
	case string:
		g, _ := got.(string)
		if idForm.FindString(w) == w && idForm.FindString(g) == g && w != g {
			if _, known := r.ids[w]; !known {
				r.ids[w] = g
			}
		}
	}
}

// counterpart returns the element of ours that is known to be the same, or has
// the same name, or is at the same place.
func (r *replayer) counterpart(want any, got []any, i int) any {
	w, _ := want.(map[string]any)
	for _, g := range got {
		if m, ok := g.(map[string]any); ok && w["id"] != nil && (r.ids[fmt.Sprint(w["id"])] == m["id"] || w["id"] == m["id"]) {
			return g
		}
	}
	name, named := w["name"].(string)
	for _, g := range got {
		if m, ok := g.(map[string]any); ok && named && name != "" && m["name"] == name && fmt.Sprint(m["type"]) == fmt.Sprint(w["type"]) {
			return g
		}
	}
	for _, g := range got {
		if fmt.Sprint(r.translateAll(want)) == fmt.Sprint(g) {
			return g
		}
	}
	if len(w) > 0 && masked(unnumbered(got[i])) == masked(unnumbered(want)) {
		return got[i]
	}
	for _, g := range got {
		if len(w) > 0 && masked(unnumbered(g)) == masked(unnumbered(want)) {
			return g
		}
	}
	return got[i]
}

// unnumbered leaves out the number of a row, which tells nothing.
func unnumbered(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	m = maps.Clone(m)
	delete(m, "standard_attr_id")
	return m
}

func (r *replayer) compare(at string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		r.compareObjects(at, w, got)
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			r.differ("%s: %v, recorded %v", at, short(got), short(want))
			return
		}
		if strings.HasSuffix(at, ".tags") { // the database keeps them in any order
			w, g = byText(w), byText(g)
		}
		for i := range w {
			ours := g[i]
			if r.sets {
				ours = r.counterpart(w[i], g, i)
			}
			r.compare(fmt.Sprintf("%s.%d", at, i), w[i], ours)
		}
	case string:
		g, ok := got.(string)
		switch {
		case !ok:
			r.differ("%s: %v, recorded %q", at, short(got), w)
		case timeForm.MatchString(w) && timeForm.MatchString(g) && len(w) == len(g):
		case r.translate(w) != g && !r.mayDiffer(at) && (idForm.FindString(w) != w || idForm.FindString(g) != g):
			r.differ("%s: %q, recorded %q", at, g, r.translate(w))
		}
	default:
		if fmt.Sprint(want) != fmt.Sprint(got) && !r.mayDiffer(at) {
			r.differ("%s: %v, recorded %v", at, short(got), want)
		}
	}
}

func (r *replayer) mayDiffer(at string) bool {
	return slices.ContainsFunc(r.loose, func(key string) bool { return strings.Contains(at, "."+key) })
}

func (r *replayer) compareObjects(at string, want map[string]any, got any) {
	g, ok := got.(map[string]any)
	if !ok {
		r.differ("%s: %v, recorded an object", at, short(got))
		return
	}
	for _, k := range sortedKeys(want) {
		if v, there := g[k]; there {
			r.compare(at+"."+k, want[k], v)
		} else {
			r.differ("%s.%s: missing, recorded %v", at, k, short(want[k]))
		}
	}
	for _, k := range sortedKeys(g) {
		if _, there := want[k]; !there {
			r.differ("%s.%s: extra, %v", at, k, short(g[k]))
		}
	}
}

func short(v any) string {
	data, _ := json.Marshal(v)
	return fmt.Sprintf("%.160s", data)
}

// settle fails for every difference that is not expected. Expected ones are
// patterns over the lines, each with its reason; one that hits nothing is a
// failure too.
func (r *replayer) settle(expected map[string]string) {
	r.Helper()
	hit := map[string]bool{}
	for _, line := range r.diffs {
		ok := false
		for pattern := range expected {
			if regexp.MustCompile(pattern).MatchString(line) {
				ok, hit[pattern] = true, true
			}
		}
		if !ok {
			r.Errorf("%s/%s", r.service, line)
		}
	}
	for pattern, why := range expected {
		if !hit[pattern] {
			r.Errorf("%s: %q no longer differs (%s)", r.service, pattern, why)
		}
	}
}
