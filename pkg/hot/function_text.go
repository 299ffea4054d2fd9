package hot

import (
	"crypto/md5"  //nolint:gosec // what a template asks for
	"crypto/sha1" //nolint:gosec // what a template asks for
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
)

// digest gives the hash of a text, as hexadecimal digits.
func (e *evaluator) digest(n *node) *node {
	const usage = "digest: [ALGORITHM, TEXT]"
	args, ok := e.args(n, usage)
	if !ok {
		return n.with(invalid{})
	}
	if len(args) != 2 {
		return e.fail(n, "wants %s", usage)
	}
	algorithm, ok := args[0].value.(string)
	text, ok2 := args[1].value.(string)
	if !ok || !ok2 {
		return e.fail(args[1], "digest wants texts that are known before anything is created: %s", usage)
	}
	algorithms := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
		"sha384": sha512.New384, "sha512": sha512.New}
	begin, ok := algorithms[strings.ToLower(algorithm)]
	if !ok {
		return e.fail(args[0], "digest knows md5, sha1, sha224, sha256, sha384 and sha512, not %q", algorithm)
	}
	h := begin()
	for _, r := range text {
		if r > 0xff {
			return e.fail(args[1], "digest reads text as Latin-1, which has no %q", r)
		}
		h.Write([]byte{byte(r)})
	}
	return n.with(hex.EncodeToString(h.Sum(nil)))
}

// strSplit splits a text, and takes one of the pieces if there is a number.
func (e *evaluator) strSplit(n *node) *node {
	const usage = "str_split: [SEPARATOR, TEXT] or str_split: [SEPARATOR, TEXT, NUMBER]"
	args, ok := e.args(n, usage)
	if !ok {
		return n.with(invalid{})
	}
	if len(args) < 2 || len(args) > 3 {
		return e.fail(n, "wants %s", usage)
	}
	sep, ok := args[0].value.(string)
	if !ok || sep == "" {
		return e.fail(args[0], "the separator of str_split is text of at least one character")
	}
	if args[1].value == nil {
		return n.with(nil)
	}
	text, ok := args[1].value.(string)
	if !ok {
		return e.fail(args[1], "str_split splits text that is known before anything is created, this is %s", describe(args[1]))
	}
	var pieces []*node
	for piece := range strings.SplitSeq(text, sep) {
		pieces = append(pieces, n.with(piece))
	}
	if len(args) == 2 {
		return n.with(pieces)
	}
	number, _ := asNumber(args[2].value)
	i, ok := number.(int64)
	if i < 0 {
		i += int64(len(pieces)) // as Python counts
	}
	if !ok || i < 0 || i >= int64(len(pieces)) {
		return e.fail(args[2], "str_split has %d pieces, counted from 0, and no %s", len(pieces), describe(args[2]))
	}
	return pieces[i]
}
