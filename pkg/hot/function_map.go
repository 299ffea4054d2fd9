package hot

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// set puts a value under a key, in the place of what is there.
func (o *object) set(item entry) {
	i := slices.IndexFunc(o.entries, func(have entry) bool { return have.key == item.key })
	if i < 0 {
		o.entries = append(o.entries, item)
		return
	}
	o.entries[i] = item
}

// mapArg returns the map that a is; nothing is an empty map.
func (e *evaluator) mapArg(a *node, name string) (*object, bool) {
	o, ok := a.value.(*object)
	if a.value == nil {
		return &object{}, true
	}
	if !ok {
		e.unless(a, "%s wants maps, this is %s", name, describe(a))
	}
	return o, ok
}

func (e *evaluator) mapMerge(n *node) *node {
	args, ok := e.args(n, "map_merge: [MAP, …]")
	if !ok {
		return n.with(invalid{})
	}
	out := &object{}
	for _, a := range args {
		o, ok := e.mapArg(a, "map_merge")
		if !ok {
			return n.with(invalid{})
		}
		for _, item := range o.entries {
			out.set(item)
		}
	}
	return n.with(out)
}

// mapReplace gives the keys and values of a map other ones.
func (e *evaluator) mapReplace(n *node) *node {
	args, ok := e.args(n, "map_replace: [MAP, {keys: MAP, values: MAP}]")
	if !ok {
		return n.with(invalid{})
	}
	if len(args) != 2 {
		return e.fail(n, "map_replace wants [MAP, {keys: MAP, values: MAP}]")
	}
	in, ok := e.mapArg(args[0], "map_replace")
	change := e.object(args[1], "the change of map_replace", "keys", "values")
	if !ok {
		return n.with(invalid{})
	}
	table := func(name string) *object {
		if v := change.get(name); v != nil {
			o, _ := e.mapArg(v, "map_replace")
			return o
		}
		return nil
	}
	keys, values := table("keys"), table("values")
	out := &object{}
	for _, item := range in.entries {
		key := item.key
		if text, ok := lookUp(keys, item.key); ok {
			if key, ok = asText(text.value); !ok {
				return e.fail(text, "a key must be text")
			}
		}
		if out.get(key) != nil || key != item.key && in.get(key) != nil {
			return e.fail(n, "map_replace makes the key %q twice", key)
		}
		v := item.value
		if text, ok := asText(v.value); ok {
			if to, ok := lookUp(values, text); ok {
				v = to
			}
		}
		out.entries = append(out.entries, entry{key: key, at: item.at, value: v})
	}
	return n.with(out)
}

func lookUp(o *object, key string) (*node, bool) {
	if o == nil {
		return nil, false
	}
	v := o.get(key)
	return v, v != nil && v.value != nil
}

// makeURL puts a URL together, with each part escaped as it wants to be. What
// is known only later is taken as it will be.
func (e *evaluator) makeURL(n *node) *node {
	v := e.eval(n)
	o := e.object(v, "make_url", "scheme", "username", "password", "host", "port", "path", "query", "fragment")
	u := urlParts{evaluator: e}
	scheme := u.part(o, "scheme", func(s string) string { return s })
	user, password := u.part(o, "username", escaped("")), u.part(o, "password", escaped(""))
	host := u.part(o, "host", func(s string) string {
		if s = escaped(":")(strings.Trim(s, "[]")); strings.Contains(s, ":") {
			return "[" + s + "]"
		}
		return s
	})
	port, path, fragment := u.part(o, "port", nil), u.part(o, "path", escaped("/")), u.part(o, "fragment", escaped("/"))
	query := u.query(o.get("query"))
	if text, ok := scheme.(string); ok && strings.Contains(text, ":") {
		return e.fail(o.get("scheme"), "the scheme of a URL has no colon")
	}
	if u.bad {
		return n.with(invalid{})
	}
	var parts []resource.Value
	add := func(before string, part resource.Value, after string) {
		if part != "" {
			parts = append(parts, before, part, after)
		}
	}
	add("", scheme, ":")
	if user != "" || password != "" || host != "" || port != "" {
		parts = append(parts, "//")
	}
	add("", user, "")
	add(":", password, "")
	if user != "" || password != "" {
		parts = append(parts, "@")
	}
	add("", host, "")
	add(":", port, "")
	if text, ok := path.(string); ok && text != "" && !strings.HasPrefix(text, "/") && host != "" {
		path = "/" + text
	}
	add("", path, "")
	add("?", query, "")
	add("#", fragment, "")
	return n.with(melt(parts))
}

// melt joins parts without anything between them.
func melt(parts []resource.Value) resource.Value {
	var out []resource.Value
	for _, part := range parts {
		text, isText := part.(string)
		if before, ok := last(out).(string); ok && isText {
			out[len(out)-1] = before + text
		} else if part != "" {
			out = append(out, part)
		}
	}
	return single(join("", out))
}

// urlParts reads the parts of a URL.
type urlParts struct {
	*evaluator
	bad bool
}

// part returns a part as it is written, or "" if there is none. Without escape
// it is a port's number.
func (u *urlParts) part(o *object, name string, escape func(string) string) resource.Value {
	n := o.get(name)
	if n == nil || n.value == nil {
		return ""
	}
	switch v := n.value.(type) {
	case resource.Ref, resource.Attr, resource.Join, address:
		return v
	case string:
		if escape != nil {
			return escape(v)
		}
	case invalid:
		u.bad = true
		return ""
	}
	if number, _ := asNumber(n.value); escape == nil {
		if port, ok := number.(int64); ok && port > 0 && port <= 65535 {
			return fmt.Sprint(port)
		}
		u.at(n, "the port of a URL is a number from 1 to 65535, this is %s", describe(n))
	} else {
		u.at(n, "the %s of a URL is text, this is %s", name, describe(n))
	}
	u.bad = true
	return ""
}

func (u *urlParts) query(n *node) resource.Value {
	if n == nil {
		return ""
	}
	o, ok := u.mapArg(n, "the query of make_url")
	if !ok {
		u.bad = true
		return ""
	}
	var parts []resource.Value
	for i, item := range o.entries {
		if i > 0 {
			parts = append(parts, "&")
		}
		parts = append(parts, strings.ReplaceAll(url.QueryEscape(item.key), "%2F", "/"), "=")
		if text, ok := asText(item.value.value); ok {
			parts = append(parts, strings.ReplaceAll(url.QueryEscape(text), "%2F", "/"))
		} else if late(item.value) {
			parts = append(parts, plain(item.value))
		} else {
			u.unless(item.value, "a value of a URL's query is text, this is %s", item.value.shape())
			u.bad = true
		}
	}
	return melt(parts)
}

// escaped escapes all that has a meaning in URLs, but for the characters in
// safe.
func escaped(safe string) func(string) string {
	return func(s string) string {
		var out strings.Builder
		for _, b := range []byte(s) {
			letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
			if letter || strings.IndexByte("_.-~"+safe, b) >= 0 {
				out.WriteByte(b)
			} else {
				fmt.Fprintf(&out, "%%%02X", b)
			}
		}
		return out.String()
	}
}
