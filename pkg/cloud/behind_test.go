package cloud_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A shelf is a cloud that has what it is given.
type shelf struct {
	layer
	has []*resource.Resource
}

func (s *shelf) List(_ context.Context, selector Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, r := range s.has {
			if (len(selector.Types) == 0 || slices.Contains(selector.Types, r.Type)) && (selector.Drill == "" || r.Owner.Drill == selector.Drill) && !yield(r.Clone(), nil) {
				return
			}
		}
	}
}

// storage is a project with volumes, and a cluster with claims.
func storage() (*shelf, *shelf) {
	type values = map[string]resource.Value
	volume := func(id, name string, metadata values) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: Volume}, ID: id, Name: name, Tenure: resource.Own, Spec: values{"size": int64(2), "metadata": metadata}, Attrs: values{"status": "in-use"}}
	}
	driver := values{CinderDriver + "/cluster": "alster"}
	ours := volume("v3", "pvc-3", nil)
	ours.Owner = resource.Owner{Drill: "d1", Key: "three"}
	project := &shelf{layer{types: []resource.Type{Volume, Snapshot, Image, aServer}}, []*resource.Resource{
		volume("v1", "pvc-1", driver), volume("v2", "pvc-2", values{}), ours, volume("v4", "pvc-other-cluster", driver), volume("v5", "", driver),
		{Ref: resource.Ref{Type: Snapshot}, ID: "of-cluster", Spec: values{"metadata": driver}}, {Ref: resource.Ref{Type: Snapshot}, ID: "by-hand", Spec: values{}},
		{Ref: resource.Ref{Type: aServer}, ID: "s1"}}}
	claim := func(id, volume string) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: Claim}, ID: id, Attrs: values{"volume": volume}}
	}
	return project, &shelf{layer{types: []resource.Type{Claim}}, []*resource.Resource{claim("shop/one", "pvc-1"), claim("shop/two", "pvc-2"), claim("shop/three", "pvc-3"), claim("shop/four", "")}}
}

// behindIn lists ids, claims with the volume behind them.
func behindIn(t *testing.T, c Cloud, s Selector) []string {
	t.Helper()
	var out []string
	for r, err := range c.List(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		text := r.ID
		if of, ok := r.Attrs[Storage].(map[string]resource.Value); ok {
			text += " on " + of["id"].(string)
			if of["status"] != "in-use" || of["size"] != int64(2) || of["encrypted"] != false {
				t.Errorf("%s: %v", r.ID, of)
			}
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// The volume behind a claim is the claim's, and is shown only to who asks for
// volumes. A name alone proves nothing.
func TestVolumesBehindClaims(t *testing.T) {
	project, cluster := storage()
	all := []string{"by-hand", "s1", "shop/four", "shop/one on v1", "shop/three on v3", "shop/two", "v2", "v4", "v5"}
	for name, c := range map[string]struct {
		cloud Cloud
		ask   Selector
		want  []string
	}{
		"everything":                {Join(project, cluster), Selector{}, all},
		"in the other order":        {Join(cluster, project), Selector{}, all},
		"volumes":                   {Join(project, cluster), Selector{Types: []resource.Type{Volume}}, []string{"v1", "v2", "v3", "v4", "v5"}},
		"what is marked":            {Join(project, cluster), Selector{Drill: "d1"}, []string{"v3"}},
		"states":                    {Join(project, cluster), Selector{States: true, Types: []resource.Type{Volume, Claim}}, []string{"shop/four", "shop/one", "shop/three", "shop/two", "v1", "v2", "v3", "v4", "v5"}},
		"a cluster and its volumes": {JoinStorage(project, cluster), Selector{}, []string{"shop/four", "shop/one on v1", "shop/three on v3", "shop/two"}},
		"its volumes":               {JoinStorage(project, cluster), Selector{Types: []resource.Type{Volume}}, []string{"v3"}},
		"what is marked of it":      {JoinStorage(project, cluster), Selector{Drill: "d1"}, []string{"v3"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, behindIn(t, c.cloud, c.ask)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAListingOfWhatIsBehindEndsAtOnce(t *testing.T) {
	project, cluster := storage()
	n := 0
	for r := range Join(project, cluster).List(t.Context(), Selector{}) {
		if n++; r.Type == Claim {
			break
		}
	}
	if n == 0 || n > 6 {
		t.Errorf("%d were listed", n)
	}
}
