package openstack

import (
	"encoding/base64"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// formatCheck checks a format that Nova has registered. Those with a reason
// complain about the name, in whatever place it is.
func formatCheck(name string) schemaCheck {
	if f, known := nameFormats[name]; known {
		return func(v any) *complaint {
			if s, isText := v.(string); isText && f.good(s) {
				return nil
			}
			return &complaint{value: v, bare: true, message: "An invalid 'name' value was provided. The name must be: " + f.reason}
		}
	}
	good, known := textFormats[name]
	return holds(func(v any) bool {
		s, isText := v.(string)
		return !known || !isText || good(s)
	}, " is not a "+pyRepr(name))
}

// A nameFormat is a rule for names and how it is told.
type nameFormat struct {
	good   func(string) bool
	reason string
}

const keypairLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

var nameFormats = map[string]nameFormat{
	"name":                                 {trimmedName(""), "printable characters. Can not start or end with whitespace."},
	"name_with_leading_trailing_spaces":    {spacedName(""), "printable characters with at least one non space character"},
	"az_name":                              {trimmedName(":"), "printable characters except :.Can not start or end with whitespace."},
	"az_name_with_leading_trailing_spaces": {spacedName(":"), "printable characters except :, with at least one non space character"},
	"keypair_name_20":                      {onlyLetters("_- " + keypairLetters), "Only expected characters: [_- " + keypairLetters + "]"},
	"keypair_name_292":                     {onlyLetters("@._- " + keypairLetters), "Only expected characters: [@._- " + keypairLetters + "]"},
}

var textFormats = map[string]func(string) bool{
	"uuid":      isUUIDLike,
	"ipv4":      isAddress(4),
	"ipv6":      isAddress(6),
	"base64":    pyBase64,
	"date-time": isTime,
	"regex":     isRegexp,
}

// printable is Nova's idea of it: of the separators the spaces only, and
// nothing beyond the basic plane.
func printable(r rune) bool {
	return r < 0xffff && (unicode.IsOneOf(unicode.PrintRanges, r) || unicode.Is(unicode.Zs, r))
}

// trimmedName takes printable characters without spaces at either end.
func trimmedName(without string) func(string) bool {
	return func(s string) bool {
		for _, r := range s {
			if !printable(r) || strings.ContainsRune(without, r) {
				return false
			}
		}
		return s == strings.TrimFunc(s, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
	}
}

// spacedName takes spaces at the ends too, but not them alone.
func spacedName(without string) func(string) bool {
	inner := trimmedName(without)
	return func(s string) bool {
		trimmed := strings.TrimFunc(s, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
		return trimmed != "" && inner(trimmed)
	}
}

func onlyLetters(letters string) func(string) bool {
	return func(s string) bool { return strings.Trim(s, letters) == "" }
}

// isUUIDLike takes what oslo's is_uuid_like takes: 32 hexadecimal digits with
// hyphens anywhere.
func isUUIDLike(s string) bool {
	s = strings.NewReplacer("urn:", "", "uuid:", "").Replace(s)
	s = strings.ReplaceAll(strings.Trim(s, "{}"), "-", "")
	return len(s) == 32 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func isAddress(family int) func(string) bool {
	return func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is4() == (family == 4)
	}
}

// isTime takes the forms of ISO 8601 that clients write.
func isTime(s string) bool {
	_, ok := parseTime(s)
	return ok
}

// parseTime reads a moment; one without a zone is in UTC.
func parseTime(s string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05Z07:00",
		"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "20060102T150405Z", "2006-01-02", "20060102", "2006-01"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// pyBase64 takes what Python's base64.b64decode takes: characters that are not
// of the alphabet do not matter.
func pyBase64(s string) bool {
	letters := strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+/=", r)) {
			return r
		}
		return -1
	}, s)
	_, err := base64.StdEncoding.DecodeString(letters)
	return err == nil
}

// pyPattern is Python's re.search with that pattern. One that looks around is
// taken apart: Go's regexp does not know that. A broken one finds nothing.
func pyPattern(pattern string) func(string) bool {
	if inner, found := strings.CutPrefix(pattern, "^(?! )"); found {
		inner, _ = strings.CutSuffix(inner, "(?<! )$")
		find := pyPattern("^" + inner + "$")
		return func(s string) bool { return s == strings.Trim(s, " ") && find(s) }
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return func(string) bool { return false }
	}
	return re.MatchString
}

func isRegexp(s string) bool {
	_, err := regexp.Compile(s)
	return s != "" && err == nil
}
