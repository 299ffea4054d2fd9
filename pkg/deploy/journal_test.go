package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func sample(t testing.TB) (string, []Record) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := CreateJournal(path, "d1", now)
	if err != nil {
		t.Fatal(err)
	}
	ref := resource.Ref{Type: "OS::Neutron::Net", Key: "net"}
	for _, r := range []Record{
		{Type: RecordStage, Stage: "target", Cloud: "real-b", Plan: "abc"},
		{Type: RecordIntent, Stage: "target", Step: "create:OS::Neutron::Net/net", Ref: ref},
		{Type: RecordRefused, Stage: "target", Step: "create:OS::Neutron::Net/net", Ref: ref,
			Signals: []gap.Signal{{Seen: gap.Refusal, Code: "create", Ref: ref, Path: "mtu", Message: "no \"mtu\"\n,\"sum\":"}}},
		{Type: RecordMade, Stage: "target", Step: "create:OS::Neutron::Net/net", Ref: ref, ID: "id-1"},
		{Type: RecordDone, Stage: "target", Step: "create:OS::Neutron::Net/net", Ref: ref, ID: "id-1"},
	} {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	records := j.Records()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path, records
}

func TestJournalIsReadAsWritten(t *testing.T) {
	path, want := sample(t)
	j, err := OpenJournal(path, now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := j.Records(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := Stages(want); len(got) != 1 || got[0] != (Stage{"target", "real-b"}) || j.Drill() != "d1" {
		t.Errorf("stages %v of %s", got, j.Drill())
	}
}

func TestJournalHasOneWriter(t *testing.T) {
	path, _ := sample(t)
	j, err := OpenJournal(path, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, now); !errors.Is(err, ErrLocked) {
		t.Errorf("a second writer got %v", err)
	}
	if _, err := ReadJournal(path); err != nil {
		t.Errorf("a reader got %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = OpenJournal(path, now); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestTornLineIsCutAndWrittenOver(t *testing.T) {
	path, want := sample(t)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":7,"time":`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	j, err := OpenJournal(path, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(Record{Type: RecordDeleted, ID: "id-1"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJournal(path)
	if err != nil || len(got) != len(want)+1 || got[len(got)-1].ID != "id-1" {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// A crash may leave a file without a whole record: there was no drill yet.
func TestJournalThatWasNeverBegun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, []byte(`{"seq":1,"ti`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open: %v", err)
	}
	j, err := CreateJournal(path, "d1", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if records, err := ReadJournal(path); err != nil || len(records) != 1 {
		t.Errorf("%d records, %v", len(records), err)
	}
	if _, err := CreateJournal(path, "d2", now); !errors.Is(err, os.ErrExist) {
		t.Errorf("create again: %v", err)
	}
	if _, err := OpenJournal(path+"-not", now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open nothing: %v", err)
	}
}

func TestEveryPrefixOpensToAPrefix(t *testing.T) {
	path, want := sample(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		got, good, err := decodeRecords(data[:n])
		if err != nil || good > n || len(got) > len(want) || !reflect.DeepEqual(got, append([]Record(nil), want[:len(got)]...)) {
			t.Fatalf("%d bytes: %d records, %v", n, len(got), err)
		}
	}
}

func TestEveryFlippedByteIsReported(t *testing.T) {
	path, want := sample(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	for i := range data {
		for _, flip := range []byte{0x01, 0x20, 0x80, 0xff, data[i] ^ '\n'} {
			if flip == 0 {
				continue
			}
			bad := bytes.Clone(data)
			bad[i] ^= flip
			got, _, err := decodeRecords(bad)
			wasCut := i >= last && len(got) == len(want)-1
			if err == nil && !wasCut {
				t.Fatalf("byte %d ^ %#x is not noticed", i, flip)
			}
			line := fmt.Sprintf("line %d ", bytes.Count(data[:i], []byte("\n"))+1)
			if err != nil && !strings.Contains(err.Error(), line) {
				t.Fatalf("byte %d ^ %#x is in %s, but: %v", i, flip, line, err)
			}
		}
	}
}

func FuzzJournal(f *testing.F) {
	path, want := sample(f)
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(10), uint16(3), byte(1))
	f.Fuzz(func(t *testing.T, size, at uint16, flip byte) {
		cut := bytes.Clone(data[:min(int(size), len(data))])
		whole, _, err := decodeRecords(cut)
		if err != nil || !reflect.DeepEqual(append([]Record{}, whole...), append([]Record{}, want[:len(whole)]...)) {
			t.Fatalf("a prefix of %d bytes opens to %d records, %v", len(cut), len(whole), err)
		}
		if flip == 0 || len(cut) == 0 {
			return
		}
		i := int(at) % len(cut)
		cut[i] ^= flip
		got, _, err := decodeRecords(cut)
		if err == nil && len(got) >= len(whole) && i < bytes.LastIndexByte(cut, '\n') {
			t.Fatalf("byte %d ^ %#x of %d is not noticed", i, flip, len(cut))
		}
	})
}

func FuzzJournalOpens(f *testing.F) {
	path, _ := sample(f)
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		records, good, err := decodeRecords(data)
		if err != nil {
			return
		}
		again, n, err := decodeRecords(data[:good])
		if err != nil || n != good || len(again) != len(records) {
			t.Fatalf("what is good opens to %d of %d records, %v", len(again), len(records), err)
		}
	})
}
