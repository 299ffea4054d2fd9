package hot

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// value renders any value, or says why it cannot.
func (r *renderer) value(v resource.Value) (n *yaml.Node, why string) {
	switch v := v.(type) {
	case resource.Ref:
		return r.ref(v)
	case resource.Attr:
		return r.attr(v)
	case resource.Join:
		parts, why := r.value(v.Parts)
		return mapping("list_join", sequence(textNode(v.Sep), parts)), why
	case []resource.Value:
		out := sequence()
		for _, item := range v {
			n, why := r.value(item)
			if why != "" {
				return nil, why
			}
			out.Content = append(out.Content, n)
		}
		return out, ""
	case map[string]resource.Value:
		return r.object(v)
	case string:
		if !utf8.ValidString(v) {
			return nil, "it is not text in UTF-8"
		}
		return textNode(v), ""
	case bool:
		return scalar("!!bool", strconv.FormatBool(v)), ""
	case int64:
		return scalar("!!int", strconv.FormatInt(v, 10)), ""
	case float64:
		return scalar("!!float", strconv.FormatFloat(v, 'g', -1, 64)), ""
	}
	return nil, fmt.Sprintf("a template cannot hold a %T", v)
}

func (r *renderer) object(m map[string]resource.Value) (*yaml.Node, string) {
	out := mapping()
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if len(m) == 1 && isFunction(key) {
			return nil, fmt.Sprintf("Heat takes a map with the single key %s for a function", key)
		}
		if !utf8.ValidString(key) {
			return nil, "a key is not text in UTF-8"
		}
		n, why := r.value(m[key])
		if why != "" {
			return nil, why
		}
		out.Content = append(out.Content, textNode(key), n)
	}
	return out, ""
}

// ref renders a reference.
func (r *renderer) ref(ref resource.Ref) (*yaml.Node, string) {
	x := r.set.Get(ref)
	_, implied := r.implied[ref]
	switch {
	case x == nil:
		return nil, fmt.Sprintf("it refers to %s, which is not there", ref)
	case r.names[ref] != "":
		return call("get_resource", textNode(r.names[ref])), ""
	case x.Tenure == resource.Given, x.Type == image, x.Type == snapshot:
		return r.askGiven(x), ""
	case x.Type == securityGroup && x.Name == "default":
		return textNode("default"), ""
	case implied:
		return r.impliedAttr(ref, "port"), ""
	}
	return nil, fmt.Sprintf("it refers to %s, which a template cannot make", ref)
}

func (r *renderer) attr(a resource.Attr) (*yaml.Node, string) {
	if _, ok := r.implied[a.Ref]; ok {
		switch a.Path {
		case "fixed_ips[0].ip_address":
			return r.impliedAttr(a.Ref, "addr"), ""
		case "mac_address":
			return r.impliedAttr(a.Ref, "OS-EXT-IPS-MAC:mac_addr"), ""
		}
	}
	steps := a.Path.Steps()
	name := r.names[a.Ref]
	if name == "" || len(steps) == 0 || !slices.Contains(r.kinds[a.Ref.Type].attributes, fmt.Sprint(steps[0])) {
		return nil, fmt.Sprintf("Heat has no attribute %s of %s", a.Path, a.Ref)
	}
	args := sequence(textNode(name))
	for _, step := range steps {
		switch s := step.(type) {
		case int:
			args.Content = append(args.Content, scalar("!!int", strconv.Itoa(s)))
		default:
			args.Content = append(args.Content, textNode(fmt.Sprint(s)))
		}
	}
	return call("get_attr", args), ""
}

// impliedAttr reaches something of a port that Nova makes, through its server.
func (r *renderer) impliedAttr(ref resource.Ref, what string) *yaml.Node {
	place := r.implied[ref]
	net, why := r.value(place.network)
	if why != "" {
		net = textNode("")
	}
	return call("get_attr", sequence(textNode(r.names[place.server]), textNode("addresses"), net, scalar("!!int", strconv.Itoa(place.index)), textNode(what)))
}
