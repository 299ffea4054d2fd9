package cloud_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A layer is a cloud with a few types, which writes down what it is asked for.
type layer struct {
	types  []resource.Type
	part   profile.Catalogue
	err    error
	called []string
}

func (l *layer) Schemas() resource.Schemas {
	out := resource.Schemas{}
	for _, t := range l.types {
		out[t] = &resource.Schema{Type: t, Noun: l.part.Cloud}
	}
	return out
}

func (l *layer) Catalogue(context.Context) (profile.Catalogue, error) { return l.part, l.err }

func (l *layer) List(_ context.Context, s Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		l.called = append(l.called, "list")
		for _, t := range l.types {
			if (len(s.Types) == 0 || slices.Contains(s.Types, t)) && !yield(&resource.Resource{Ref: resource.Ref{Type: t}, ID: s.Drill}, nil) {
				return
			}
		}
		if l.err != nil {
			yield(nil, l.err)
		}
	}
}

func (l *layer) Create(_ context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	l.called = append(l.called, "create "+string(owner.Key))
	return r, l.err
}

func (l *layer) Delete(context.Context, *resource.Resource) error {
	l.called = append(l.called, "delete")
	return l.err
}

// A storing layer also settles and has bytes.
type storing struct{ layer }

func (l *storing) Settle(context.Context, *resource.Resource) error {
	l.called = append(l.called, "settle")
	return l.err
}

func (l *storing) Download(context.Context, *resource.Resource) (io.ReadCloser, error) {
	l.called = append(l.called, "download")
	return io.NopCloser(strings.NewReader("")), l.err
}

func (l *storing) Upload(context.Context, *resource.Resource, io.Reader) error {
	l.called = append(l.called, "upload")
	return l.err
}

// A converting layer can be read in several versions.
type converting struct{ layer }

func (l *converting) Speak(_ context.Context, versions map[resource.Type][]string) error {
	l.called = append(l.called, "speak "+versions[aService][0])
	return l.err
}

// Each layer that can is told of the versions, and of none, none.
func TestJoinedSpeak(t *testing.T) {
	machines, _ := layers()
	cluster := &converting{layer{types: []resource.Type{aService}, part: profile.Catalogue{Cluster: &profile.Cluster{Kinds: []profile.Kind{{Kind: "Service", Versions: []string{"v1"}}}}}}}
	j := Join(machines, cluster)
	if err := Speak(t.Context(), j, Versions(machines.part)); err != nil || len(cluster.called) > 0 {
		t.Errorf("%v, %v", err, cluster.called)
	}
	cluster.err = errors.New("no such host")
	if err := Speak(t.Context(), j, Versions(cluster.part)); !errors.Is(err, cluster.err) || !slices.Equal(cluster.called, []string{"speak v1"}) {
		t.Errorf("%v, %v", err, cluster.called)
	}
}

const (
	aServer  resource.Type = "OS::Nova::Server"
	aService resource.Type = "core/Service"
	aBoth    resource.Type = "both"
)

func layers() (*storing, *layer) {
	machines := &storing{layer{types: []resource.Type{aServer, aBoth}, part: profile.Catalogue{Cloud: "machines", Services: map[string]profile.Service{"compute": {}}}}}
	return machines, &layer{types: []resource.Type{aService, aBoth}, part: profile.Catalogue{Cloud: "cluster", Cluster: &profile.Cluster{Version: "v1.34.2"}}}
}

func TestOneLayerIsThatLayer(t *testing.T) {
	_, cluster := layers()
	if Join(cluster) != Cloud(cluster) {
		t.Error("it is another cloud")
	}
}

func TestJoinedSchemasAndCatalogue(t *testing.T) {
	machines, cluster := layers()
	j := Join(machines, cluster)
	if s := j.Schemas(); len(s) != 3 || s[aBoth].Noun != "machines" || s[aService].Noun != "cluster" {
		t.Errorf("schemas are %v", s)
	}
	want := machines.part
	want.Cluster = cluster.part.Cluster
	if got, err := j.Catalogue(t.Context()); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v: %s", err, cmp.Diff(want, got))
	}
	cluster.err = errors.New("no such host")
	if _, err := j.Catalogue(t.Context()); !errors.Is(err, cluster.err) {
		t.Errorf("the error is %v", err)
	}
}

func TestJoinedList(t *testing.T) {
	read := func(j Cloud, types ...resource.Type) (out []resource.Type, err error) {
		for r, err := range j.List(t.Context(), Selector{Types: types, Drill: "d1"}) {
			if err != nil {
				return out, err
			}
			if out = append(out, r.Type); r.ID != "d1" {
				t.Errorf("%s was not selected by the drill", r.Type)
			}
		}
		return out, nil
	}
	machines, cluster := layers()
	j := Join(machines, cluster)
	for _, c := range []struct{ ask, want []resource.Type }{
		{nil, []resource.Type{aServer, aBoth, aService, aBoth}},
		{[]resource.Type{aService}, []resource.Type{aService}},
		{[]resource.Type{aService, aServer}, []resource.Type{aServer, aService}},
		{[]resource.Type{"unknown"}, nil},
	} {
		if got, err := read(j, c.ask...); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v lists %v, %v", c.ask, got, err)
		}
	}
	if !slices.Equal(machines.called, []string{"list", "list"}) || !slices.Equal(cluster.called, []string{"list", "list", "list"}) {
		t.Errorf("a layer was asked for what it does not have: %v, %v", machines.called, cluster.called)
	}
	for range j.List(t.Context(), Selector{}) {
		break // no layer goes on
	}
	machines.err = errors.New("broken")
	if got, err := read(j); !errors.Is(err, machines.err) || slices.Contains(got, aService) {
		t.Errorf("after an error it lists %v, %v", got, err)
	}
}

// Each resource goes to the layer that has its type.
func TestJoinedChanges(t *testing.T) {
	machines, cluster := layers()
	j := Join(machines, cluster)
	settler, storer := j.(Settler), j.(Storer)
	of := func(t resource.Type) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: t, Key: "r"}}
	}
	for _, typ := range []resource.Type{aServer, aService} {
		if _, err := j.Create(t.Context(), of(typ), resource.Owner{Key: "k"}); err != nil {
			t.Error(err)
		}
		if err := settler.Settle(t.Context(), of(typ)); err != nil {
			t.Error(err)
		}
		if err := j.Delete(t.Context(), of(typ)); err != nil {
			t.Error(err)
		}
	}
	if err := storer.Upload(t.Context(), of(aServer), nil); err != nil {
		t.Error(err)
	}
	if _, err := storer.Download(t.Context(), of(aServer)); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"create k", "settle", "delete", "upload", "download"}, machines.called); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"create k", "delete"}, cluster.called); d != "" {
		t.Error(d)
	}
	machines.err = errors.New("broken")
	if err := settler.Settle(t.Context(), of(aServer)); !errors.Is(err, machines.err) {
		t.Errorf("the error is %v", err)
	}
}

func TestJoinedKnowsItsLimits(t *testing.T) {
	machines, cluster := layers()
	j := Join(machines, cluster)
	nobodys := &resource.Resource{Ref: resource.Ref{Type: "unknown", Key: "r"}}
	_, created := j.Create(t.Context(), nobodys, resource.Owner{})
	_, read := j.(Storer).Download(t.Context(), nobodys)
	_, bytes := j.(Storer).Download(t.Context(), &resource.Resource{Ref: resource.Ref{Type: aService, Key: "r"}})
	for what, err := range map[string]error{"create": created, "delete": j.Delete(t.Context(), nobodys), "settle": j.(Settler).Settle(t.Context(), nobodys),
		"upload": j.(Storer).Upload(t.Context(), nobodys, nil), "download": read, "download from a cluster": bytes} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "/r") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(machines.called)+len(cluster.called) > 0 {
		t.Errorf("a layer was asked: %v, %v", machines.called, cluster.called)
	}
}

// A staging layer stands in for what is planned of its types.
type staging struct{ layer }

func (s *staging) Rehearse(context.Context, *resource.Resource) error { return s.err }

func (s *staging) Stage(_ context.Context, drill string, planned []*resource.Resource) ([]*resource.Resource, error) {
	for _, r := range planned {
		s.called = append(s.called, "stage "+drill+" "+string(r.Type))
	}
	return planned, s.err
}

func TestJoinedStage(t *testing.T) {
	machines, _ := layers()
	cluster := &staging{layer{types: []resource.Type{aService}}}
	stager := Join(machines, cluster).(Stager)
	planned := []*resource.Resource{{Ref: resource.Ref{Type: aServer}}, {Ref: resource.Ref{Type: aService}}}
	if got, err := stager.Stage(t.Context(), "d1", planned); err != nil || len(got) != 1 || !slices.Equal(cluster.called, []string{"stage d1 core/Service"}) {
		t.Errorf("%v, %v, %v", got, err, cluster.called)
	}
	cluster.err = errors.New("no such host")
	if _, err := stager.Stage(t.Context(), "d1", planned); !errors.Is(err, cluster.err) {
		t.Errorf("the error is %v", err)
	}
}
