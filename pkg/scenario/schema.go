package scenario

import "github.com/invopop/jsonschema"

// Schema returns the JSON Schema of scenario.yaml.
func Schema() *jsonschema.Schema {
	return describe(&File{}, "scenario", "A workload for wechsel to move from one cloud to another")
}

// ConfigSchema returns the JSON Schema of wechsel.yaml.
func ConfigSchema() *jsonschema.Schema {
	return describe(&Config{}, "config", "The clouds that wechsel knows by names of your own")
}

func describe(v any, name, about string) *jsonschema.Schema {
	r := jsonschema.Reflector{DoNotReference: true}
	s := r.Reflect(v)
	s.ID = jsonschema.ID("https://github.com/wechsel-project/wechsel/schema/" + name + ".json")
	s.Description = about
	return s
}
