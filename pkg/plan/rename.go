package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// nameLabel is what the API server puts on every namespace, so that selectors
// can name it (kubernetes.io/docs/concepts/overview/working-with-objects/namespaces).
const nameLabel = "kubernetes.io/metadata.name"

// renameNamespaces gives the project's namespaces the names that rules with the
// path metadata.name want. What is in one moves along; references follow by
// themselves, and selectors by the namespace's label are rewritten. Where a name
// stands in a text (a host in an environment variable), that is told, and not
// guessed.
func (b *builder) renameNamespaces() error {
	for i, rule := range b.opts.Rules {
		if rule.Type != namespace || rule.Path != "metadata.name" || rule.To != "" && rule.To != b.opts.Cloud {
			continue
		}
		to, _ := rule.Replace.(string)
		for r := range b.out.OfType(namespace) {
			if _, done := b.spaces[r.Name]; done || r.Tenure != resource.Own || rule.When != nil && rule.When != resource.Value(r.Name) {
				continue
			}
			if to == "" || b.isTaken(to) {
				return fmt.Errorf("mapping rule %d: the namespace %s shall become %q, which is no name, or another namespace's", i+1, r.Name, to)
			}
			b.spaces[r.Name] = to
			b.decide(resource.Decision{Ref: r.Ref, Path: "name", From: r.Name, To: to, Effect: resource.Adapted, Rule: "property/by-rule"})
		}
	}
	if len(b.spaces) == 0 {
		return nil
	}
	for r := range b.out.All() {
		if !inCluster(r.Type) {
			continue
		}
		if to, ok := b.spaces[r.Name]; ok && r.Type == namespace {
			r.Name = to
		}
		if to, ok := b.spaces[r.Scope]; ok {
			b.decide(resource.Decision{Ref: r.Ref, Path: "scope", From: r.Scope, To: to, Effect: resource.Same, Rule: "property/by-rule"})
			r.Scope = to
		}
		b.renameSelectors(r, "", r.Spec)
	}
	b.findNames()
	return nil
}

// isTaken reports whether a namespace of the plan has the name.
func (b *builder) isTaken(name string) bool {
	for r := range b.out.OfType(namespace) {
		if r.Name == name {
			return true
		}
	}
	for _, to := range b.spaces {
		if to == name {
			return true
		}
	}
	return false
}

// renameSelectors rewrites what selects a namespace by its name, in a map of
// labels or in an expression.
func (b *builder) renameSelectors(r *resource.Resource, p resource.Path, v resource.Value) {
	same := func(at resource.Path, from, to resource.Value) {
		b.decide(resource.Decision{Ref: r.Ref, Path: at, From: from, To: to, Effect: resource.Same, Rule: "property/by-rule"})
	}
	switch v := v.(type) {
	case []resource.Value:
		for i, item := range v {
			b.renameSelectors(r, p.Index(i), item)
		}
	case map[string]resource.Value:
		name, _ := v[nameLabel].(string)
		if to, ok := b.spaces[name]; ok {
			same(p.Field(nameLabel), name, to)
			v[nameLabel] = to
		}
		if values, ok := v["values"].([]resource.Value); ok && v["key"] == nameLabel {
			now := slices.Clone(values)
			for i, value := range values {
				name, _ := value.(string)
				if to, ok := b.spaces[name]; ok {
					now[i] = to
				}
			}
			if !resource.Equal(values, now) {
				same(p.Field("values"), values, now)
				v["values"] = now
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b.renameSelectors(r, p.Field(key), v[key])
		}
	}
}

// findNames tells which texts name a Service of a namespace that gets another
// name: SERVICE.NAMESPACE, with whatever follows.
func (b *builder) findNames() {
	var hosts []string
	for r := range b.set.OfType(service) {
		if _, ok := b.spaces[r.Scope]; ok {
			hosts = append(hosts, r.Name+"."+r.Scope)
		}
	}
	slices.Sort(hosts)
	for r := range b.out.All() {
		if r.Tenure != resource.Own || !inCluster(r.Type) {
			continue
		}
		for path, leaf := range resource.Leaves(r.Spec) {
			word, _ := leaf.(string)
			for _, host := range hosts {
				if isWord(word, host) {
					_, from, _ := strings.Cut(host, ".")
					b.foretell(gap.Signal{Code: "name/of-namespace", Ref: r.Ref, Path: path, Source: host, Effect: resource.Degraded, Args: map[string]string{"name": host, "from": from, "to": b.spaces[from]}})
				}
			}
		}
	}
}

// isWord reports whether the text has the name, and not as a part of another.
func isWord(text, name string) bool {
	part := func(c byte) bool {
		return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !part(text[i-1]) && text[i-1] != '.') && (end == len(text) || !part(text[end])) {
			return true
		}
		from = i + 1
	}
}
