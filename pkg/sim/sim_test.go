package sim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

var dawn = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestLife(t *testing.T) {
	l := Begin(dawn, "creating", time.Second).For("downloading", time.Second).Then("available")
	for after, want := range map[time.Duration]string{-time.Hour: "creating", 0: "creating", 999 * time.Millisecond: "creating",
		time.Second: "downloading", 2 * time.Second: "available", time.Hour: "available"} {
		if got := l.At(dawn.Add(after)); got != want {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
	if l.End() != dawn.Add(2*time.Second) || l.Last() != "available" || l.Since(dawn.Add(time.Hour)) != l.End() {
		t.Errorf("end %v, last %s", l.End(), l.Last())
	}
	// What comes later waits for what is under way, and does not change what was.
	more := l.Later(dawn, "in-use").Later(dawn.Add(5*time.Second), "gone")
	for after, want := range map[time.Duration]string{0: "creating", 2 * time.Second: "in-use", 6 * time.Second: "gone"} {
		if got := more.At(dawn.Add(after)); got != want {
			t.Errorf("later, after %v: %s, want %s", after, got, want)
		}
	}
	if l.Last() != "available" {
		t.Error("the first life changed")
	}
	if var0 := (Life[int]{}); var0.At(dawn) != 0 || var0.Last() != 0 {
		t.Error("a life without steps has a state")
	}
}

func TestAgendaIsDoneInOrderBeforeAnybodyLooks(t *testing.T) {
	now := dawn
	i := New(WithClock(func() time.Time { return now }))
	defer i.Close()
	var done []string
	note := func(s string) func(time.Time) { return func(at time.Time) { done = append(done, s+at.Format(" 05")) } }
	i.Do(func(now time.Time) {
		i.At(now.Add(2*time.Second), note("b"))
		i.At(now.Add(time.Second), func(at time.Time) {
			note("a")(at)
			i.At(at.Add(500*time.Millisecond), note("a2")) // what follows from it is due as well
		})
		i.At(now.Add(2*time.Second), note("c"))
		i.At(now.Add(time.Hour), note("never"))
	})
	now = now.Add(time.Minute)
	i.Do(func(time.Time) { done = append(done, "look") })
	if got := strings.Join(done, ", "); got != "a 06, a2 06, b 07, c 07, look" {
		t.Error(got)
	}
}

func TestIDsDependOnTheSeedOnly(t *testing.T) {
	draw := func(i *Instance) (ids []string) {
		defer i.Close()
		for range 3 {
			ids = append(ids, i.Objects.UUID(), i.Objects.Hex())
		}
		return ids
	}
	quiet, busy := New(WithSeed(7)), New(WithSeed(7))
	for range 100 { // polling does not change what objects are called
		busy.RequestID()
	}
	a, b := draw(quiet), draw(busy)
	if !slices.Equal(a, b) || slices.Equal(a, draw(New(WithSeed(8)))) {
		t.Errorf("%v and %v", a, b)
	}
	if id := a[0]; len(id) != 36 || id[14] != '4' {
		t.Errorf("%s is no random UUID", id)
	}
	if NamedUUID("a", "bc") == NamedUUID("ab", "c") || NamedHex("x") == NamedHex("y") {
		t.Error("ids of names")
	}
	if f := New().Objects.Fraction(); f < 0 || f >= 1 {
		t.Errorf("fraction %v", f)
	}
}

func TestTable(t *testing.T) {
	var table Table[int]
	for i := range 200 {
		table.Put(string(rune('a'+i%26))+strings.Repeat("x", i/26), []string{"p", "q"}[i%2], i)
	}
	for v := range table.All() { // removing while iterating
		if v%3 != 0 {
			table.Delete(string(rune('a'+v%26)) + strings.Repeat("x", v/26))
		}
	}
	if got := slices.Collect(table.All()); table.Len() != 67 || !slices.IsSorted(got) || len(got) != 67 {
		t.Errorf("%d left: %v", table.Len(), got)
	}
	if got := slices.Collect(table.Of("q")); len(got) != 33 || got[0] != 3 {
		t.Errorf("of q: %v", got)
	}
	if _, ok := table.In("q", "a"); ok {
		t.Error("found in another's project")
	}
	if v, ok := table.Get("a"); !ok || v != 0 {
		t.Error("not found by id")
	}
	table.Delete("nothing")
	table.Put("a", "q", -1)
	if v, _ := table.In("q", "a"); v != -1 || slices.Collect(table.All())[0] != -1 {
		t.Error("replacing moves")
	}
}

func TestFaults(t *testing.T) {
	f := &Faults{}
	f.Add(profile.Fault{Service: "compute", Method: "POST", Path: "/v2.1/servers", Skip: 1, Times: 2, Status: 503},
		profile.Fault{Kind: "server", Name: "db*", Message: "no host"})
	var struck []bool
	for range 4 {
		_, hit := f.Request("compute", "POST", "/v2.1/servers")
		struck = append(struck, hit)
	}
	if !slices.Equal(struck, []bool{false, true, true, false}) {
		t.Errorf("struck %v", struck)
	}
	if _, hit := f.Request("compute", "GET", "/v2.1/servers"); hit {
		t.Error("struck another method")
	}
	if fault, hit := f.Object("server", "db-1"); !hit || fault.Message != "no host" {
		t.Error("did not strike the server")
	}
	if _, hit := f.Object("volume", "db-1"); hit {
		t.Error("struck a volume")
	}
	f.Clear()
	if _, hit := f.Object("server", "db-1"); hit {
		t.Error("struck after all were removed")
	}
}

func TestLogManyAtOnce(t *testing.T) {
	l := &Log{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				l.Add(Request{Method: "GET", Status: 200})
				l.Count(nil)
			}
		})
	}
	all.Wait()
	if n := l.Count(func(r Request) bool { return r.Method == http.MethodGet }); n != 800 || len(l.All()) != 800 {
		t.Errorf("%d requests", n)
	}
	l.Reset()
	if l.Count(nil) != 0 {
		t.Error("not forgotten")
	}
}

func TestBlobIsSparse(t *testing.T) {
	blobs := &Blobs{}
	data := make([]byte, 3*cluster+100)
	copy(data[cluster+10:], "in the second cluster")
	b, err := blobs.Copy(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b.Size() != int64(len(data)) || b.Stored() != cluster {
		t.Errorf("size %d, stored %d", b.Size(), b.Stored())
	}
	got, err := io.ReadAll(b.Reader(b.Size()))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("other bytes (%v)", err)
	}
	larger := b.Sized(1 << 30)
	tail := make([]byte, 8)
	if n, err := larger.ReadAt(tail, 1<<30-4); n != 4 || !errors.Is(err, io.EOF) || !zero(tail[:4]) {
		t.Errorf("%d bytes at the end, %v", n, err)
	}
	b.Release()
	if _, err := larger.ReadAt(tail, cluster+10); err != nil || string(tail) != "in the s" {
		t.Errorf("%q, %v after one of two owners went", tail, err)
	}
	larger.Release()
	if len(blobs.open) != 0 {
		t.Error("not given back")
	}
	(*Blob)(nil).Retain().Release() // no bytes at all: allowed
	if err := blobs.Close(); err != nil {
		t.Error(err)
	}
}

func TestScribbleDependsOnTheSeedOnly(t *testing.T) {
	blobs := &Blobs{}
	defer blobs.Close()
	read := func(seed uint64) []byte {
		b, err := blobs.New(200_000)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Scribble(seed); err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(b.Reader(b.Size()))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if !bytes.Equal(read(1), read(1)) || bytes.Equal(read(1), read(2)) {
		t.Error("content does not follow the seed")
	}
}

// A sender that goes away in the middle has not sent a shorter file.
func TestBlobOfACutOffSender(t *testing.T) {
	blobs := &Blobs{}
	defer blobs.Close()
	for _, size := range []int{0, 5, 3 << 20} {
		cut := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if blob, err := blobs.Copy(cut); blob != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: %v, %v", size, blob, err)
		}
		if blob, err := blobs.Copy(bytes.NewReader(make([]byte, size))); err != nil || blob.Size() != int64(size) {
			t.Errorf("%d bytes: %v, %v", size, blob, err)
		}
	}
	if len(blobs.open) != 3 {
		t.Errorf("%d blobs are open, want the whole ones", len(blobs.open))
	}
}
