//go:build cluster

package drill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// strict are two namespaces of which the target judges by their labels: one has
// a level of Pod Security, and both are of a team whose settings have rules.
const strict = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: retail, pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: page, namespace: shop}
data: {colour: pink}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: office, labels: {team: back}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: page, namespace: office}
data: {colour: pink}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: too-large, namespace: office}
spec:
  replicas: 0
  selector: {matchLabels: {app: large}}
  template:
    metadata: {labels: {app: large}}
    spec: {containers: [{name: large, image: "large:1", resources: {limits: {memory: 2Gi}}}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: keeper, namespace: office}
---
apiVersion: v1
kind: Secret
metadata: {name: robot, namespace: office, annotations: {kubernetes.io/service-account.name: keeper}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata: {name: caller, namespace: office}
spec:
  containers: [{name: caller, image: "curl:8", volumeMounts: [{name: token, mountPath: /token}]}]
  volumes: [{name: token, secret: {secretName: robot, items: [{key: token, path: token}]}}]
`

// byTeam is the target's policy for the namespaces of the team retail.
const byTeam = `
- apiVersion: admissionregistration.k8s.io/v1
  kind: ValidatingAdmissionPolicy
  metadata: {name: no-pink}
  spec:
    failurePolicy: Fail
    matchConstraints:
      namespaceSelector: {matchLabels: {team: retail}}
      resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
    validations: [{expression: "!has(object.data) || !('colour' in object.data) || object.data.colour != 'pink'", messageExpression: "'no pink in ' + object.metadata.namespace"}]
- apiVersion: admissionregistration.k8s.io/v1
  kind: ValidatingAdmissionPolicyBinding
  metadata: {name: no-pink}
  spec: {policyName: no-pink, validationActions: [Deny]}
`

// eachContainer is what the target puts into every namespace.
const eachContainer = `
apiVersion: v1
kind: LimitRange
metadata: {name: each-container}
spec: {limits: [{type: Container, max: {memory: 1Gi}}]}
`

func strictClusters(t *testing.T) (from, to *served, loaded *scenario.Scenario) {
	t.Helper()
	var policy []profile.Object
	var limits profile.Object
	for text, into := range map[string]any{byTeam: &policy, eachContainer: &limits} {
		if err := yaml.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	target := carriedProfile(t, "elbe")
	target.Kubernetes.Objects = append(target.Kubernetes.Objects, policy...)
	target.Kubernetes.Namespaced = append(target.Kubernetes.Namespaced, limits)
	clusters := clustersOf(t, carriedProfile(t, "alster"), target)
	return clusters[0], clusters[1], manifests(t, strict)
}

// namespaces are those that an administrator sees, in order.
func (s *served) namespaces(t *testing.T) []string {
	t.Helper()
	all, err := s.ask(t, http.MethodGet, s.url(t, "core/Namespace", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range all["items"].([]any) {
		out = append(out, item.(map[string]any)["metadata"].(map[string]any)["name"].(string))
	}
	slices.Sort(out)
	return out
}

// foretold is what the target has said in the rehearsal, by resource.
func foretold(signals []gap.Signal) map[string]string {
	out := map[string]string{}
	for _, s := range signals {
		if s.Code == gap.Rehearsal {
			out[string(s.Ref.Key)] = s.Message
		}
	}
	return out
}

// TestClusterRehearsalOnStage: what only a namespace with the planned one's labels, and
// with what the provider puts into it, can show is foretold, under the planned
// names, and nothing of the rehearsal is left, wherever it is killed.
func TestClusterRehearsalOnStage(t *testing.T) {
	from, to, loaded := strictClusters(t)
	before := to.namespaces(t)
	o := Options{Workload: from.workload(t, loaded), From: from.side, Now: time.Now}
	drillOnce := func(t *testing.T, o Options, to cloud.Cloud) (*Result, error) {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		o.Tick, o.To = tick.C, Side{Name: "sim:elbe", Cloud: to, Simulated: true}
		return Run(t.Context(), o)
	}
	o.ID, o.Dir = "whole", t.TempDir()
	whole := &killable{Cloud: to.driver}
	result, err := drillOnce(t, o, whole)
	if err != nil || len(result.Left) > 0 {
		t.Fatalf("%v, left %v", err, result.Left)
	}
	want := foretold(result.Signals)
	for key, words := range map[string]string{"shop-page": "no pink in shop", "shop-web": `violates PodSecurity "restricted:latest"`, "office-too-large": "maximum memory usage per Container is 1Gi"} {
		if !strings.Contains(want[key], words) {
			t.Errorf("of %s was foretold: %q", key, want[key])
		}
	}
	if len(want) != 3 {
		t.Errorf("foretold was %v", want)
	}
	for _, s := range result.Signals {
		if strings.Contains(fmt.Sprintf("%+v", s), "rehearsal-whole") {
			t.Errorf("a scratch name in %+v", s)
		}
	}
	for _, ref := range []resource.Ref{{Type: "core/Secret", Key: "office-robot"}, {Type: "core/Pod", Key: "office-caller"}} {
		r := result.Target.Get(ref)
		if r == nil || r.State != resource.Ready || slices.ContainsFunc(result.Signals, func(s gap.Signal) bool { return s.Ref == ref && ref.Type == "core/Secret" }) {
			t.Errorf("%s, which needs a token, has become %+v, with %v", ref, r, result.Signals)
		}
	}
	if d := cmp.Diff(before, to.namespaces(t)); d != "" {
		t.Error(d)
	}
	p, err := Predict(t.Context(), o.Workload, from.side, to.side, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, to.namespaces(t)); d != "" {
		t.Errorf("a prediction has made something: %s", d)
	}
	if f := foretold(p.Forecast); f["shop-page"] != "" {
		t.Errorf("a prediction knows what only a scratch namespace shows: %v", f)
	}
	for i, at := range killPoints(whole.calls) {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("killed at %s, carried out %t", whole.calls[at-1], after), func(t *testing.T) {
				o := o
				o.ID, o.Dir = fmt.Sprintf("killed%d%t", i, after)[:9], t.TempDir()
				_, err := drillOnce(t, o, &killable{Cloud: to.driver, at: at, after: after})
				if !errors.Is(err, errKilled) {
					t.Fatalf("it was not killed: %v", err)
				}
				if i%2 == 0 { // by marks alone
					for _, side := range []Side{from.side, to.side} {
						tick := time.NewTicker(50 * time.Millisecond)
						left, err := CleanUp(t.Context(), side, o.ID, "", time.Now, tick.C)
						tick.Stop()
						if err != nil || len(left) > 0 {
							t.Errorf("left %v, %v", left, err)
						}
					}
				} else {
					again, err := drillOnce(t, o, to.driver)
					if err != nil || len(again.Left) > 0 {
						t.Fatalf("resumed: %v, left %v", err, again.Left)
					}
					if d := cmp.Diff(want, foretold(again.Signals)); d != "" {
						t.Error(d)
					}
				}
				if d := cmp.Diff(before, to.namespaces(t)); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// killPoints are the first and last calls of each sort until the stage is struck.
func killPoints(calls []string) []int {
	var out []int
	seen := map[string]bool{}
	for i, c := range calls {
		if !seen[c] {
			out, seen[c] = append(out, i+1), true
		}
	}
	return out
}

// A killable is a cluster that has no answer any more from a call on. Which, is
// counted among those of the rehearsal.
type killable struct {
	*kubernetes.Cloud
	at      int // 0: never
	after   bool
	counted resource.Type // deletions of these are counted instead

	mu     sync.Mutex
	calls  []string
	burned bool
}

// call makes a call that is counted, unless the machine is dead.
func (k *killable) call(what string, f func() error) error {
	k.mu.Lock()
	if k.burned {
		k.mu.Unlock()
		return errKilled
	}
	if what != "" {
		k.calls = append(k.calls, what)
	}
	k.burned = what != "" && len(k.calls) == k.at
	burns := k.burned
	k.mu.Unlock()
	if burns && !k.after {
		return errKilled
	}
	if err := f(); err != nil || !burns {
		return err
	}
	return errKilled
}

// counts names a call that is counted: about a stand-in, or about what is told.
func (k *killable) counts(what string, r *resource.Resource) string {
	if k.counted == "" && r.Type == cloud.Namespace && strings.Contains(r.Name+r.ID, "-rehearsal-") || k.counted == r.Type && what == "delete" {
		return what
	}
	return ""
}

func (k *killable) Rehearse(ctx context.Context, r *resource.Resource) error {
	what := "rehearse"
	if k.counted != "" {
		what = ""
	}
	return k.call(what, func() error { return k.Cloud.Rehearse(ctx, r) })
}

func (k *killable) Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (made *resource.Resource, err error) {
	err = k.call(k.counts("create", r), func() error { made, err = k.Cloud.Create(ctx, r, owner); return err })
	return made, err
}

func (k *killable) Delete(ctx context.Context, r *resource.Resource) error {
	return k.call(k.counts("delete", r), func() error { return k.Cloud.Delete(ctx, r) })
}

func (k *killable) List(ctx context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	if err := k.call("", func() error { return nil }); err != nil {
		return func(yield func(*resource.Resource, error) bool) { yield(nil, err) }
	}
	return k.Cloud.List(ctx, s)
}
