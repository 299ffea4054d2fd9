package kubernetes

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// hashed is how the text begins that stands for a Secret's value. It is also
// the value of a Secret that was made without knowing the true one, and then
// stands for itself: so a placeholder equals what it stands for.
const hashed = "wechsel-hmac-sha256:"

// dockerConfig is the entry of a Secret whose value has to be JSON.
const dockerConfig = ".dockerconfigjson"

// hideSecret replaces the values of a Secret by keyed hashes: they can be
// compared, and neither read nor guessed without the key.
func (c *Cloud) hideSecret(r *resource.Resource) {
	data, _ := r.Spec["data"].(object)
	if len(data) == 0 {
		return
	}
	for name, v := range data {
		encoded, _ := v.(string)
		value, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			value = []byte(encoded)
		}
		data[name] = c.hash(value)
	}
	r.Unread = append(r.Unread, "data")
}

func (c *Cloud) hash(value []byte) string {
	if told, ok := placeholder(value); ok {
		return told
	}
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(value)
	return hashed + hex.EncodeToString(mac.Sum(nil))
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
