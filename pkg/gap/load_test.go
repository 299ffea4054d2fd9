package gap_test

import (
	"strings"
	"testing"
	"testing/fstest"

	. "github.com/wechsel-project/wechsel/pkg/gap"
)

const good = `kinds:
  - id: a
    title: {en: A, de: A}
    cause: {en: "{from} is {target}", de: "{from}"}
    remedy: {en: R, de: R}
    severity: {default: degraded, lost: blocker}
    who: standard
    facets: [A-MET]
    when:
      - {code: x}
`

func TestLoadingIsStrictAndTellsWhere(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key":      {"who: standard", "whom: standard", `gaps/d.yaml:7:5: unknown key "whom"`},
		"key twice":        {"who: standard", "who: standard\n    who: customer", `gaps/d.yaml:8:5: "who" is there twice`},
		"missing key":      {"    who: standard\n", "", "gaps/d.yaml:2:5: a: no who"},
		"language missing": {"{en: A, de: A}", "{en: A}", `gaps/d.yaml:3:12: no text in "de"`},
		"placeholder":      {"{from} is", "{form} is", "gaps/d.yaml:4:17: {form} is neither one of"},
		"severity":         {"lost: blocker", "lost: bad", `gaps/d.yaml:6:41: "bad" is none of`},
		"effect":           {"lost: blocker", "lest: blocker", `gaps/d.yaml:6:35: unknown key "lest"`},
		"facet":            {"[A-MET]", "[A-ZZZ]", `gaps/d.yaml:8:14: "A-ZZZ" is none of`},
		"standard":         {"facets:", "standards: [scs-1]\n    facets:", `gaps/d.yaml:8:17: "scs-1" does not match`},
		"covered by none":  {"facets:", "standards: [scs-0100]\n    facets:", `who is "standard", which means that none covers it`},
		"regexp":           {"{code: x}", `{code: x, message: "("}`, "gaps/d.yaml:10:28: error parsing regexp"},
		"status":           {"{code: x}", `{code: x, status: [y]}`, "gaps/d.yaml:10:28: want a number"},
		"value":            {"{code: x}", `{code: x, value: tiny}`, `gaps/d.yaml:10:26: "tiny" is none of`},
		"too wide":         {"{code: x}", `{path: x}`, "gaps/d.yaml:10:9: a predicate needs seen or code"},
		"no list":          {"[A-MET]", "A-MET", "gaps/d.yaml:8:13: want a list"},
		"no map":           {"kinds:", "kinds: [1]\nkind:", "want a map"},
		"empty text":       {"{en: R, de: R}", `{en: "", de: R}`, "gaps/d.yaml:5:18: want text"},
		"syntax":           {"kinds:", "kinds: [", "gaps/d.yaml:"},
		"second kind":      {"      - {code: x}\n", "      - {code: x}\n" + strings.TrimPrefix(good, "kinds:\n"), "two kinds d/a"},
		"basis":            {"facets:", "basis: guessed\n    facets:", `gaps/d.yaml:8:12: "guessed" is none of`},
		"name of a domain": {"kinds:", "domain: A B\nkinds:", `gaps/d.yaml:1:9: "A B" does not match`},
		"domain":           {"kinds:", "domains: [{name: d}]\nkinds:", "a domain needs name and types"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"gaps/d.yaml": {Data: []byte(strings.Replace(good, tc.old, tc.new, 1))}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
	if _, err := Load(fstest.MapFS{"gaps/d.yaml": {Data: []byte(good)}}); err != nil {
		t.Error(err)
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("an empty catalogue is no error")
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := Load(fstest.MapFS{"gaps/a.yaml": {Data: []byte(strings.ReplaceAll(good, "A-MET", "B"))}, "gaps/b.yaml": {Data: []byte(strings.ReplaceAll(good, "standard", "C"))}})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

func TestKindsOfEveryDomain(t *testing.T) {
	c, err := Load(fstest.MapFS{"gaps/a.yaml": {Data: []byte("domains: [{name: x, types: X*, basis: measured}, {name: y, types: \"*\"}]\n" + good)}, "gaps/z.yaml": {Data: []byte(good)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Kinds) != 3 || c.Kinds[0].ID != "z/a" || c.Kind("x/a").When[0].Type != "X*" || c.Kind("x/a").Basis != Measured || c.Kind("y/a").Basis != "" || c.Kind("y/a").When[0].Type != "*" {
		t.Errorf("%+v", c.Kinds)
	}
}

// Two files may speak of one domain, and say on what an answer rests.
func TestDomainAndBasisOfAFile(t *testing.T) {
	c, err := Load(fstest.MapFS{"gaps/a.yaml": {Data: []byte(good)},
		"gaps/b.yaml": {Data: []byte("domain: a\n" + strings.NewReplacer("id: a", "id: b", "code: x", "code: y", "who:", "basis: measured\n    who:").Replace(good))}})
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]Basis{"x": Modelled, "y": Measured} {
		if g := c.Classify([]Signal{{Seen: Forecast, Code: code}}, "en")[0]; g.Basis != want || !strings.HasPrefix(g.Kind, "a/") {
			t.Errorf("%s is %s, %s", code, g.Kind, g.Basis)
		}
	}
}

func TestTextsOfOneLanguageAreThoseOfTheOther(t *testing.T) {
	for want, files := range map[string][2]string{
		`texts/de.yaml: no text "a.b", which en has`:                    {"a: {b: x}", "a: {c: y}"},
		`texts/de.yaml: "a" has the placeholders {y}, in en it has {x}`: {`a: "{x}"`, `a: "{y}"`},
		`texts/en.yaml:2:1: a second text "a"`:                          {"a: x\na: y", "a: x"},
		`texts/en.yaml:1:4: want text`:                                  {"a: [x]", "a: x"},
	} {
		_, err := LoadTexts(fstest.MapFS{"texts/en.yaml": {Data: []byte(files[0])}, "texts/de.yaml": {Data: []byte(files[1])}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := LoadTexts(fstest.MapFS{"texts/en.yaml": {Data: []byte("a: x")}}); err == nil {
		t.Error("a missing language is no error")
	}
}

func TestFill(t *testing.T) {
	texts := Texts{"en": {"a": "{x} and {y}", "b": "x[[ ({x})]][[: {y}]]"}}
	args := map[string]string{"x": "1"}
	for id, want := range map[string]string{"a": "1 and –", "b": "x (1)", "c": "c"} {
		if got := texts.Text("en", id, args); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
