package kubernetes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// manifests returns the objects of the files, in the order of their names.
func manifests(files map[string][]byte) ([]object, error) {
	var out []object
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list, err := parseManifest(files[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		out = append(out, list...)
	}
	return out, errors.Join(errs...)
}

// parseManifest returns the objects of a file of several documents, as kubectl reads
// it: a List is the objects in it, an empty document is nothing.
func parseManifest(data []byte) ([]object, error) {
	var out []object
	docs := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		text, err := yaml.YAMLToJSONStrict(doc)
		if err != nil {
			return out, err
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			return out, err
		}
		if v == nil {
			continue
		}
		list, err := objectsOf(v)
		if err != nil {
			return out, err
		}
		out = append(out, list...)
	}
}

// objectsOf returns the object, or those of a List.
func objectsOf(v any) ([]object, error) {
	o, ok := v.(object)
	if !ok {
		return nil, fmt.Errorf("an object wants a map, this is %T", v)
	}
	items, ok := o["items"].([]any)
	if o["kind"] != "List" || !ok {
		return []object{o}, nil
	}
	var out []object
	for _, item := range items {
		inner, ok := item.(object)
		if !ok || inner["kind"] == "List" {
			return nil, errors.New("a List wants objects")
		}
		out = append(out, inner)
	}
	return out, nil
}
