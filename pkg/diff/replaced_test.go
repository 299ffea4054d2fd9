package diff_test

import (
	"slices"
	"testing"

	. "github.com/wechsel-project/wechsel/pkg/diff"
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

// Values that cannot be read are told apart by their hashes. That they were not
// moved is told of those that stand on one side for what the other side keeps.
func TestSecretsAreComparedByHashes(t *testing.T) {
	schemas := resource.Schemas{secret: {Type: secret, Named: true}}
	with := func(data spec, unread ...resource.Path) *resource.Set {
		s := own(secret, "login", spec{"type": "Opaque", "data": data})
		s.Name, s.Unread = "login", unread
		return resource.NewSet(schemas, s)
	}
	x, y, z, other := resource.Hashed+"k1-1", resource.Hashed+"k1-2", resource.Hashed+"k1-3", resource.Hashed+"k2-1"
	source := spec{"user": x, "password": y}
	for name, c := range map[string]struct {
		b         spec
		unread    []resource.Path
		want      []resource.Path
		otherKeys bool
	}{
		"equal":                    {source, []resource.Path{"data"}, nil, false},
		"another value":            {spec{"user": x, "password": z}, []resource.Path{"data"}, []resource.Path{"data.password"}, false},
		"a value less":             {spec{"user": x}, []resource.Path{"data"}, []resource.Path{"data.password"}, false},
		"none seen":                {nil, []resource.Path{"data"}, []resource.Path{"data"}, false},
		"placeholders":             {source, nil, []resource.Path{"data"}, false},
		"one placeholder":          {source, []resource.Path{"data.user"}, []resource.Path{"data"}, false},
		"each of them":             {source, []resource.Path{"data.user", "data.password"}, nil, false},
		"by another key":           {spec{"user": other, "password": other}, []resource.Path{"data"}, nil, true},
		"more, and by another key": {spec{"user": other, "password": y, "more": z}, []resource.Path{"data"}, []resource.Path{"data.more"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := with(source, "data"), with(c.b, c.unread...)
			result := Compare(a, b, resource.Mapping{}, Options{})
			var got []resource.Path
			for _, ch := range result.Changes {
				if got = append(got, ch.Path); (ch.Verdict == Unread) != (ch.Path == "data") {
					t.Errorf("%s is %s", ch.Path, ch.Verdict)
				}
			}
			if !slices.Equal(got, c.want) || result.OtherKeys != c.otherKeys {
				t.Errorf("told is %v (other keys: %t)", got, result.OtherKeys)
			}
			r, s, _, err := Reduce(resource.StreamOf(a), resource.StreamOf(b))
			if err != nil || (r.Len()+s.Len() == 0) != (len(c.want) == 0 && !c.otherKeys) {
				t.Errorf("kept are %d and %d: %v", r.Len(), s.Len(), err)
			}
		})
	}
}

// What refers to an equal Secret does not bring its values up.
func TestAnEqualSecretThatIsReferredTo(t *testing.T) {
	schemas := resource.Schemas{secret: {Type: secret, Named: true}, deployment: {Type: deployment, Named: true}}
	with := func(image string) resource.Stream {
		s, d := own(secret, "login", spec{"data": spec{"user": resource.Hashed + "k1-1"}}), own(deployment, "web", spec{"image": image, "secret": ref(secret, "login")})
		s.Name, s.Unread, d.Name = "login", []resource.Path{"data"}, "web"
		return resource.StreamOf(resource.NewSet(schemas, s, d))
	}
	a, b, _, err := Reduce(with("x"), with("y"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Compare(a, b, resource.Mapping{}, Options{}).Changes; len(got) != 1 || got[0].Path != "image" {
		t.Errorf("told is %+v", got)
	}
}
