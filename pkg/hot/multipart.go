package hot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"path"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// multipart is a MIME message of parts, as cloud-init reads it. It differs
// from Heat's in the boundary, which does not change from one reading to the
// next, and in that a multipart in it stays one: cloud-init reads both alike.
func (b *builder) multipart() any {
	var out []resource.Value
	sum := sha256.New()
	parts := objects(b.spec["parts"])
	for _, p := range parts {
		fmt.Fprintf(sum, "%v\x00", p["config"])
	}
	boundary := "===============" + hex.EncodeToString(sum.Sum(nil))[:32] + "=="
	out = append(out, fmt.Sprintf("Content-Type: multipart/mixed; boundary=%q\nMIME-Version: 1.0\n", boundary))
	for _, p := range parts {
		out = append(out, "\n--"+boundary+"\n"+partHeader(p))
		out = append(out, pieces(p["config"])...)
	}
	out = append(out, "\n--"+boundary+"--\n")
	return joined(out)
}

// partHeader is what comes before a part's text; a multipart brings its own.
func partHeader(p map[string]resource.Value) string {
	if p["type"] == "multipart" {
		return ""
	}
	subtype, _ := p["subtype"].(string)
	filename, _ := p["filename"].(string)
	if subtype == "" && filename != "" {
		subtype = strings.TrimSuffix(filename, path.Ext(filename)) // as Heat
	}
	if subtype == "" {
		subtype = "plain"
	}
	charset, encoding := "us-ascii", "7bit"
	for _, piece := range pieces(p["config"]) {
		if text, _ := piece.(string); strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f }) {
			charset, encoding = "utf-8", "8bit"
		}
	}
	header := fmt.Sprintf("Content-Type: text/%s; charset=%q\nMIME-Version: 1.0\nContent-Transfer-Encoding: %s\n", subtype, charset, encoding)
	if filename != "" {
		header += "Content-Disposition: " + mime.FormatMediaType("attachment", map[string]string{"filename": filename}) + "\n"
	}
	return header + "\n"
}

// pieces are the parts of a text, with what is between them.
func pieces(v resource.Value) []resource.Value {
	j, ok := v.(resource.Join)
	if !ok {
		return []resource.Value{v}
	}
	var out []resource.Value
	for i, part := range j.Parts {
		if i > 0 && j.Sep != "" {
			out = append(out, j.Sep)
		}
		out = append(out, pieces(part)...)
	}
	return out
}

// joined puts pieces together, texts that follow each other into one.
func joined(pieces []resource.Value) resource.Value {
	var parts []resource.Value
	for _, piece := range pieces {
		before, ok := last(parts).(string)
		if text, isText := piece.(string); isText && ok {
			parts[len(parts)-1] = before + text
			continue
		}
		parts = append(parts, piece)
	}
	return single(join("", parts))
}
