package hot

import (
	"fmt"
	"slices"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// heatKinds are the types that Heat keeps to itself: none is in the cloud, each
// stands for the value that get_resource and its one attribute give.
func heatKinds() map[resource.Type]kind {
	const deployments = "it is for OS::Heat::SoftwareDeployment, which is not supported"
	return map[resource.Type]kind{
		"OS::Heat::CloudConfig": {stands: (*builder).cloudConfig, properties: map[string]property{
			"cloud_config": of(anything).must(),
		}, attributes: []string{"config"}},
		"OS::Heat::SoftwareConfig": {stands: (*builder).softwareConfig, properties: map[string]property{
			"config": of(aText),
			"group":  of(aText), "inputs": idle(deployments), "outputs": idle(deployments), "options": idle(deployments),
		}, attributes: []string{"config"}},
		"OS::Heat::MultipartMime": {stands: (*builder).multipart, properties: map[string]property{
			"parts": listOf(mapOf(map[string]property{
				"config": of(aText).must(), "filename": of(aText), "type": one("text", "multipart"), "subtype": of(aText)})),
			"group": of(aText),
		}, attributes: []string{"config"}},
		"OS::Heat::Value": {stands: (*builder).value, properties: map[string]property{
			"value": of(anything).must(), "type": one(parameterTypes()...),
		}, attributes: []string{"value"}},
	}
}

// valueOf returns the value that a declaration stands for.
func (t *template) valueOf(d *declaration) *node {
	if d.value != nil {
		return d.value
	}
	d.value = d.at.with(invalid{}) // while it is read: what refers to itself is told as a circle
	defer func(before *declaration) { t.evaluator.from = before }(t.evaluator.from)
	t.evaluator.from = d
	b := t.builder(d, resource.NewKey(d.name), t.evaluator.eval(d.props))
	d.value = d.at.with(d.kind.stands(b))
	return d.value
}

func (b *builder) softwareConfig() any {
	if text := b.spec["config"]; text != nil {
		return text
	}
	return ""
}

// value is what OS::Heat::Value holds, as the type that it names.
func (b *builder) value() any {
	n := b.where["value"]
	if n == nil {
		return invalid{}
	}
	typ, _ := b.spec["type"].(string)
	if typ == "" || late(n) {
		return n.value
	}
	v, message := (&parameter{typ: typ}).convert(n)
	if message != "" {
		b.wrong("value", "the value %s", message)
		return invalid{}
	}
	return v.value
}

// cloudConfig is the YAML that cloud-init reads.
func (b *builder) cloudConfig() any {
	n := b.where["cloud_config"]
	if n == nil {
		return invalid{}
	}
	if _, ok := n.value.(*object); !ok {
		b.checker.wrong(n, "cloud_config", "a map")
		return invalid{}
	}
	w := &configWriter{}
	data, err := write(w.node(n))
	if err != nil {
		b.wrong("cloud_config", "%v", err)
		return invalid{}
	}
	return replaceAll("#cloud-config\n"+string(data), w.late)
}

// A configWriter makes YAML of a value. What is known only later is in it as a
// placeholder.
type configWriter struct{ late []replacement }

func (w *configWriter) node(n *node) *yaml.Node {
	switch v := n.value.(type) {
	case []*node:
		out := sequence()
		for _, item := range v {
			out.Content = append(out.Content, w.node(item))
		}
		return out
	case *object:
		out := mapping()
		for _, e := range v.entries {
			out.Content = append(out.Content, textNode(e.key), w.node(e.value))
		}
		return out
	case string:
		return textNode(v)
	case resource.Join:
		return w.text(pieces(v))
	case resource.Ref, resource.Attr, address:
		return w.text([]resource.Value{v})
	case nil, invalid:
		return scalar("!!null", "null")
	}
	text, _ := asText(n.value)
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
}

// text is a text with parts that are known only later. It is quoted, whatever
// they will be.
func (w *configWriter) text(pieces []resource.Value) *yaml.Node {
	text := ""
	for _, piece := range pieces {
		if s, ok := piece.(string); ok {
			text += s
			continue
		}
		text += w.placeholder(piece)
	}
	n := scalar("!!str", text)
	n.Style = yaml.DoubleQuotedStyle
	return n
}

// placeholder stands for a value. Its characters are for private use: no text
// has them that is meant to be read.
func (w *configWriter) placeholder(v resource.Value) string {
	name := fmt.Sprintf("\ue000%d\ue001", len(w.late))
	if i := slices.IndexFunc(w.late, func(r replacement) bool { return r.value == v }); i >= 0 {
		return w.late[i].placeholder
	}
	w.late = append(w.late, replacement{name, v})
	return name
}
