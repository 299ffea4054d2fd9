package kubernetes

import (
	"regexp"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Secret of the type of tokens is empty when somebody makes it, and names an
// account. The token controller fills it in, and deletes it when there is no such
// account (kubernetes.io/docs/concepts/configuration/secret). What it writes is
// no other cluster's business: it is neither compared nor exported.
const (
	tokenType    = "kubernetes.io/service-account-token"
	tokenAccount = "kubernetes.io/service-account.name"
)

// isOldToken reports whether the Secret is one that releases before 1.24 have
// made by themselves for each account, and later ones have left there. Their
// names are the account's and five letters and digits that no word has
// (apimachinery, util/rand).
func isOldToken(o object) bool {
	if text(o, "type") != tokenType {
		return false
	}
	tail, is := strings.CutPrefix(text(o, "metadata", "name"), texts(o, "metadata", "annotations")[tokenAccount]+"-token-")
	return is && oldTail.MatchString(tail)
}

var oldTail = regexp.MustCompile("^[bcdfghjklmnpqrstvwxz2456789]{5}$")

// cleanSecret takes out what the token controller has filled in.
func cleanSecret(o object) {
	if text(o, "type") == tokenType {
		drop(o, "data", "token", "ca.crt", "namespace")
	}
}

// secretState: a token that is not there yet is of no use.
func secretState(o object) (resource.State, string) {
	if text(o, "type") == tokenType && text(o, "data", "token") == "" {
		return resource.Pending, "the token controller has not filled it in yet"
	}
	return exists(o)
}
