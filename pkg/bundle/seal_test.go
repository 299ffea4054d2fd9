package bundle_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// valuesOf are the secrets as a cluster tells them to whoever encrypts.
func valuesOf(err error) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for name, tenure := range map[string]resource.Tenure{"login": resource.Own, "a-controllers": resource.Implied} {
			r := &resource.Resource{Ref: resource.Ref{Type: "core/Secret"}, Name: name, Scope: "shop", Tenure: tenure, Spec: map[string]any{"apiVersion": "v1", "type": "Opaque",
				"metadata": map[string]any{"namespace": "shop", "labels": map[string]any{"app": "web"}}, "data": map[string]any{"password": "aHVudGVyMg=="}}}
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// TestSealed: whoever has the key gets the Secrets as they were, ready for
// kubectl, and nobody else gets a value.
func TestSealed(t *testing.T) {
	set := take(t, kubernetes.Source{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": []byte(
		"apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop, labels: {app: web}}\ntype: Opaque\nstringData: {password: hunter2}\n")}})
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := bundle.ParseRecipients([]string{key.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "b")
	w, err := bundle.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("connection lost")
	if err := w.Seal(valuesOf(broken), to); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "secrets*")); len(left) > 0 {
		t.Errorf("what failed has left %v", left)
	}
	if err := w.Seal(valuesOf(nil), to); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(resource.StreamOf(set), bundle.Manifest{Cloud: "my-cluster"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, bundle.SecretsFile))
	if err != nil || bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("aHVudGVyMg")) {
		t.Fatalf("%v: %q", err, data)
	}
	plain, err := age.Decrypt(bytes.NewReader(data), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	want := `---
apiVersion: v1
data:
  password: aHVudGVyMg==
kind: Secret
metadata:
  labels:
    app: web
  name: login
  namespace: shop
type: Opaque
`
	if string(text) != want {
		t.Errorf("%s", text)
	}
	how, err := os.ReadFile(filepath.Join(dir, bundle.RestoreFile))
	if err != nil || !strings.Contains(string(how), "age --decrypt --identity FILE-WITH-THE-KEY secrets.yaml.age | kubectl replace --force -f -") || strings.Contains(string(how), "fill()") {
		t.Errorf("%v: %s", err, how)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := bundle.ParseIdentities(strings.NewReader("# created: today\n" + key.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	told := b.Set.Get(resource.Ref{Type: "core/Secret", Key: "shop-login"}).Spec["data"].(map[string]any)["password"].(string)
	if values, err := b.Values(ids); err != nil || len(values) != 1 || values[told] != "aHVudGVyMg==" {
		t.Errorf("%v: %v for %s", err, values, told)
	}
	somebody, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Values(bundle.Identities{somebody}); !errors.Is(err, bundle.ErrSealed) || !strings.Contains(err.Error(), "for other recipients") {
		t.Errorf("somebody else gets %v", err)
	}
	if err := os.Remove(filepath.Join(dir, bundle.SecretsFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Values(ids); !errors.Is(err, bundle.ErrSealed) || !strings.Contains(err.Error(), "--age-recipient") {
		t.Errorf("without the file: %v", err)
	}
}

func TestIdentities(t *testing.T) {
	if _, err := bundle.ParseIdentities(strings.NewReader("hunter2\n")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v", err)
	}
}

func TestRecipients(t *testing.T) {
	if _, err := bundle.ParseRecipients([]string{"age1nobody"}); err == nil || !strings.Contains(err.Error(), `"age1nobody" is no recipient of age`) {
		t.Errorf("the error is %v", err)
	}
	if none, err := bundle.ParseRecipients(nil); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
}
