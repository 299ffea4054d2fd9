package scenario

// LoadConfig reads wechsel.yaml. The name is for messages; the error joins one
// *hot.Error for each mistake.
func LoadConfig(name string, data []byte) (*Config, error) {
	r := reader{file: name}
	var c Config
	r.load(data, &c)
	if err := r.err(); err != nil {
		return nil, err
	}
	return &c, nil
}

// Values returns the parameters as Options takes them.
func (c Cloud) Values() map[string]any {
	out := make(map[string]any, len(c.Parameters))
	for name, v := range c.Parameters {
		out[name] = v.Value
	}
	return out
}
