package diff_test

import (
	"slices"
	"testing"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	job    resource.Type = "batch/Job"
	secret resource.Type = "core/Secret"
)

// What a plan has not made again, because its work is done or because the target
// has such a thing, is not lost.
func TestReplaced(t *testing.T) {
	schemas := resource.Schemas{job: {Type: job, Named: true}}
	migrate := own(job, "migrate", spec{"image": "x"})
	decide := func(to resource.Value, effect resource.Effect) resource.Mapping {
		return resource.Mapping{Decisions: []resource.Decision{{Ref: migrate.Ref, From: migrate.Ref, To: to, Effect: effect, Rule: "job/finished"}}}
	}
	a := resource.NewSet(schemas, migrate)
	theirs := given(job, "theirs", spec{"image": "y"})
	for name, c := range map[string]struct {
		b       *resource.Set
		mapping resource.Mapping
		outcome Outcome
		codes   []string
	}{
		"left out":              {resource.NewSet(schemas), decide(nil, resource.Adapted), Adapted, []string{"job/finished"}},
		"the target's":          {resource.NewSet(schemas, theirs), decide(theirs.Ref, resource.Same), Equivalent, nil},
		"the target's, unseen":  {resource.NewSet(schemas), decide(theirs.Ref, resource.Degraded), Degraded, []string{"job/finished"}},
		"made all the same":     {resource.NewSet(schemas, migrate.Clone()), decide(nil, resource.Adapted), Equivalent, nil},
		"nothing was decided":   {resource.NewSet(schemas), resource.Mapping{}, Lost, []string{"missing"}},
		"decided of its bytes":  {resource.NewSet(schemas), resource.Mapping{Decisions: []resource.Decision{{Ref: migrate.Ref, Effect: resource.Degraded, Rule: "content/not-carried"}}}, Lost, []string{"missing"}},
		"decided of a property": {resource.NewSet(schemas), resource.Mapping{Decisions: []resource.Decision{{Ref: migrate.Ref, Path: "image", From: migrate.Ref, Effect: resource.Adapted}}}, Lost, []string{"missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Compare(a, c.b, c.mapping, Options{Joined: true})
			var codes []string
			for _, s := range r.Signals {
				codes = append(codes, s.Code)
			}
			if r.Outcomes[migrate.Ref] != c.outcome || !slices.Equal(codes, c.codes) {
				t.Errorf("%s: %v", r.Outcomes[migrate.Ref], codes)
			}
		})
	}
}

// Values that cannot be read are told apart by their hashes; whether they are
// equal or not, that they were not moved is told too.
func TestSecretsAreComparedByHashes(t *testing.T) {
	schemas := resource.Schemas{secret: {Type: secret, Named: true}}
	with := func(data spec) *resource.Set {
		s := own(secret, "login", spec{"type": "Opaque", "data": data})
		s.Unread = []resource.Path{"data"}
		return resource.NewSet(schemas, s)
	}
	a := with(spec{"user": "hash:1", "password": "hash:2"})
	for name, c := range map[string]struct {
		b    spec
		want []resource.Path
	}{
		"equal":         {spec{"user": "hash:1", "password": "hash:2"}, []resource.Path{"data"}},
		"another value": {spec{"user": "hash:1", "password": "hash:3"}, []resource.Path{"data", "data.password"}},
		"a value less":  {spec{"user": "hash:1"}, []resource.Path{"data", "data.password"}},
		"none seen":     {nil, []resource.Path{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []resource.Path
			for _, ch := range Compare(a, with(c.b), resource.Mapping{}, Options{Joined: true}).Changes {
				if got = append(got, ch.Path); (ch.Verdict == Unread) != (ch.Path == "data") {
					t.Errorf("%s is %s", ch.Path, ch.Verdict)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("told is %v", got)
			}
		})
	}
	if s := Compare(a, with(spec{"user": "x"}), resource.Mapping{}, Options{Joined: true}).Signals; s[0].Seen != gap.Change {
		t.Errorf("signals are %+v", s)
	}
}
