package plan

import (
	"strconv"
	"strings"
)

// A scanner cuts a name from its front.
type scanner struct{ rest string }

func (s *scanner) cut(prefix string) bool {
	rest, ok := strings.CutPrefix(s.rest, prefix)
	s.rest = rest
	return ok
}

func (s *scanner) oneOf(prefixes ...string) string {
	for _, p := range prefixes {
		if s.cut(p) {
			return p
		}
	}
	return ""
}

// letter cuts one of these characters; 0 if there is none.
func (s *scanner) letter(of string) byte {
	if s.rest == "" || strings.IndexByte(of, s.rest[0]) < 0 {
		return 0
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c
}

// until cuts everything before the first of these characters.
func (s *scanner) until(end string) string {
	i := strings.IndexAny(s.rest, end)
	if i < 0 {
		i = len(s.rest)
	}
	text := s.rest[:i]
	s.rest = s.rest[i:]
	return text
}

func (s *scanner) count(c byte) int {
	rest := strings.TrimLeft(s.rest, string(rune(c)))
	n := len(s.rest) - len(rest)
	s.rest = rest
	return n
}

func (s *scanner) run(of string) string {
	rest := strings.TrimLeft(s.rest, of)
	text := s.rest[:len(s.rest)-len(rest)]
	s.rest = rest
	return text
}

// number cuts digits; 0 if there are none, or more than a size can have.
func (s *scanner) number() int64 {
	n, _ := s.maybe()
	return n
}

// maybe is number, and whether there are digits.
func (s *scanner) maybe() (int64, bool) {
	text := s.run("0123456789")
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		n = 0
	}
	return n, text != ""
}

// halfGiB cuts a number of GiB with at most a half, as MiB; 0 if it is none.
func (s *scanner) halfGiB() int64 {
	gib, err := strconv.ParseFloat(s.run("0123456789."), 64)
	if err != nil || gib > 1<<20 || gib*2 != float64(int64(gib*2)) {
		return 0
	}
	return int64(gib * 1024)
}
