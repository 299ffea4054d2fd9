package bundle

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
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

// Identities are those who can decrypt SecretsFile.
type Identities []age.Identity

// ParseIdentities reads identities as age-keygen writes them into a file.
func ParseIdentities(file io.Reader) (Identities, error) {
	ids, err := age.ParseIdentities(file)
	if err != nil {
		return nil, fmt.Errorf("no identities of age (want lines that begin with AGE-SECRET-KEY-1, as age-keygen writes them): %w", err)
	}
	return ids, nil
}

// ErrSealed says that the values of a bundle's Secrets cannot be had.
var ErrSealed = errors.New("the values of the Secrets cannot be had")

// Values decrypts the values of the bundle's Secrets. They are, in base64, by what
// stands for them in the Set: a text that begins with resource.Hashed.
func (b *Bundle) Values(ids Identities) (map[string]string, error) {
	f, err := b.Reader(SecretsFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: the bundle has no %s; export with --age-recipient", ErrSealed, SecretsFile)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plain, err := age.Decrypt(f, ids...)
	if _, isOther := errors.AsType[*age.NoIdentityMatchError](err); isOther {
		return nil, fmt.Errorf("%w: %s is encrypted for other recipients than the one of this identity", ErrSealed, SecretsFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: decrypt %s: %w", ErrSealed, SecretsFile, err)
	}
	out := map[string]string{}
	own := map[string]*resource.Resource{}
	for r := range b.Set.OfType(secretType) {
		own[idOf(r.Scope, r.Name)] = r
	}
	for manifests := yaml.NewDecoder(plain); ; {
		var secret struct {
			Metadata struct{ Name, Namespace string }
			Data     map[string]string
		}
		if err := manifests.Decode(&secret); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil { // which may have a value in its text
			return nil, fmt.Errorf("%w: what is in %s is no list of Secrets", ErrSealed, SecretsFile)
		}
		if r := own[idOf(secret.Metadata.Namespace, secret.Metadata.Name)]; r != nil {
			data, _ := r.Spec["data"].(map[string]resource.Value)
			for name, value := range secret.Data {
				if text, _ := data[name].(string); strings.HasPrefix(text, resource.Hashed) && text != resource.Hashed {
					out[text] = value
				}
			}
		}
	}
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
