package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// explain reads the cluster's events, once for what is not ready: their words
// tell why, and some of them that it never will be.
func (c *Cloud) explain(ctx context.Context, list []seen, news *news) error {
	var waiting []seen
	namespaces := map[string]bool{}
	for _, r := range list {
		if r.State == resource.Pending && r.Scope != "" {
			waiting = append(waiting, r)
			namespaces[r.Scope] = true
		}
	}
	k := c.known("core/Event")
	if len(waiting) == 0 || k == nil {
		return nil
	}
	var events map[string][]event
	var err error
	if len(namespaces) > fewest {
		events, err = news.read(ctx, c, k)
	} else {
		events, err = c.eventsIn(ctx, k, namespaces)
	}
	for _, r := range waiting {
		judge(r, events[r.Scope])
	}
	return err
}

// eventsIn reads the events of these namespaces. What these rights cannot read
// is not told.
func (c *Cloud) eventsIn(ctx context.Context, k *kind, namespaces map[string]bool) (map[string][]event, error) {
	out := map[string][]event{}
	for namespace := range namespaces {
		err := c.pagesOf(ctx, k, namespace, url.Values{}, func(page []object) error {
			for _, o := range page {
				out[namespace] = append(out[namespace], readEvent(o))
			}
			return nil
		})
		if err != nil && !errors.Is(err, cloud.ErrForbidden) {
			return nil, err
		}
	}
	return out, nil
}

// news are the events of all namespaces, which one listing reads at most once:
// a request for each namespace would be too many.
type news struct {
	mu     sync.Mutex
	events map[string][]event // by namespace; nil: not read yet
}

func (n *news) read(ctx context.Context, c *Cloud, k *kind) (map[string][]event, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.events != nil {
		return n.events, nil
	}
	events := map[string][]event{}
	err := c.pages(ctx, k, url.Values{}, func(page []object) error {
		for _, o := range page {
			if c.isOurs(k, o) {
				namespace := text(o, "metadata", "namespace")
				events[namespace] = append(events[namespace], readEvent(o))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	n.events = events
	return events, nil
}

// seen is a resource with what its state depends on, besides itself.
type seen struct {
	*resource.Resource
	claims  []string      // names of those that its pods mount, of a StatefulSet's own without their number: only the events about them tell why pods wait
	defines resource.Type // by a CustomResourceDefinition
}

// look notes what the state of the object depends on.
func look(k *kind, o object) seen {
	if k.Type == definitionType {
		return seen{defines: typeOf(text(o, "spec", "group"), text(o, "spec", "names", "kind"))}
	}
	spec, ok := pods()[k.Type]
	if !ok {
		return seen{}
	}
	var out []string
	for _, s := range spots(o, spec+".volumes[].persistentVolumeClaim.claimName") {
		name, _ := s.holder[s.key].(string)
		out = append(out, name)
	}
	for _, template := range objects(o, "spec", "volumeClaimTemplates") {
		out = append(out, text(template, "metadata", "name")+"-"+text(o, "metadata", "name"))
	}
	return seen{claims: out}
}

// An event is what the cluster says of an object.
type event struct {
	kind, name, uid string // of the object
	warns           bool
	reason, message string
	last            string // when, as RFC 3339
}

func readEvent(o object) event {
	about, _ := o["involvedObject"].(object)
	return event{kind: text(about, "kind"), name: text(about, "name"), uid: text(about, "uid"), warns: text(o, "type") == "Warning", reason: text(o, "reason"),
		message: text(o, "message"), last: cmp.Or(text(o, "series", "lastObservedTime"), text(o, "lastTimestamp"), text(o, "eventTime"), text(o, "metadata", "creationTimestamp"))}
}

func (e event) String() string { return said(e.reason, e.message) }

// judge tells why the resource is not ready in the words of the last event
// about it, or about what was made for it. It has failed if one proves that
// it will not be ready, however long one waits; a claim that waits for its
// first consumer is as ready as it gets.
func judge(r seen, events []event) {
	var mine []event
	for _, e := range events {
		if isAbout(e, r) {
			mine = append(mine, e)
		}
	}
	slices.SortStableFunc(mine, func(a, b event) int { return cmp.Compare(a.last, b.last) })
	for _, e := range mine {
		switch {
		case e.warns:
			r.Why = e.String()
			if proves(e) {
				r.State = resource.Failed
				return
			}
		case e.reason == "WaitForFirstConsumer" && r.Type == claimType:
			r.State, r.Why = resource.Ready, e.String()
		case r.Type == claimType && e.reason == "WaitForPodScheduled":
			r.State, r.Why = resource.Pending, e.String()
		}
	}
}

// isAbout reports whether the event is about the resource, or about an object
// that a controller has named after it.
func isAbout(e event, r seen) bool {
	if e.kind == "PersistentVolumeClaim" && r.Type != claimType {
		return slices.ContainsFunc(r.claims, func(claim string) bool {
			rest, longer := strings.CutPrefix(e.name, claim+"-")
			return e.name == claim || longer && r.Type == statefulSetType && ordinal.MatchString(rest)
		})
	}
	if e.kind == kindName(r.Type) && e.name == r.Name {
		return e.uid == "" || r.Attrs["uid"] == nil || e.uid == r.Attrs["uid"]
	}
	rest, ok := strings.CutPrefix(e.name, r.Name+"-")
	return ok && named(r.Type, e.kind).MatchString(rest)
}

func kindName(t resource.Type) string { return string(t[strings.LastIndexByte(string(t), '/')+1:]) }

// named returns how controllers go on after the name of an object of the type
// when they name what they make for it.
func named(t resource.Type, kind string) *regexp.Regexp {
	switch {
	case t == deploymentType && kind == "ReplicaSet":
		return hash
	case t == deploymentType && kind == "Pod":
		return hashAndSuffix
	case t == statefulSetType && kind == "Pod":
		return ordinal
	case kind == "Pod":
		return suffix
	}
	return never
}

// The alphabet of generated names is Kubernetes' rand.String: no vowels, no 0, 1, 3.
var (
	hash          = regexp.MustCompile(`^[bcdfghjklmnpqrstvwxz2456789]{1,10}$`)
	hashAndSuffix = regexp.MustCompile(`^[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	suffix        = regexp.MustCompile(`^[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	ordinal       = regexp.MustCompile(`^[0-9]+$`)
	never         = regexp.MustCompile(`^\b$`)
)

// proves reports whether nothing will come of what the event is about unless
// somebody changes something. The words are those of Kubernetes' sources and of
// the CSI specification's error codes.
func proves(e event) bool {
	switch e.reason {
	case "ProvisioningFailed":
		return cannotProvision.MatchString(e.message)
	case "FailedBinding": // no class is named, none is the default, and no volume fits
		return strings.Contains(e.message, "no storage class is set")
	case "FailedCreate": // of a pod: admission refuses it
		return strings.Contains(e.message, "is forbidden") && !strings.Contains(e.message, "error looking up service account")
	case "FailedScheduling": // no node is as the pod wants it
		return cannotSchedule.MatchString(e.message) && !strings.Contains(e.message, "Insufficient") && !strings.Contains(e.message, "unbound")
	case "FailedMount", "Failed", "FailedAttachVolume":
		return cannotStart.MatchString(e.message)
	case "SyncLoadBalancerFailed":
		return cannotBalance.MatchString(e.message)
	}
	return false
}

var (
	cannotProvision = regexp.MustCompile(`(?i)not supported|unsupported|InvalidArgument|OutOfRange|storageclass.* not found|invalid`)
	cannotSchedule  = regexp.MustCompile(`0/\d+ nodes are available: .*(didn't match Pod's node affinity/selector|had untolerated taint|node\(s\) didn't match)`)
	cannotStart     = regexp.MustCompile(`(secret|configmap) "[^"]+" not found|references non-existent (secret|config) key|couldn't find key|InvalidImageName|manifest unknown|not found: manifest|pull access denied`)
	cannotBalance   = regexp.MustCompile(`(?i)not support|unsupported|invalid|not allowed`)
)
