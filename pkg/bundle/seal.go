package bundle

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"filippo.io/age"
	"go.yaml.in/yaml/v2"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// SecretsFile has the Secrets with their values, encrypted with age.
const SecretsFile = "secrets.yaml.age"

// Recipients are those who can decrypt SecretsFile (age-encryption.org).
type Recipients []age.Recipient

// ParseRecipients reads recipients as age-keygen prints them: age1….
func ParseRecipients(list []string) (Recipients, error) {
	var out Recipients
	for _, text := range list {
		r, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%q is no recipient of age: give what age-keygen calls the public key (age1…): %w", text, err)
		}
		out = append(out, r...)
	}
	return out, nil
}

// Seal writes the Secrets that are somebody's own, as a cloud lists them with
// their values, as one encrypted stream of manifests. At no time is a value in a
// file, or more than one Secret in memory.
func (w *Writer) Seal(secrets iter.Seq2[*resource.Resource, error], to Recipients) error {
	f, err := w.File(SecretsFile)
	if err != nil {
		return err
	}
	if err := seal(f, secrets, to); err != nil {
		return errors.Join(err, f.CloseWithError(err))
	}
	w.sealed = true
	return f.Close()
}

func seal(f io.Writer, secrets iter.Seq2[*resource.Resource, error], to Recipients) error {
	encrypted, err := age.Encrypt(f, to...)
	if err != nil {
		return fmt.Errorf("encrypt %s: %w", SecretsFile, err)
	}
	for secret, err := range secrets {
		if err != nil {
			return err
		}
		if secret.Tenure != resource.Own {
			continue
		}
		o := object(secret, nil)
		delete(o, "stringData")
		o["data"] = secret.Spec["data"]
		text, err := yaml.Marshal(o)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(encrypted, "---\n%s", text); err != nil {
			return err
		}
	}
	return encrypted.Close()
}
