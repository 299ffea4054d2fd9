package cloudtest

import "testing"

func (s Suite) refusals(t *testing.T)  { s.begin(t, "ctrefuse") }
func (s Suite) cancelled(t *testing.T) { s.begin(t, "ctcancel") }
