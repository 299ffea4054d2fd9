package gap

import (
	"regexp"
	"strings"
)

// inLanguage returns a copy of the arguments in which the words that a plan
// says in English are those of the language. Names, numbers and whatever else
// the catalogue has no phrase for stay as they are.
func (c *Catalogue) inLanguage(args map[string]string, lang string) map[string]string {
	out := make(map[string]string, len(args))
	for name, value := range args {
		parts := strings.Split(value, ", ")
		for i, part := range parts {
			number, words := amount.FindString(part), amount.ReplaceAllString(part, "")
			if text, ok := c.phrases[words][lang]; ok {
				parts[i] = number + text
			}
		}
		out[name] = strings.Join(parts, ", ")
	}
	return out
}

// amount is the number before a unit: "+20 GB of disk".
var amount = regexp.MustCompile(`^[+-]?[0-9]+ `)
