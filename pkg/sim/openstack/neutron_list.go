package openstack

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// control are the query parameters that do not filter.
var control = []string{"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"}

func (n *network) listHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		if c.Method == http.MethodHead {
			return nil, errMethod
		}
		if k == n.groups || k == n.rules {
			n.defaultGroup(c, c.project())
		}
		if k.parent != nil {
			if _, err := n.find(c, k.parent, c.PathValue("parent")); err != nil {
				return nil, err
			}
		}
		q := c.URL.Query()
		views, err := n.filtered(c, k, q)
		if err != nil {
			return nil, err
		}
		if err := n.sorted(k, views, q); err != nil {
			return nil, err
		}
		p, err := n.page(c, k, views, q)
		if err != nil {
			return nil, err
		}
		list := []any{}
		for _, v := range p.items {
			list = append(list, fields(v, q["fields"]))
		}
		body := map[string]any{k.many: list}
		if len(p.links) > 0 {
			body[k.many+"_links"] = p.links
		}
		return ok(body), nil
	}
}

// filtered returns the views of what the caller sees and asks for.
func (n *network) filtered(c *call, k *netKind, q url.Values) ([]map[string]any, error) {
	tests, err := n.filters(k, q)
	if err != nil {
		return nil, err
	}
	var views []map[string]any
	if !c.may(k.rule("get"), cmp.Or(k.reader, "reader")) {
		return nil, nil
	}
	list := k.all(nil)
	if k.parent != nil {
		list = k.in(c.PathValue("parent"))
	}
	for _, o := range list {
		if !n.sees(c, o) {
			continue
		}
		if n.passes(c, o, tests) {
			views = append(views, n.view(c, o))
		}
	}
	return views, nil
}

// A netFilter tests one attribute.
type netFilter struct {
	name string
	test func(map[string]any) bool
}

// passes tells whether an object passes all tests. Most are about what it
// keeps; only for the others is it worth the work to tell all about it.
func (n *network) passes(c *call, o *netObject, tests []netFilter) bool {
	var whole map[string]any
	for _, f := range tests {
		from := o.attrs
		if _, kept := from[f.name]; !kept {
			if whole == nil {
				whole = n.whole(c, o)
			}
			from = whole
		}
		if !f.test(from) {
			return false
		}
	}
	return true
}

// filters makes a test of each parameter; several values of one are alternatives.
func (n *network) filters(k *netKind, q url.Values) ([]netFilter, error) {
	var tests []netFilter
	var strange []string
	for _, name := range sortedKeys(q) {
		if slices.Contains(control, name) {
			continue
		}
		if t := tagFilter(name, q[name]); t != nil && k.tags != "" {
			tests = append(tests, netFilter{"tags", t})
			continue
		}
		a, there := n.attribute(k, name)
		if !there || !a.can("f") {
			strange = append(strange, name)
			continue
		}
		if a.can("x") {
			continue
		}
		t, err := attributeFilter(a, q[name])
		if err != nil {
			return nil, err
		}
		tests = append(tests, netFilter{name, t})
	}
	if len(strange) > 0 && n.extensions["filter-validation"] {
		return nil, badRequest("%s is invalid attribute for filtering", pyRepr(strange))
	}
	return tests, nil
}

func attributeFilter(a attribute, values []string) (func(map[string]any) bool, error) {
	if a.name == "fixed_ips" {
		for _, value := range values {
			if !strings.Contains(value, "=") {
				return nil, invalidInput("'%s' is not of the form <key>=[value]", value)
			}
		}
		return func(v map[string]any) bool { return hasFixedIP(v, values) }, nil
	}
	if a.def == any(true) || a.def == any(false) || a.name == "shared" {
		for i, s := range values {
			b, ok := asBool(s)
			if !ok {
				return nil, invalidInput("'%s' cannot be converted to boolean", s)
			}
			values[i] = strconv.FormatBool(b)
		}
	}
	return func(v map[string]any) bool {
		if list, many := v[a.name].([]any); many {
			return slices.ContainsFunc(list, func(item any) bool { return slices.Contains(values, text(item)) })
		}
		have := ""
		if v[a.name] != nil {
			have = fmt.Sprint(v[a.name])
		}
		// As MySQL compares: without case.
		return slices.ContainsFunc(values, func(want string) bool { return strings.EqualFold(want, have) })
	}, nil
}

// hasFixedIP understands ip_address=A, ip_address_substr=A and subnet_id=S;
// what is named differently must match both.
func hasFixedIP(v map[string]any, values []string) bool {
	wants := map[string][]string{}
	for _, value := range values {
		if key, want, ok := strings.Cut(value, "="); ok {
			wants[key] = append(wants[key], want)
		}
	}
	list, _ := v["fixed_ips"].([]any)
	for key, want := range wants {
		if !slices.ContainsFunc(list, func(item any) bool {
			f, _ := item.(map[string]any)
			if key == "ip_address_substr" {
				return slices.ContainsFunc(want, func(w string) bool { return strings.Contains(text(f["ip_address"]), w) })
			}
			return slices.Contains(want, text(f[key]))
		}) {
			return false
		}
	}
	return true
}

// tagFilter makes the tests of tags, tags-any, not-tags and not-tags-any.
func tagFilter(name string, values []string) func(map[string]any) bool {
	if !slices.Contains([]string{"tags", "tags-any", "not-tags", "not-tags-any"}, name) {
		return nil
	}
	wanted := strings.Split(strings.Join(values, ","), ",")
	return func(v map[string]any) bool {
		have, _ := v["tags"].([]any)
		found := 0
		for _, w := range wanted {
			if slices.Contains(have, any(w)) {
				found++
			}
		}
		switch name {
		case "tags":
			return found == len(wanted)
		case "tags-any":
			return found > 0
		case "not-tags":
			return found < len(wanted)
		}
		return found == 0
	}
}

// sorted sorts views in place; without keys they stay in the order of ids.
func (n *network) sorted(k *netKind, views []map[string]any, q url.Values) error {
	keys, dirs := q["sort_key"], q["sort_dir"]
	if len(keys) != len(dirs) {
		return badRequest("The number of sort_keys and sort_dirs must be same")
	}
	var strange []string
	for _, key := range keys {
		if a, there := n.attribute(k, key); !there || !a.can("s") {
			strange = append(strange, key)
		}
	}
	if len(strange) > 0 {
		return badRequest("%s is invalid attribute for sort_keys", pyRepr(strange))
	}
	var wrong []string
	for _, dir := range dirs {
		if dir != "asc" && dir != "desc" {
			wrong = append(wrong, dir)
		}
	}
	if len(wrong) > 0 {
		return badRequest("%s is invalid value for sort_dirs, valid value is 'asc' and 'desc'", pyRepr(wrong))
	}
	slices.SortStableFunc(views, func(a, b map[string]any) int {
		for i, key := range keys {
			order := compareValues(a[key], b[key])
			if dirs[i] == "desc" {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

func compareValues(a, b any) int {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(strings.ToLower(fmt.Sprint(orNone(asItIs)("", a))), strings.ToLower(fmt.Sprint(orNone(asItIs)("", b))))
}

// A netPage is a part of a list with the links to its neighbours.
type netPage struct {
	items []map[string]any
	links []any
}

func (n *network) page(c *call, k *netKind, views []map[string]any, q url.Values) (netPage, error) {
	limit, err := n.pageSize(q)
	if err != nil {
		return netPage{}, err
	}
	reverse, _ := asBool(lastOf(q["page_reverse"]))
	if marker := lastOf(q["marker"]); marker != "" && limit > 0 {
		i := slices.IndexFunc(views, func(v map[string]any) bool { return v["id"] == marker })
		if i < 0 {
			return netPage{}, k.missing("", marker)
		}
		if reverse {
			views = views[:i]
		} else {
			views = views[i+1:]
		}
	}
	if limit == 0 {
		return netPage{items: views}, nil
	}
	if len(views) > limit && reverse {
		views = views[len(views)-limit:]
	} else if len(views) > limit {
		views = views[:limit]
	}
	return netPage{views, pageLinks(c, views, len(views) < limit, reverse)}, nil
}

// pageSize reads the limit; 0 is none, as long as the profile sets none.
func (n *network) pageSize(q url.Values) (int, error) {
	most := int(n.cloud.profile.Behaviour.PageLimits["network"])
	s := lastOf(q["limit"])
	if s == "" {
		return most, nil
	}
	limit, err := strconv.Atoi(s)
	if err != nil || limit < 0 {
		return 0, refuseAs(http.StatusBadRequest, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not '%s'.", s)
	}
	if most > 0 && (limit == 0 || limit > most) {
		limit = most
	}
	return limit, nil
}

// lastOf returns the value that counts where one may be given.
func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// pageQuery is the query of the request without its place in the list.
func pageQuery(raw string) string {
	var keep []string
	for _, pair := range strings.Split(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if pair == "" || err != nil || name == "marker" || name == "page_reverse" {
			continue
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = url.QueryEscape(v)
		}
		keep = append(keep, url.QueryEscape(name)+"="+value)
	}
	return strings.Join(keep, "&")
}

func pageLinks(c *call, items []map[string]any, short, reverse bool) []any {
	var links []any
	asked, _, _ := strings.Cut(c.RequestURI, "?")
	link := func(rel string, item int) {
		q := pageQuery(c.URL.RawQuery)
		if len(items) > 0 {
			q += "&marker=" + text(items[(item+len(items))%len(items)]["id"])
		}
		if rel == "previous" {
			q += "&page_reverse=True"
		}
		links = append(links, map[string]any{"rel": rel, "href": c.host() + asked + "?" + strings.TrimPrefix(q, "&")})
	}
	if !short || reverse {
		link("next", -1)
	}
	if !short || !reverse {
		link("previous", 0)
	}
	return links
}
