package gap_test

import (
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	. "github.com/wechsel-project/wechsel/pkg/gap"
)

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsAreThereInAllLanguages(t *testing.T) {
	if _, err := LoadTexts(fixtures.FS); err != nil {
		t.Fatal(err)
	}
	load(t)
}
