package kubernetes

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// hashed is how the text begins that stands for a Secret's value. It is also
// the value of a Secret that was made without knowing the true one, and then
// stands for itself: so a placeholder equals what it stands for. That it is one
// shows in that nothing of it is Unread.
const hashed = resource.Hashed

// dockerConfig is the entry of a Secret whose value has to be JSON.
const dockerConfig = ".dockerconfigjson"

// hideSecret replaces the values of a Secret by keyed hashes: they can be
// compared, and neither read nor guessed without the key.
func (c *Cloud) hideSecret(r *resource.Resource) {
	data, _ := r.Spec["data"].(object)
	if len(data) == 0 {
		return
	}
	var hidden []resource.Path
	for name, v := range data {
		encoded, _ := v.(string)
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			value = []byte(encoded)
		}
		told, ok := placeholder(value)
		if !ok {
			told = c.hash(value)
			hidden = append(hidden, resource.Path("data").Field(name))
		}
		data[name] = told
	}
	if len(hidden) == len(data) {
		hidden = []resource.Path{"data"}
	}
	slices.Sort(hidden)
	r.Unread = append(r.Unread, hidden...)
}

// hash returns the text for a value, with what tells the key from others.
func (c *Cloud) hash(value []byte) string {
	sum := func(of []byte) string {
		mac := hmac.New(sha256.New, c.secret)
		mac.Write(of)
		return hex.EncodeToString(mac.Sum(nil))
	}
	const few = 8
	return hashed + sum([]byte("the key itself"))[:few] + "-" + sum(value)
}

// placeholder returns the hash that a value consists of.
func placeholder(value []byte) (string, bool) {
	var config map[string]string
	if json.Unmarshal(value, &config) == nil && strings.HasPrefix(config["wechsel"], hashed) {
		return config["wechsel"], true
	}
	if text := string(value); strings.HasPrefix(text, hashed) {
		return text, true
	}
	return "", false
}

// placeholders makes values of the hashes, as the server takes them.
func placeholders(o object) {
	data, _ := o["data"].(object)
	for name, v := range data {
		text, _ := v.(string)
		if !strings.HasPrefix(text, hashed) {
			continue
		}
		value := []byte(text)
		if name == dockerConfig || name == ".dockercfg" {
			value, _ = json.Marshal(map[string]string{"wechsel": text}) //nolint:errchkjson // a map of texts
		}
		data[name] = base64.StdEncoding.EncodeToString(value)
	}
}
