package openstack

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// classifiable are the types whose bodies are objects of their own in the
// services' answers. One value, so that kinds can be keys of maps.
var classifiable = sync.OnceValue(func() []*kind {
	return slices.DeleteFunc(kinds(), func(k *kind) bool {
		return k.schema.Type == typeInterface || k.schema.Type == typeRoute || k.schema.Type == typeAttachment
	})
})

// unclassified returns the keys of an object, and of the objects inside its
// properties, that the schema does not know.
func (k *kind) unclassified(b body) []string {
	var out []string
	known := func(key, group string) bool {
		_, ok := k.schema.Body[key]
		_, open := k.schema.Body[group]
		return ok || open
	}
	for key, v := range b {
		if key == orderKey {
			continue
		}
		if !known(key, anyKey) {
			out = append(out, key)
		}
		if _, isProperty := k.path(key); !isProperty {
			continue
		}
		inner := b.objects(key)
		if m, ok := v.(map[string]any); ok {
			inner = append(inner, m)
		}
		for _, o := range inner {
			for name := range o {
				if !known(key+"."+name, key+".*") {
					out = append(out, key+"."+name)
				}
			}
		}
	}
	return out
}

// objectsIn finds the objects of our types in an answer.
func objectsIn(name string, answer map[string]json.RawMessage) map[*kind][]body {
	out := map[*kind][]body{}
	for _, k := range classifiable() {
		if k.service == network && !strings.Contains(name, "/network/") {
			continue
		}
		single, plural := k.key, k.key+"s"
		if k.schema.Type == typeImage {
			single, plural = "image", "images"
			if _, ok := answer["disk_format"]; ok && strings.Contains(name, "/image/") {
				if b, err := decode(join(answer)); err == nil {
					out[k] = append(out[k], b)
				}
			}
		}
		if b, err := decode(answer[single]); err == nil && len(b) > 0 {
			out[k] = append(out[k], b)
		}
		var list []json.RawMessage
		if json.Unmarshal(answer[plural], &list) != nil {
			continue
		}
		for _, item := range list {
			b, err := decode(item)
			if err != nil {
				continue
			}
			if inner := b.object("keypair"); inner != nil {
				b = inner
			}
			out[k] = append(out[k], b)
		}
	}
	return out
}

func join(answer map[string]json.RawMessage) []byte {
	data, err := json.Marshal(answer)
	if err != nil {
		return nil
	}
	return data
}
