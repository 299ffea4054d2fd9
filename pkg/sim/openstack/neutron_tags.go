package openstack

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// stamp writes a moment as Neutron does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (o *netObject) tagList() []any {
	list := []any{}
	for _, t := range o.tags {
		list = append(list, t)
	}
	return list
}

func (o *netObject) setTags(tags []any) {
	o.tags = nil
	for _, t := range tags {
		o.tags = append(o.tags, text(t))
	}
	slices.Sort(o.tags)
	o.tags = slices.Compact(o.tags)
}

func (n *network) tagRoutes(s *service, k *netKind, path string) {
	on := func(pattern string, do func(*call, *netObject) (*reply, error)) {
		method, rest, _ := strings.Cut(pattern, " ")
		s.on(method+" "+path+rest, func(c *call) (*reply, error) {
			o, err := n.find(c, k, c.PathValue("id"))
			if err != nil {
				return nil, refuseAs(http.StatusNotFound, "TagResourceNotFound", "Resource %s %s could not be found.", k.many, c.PathValue("id"))
			}
			if c.Method != http.MethodGet && !c.admin() && o.project != c.project() {
				return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:update_%s_tags is disallowed by policy", k.one)
			}
			return do(c, o)
		})
	}
	on("GET ", func(c *call, o *netObject) (*reply, error) { return ok(map[string]any{"tags": o.tagList()}), nil })
	on("PUT ", replaceTags)
	on("DELETE ", func(c *call, o *netObject) (*reply, error) {
		o.setTags(nil)
		return empty(http.StatusNoContent), nil
	})
	on("GET /{tag}", func(c *call, o *netObject) (*reply, error) {
		if err := hasTag(c, o); err != nil {
			return nil, err
		}
		return empty(http.StatusNoContent), nil
	})
	on("PUT /{tag}", func(c *call, o *netObject) (*reply, error) {
		if err := checkTag(c.PathValue("tag")); err != nil {
			return nil, err
		}
		o.setTags(append(o.tagList(), c.PathValue("tag")))
		o.touch(c.now)
		return (&reply{status: http.StatusCreated, bytes: []byte("null")}).set("Content-Type", "application/json"), nil
	})
	on("DELETE /{tag}", func(c *call, o *netObject) (*reply, error) {
		if err := hasTag(c, o); err != nil {
			return nil, err
		}
		o.tags = slices.DeleteFunc(o.tags, func(t string) bool { return t == c.PathValue("tag") })
		o.touch(c.now)
		return empty(http.StatusNoContent), nil
	})
}

func hasTag(c *call, o *netObject) error {
	if tag := c.PathValue("tag"); !slices.Contains(o.tags, tag) {
		return refuseAs(http.StatusNotFound, "TagNotFound", "Tag %s could not be found.", tag)
	}
	return nil
}

func checkTag(t any) error {
	s, isText := t.(string)
	switch {
	case !isText:
		return invalidInput("'%s' is not a valid string", pyStr(t))
	case utf8.RuneCountInString(s) > 255:
		return invalidInput("'%s' exceeds maximum length of 255", s)
	}
	return nil
}

func replaceTags(c *call, o *netObject) (*reply, error) {
	body, _ := c.body.(map[string]any)
	v, there := body["tags"]
	if !there {
		return nil, invalidInput("Invalid tags body")
	}
	list, isList := v.([]any)
	if !isList {
		return nil, invalidInput("'%s' is not a list", pyStr(v))
	}
	for i, t := range list {
		if err := checkTag(t); err != nil {
			return nil, err
		}
		if slices.Contains(list[:i], t) {
			return nil, invalidInput("Duplicate items in the list: '%s'", t)
		}
	}
	o.setTags(list)
	o.touch(c.now)
	return ok(map[string]any{"tags": list}), nil
}
