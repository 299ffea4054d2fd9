package kubernetes

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Of a token travel the account that it is for, and what others have put beside
// it; with its token it is ready.
func TestToken(t *testing.T) {
	k := kindFor(secretType, "v1", true)
	o := parse(t, `
apiVersion: v1
metadata:
  name: robot
  namespace: zoo
  annotations: {kubernetes.io/service-account.name: keeper, kubernetes.io/service-account.uid: 7d1f}
data: {token: ZXk=, ca.crt: LS0t, namespace: em9v, mine: eA==}
type: kubernetes.io/service-account-token`)
	bare := parse(t, `{metadata: {name: robot}, type: kubernetes.io/service-account-token}`)
	if state, _ := secretState(bare); state != resource.Pending {
		t.Errorf("without a token it is %s", state)
	}
	if state, _ := secretState(parse(t, `{type: Opaque}`)); state != resource.Ready {
		t.Errorf("another one is %s", state)
	}
	r := mustResource(t, k, o)
	if r.State != resource.Ready {
		t.Errorf("with a token it is %s", r.State)
	}
	want := object{"apiVersion": "v1", "type": tokenType, "data": object{"mine": "eA=="},
		"metadata": object{"namespace": "zoo", "annotations": object{tokenAccount: "zoo/keeper"}}}
	if d := cmp.Diff(want, r.Spec); d != "" {
		t.Error(d)
	}
	sent, _ := k.object(r, resource.Owner{})
	if got := text(sent, "metadata", "annotations", tokenAccount); got != "keeper" {
		t.Errorf("the account is sent as %q", got)
	}
}
